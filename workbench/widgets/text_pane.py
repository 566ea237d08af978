"""Text to scroll over: a payload, the table of keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from workbench.view.payload import first_hit, marked, wrapped
from workbench.view.text import Line, cut, line_width, width
from workbench.widgets.line_pane import LinePane


class TextPane(LinePane):
    """Lines without a cursor; wrapped at the width of the pane, or not."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.wrap = True
        self.needle = ""
        self.escaped = True
        self._whole: Sequence[Line] = ()
        self._lines: Sequence[Line] = ()

    def show_lines(
        self, lines: Sequence[Line], needle: str = "", *, escaped: bool = True, stay: bool = False
    ) -> None:
        """Show another text from its beginning, or from the first place where ``needle`` is.

        Of ``escaped`` text see `wrapped`. Where it is the same with something added, the eye may ``stay`` where it is.
        """
        self._whole, self.needle, self.escaped = lines, needle, escaped
        if stay:
            self._lay_out()
            return
        self.shift = 0
        self._lay_out()
        hit = first_hit(self._lines) if needle else None
        self.show_from(0 if hit is None or hit < self.height - 1 else hit - 2)

    def toggle_wrap(self) -> None:
        """Long lines over several lines, or beyond the edge."""
        self.wrap, self.shift = not self.wrap, 0
        self._lay_out()

    def width_changed(self) -> None:
        """See `LinePane`."""
        self._lay_out()

    def _lay_out(self) -> None:
        lines = marked(self._whole, self.needle)
        self._lines = wrapped(lines, self._text_cells, escaped=self.escaped) if self.wrap else lines
        self.set_extent(len(self._lines))
        self.redraw()

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
            line = [(" ", ""), *self._slid(self._lines[index])]
            strip = self.keep(index, self.inks().strip(line, self.size.width))
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

    def move_to_end(self, *, last: bool) -> None:
        """See `LinePane`."""
        self.show_from(max(0, len(self._lines) - self.height) if last else 0)
