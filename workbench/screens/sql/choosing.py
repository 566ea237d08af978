"""What there is to ask: listed, chosen from; and the queries that are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.screens.lane_screen import LaneScreen
from workbench.view.sql.desk import Desk
from workbench.view.sql.library import Item, Kind, items
from workbench.view.sql.vocabulary import Words
from workbench.view.text import shown
from workbench.widgets.library_list import LibraryList


class Choosing:
    """Made by a screen, which it speaks through; ``written`` is called when there is another query."""

    def __init__(self, screen: LaneScreen, desk: Desk, library: LibraryList, written: Callable[[], None]) -> None:
        self._screen, self._desk, self._list, self._written = screen, desk, library, written
        self._lane = screen.lane("queries")

    @property
    def chosen(self) -> Item | None:
        """What is under the cursor, while somebody looks there."""
        return self._list.chosen if self._list.has_focus else None

    def learned(self, words: Words) -> None:
        """It is known what can be asked."""
        self._desk.words = words
        if not self._list.has_focus:
            self._list.items, self._list.cursor = (), 0  # what stood there so far was not all
        self.show()

    def show(self) -> None:
        """List it all as it is now."""
        self._list.show_items(items(self._desk.words, self._desk.queries, self._desk.unfolded))

    def choose(self, item: Item) -> None:
        """Unfold a relation, put a column in, take a query."""
        if item.kind is Kind.RELATION:
            self._desk.unfolded ^= {item.name}
            self.show()
            self._screen.say("")
        elif item.kind is Kind.COLUMN:
            self._desk.draft.type(item.text)
            self._screen.say(f"{item.text} is in the query")
        elif item.text:
            self._desk.take(item.text, item.name if item.kind is Kind.SAVED else "")
            self._written()

    # ── queries that are kept ────────────────────────────────────────────────────────────────────────────────────────

    def ran(self, text: str) -> None:
        """A query was run."""
        self._lane.run(partial(self._desk.queries.ran, text), lambda _: self.show())

    def save(self, name: str) -> None:
        """Keep the query under a name."""
        text, queries = self._desk.draft.text, self._desk.queries

        def kept(problem: str) -> None:
            self._desk.name = name if not problem else self._desk.name
            self.show()
            self._screen.say(shown(problem or f"saved as {name}"), "error" if problem else "text")

        self._lane.run(lambda: queries.save(name, text), kept)

    def delete(self) -> None:
        """Delete the saved query under the cursor."""
        item = self.chosen
        if item is None or item.kind is not Kind.SAVED:
            self._screen.say("a saved query can be deleted when the cursor is on it (ctrl+o)")
            return

        def gone(_: None) -> None:
            self.show()
            self._screen.say(f"{shown(item.name)} is deleted")

        self._lane.run(partial(self._desk.queries.forget, item.name), gone)
