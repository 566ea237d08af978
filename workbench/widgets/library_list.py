"""What queries are made of, a line each: views and their columns, saved queries, some to start from, history."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.view.sql.library import Item, item_line
from workbench.view.text import Line
from workbench.widgets.line_list import LineList


class LibraryList(LineList):
    """The cursor stays on its item when others come."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.items: Sequence[Item] = ()

    @property
    def chosen(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these."""
        before, cursor = self.chosen, min(max(1, self.cursor), max(0, len(items) - 1))  # the first one is a heading
        if before is not None:
            same = [index for index, item in enumerate(items) if (item.kind, item.name) == (before.kind, before.name)]
            cursor = min(same, key=lambda index: abs(index - self.cursor), default=cursor)
        self.items = items
        self.resize_to(len(items), cursor)
        self.redraw()

    def line(self, index: int) -> Line:
        """See `LineList`."""
        return item_line(self.items[index], self.line_cells)
