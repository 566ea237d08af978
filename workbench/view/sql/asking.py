"""Asking a store, over a lane: one query at a time, which can be stopped; what there is to ask; where a row leads.

A `Query` shows the store as it was when it was first asked. It is kept while nothing in the store has changed, so that
findings, say, are not looked for again; nobody is ever shown what is no more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from runtime.errors import QueryError, SessionNotFound
from runtime.event import WIRE_TYPES
from runtime.store import Store
from workbench.view import words
from workbench.view.lane import Lane
from workbench.view.session.source import SessionSource
from workbench.view.session.writer import writers
from workbench.view.sql.answer import CHARACTERS, ROWS, Answer, Trouble, Way, trouble
from workbench.view.sql.grid import Grid
from workbench.view.sql.vocabulary import Words
from workbench.view.text import Line

if TYPE_CHECKING:
    from runtime.asking.query import Query, Result

SECONDS = 60.0
AGAIN_SECONDS = 0.05
"""An interrupt is repeated as often: the query may only just be about to begin."""
BATCH_TAKEN = 256


class Asking:
    """Questions to one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.since = 0.0
        """Since when a query runs (monotonic); 0 while none does."""
        self.stopping = False
        self._query: Query | None = None
        self._sign: object = None
        self._closed = False

    def start(self, lane: Lane, done: Callable[[Grid | Trouble], None]) -> None:
        """Work on ``lane``, and hand what is found to ``done``."""
        self._lane, self._done = lane, done

    @property
    def running(self) -> bool:
        """Whether there is something to wait for, or to stop."""
        return self.since > 0

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return monotonic() - self.since if self.running else 0.0

    def told(self) -> Line:
        """What is under way."""
        took = words.duration(int(self.seconds * 10) * 100_000)
        return [(f"{'stopping' if self.stopping else 'running'} {took}   ", "live"), ("esc stops it", "muted")]

    def run(self, sql: str) -> None:
        """Ask; not while another query runs."""
        if self.running:
            return
        self.since, self.stopping = monotonic(), False

        def done(found: Grid | Trouble) -> None:
            self.since = 0.0
            self._done(found)

        self._lane.run(lambda: self._answer(sql), done)

    def interrupt(self) -> None:
        """Stop the query that runs. Told again and again: DuckDB forgets an interrupt that comes before the query."""
        if self.running and not self.stopping:
            self.stopping = True
            threading.Thread(target=self._insist, name="interrupt").start()

    def _insist(self) -> None:
        pause = threading.Event()
        while self.stopping and self.running:
            query = self._query
            if query is not None:
                query.interrupt()
            pause.wait(AGAIN_SECONDS)

    def close(self) -> None:
        """Stop everything, and let go of the store."""
        self._closed = True
        self.interrupt()
        self._lane.close(self._let_go)

    # ── on the lane ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _let_go(self) -> None:
        self.since, query, self._query = 0.0, self._query, None
        if query is not None:
            query.close()

    def _answer(self, sql: str) -> Grid | Trouble:
        begun = monotonic()
        try:
            self._check()
            query = self._fresh()
            self._check()
            result = query.run(sql, seconds=SECONDS)
            rows, more = self._rows(result)
            seconds = monotonic() - begun
            return Grid(Answer(sql, result.columns, rows, more, seconds, list(query.problems)))
        except QueryError as error:
            return trouble(sql, str(error), stopped=self.stopping)
        finally:
            if self._closed:
                self.since = 0.0

    def _check(self) -> None:
        if self.stopping:
            raise QueryError("the query was interrupted.")

    def _rows(self, result: Result) -> tuple[list[tuple[Any, ...]], bool]:
        """As many rows as are kept, and whether there are more."""
        rows: list[tuple[Any, ...]] = []
        characters = 0
        for row in result.rows():
            if len(rows) >= ROWS or characters > CHARACTERS:
                result.close()
                return rows, True
            rows.append(row)
            characters += sum(len(value) for value in row if isinstance(value, (str, bytes)))
            if len(rows) % BATCH_TAKEN == 0:
                self._check()
        return rows, False

    def _fresh(self) -> Query:
        """A query that sees the store as it is now."""
        from runtime.asking.query import Query

        live = writers(self.store.locks_folder)
        folders = (self.store.sessions_folder, self.store.packs_folder, self.store.locks_folder)
        sign = [_changed_at(path) for path in folders]
        if self._query is None or live or sign != self._sign:
            if self._query is not None:
                self._query.close()
            self._query, self._sign = Query(self.store), sign
        return self._query

    # ── what there is to ask ─────────────────────────────────────────────────────────────────────────────────────────

    def learn(self, then: Callable[[Words], None]) -> None:
        """Find out what can be asked."""
        self._lane.run(self._words, then)

    def _words(self) -> Words:
        """Columns are the same whatever the store holds: asked of none of its sessions, they are there at once."""
        from runtime.asking.query import Query
        from runtime.asking.views import finding_files

        with Query(self.store, sessions=()) as query:
            relations = query.relations()
            names = [name for (name,) in query.run("SELECT DISTINCT function_name FROM duckdb_functions()").rows()]
        return Words(
            {each.name: [column.name for column in each.columns] for each in relations},
            {f"{each.name}.{column.name}": column.type for each in relations for column in each.columns},
            {each.name: each.about for each in relations},
            {"finding": list(finding_files(self.store)), "type": sorted(WIRE_TYPES)},
            sorted(name for name in names if name.isidentifier() and not name.startswith("_")),
        )

    # ── where a row leads ────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, way: Way, then: Callable[[tuple[SessionSource, int | None]], None]) -> None:
        """Open the session, and say at which event."""
        self._lane.run(lambda: self._opened(way), then)

    def _opened(self, way: Way) -> tuple[SessionSource, int | None]:
        session, seq = way.session, way.seq
        if way.event:
            session, seq = self._found(way)
        source = SessionSource(self.store, self.store.resolve(session))
        if seq is not None and seq >= source.count:
            source.close()
            raise SessionNotFound(f"session {source.session_id} has {source.count:,} events; there is no {seq:,}.")
        return source, seq

    def _found(self, way: Way) -> tuple[str, int]:
        """Which event has this id."""
        sql = "SELECT session_id, seq FROM events WHERE id = ? AND starts_with(session_id, ?) LIMIT 1"
        for session, seq in self._fresh().run(sql, [way.event, way.session]).rows():
            return session, seq
        raise SessionNotFound(f"no session has the event {way.event}.")


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
