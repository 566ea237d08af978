"""The app over a slow link: what it sends, and when a person sees it. Nothing may be sent while nothing happens.

The link is a second pseudo-terminal's worth of plumbing: what either side writes arrives half a round trip later, and
no more of it in a second than the link carries; the app is held up as a full pipe holds it up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.budgets.bench import Bench, command
from tests.budgets.million import at, p95
from tests.budgets.outcome import Outcome, of_runs, percentile
from tests.budgets.stores import session_of, telling
from tests.budgets.terminal import Terminal
from tests.budgets.wire import Link

FAMILY = "link"
SLOW = Link(round_trip_seconds=0.1, bytes_per_second=125_000)
"""A hundred milliseconds, one megabit."""
EVENTS = 100_000
IDLE_SECONDS = 5.0
HELD_KEYS, HELD_PER_SECOND = 90, 30


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    store, session_id = session_of(bench, EVENTS)
    with store.reader(session_id) as reader:
        text = telling(reader.rows(EVENTS - 12, EVENTS))
    with Terminal(command("open", session_id, "--store", str(store.root)), link=SLOW) as terminal:
        terminal.until(lambda screen: text in screen.text())
        terminal.settle(1.0)
        yield of_runs(FAMILY, "bytes of the first paint", "KB", [terminal.received / 1e3])
        yield _idle(terminal)
        yield from _keys(bench, terminal)
        yield _held(terminal, EVENTS - 1 - bench.sizes.keys)


def _idle(terminal: Terminal) -> Outcome:
    before = terminal.received
    terminal.settle(IDLE_SECONDS, IDLE_SECONDS)
    return of_runs(FAMILY, f"bytes in {IDLE_SECONDS:g} s without a key", "bytes", [terminal.received - before], 0)


def _keys(bench: Bench, terminal: Terminal) -> Iterator[Outcome]:
    """The cursor up, one key at a time."""
    took, sent, cursor, used = [], [], EVENTS - 1, terminal.cpu_seconds()
    for _ in range(bench.sizes.keys):
        cursor -= 1
        before = terminal.received
        took.append(terminal.press("k", at(cursor)) * 1e3)
        terminal.settle(0.15, 0.6)
        sent.append(float(terminal.received - before))
    yield p95(
        FAMILY, "cursor key to frame, the round trip of 100 ms included", took, None, terminal.cpu_seconds() - used
    )
    beside = f"p95 {percentile(sent, 0.95):,.0f}; with the payload of the event, over {len(sent)} keys"
    yield of_runs(FAMILY, "bytes a cursor key", "bytes", sent, beside=beside)


def _held(terminal: Terminal, cursor: int) -> Outcome:
    """A key that is held down for three seconds: how long after its release the cursor stands still."""
    for _ in range(HELD_KEYS):
        terminal.write("k")
        terminal.draw(1 / HELD_PER_SECOND)
    released = time.perf_counter()
    late = terminal.until(at(cursor - HELD_KEYS)) - released
    return of_runs(
        FAMILY, f"k held for {HELD_KEYS / HELD_PER_SECOND:g} s: behind its release", "ms", [late * 1e3],
        beside="the round trip of 100 ms included",
    )  # fmt: skip
