"""Lines over which the terminal draws pixels: what it is told for that goes with the line, wherever that is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import ControlType, Segment
from textual.strip import Strip

from workbench.view.graphics.showing import SIXEL_PREFIX as PREFIX
from workbench.view.text import Line


def over(strip: Strip, line: Line) -> Strip:
    """``strip``, made of ``line``, with what is to be drawn over it; mostly nothing."""
    if len(line) != 2 or not line[1][1].startswith(PREFIX):
        return strip
    told = Segment(line[1][1][len(PREFIX) :], None, [(ControlType.CURSOR_FORWARD, 0)])
    return Pixels(strip, told)


class Pixels(Strip):
    """A line of two segments or more; over the second, pixels. Where that is cut there are none: they would cover what
    covers the line."""

    def __init__(self, plain: Strip, told: Segment) -> None:
        segments = list(plain)
        super().__init__([*segments[:2], told, *segments[2:]], plain.cell_length)
        self._plain, self._told = plain, told
        self._end = sum(segment.cell_length for segment in segments[:2])

    def crop(self, start: int, end: int | None = None) -> Strip:
        """See `Strip.crop`."""
        return self._with_pixels(self._plain.crop(start, end), whole=start <= 0 and (end is None or end >= self._end))

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """See `Strip.divide`."""
        first, *others = self._plain.divide(cuts)
        return [self._with_pixels(first, whole=first.cell_length >= self._end), *others]

    def _with_pixels(self, part: Strip, *, whole: bool) -> Strip:
        return Pixels(part, self._told) if whole else part
