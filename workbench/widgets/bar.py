"""One line with something at either end."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench.view.text import Line, both_ends
from workbench.widgets.ink import Inks, lines_of


class Bar(Widget):
    """Where the two do not both fit, the left one gives way."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None, margin: int = 1) -> None:
        """``margin`` is how many cells are kept free at the right end; the left one always has one."""
        super().__init__(id=id, classes=classes)
        self.margin = margin
        self.left: Line = []
        self.right: Line = []
        self._inks: Inks | None = None
        self._finished: Strip | None = None

    def show(self, left: Line, right: Line | None = None) -> None:
        """Say something; drawn only if it is something else."""
        right = right or []
        if (left, right) != (self.left, self.right):
            self.left, self.right, self._finished = left, right, None
            self.refresh()

    def notify_style_update(self) -> None:
        """The theme changed."""
        self._inks = self._finished = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `lines_of`."""
        return lines_of(self, crop)

    def render_line(self, y: int) -> Strip:
        """The one line."""
        cells = self.size.width
        if self._inks is None:
            self._inks = Inks(self)
        if y:
            return self._inks.blank(cells)
        if self._finished is None or self._finished.cell_length != cells:
            self._finished = self._inks.strip(self.line(cells), cells)
        return self._finished

    def line(self, cells: int) -> Line:
        """What stands in so many cells."""
        return [(" ", ""), *both_ends(self.left, self.right, max(0, cells - 1 - self.margin))]
