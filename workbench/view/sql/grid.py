"""An answer as lines: columns side by side, numbers at their right, NULL faint, what is long cut."""

from __future__ import annotations

from workbench.view.sql.answer import Answer, is_number, text_of
from workbench.view.text import Line, fit, shown, width

EMPTY: Line = [
    ("Results appear here. ", "muted"), ("ctrl+o", "accent"), (" shows views, and queries to start from.", "muted")
]  # fmt: skip
NO_ROWS: Line = [("The query found no rows.", "muted")]
"""What stands there before anything was asked, and where nothing was found."""

GAP = 2
WIDEST = 40
"""So many cells for a column, if that is what it takes to have more of them in sight."""
LEAST = 8
"""With fewer cells left, a column that wants more is not begun."""
_LOOKED_AT = 400
"""So many characters of a value may stand in a cell."""


class Grid:
    """An answer, and how it is laid out in a width. A column is current: with a row, it says which cell."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.column = 0
        self.first = 0
        """The column at the left edge."""
        self.right = [is_number(column) for column in answer.columns]
        self.names = [shown(column.name) or "?" for column in answer.columns]
        self._natural = [
            max(width(name), *map(width, self._samples(index)), 1) for index, name in enumerate(self.names)
        ]
        self.widths = list(self._natural)

    def _samples(self, index: int) -> list[str]:
        values = {row[index] if row[index].__hash__ else str(row[index]) for row in self.answer.rows}
        return ["", *(_brief(value) for value in values)]

    def lay_out(self, cells: int) -> None:
        """Share ``cells`` among the columns: those that are short get what they want, the rest what is left."""
        self.widths = [min(wanted, WIDEST) for wanted in self._natural]
        left = cells - sum(self.widths) - GAP * len(self.widths)
        for index, wanted in enumerate(self._natural):
            if left > 0 and wanted > self.widths[index]:
                more = min(left, wanted - self.widths[index])
                self.widths[index] += more
                left -= more
        self.show_column(self.column, cells)

    def show_column(self, column: int, cells: int) -> None:
        """Make ``column`` the current one, and slide no further than it takes to have it in sight."""
        self.column = max(0, min(column, len(self.names) - 1))
        self.first = min(self.first, self.column)
        while self.first < self.column and self._from(self.first, self.column) > cells:
            self.first += 1
        while self.first and self._from(self.first - 1, len(self.names) - 1) <= cells:
            self.first -= 1

    def _from(self, first: int, last: int) -> int:
        """Cells from one column to the end of another."""
        return sum(self.widths[first : last + 1]) + GAP * (last - first)

    def heading(self, cells: int) -> Line:
        """The columns' names; the current one stands out."""
        line: Line = []
        for index, room in self._in_sight(cells):
            role = "accent" if index == self.column else "faint"
            line += [(fit(self.names[index], room, right=self.right[index]), role), (" " * GAP, "")]
        return line[:-1]

    def line(self, index: int, cells: int, *, current: bool = False) -> Line:
        """A row; where the cursor is on it, the current cell stands out."""
        row = self.answer.rows[index]
        line: Line = []
        for column, room in self._in_sight(cells):
            value = row[column]
            text = fit(_brief(value), room, right=self.right[column])
            role = "faint" if value is None else "text"
            if current and column == self.column:
                role = "accent"
            line += [(text, role), (" " * GAP, "")]
        return line[:-1]

    def _in_sight(self, cells: int) -> list[tuple[int, int]]:
        """Columns and the cells that each has, from the left edge on; the last one may be cut."""
        found: list[tuple[int, int]] = []
        for index in range(self.first, len(self.widths)):
            if found and cells < min(self.widths[index], LEAST):
                break
            found.append((index, min(self.widths[index], cells)))
            cells -= self.widths[index] + GAP
        return found

    def column_at(self, cell: int, cells: int) -> int | None:
        """The column that has ``cell``."""
        for column, room in self._in_sight(cells):
            if cell < room + GAP:
                return column
            cell -= room + GAP
        return None

    def position(self, row: int, cells: int) -> Line:
        """Which of how many rows, and which column, the cursor is on; how many columns are out of sight."""
        if not self.answer.rows:
            return []
        beyond = self.beyond(cells)
        where = f"{row + 1:,} / {len(self.answer.rows):,}   {self.names[self.column]}"
        return [(where, "muted"), (f"   {beyond}" if beyond else "", "faint")]

    def beyond(self, cells: int) -> str:
        """``◂ 3``, ``2 ▸``: how many columns are out of sight."""
        shown_count = len(self._in_sight(cells))
        after = len(self.widths) - self.first - shown_count
        return "  ".join([*([f"◂ {self.first}"] if self.first else []), *([f"{after} ▸"] if after else [])])


def _brief(value: object) -> str:
    """A value in one line, no longer than anybody could see of it."""
    text = value if isinstance(value, str) else text_of(value)
    return shown(text[:_LOOKED_AT] + "…" if len(text) > _LOOKED_AT else text)
