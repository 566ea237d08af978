"""Text to scroll over: a payload, the table of keys."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from textual import events
from textual.strip import Strip

from workbench.view.payload.fold import Folds
from workbench.view.payload.raw import first_hit, marked, wrapped
from workbench.view.text import Line, Span, cut, line_width, width
from workbench.widgets.line_pane import LinePane


class TextPane(LinePane):
    """Lines without a cursor; wrapped at the width of the pane, or not."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.wrap = True
        self.needle = ""
        self.escaped = True
        self.first_cell: Callable[[int], Span] = self._fold_sign
        """What stands in the first cell of a line, by its place among those that are drawn."""
        self.folds: Folds | None = None
        """Which parts of the text are folded away, where any can be."""
        self.rest_at: int | None = None
        """The line that stands for what has not been read yet, where there is such a one;"""
        self.came_to_rest: Callable[[], None] = lambda: None
        """told that somebody has come to it."""
        self.hung: Callable[[Sequence[Line], int], Sequence[Line]] = lambda lines, cells: lines
        """Lines with their pictures, if they have any, in so many cells."""
        self.over: Callable[[Strip, Line], Strip] = lambda strip, line: strip
        """A drawn line with whatever is drawn over it."""
        self._whole: Sequence[Line] = ()
        self._lines: Sequence[Line] = ()
        self._numbers: list[int] = []
        """Where there are folds: which line of the text each of those that are drawn is of."""

    def show_lines(
        self, lines: Sequence[Line], needle: str = "", *, escaped: bool = True, stay: bool = False,
        folds: Folds | None = None, rest_at: int | None = None,
    ) -> None:  # fmt: skip
        """Show another text from its beginning, or from the first place where ``needle`` is, which unfolds it.

        Of ``escaped`` text see `wrapped`. Where it is the same with something added, the eye may ``stay`` where it is.
        """
        self._whole, self.needle, self.escaped = lines, needle, escaped
        self.folds, self.rest_at = folds, rest_at
        if folds is not None and needle:
            folds.reveal(at for at, line in enumerate(marked(lines, needle)) if first_hit([line]) is not None)
        if stay:
            self.lay_out()
            return
        self.shift = 0
        self.lay_out()
        hit = first_hit(self._lines) if needle else None
        self.show_from(0 if hit is None or hit < self.height - 1 else hit - 2)

    def toggle_wrap(self) -> None:
        """Long lines over several lines, or beyond the edge."""
        self.wrap, self.shift = not self.wrap, 0
        self.lay_out()

    def width_changed(self) -> None:
        """See `LinePane`."""
        self.lay_out()

    def lay_out(self) -> None:
        """Every line anew, in the width there is."""
        lines = marked(self._whole, self.needle)
        if self.folds is None:
            self._lines = wrapped(lines, self._text_cells, escaped=self.escaped) if self.wrap else lines
            self._lines = self.hung(self._lines, self._text_cells)
        else:
            self._lay_out_folded(self.folds, lines, [], [])
        self.set_extent(len(self._lines))
        self.redraw()

    def _lay_out_folded(
        self, folds: Folds, lines: Sequence[Line], finished: list[Line], numbers: list[int], start: int = 0
    ) -> None:
        """From line ``start`` on, behind what is ``finished`` already."""
        for number, line in folds.visible(lines, start):
            parts = wrapped([line], self._text_cells, escaped=self.escaped) if self.wrap else [line]
            finished += parts
            numbers += [number] * len(parts)
        self._lines, self._numbers = finished, numbers

    def grown(self, lines: Sequence[Line], rest_at: int | None) -> None:
        """More was read: it stands where the line stood that stood for it."""
        before, self._whole, self.rest_at = self.rest_at, lines, rest_at
        if self.folds is None or self.folds.folded or before is None:
            self.lay_out()
            return
        at = bisect_left(self._numbers, before)
        more = [*lines[:before], *marked(lines[before:], self.needle)]
        self._lay_out_folded(self.folds, more, list(self._lines[:at]), self._numbers[:at], before)
        self.set_extent(len(self._lines))
        self.redraw()

    # ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def fold(self, index: int | None = None) -> None:
        """Fold what line ``index`` of those that are drawn is part of, or unfold it; the first in sight if none is."""
        folds, top = self.folds, self.scroll_offset.y
        index = top if index is None else index
        if folds is None or index >= len(self._numbers):
            return
        opener = folds.toggle(self._numbers[index])
        if opener >= 0:
            row = max(0, bisect_left(self._numbers, opener) - top)
            self.lay_out()
            at = bisect_left(self._numbers, opener) - row
            self.show_from(max(0, min(at, len(self._lines) - self.height)))

    def fold_all(self, step: int) -> str:
        """Fold a level more, or with -1 one less; why not, if not."""
        if self.folds is None:
            return "only the raw payload folds: r shows it"
        top = self._numbers[min(self.scroll_offset.y, len(self._numbers) - 1)]
        if not (why_not := self.folds.turn(step)):
            self.lay_out()
            self.show_from(max(0, min(bisect_left(self._numbers, top), len(self._lines) - self.height)))
        return why_not

    def _fold_sign(self, index: int) -> Span:
        if self.folds is None or index >= len(self._numbers):
            return " ", ""
        number = self._numbers[index]
        if index and self._numbers[index - 1] == number:
            return " ", ""
        return self.folds.sign(number) or " ", "accent" if number in self.folds.folded else "faint"

    def on_click(self, event: events.Click) -> None:
        """A sign before a line, or what is left of something folded."""
        index = self.scroll_offset.y + event.y
        if self.folds is None or index >= len(self._numbers):
            return
        if self._numbers[index] in self.folds.folded or (event.x == 0 and self._fold_sign(index)[1] == "faint"):
            self.fold(index)

    @property
    def _text_cells(self) -> int:
        return max(8, self.cells - 2)

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of those in sight."""
        index = self.scroll_offset.y + y
        if index >= len(self._lines) or not self.laid_out:
            return self.inks().blank(self.size.width)
        strip = self.kept(index)
        if strip is None:
            line = [self.first_cell(index), *self._slid(self._lines[index])]
            strip = self.keep(index, self.over(self.inks().strip(line, self.size.width), line))
        return strip

    def _slid(self, line: Line) -> Line:
        if not self.shift:
            return line
        slid, left = [], self.shift
        for text, role in line:
            size = width(text)
            if size > left:
                slid.append((cut(text, left, size - left), role))
            left = max(0, left - size)
        return slid

    def longest(self) -> int:
        """See `LinePane`."""
        if self.wrap:
            return 0
        return max((line_width(line) for line in self._lines), default=0) - self._text_cells // 2

    def move(self, lines: int) -> None:
        """See `LinePane`."""
        self.show_from(max(0, min(self.scroll_offset.y + lines, len(self._lines) - self.height)))
        self._look_for_rest()

    def move_to_end(self, *, last: bool) -> None:
        """See `LinePane`."""
        self.show_from(max(0, len(self._lines) - self.height) if last else 0)
        self._look_for_rest()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The wheel, or the scroll bar."""
        super().watch_scroll_y(old_value, new_value)
        self._look_for_rest()

    def _look_for_rest(self) -> None:
        """If the line that stands for what was not read yet is in sight, have it read."""
        if self.rest_at is not None and self.folds is not None:
            at = bisect_left(self._numbers, self.rest_at)
            if at < min(len(self._lines), self.scroll_offset.y + self.height):
                self.came_to_rest()
