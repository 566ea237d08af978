"""The desk that queries are written at: it is left and come back to, and everything still lies there."""

from __future__ import annotations

from workbench.kept.queries import Queries
from workbench.view.sql.draft import Draft
from workbench.view.sql.grid import Grid
from workbench.view.sql.starts import STARTS, of_session
from workbench.view.sql.vocabulary import NOTHING, Offer, Words, offer


class Desk:
    """A query being written, what the last one found, and what there is to make queries of."""

    def __init__(self, queries: Queries | None = None) -> None:
        self.queries = queries or Queries()
        self.draft = Draft()
        self.words = Words()
        self.grid: Grid | None = None
        self.row = 0
        """The row of it that the cursor was on."""
        self.unfolded: set[str] = set()
        """Relations whose columns are shown."""
        self.name = ""
        """What the query at hand was saved as."""
        self._session = ""
        self._back = 0
        """How many queries before the one at hand history shows; that one lies aside meanwhile."""
        self._aside = ""
        self._taken: tuple[Offer, int, str] = NOTHING, 0, ""

    # ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, text: str, name: str = "") -> None:
        """Another query; what stood there, if it was not run, is one step back in history."""
        before = self.draft.text.strip()
        if before and before != text.strip() and not self._is_known(before):
            self.queries.ran(before)
        self.draft.replace(text)
        self.name, self._back = name, 0

    def _is_known(self, text: str) -> bool:
        known = [*self.queries.history, *self.queries.saved.values(), *STARTS.values(), of_session(self._session)]
        return text in map(str.strip, known)

    def turn_to(self, session_id: str) -> None:
        """A session is looked at: begin with its events, once."""
        if session_id != self._session:
            self.take(of_session(session_id))
            self._session = session_id

    def older(self) -> bool:
        """The query before; False where there is none."""
        return self._step(1)

    def newer(self) -> bool:
        """The query after, at last the one that lay aside; False where there is none."""
        return self._step(-1)

    def _step(self, step: int) -> bool:
        history, back = self.queries.history, self._back
        if back and self.draft.text != self._at(back):
            back = 0  # it was changed: now it is the one at hand
        if not back:
            self._aside = self.draft.text
            if step > 0 and self._at(1) == self._aside:
                step = 2  # the one that has just been run still stands there
        wanted = back + step
        if not 0 <= wanted <= len(history) or wanted == back:
            return False
        self._back = wanted
        self.draft.replace(self._at(wanted))
        return True

    def _at(self, back: int) -> str:
        if not back:
            return self._aside
        return self.queries.history[-back] if back <= len(self.queries.history) else ""

    # ── what is offered ──────────────────────────────────────────────────────────────────────────────────────────────

    def offered(self) -> tuple[Offer, int | None]:
        """What could come next, and which of it was taken just now."""
        found, index, text = self._taken
        if found.words and text == self.draft.text[: self.draft.at]:
            return found, index
        return offer(self.words, self.draft.text, self.draft.at), None

    def complete(self) -> bool:
        """Take the first of what is offered; then the next. False where nothing is."""
        found, taken = self.offered()
        if not found.words:
            return False
        index = 0 if taken is None else (taken + 1) % len(found.words)
        if taken is not None:
            self.draft.undo()
        self.draft.put_word(found.words[index], len(found.prefix))
        self._taken = found, index, self.draft.text[: self.draft.at]
        return True
