"""One line with something at either end."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from workbench.view.text import Line, both_ends
from workbench.widgets.line_pane import lines_of, strip_of


class Bar(Widget):
    """Where the two do not both fit, the left one gives way."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None, margin: int = 1) -> None:
        """``margin`` is how many cells are kept free at the right end; the left one always has one."""
        super().__init__(id=id, classes=classes)
        self.margin = margin
        self.left: Line = []
        self.right: Line = []

    def show(self, left: Line, right: Line | None = None) -> None:
        """Say something; drawn only if it is something else."""
        right = right or []
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """See `lines_of`."""
        return lines_of(self, crop)

    def render_line(self, y: int) -> Strip:
        """The one line."""
        cells, style = self.size.width, self.rich_style
        if y:
            return Strip.blank(cells, style)
        line: Line = [(" ", ""), *both_ends(self.left, self.right, max(0, cells - 1 - self.margin))]
        return strip_of(self.app, line).crop_extend(0, cells, style).apply_style(style)
