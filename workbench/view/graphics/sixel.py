"""Sixel: pixels six rows at a time, as text. One line of cells is a picture of its own.

So a line can be drawn anew, scrolled or left out like any other line: to write its blanks takes the old pixels away,
and its part of the picture follows at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from workbench.view.graphics.showing import SIXEL_PREFIX, Drawn, Frame

MOST_LINES = 16
"""Some terminals (xterm) keep no more pictures than that at once."""
_RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)
CLEAR = 255
"""Of this colour nothing is drawn."""


class Raster(NamedTuple):
    """Pixels as numbers of colours."""

    wide: int
    rows: Sequence[bytes]
    colours: Sequence[tuple[int, int, int]]


def drawn(raster: Raster, frame: Frame) -> Drawn:
    """Blanks whose role says what is drawn over them. Wherever these are cropped, only blanks remain."""
    high = frame.cell[1]
    lines = [raster._replace(rows=raster.rows[line * high : (line + 1) * high]) for line in range(frame.lines)]
    return Drawn([[(" " * frame.cells, f"{SIXEL_PREFIX}{over(sixel(line), frame.cells)}")] for line in lines])


def over(picture: str, cells: int) -> str:
    """``picture`` drawn over the last ``cells`` cells that were written; the cursor stays behind them."""
    return f"\x1b7\x1b[{cells}D{picture}\x1b8"


def sixel(raster: Raster) -> str:
    """The pixels, those left out transparent."""
    used = sorted({*b"".join(raster.rows)} - {CLEAR})
    named = "".join(f"#{colour};2;{_percent(raster.colours[colour])}" for colour in used)
    bands = [_band(raster.rows[at : at + 6], raster.wide) for at in range(0, len(raster.rows), 6)]
    return f'\x1bP0;1q"1;1;{raster.wide};{len(raster.rows)}{named}{"-".join(bands)}\x1b\\'


def _percent(colour: tuple[int, int, int]) -> str:
    return ";".join(str(round(part * 100 / 255)) for part in colour)


def _band(rows: Sequence[bytes], wide: int) -> str:
    """Six rows: for each colour in them, which of the six are of that colour, column by column."""
    columns: dict[int, bytearray] = {}
    for bit, row in enumerate(rows):
        for column, colour in enumerate(row):
            if colour != CLEAR:
                if colour not in columns:
                    columns[colour] = bytearray(b"?" * wide)
                columns[colour][column] += 1 << bit
    return "$".join(f"#{colour}{_short(bytes(bits))}" for colour, bits in sorted(columns.items()))


def _short(bits: bytes) -> str:
    text = _RUN.sub(lambda run: b"!%d%b" % (len(run[0]), run[1]), bits.rstrip(b"?"))
    return text.decode("ascii")
