"""Pages of rows: of a session of any length, only what was looked at last is in memory."""

from __future__ import annotations

from collections import OrderedDict

from runtime.event import Row

PAGE_ROWS = 256
KEPT_PAGES = 64


class Pages:
    """The last `KEPT_PAGES` pages that were looked at. The last page of a session may be short, and grow."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._last = 0

    def row(self, seq: int) -> Row | None:
        """The row, if its page is here and goes that far."""
        number, index = divmod(seq, PAGE_ROWS)
        page = self._pages.get(number)
        if page is None or index >= len(page):
            return None
        self._pages.move_to_end(number)
        return page[index]

    def put(self, number: int, rows: list[Row]) -> bool:
        """Keep a page; False if it said nothing new."""
        known = self._pages.get(number)
        if known is not None and len(known) >= len(rows):
            return False
        self._pages[number] = rows
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        return True

    def wanted(self, number: int, count: int) -> bool:
        """Whether page ``number`` of a session of ``count`` events is missing or has grown."""
        full = min(PAGE_ROWS, count - number * PAGE_ROWS)
        return number >= 0 and full > 0 and len(self._pages.get(number, ())) < full

    def next_in_travel(self, number: int) -> int | None:
        """The page that will be looked at next, if the eye goes on as it went from the page before to this one."""
        before, self._last = self._last, number
        return None if number == before else number + (1 if number > before else -1)

    @property
    def rows(self) -> int:
        """How many rows are held."""
        return sum(map(len, self._pages.values()))
