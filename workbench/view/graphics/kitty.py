"""Kitty's graphics protocol, by Unicode placeholders: cells like any others, which the terminal fills with a picture.

Each cell says itself which part of which image stands there (the image's number as its colour, row, column and the
number's highest byte as marks upon it), so lines with a picture can be scrolled, cropped and covered like all others.
What goes to the terminal is our own base64 of a PNG that was looked through (`graphics_png`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from itertools import chain

from workbench.view.graphics.showing import Drawn, Frame
from workbench.view.pretty.picture import NoPicture
from workbench.view.text import Line

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
"""So many characters of base64 in one sequence, says the protocol."""
MOST_BYTES = 2 << 20
"""A larger one would hold up what is drawn after it, over a slow line for seconds."""
COLOURS = range(16, 256)
"""Of the terminal's palette: whoever draws with 256 colours does not change them, and the first 16 are special."""

_MARKS = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac "
    "5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 "
    "747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 "
    "1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6"
)
"""The protocol's numbers from 0 on, as ranges of characters; it goes on, but no picture of ours is larger."""


def _characters(ranges: str) -> Iterator[range]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield range(int(first, 16), int(last or first, 16) + 1)


MARKS = "".join(map(chr, chain.from_iterable(_characters(_MARKS))))


def number(family: int, turn: int) -> int:
    """The number of an image: a ``family`` of this run of the program, and one of `COLOURS` in ``turn``.

    So one run is unlikely to overwrite an image of another program in the same window.
    """
    return (1 + family % (len(MARKS) - 1)) << 24 | COLOURS[turn % len(COLOURS)]


def drawn(png: bytes, image: int, frame: Frame, *, colours: bool) -> Drawn:
    """A PNG that was looked through, in its frame; where there are no ``colours``, there are 256."""
    if len(png) > MOST_BYTES:
        raise NoPicture(f"it is larger than the {MOST_BYTES >> 20} MiB that we send to a terminal")
    rows = [_row(image, line, frame.cells, colours) for line in range(frame.lines)]
    return Drawn(rows, sent(png, image, frame), gone(image))


def sent(png: bytes, image: int, frame: Frame) -> str:
    """The image and its place, to which the terminal is to answer nothing."""
    data = b64encode(png).decode("ascii")
    parts = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    control = f"a=T,U=1,q=2,f=100,i={image},c={frame.cells},r={frame.lines},"
    last = len(parts) - 1
    return "".join(
        f"\x1b_G{'q=2,' if index else control}m={int(index < last)};{part}\x1b\\" for index, part in enumerate(parts)
    )


def gone(image: int) -> str:
    """Forget the image and where it was."""
    return f"\x1b_Ga=d,d=I,i={image},q=2\x1b\\"


def _row(image: int, row: int, cells: int, colours: bool) -> Line:
    """The number is a colour of the palette, or the same number as red, green and blue, which survives a dialog."""
    high, low = MARKS[image >> 24], image & 0xFFFFFF
    text = "".join(f"{PLACEHOLDER}{MARKS[row]}{MARKS[cell]}{high}" for cell in range(cells))
    return [(text, f"#{low:06x}" if colours else f"@{low}")]
