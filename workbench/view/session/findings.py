"""What looks wrong in one session, by itself: the runtime's findings, asked in SQL on a lane once somebody stays.

DuckDB takes a moment and some memory to come, and what it is asked takes longer than a session is long; so it is asked
late, of sessions up to `MOST_EVENTS` alone. Of longer ones, and of many, the SQL screen tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from workbench.view import words
from workbench.view.text import Line, shown

if TYPE_CHECKING:
    from runtime.asking.query import Query
    from workbench.view.lane import Lane
    from workbench.view.session.source import SessionSource

MOST_EVENTS = 50_000
MEMORY = "256MB"
SECONDS = 20.0
_SQL = "SELECT finding, seq, other_seqs, severity, says FROM findings ORDER BY severity, seq, finding"
"""High before medium: an event that two tell of shows the worse."""


class Notice(NamedTuple):
    """Something that looks wrong."""

    finding: str
    seq: int
    """Where it is said."""
    others: tuple[int, ...]
    """What else belongs to it."""
    severity: str
    says: str

    def line(self, seq: int) -> Line:
        """What is said of it where the cursor is on one of its events."""
        name = shown(self.finding).replace("_", " ")
        where = "" if seq == self.seq else f", see {words.number(self.seq)}"
        role = "error" if self.severity == "high" else "warning"
        return [(f"! {name}{where}", role), (f"  {shown(self.says)}", "text")]


class Asker:
    """Asks for the findings of one session, on a lane; whoever does not want to know any more stops it."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._query: Query | None = None

    def ask(self, wanted: Callable[[], bool]) -> list[Notice]:
        """What was found; raises `QueryError` where that takes too long or too much memory, or is not wanted."""
        from runtime.asking.query import Query

        source = self._source
        with Query(source.store, sessions=[source.session_id], memory=MEMORY) as query:
            self._query = query
            try:
                found = list(query.run(_SQL, seconds=SECONDS).rows()) if wanted() else []
            finally:
                self._query = None
        return [Notice(name, seq, tuple(others or ()), severity, says) for name, seq, others, severity, says in found]

    def stop(self) -> None:
        """End what is being asked."""
        if (query := self._query) is not None:
            query.interrupt()


def by_name(found: Iterable[Notice]) -> dict[str, frozenset[int]]:
    """The events that belong to each finding."""
    seqs: dict[str, set[int]] = {}
    for notice in found:
        seqs.setdefault(notice.finding, set()).update((notice.seq, *notice.others))
    return {name: frozenset(those) for name, those in sorted(seqs.items())}


class Notices:
    """What was found in a session, as far as it was asked."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._asker = Asker(source)
        self._asked = 0
        self._closed = False
        self._by_seq: dict[int, Notice] = {}
        self.seqs: tuple[int, ...] = ()
        """Where something is said, in order."""

    def start(self, lane: Lane, came: Callable[[], None]) -> None:
        """``came`` hears that more is known."""
        self._lane, self._came = lane, came

    def look(self) -> None:
        """Ask, if there is something to ask about that was not asked yet."""
        count = self._source.count
        if 0 < count <= MOST_EVENTS and count != self._asked:
            self._asked = count
            self._lane.run(self._ask, self._take)

    def _ask(self) -> list[Notice]:
        from runtime.errors import QueryError

        try:
            return self._asker.ask(lambda: not self._closed)
        except QueryError:  # given up or out of memory: nothing is said, rather than something that is not so
            return []

    def _take(self, found: list[Notice]) -> None:
        standing = self._source.standing
        found = [notice for notice in found if notice.seq in standing]
        self._by_seq = {}
        for notice in found:
            self._by_seq.setdefault(notice.seq, notice)
        for notice in found:
            for seq in notice.others:
                self._by_seq.setdefault(seq, notice)
        self.seqs = tuple(sorted({notice.seq for notice in found}))
        self._came()

    def words(self, seq: int) -> Line:
        """What looks wrong at an event."""
        notice = self._by_seq.get(seq)
        return [] if notice is None else notice.line(seq)

    def close(self) -> None:
        """Stop what is being asked."""
        self._closed = True
        self._asker.stop()
        self._lane.close()
