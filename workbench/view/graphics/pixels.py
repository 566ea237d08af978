"""Images taken apart into pixels, by Pillow where that is installed: ``pip install 'agent-session-workbench[images]'``.

A format is opened only if it is one of four; how large it says it is comes before anything is decoded.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING

from workbench.view.graphics.showing import Drawn, Frame
from workbench.view.graphics.sixel import CLEAR, Raster
from workbench.view.pretty.picture import MOST_PIXELS, NoPicture
from workbench.view.text import Line

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
COLOURS = 64
MISSING = "that takes Pillow: pip install 'agent-session-workbench[images]'"


def installed() -> bool:
    """Whether images can be taken apart; Pillow itself is not imported for that."""
    return find_spec("PIL") is not None


def scaled(data: bytes, pixels: tuple[int, int]) -> Image:
    """The image (of several, the first) in so many pixels, with transparency."""
    try:
        from PIL import Image
    except ImportError:
        raise NoPicture(MISSING) from None
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # frames that are larger than their image says are bombs too
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise NoPicture(f"it has {image.width:,} × {image.height:,} pixels, more than we take apart")
        image.draft("RGB", (pixels[0] * 2, pixels[1] * 2))
        image.load()
        return image.convert("RGBA").resize(pixels, Image.Resampling.LANCZOS)
    except NoPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPicture("there is more in it than it says") from None
    except Exception as error:  # whatever a decoder may say of data that is made to upset it
        raise NoPicture("its data is corrupt, or of a kind we do not know") from error


def png(image: Image) -> bytes:
    """As PNG, of nothing but these pixels."""
    out = BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def raster(image: Image) -> Raster:
    """As numbers of at most `COLOURS` colours; what is more transparent than not is `CLEAR`."""
    flat = image.convert("RGB").quantize(COLOURS)
    palette = flat.getpalette() or []
    colours = [(palette[at], palette[at + 1], palette[at + 2]) for at in range(0, len(palette) - 2, 3)]
    seen = image.getchannel("A").point([0] * 128 + [255] * 128)
    flat.paste(CLEAR, mask=seen.point([255] * 128 + [0] * 128))
    data, wide = flat.tobytes(), image.width
    return Raster(wide, [data[at : at + wide] for at in range(0, len(data), wide)], colours)


def blocks(data: bytes, frame: Frame, ground: tuple[int, int, int]) -> Drawn:
    """Half blocks on ``ground``: a cell is two pixels, one above the other."""
    from PIL import Image

    image = scaled(data, (frame.cells, frame.lines * 2))
    flat = Image.new("RGBA", image.size, (*ground, 255))
    flat.alpha_composite(image)
    pixels, wide = flat.convert("RGB").tobytes(), frame.cells * 3
    rows = [pixels[at : at + wide] for at in range(0, len(pixels), wide)]
    return Drawn([_row(above, below) for above, below in zip(rows[::2], rows[1::2])])


def _row(above: bytes, below: bytes) -> Line:
    """Cells of the same two colours are one span."""
    line: Line = []
    for at in range(0, len(above), 3):
        role = f"#{above[at : at + 3].hex()}/#{below[at : at + 3].hex()}"
        if line and line[-1][1] == role:
            line[-1] = (line[-1][0] + "▀", role)
        else:
            line.append(("▀", role))
    return line
