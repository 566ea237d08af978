"""PNG, looked through before a terminal gets it: what it says of itself holds, and nothing is in it but pixels.

Nothing is decoded here: every chunk is as long as it says and unharmed, the pixels inflate to exactly as many bytes as
the header promises, and comments, profiles and animations (which may be bombs of their own) are left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from workbench.view.pretty.picture import MOST_PIXELS, NoPicture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE_BYTES = 1 << 20

_CORRUPT = "its data is corrupt"
_SHORT = "its data ends early"


def clean(png: bytes) -> bytes:
    """The same picture with nothing else in it. `NoPicture` where it is none."""
    if not png.startswith(SIGNATURE):
        raise NoPicture("it is no PNG")
    kept = [SIGNATURE]
    inflated = _Inflated()
    promised = palette = 0
    for kind, body, whole in _chunks(png):
        if (kind == b"IHDR") != (len(kept) == 1):
            raise NoPicture(_CORRUPT)
        if kind == b"IHDR":
            promised, palette = _header(body)
        elif kind == b"PLTE":
            if not 0 < len(body) <= 768 or len(body) % 3:
                raise NoPicture(_CORRUPT)
            palette = 0
        elif kind == b"IDAT":
            if palette:
                raise NoPicture(_CORRUPT)
            inflated.add(body, promised)
        if kind in _KEPT:
            kept.append(whole)
    if not inflated.done or inflated.count != promised:
        raise NoPicture(_SHORT)
    return b"".join(kept)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, body, and all of each chunk, up to the one that ends the picture. What follows that does not matter."""
    at = len(SIGNATURE)
    while at + 12 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        end = at + 12 + size
        if end > len(png):
            break
        body = png[at + 8 : end - 4]
        if struct.unpack_from(">I", png, end - 4)[0] != zlib.crc32(png[at + 4 : end - 4]):
            raise NoPicture(_CORRUPT)
        if kind[:1].isupper() and kind not in _KEPT:  # says that one must understand it
            raise NoPicture("it is of a kind of PNG that we do not know")
        yield kind, body, png[at:end]
        if kind == b"IEND":
            return
        at = end
    raise NoPicture(_SHORT)


def _header(body: bytes) -> tuple[int, int]:
    """How many bytes of pixels there must be; whether there must be a palette."""
    if len(body) != 13:
        raise NoPicture(_CORRUPT)
    wide, high, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", body)
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlaced > 1 or not wide or not high:
        raise NoPicture(_CORRUPT)
    if wide * high > MOST_PIXELS:
        raise NoPicture(f"it has {wide:,} × {high:,} pixels, more than a terminal should be given")
    bits = depth * _SAMPLES[colour]
    return _bytes_of(wide, high, bits, adam7=bool(interlaced)), int(colour == 3)


def _bytes_of(wide: int, high: int, bits: int, *, adam7: bool) -> int:
    """Rows of pixels of so many ``bits``, each with the byte in front that says how it is filtered."""
    passes = _ADAM7 if adam7 else ((0, 0, 1, 1),)
    sizes = [(-(-(wide - x) // across), -(-(high - y) // down)) for x, y, across, down in passes]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)


class _Inflated:
    """How much the pixels come to; they themselves are not kept."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj()
        self.count = 0

    @property
    def done(self) -> bool:
        return self._inflater.eof

    def add(self, data: bytes, promised: int) -> None:
        """Some more. `NoPicture` as soon as there is more in it than was promised."""
        try:
            while data and not self.done:
                self.count += len(self._inflater.decompress(data, _PIECE_BYTES))
                if self.count > promised:
                    raise NoPicture("there is more in it than it says")
                data = self._inflater.unconsumed_tail
        except zlib.error:
            raise NoPicture(_CORRUPT) from None
