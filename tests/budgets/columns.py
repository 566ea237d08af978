"""Opening a session's narrow columns, all of them: through the reader, and as the ``events`` view shows them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from runtime.asking.query import Query
from runtime.store import Store
from tests.budgets.bench import Bench
from tests.budgets.outcome import Outcome, of_runs
from tests.budgets.stores import session_of

FAMILY = "columns"
BARS = {10_000: 20.0, 100_000: 60.0}
"""Milliseconds by events; the nearest peer takes 418 and 4,200."""


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    for events, bar in BARS.items():
        store, session_id = session_of(bench, events)
        runs = bench.sizes.runs * 2
        yield _line(f"reader.table(), {events:,} events", partial(_table, store, session_id, events), runs, bar)
        with Query(store) as query:
            asked = partial(_asked, query, session_id, events)
            yield _line(f"SELECT * FROM events, {events:,} events", asked, runs, bar)
        fresh = partial(_asked_afresh, store, session_id, events)
        yield _line(f"the same on a new connection, {events:,} events", fresh, runs, None)


def _line(what: str, once: Callable[[], float], runs: int, bar: float | None) -> Outcome:
    first = once()
    return of_runs(FAMILY, what, "ms", [once() for _ in range(runs)], bar, beside=f"first {first:.1f} ms")


def _table(store: Store, session_id: str, events: int) -> float:
    """Open the session and read it all."""
    begun = time.perf_counter()
    with Store(store.root).reader(session_id) as reader:
        table = reader.table()
        took = time.perf_counter() - begun
    assert len(table) == events
    return took * 1e3


def _asked(query: Query, session_id: str, events: int) -> float:
    begun = time.perf_counter()
    table = query.run("SELECT * FROM events WHERE session_id = ?", [session_id]).table()
    took = time.perf_counter() - begun
    assert len(table) == events
    return took * 1e3


def _asked_afresh(store: Store, session_id: str, events: int) -> float:
    begun = time.perf_counter()
    with Query(store) as query:
        _asked(query, session_id, events)
        return (time.perf_counter() - begun) * 1e3
