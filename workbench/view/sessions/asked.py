"""What no manifest says of a store's sessions, asked in SQL on a lane when a filter, an order or facets need it.

Each kind is asked once of the whole store, and after that of the sessions that changed; not for long together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING, Any

from runtime.errors import WorkbenchError
from runtime.store import Store
from workbench.view.filter.sessions import COURSES, FINDINGS, TOOLS, Known
from workbench.view.lane import Lane

if TYPE_CHECKING:
    from runtime.asking.query import Query

SECONDS = 600.0
"""A question that takes longer is given up; until then, leaving the screen ends it."""
SHARE = 20
"""After an answer about what changed that took long, none for so many times as long."""

_SQL = {
    COURSES: "SELECT session_id, type, name, time_us FROM event_rows WHERE regexp_matches(type, '{telling}') "
    "ORDER BY session_id, seq",
    TOOLS: "SELECT DISTINCT session_id, name FROM event_rows WHERE type LIKE '%tool_use' AND name IS NOT NULL",
    FINDINGS: "SELECT DISTINCT session_id, finding FROM findings",
}
Answer = dict[str, Any]


class Asked:
    """What was asked of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.known = Known()
        self.finding_names: tuple[str, ...] = ()
        """Every finding there is, once findings were asked for."""
        self._wanted: set[str] = set()
        self._asking: frozenset[str] = frozenset()
        self._changed: set[str] = set()
        self._due = 0.0
        self._query: Query | None = None
        self._closed = False

    def start(self, lane: Lane, came: Callable[[], None]) -> None:
        """``came`` hears that more is known."""
        self._lane, self._came = lane, came

    def close(self) -> None:
        """Stop what is being asked."""
        self._closed = True
        if self._query is not None:
            self._query.interrupt()

    def missing(self, kinds: Iterable[str]) -> bool:
        """Whether something of ``kinds`` is not known; it will be."""
        missing = {kind for kind in kinds if getattr(self.known, kind) is None}
        self._wanted |= missing
        self.tick()
        return bool(missing)

    def changed(self, session_ids: Iterable[str]) -> None:
        """Some sessions are not what they were, or new."""
        if any(part is not None for part in self.known) or self._asking:
            self._changed.update(session_ids)

    def failed(self) -> None:
        """What was asked went wrong: it can be asked again."""
        self._wanted, self._asking, self._changed = set(), frozenset(), set()

    def tick(self) -> None:
        """Ask what is to be asked, one thing after another."""
        if self._asking or self._closed:
            return
        known = frozenset(kind for kind, part in zip(Known._fields, self.known) if part is not None)
        if self._wanted:
            self._ask(frozenset(self._wanted), None)
        elif self._changed and known and monotonic() >= self._due:
            changed, self._changed = frozenset(self._changed), set()
            self._ask(known, changed)

    def _ask(self, kinds: frozenset[str], sessions: frozenset[str] | None) -> None:
        self._asking = kinds
        begun = monotonic()

        def answered(answers: dict[str, Answer]) -> None:
            self._asking, self._wanted = frozenset(), self._wanted - kinds
            if sessions is not None:  # the whole store is asked once: how long that took says nothing of what follows
                self._due = monotonic() + SHARE * (monotonic() - begun)
            for kind, answer in answers.items():
                before = getattr(self.known, kind) if sessions is not None else {}
                kept = {each: value for each, value in before.items() if each not in (sessions or ())}
                self.known = self.known._replace(**{kind: {**kept, **answer}})
            self._came()
            self.tick()

        self._lane.run(lambda: self._answers(kinds, sessions), answered)

    # ── on the lane ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _answers(self, kinds: frozenset[str], sessions: frozenset[str] | None) -> dict[str, Answer]:
        from runtime.asking.query import Query
        from runtime.asking.views import finding_files

        if self._closed:
            return {}
        if FINDINGS in kinds:
            self.finding_names = tuple(finding_files(self._store))
        with Query(self._store, sessions=None if sessions is None else list(self._there(sessions))) as query:
            self._query = query
            try:
                return {kind: self._answer(query, kind) for kind in sorted(kinds) if not self._closed}
            finally:
                self._query = None

    def _there(self, sessions: Iterable[str]) -> Iterator[str]:
        for session_id in sessions:
            try:
                self._store.summary(session_id)
            except WorkbenchError:
                continue  # gone, or not to be read
            yield session_id

    def _answer(self, query: Query, kind: str) -> Answer:
        from workbench.view.sessions.course import TELLING, course

        text = _SQL[kind].replace("{telling}", TELLING)
        rows = query.run(text, seconds=SECONDS).rows()
        if kind == COURSES:
            return {each: course(row[1:] for row in told) for each, told in groupby(rows, itemgetter(0))}
        names: dict[str, set[str]] = {}
        for session_id, name in rows:
            names.setdefault(session_id, set()).add(name)
        return {session_id: frozenset(found) for session_id, found in names.items()}
