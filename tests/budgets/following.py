"""Following a session that grows by 5,000 events a second: the app's share of a core, and how far behind it is."""

from __future__ import annotations

import multiprocessing
import re
import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from multiprocessing.connection import Connection

from runtime.store import Store
from tests.budgets.bench import Bench, command
from tests.budgets.outcome import Outcome, of_runs, percentile
from tests.budgets.stores import drafts, new_session
from tests.budgets.terminal import LINES, Terminal

FAMILY = "following"
RATE, BATCHES_PER_SECOND, SECONDS = 5_000, 100, 8
SHARE, TICK_MS = 0.25, 100.0
GRACE_MS = 16.0
"""A frame: what was there when a tick looked is on the screen one frame later."""
POSITION = re.compile(r"([\d,]+) / ([\d,]+)")


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    store = Store(bench.fresh("following"))
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(str(store.root), theirs))
    writer.start()
    session_id = ours.recv()
    frames: list[tuple[float, int]] = []
    with Terminal(command("open", session_id, "--store", str(store.root))) as terminal:
        terminal.until(lambda screen: _shown(screen.lines()) > 0)
        terminal.settle(0.3, 2.0)
        used, begun = terminal.cpu_seconds(), time.perf_counter()
        ours.send("go")
        while not ours.poll():
            terminal.draw(0.02)
            frames.append((terminal.last, _shown(terminal.screen.lines())))
        used, took = terminal.cpu_seconds() - used, time.perf_counter() - begun
        durable: list[tuple[float, int]] = ours.recv()
        terminal.until(lambda screen: _shown(screen.lines()) == durable[-1][1], 3.0)
    ours.close()
    writer.join()
    events = durable[-1][1] - durable[0][1]
    rate = events / (durable[-1][0] - durable[0][0])
    yield of_runs(
        FAMILY,
        f"CPU of the app at {rate:,.0f} events/s",
        "cores",
        [used / took],
        SHARE,
        beside=f"{took:.1f} s, all shown",
    )
    late = _behind(frames, durable)
    middle, most = percentile(late, 0.5), max(late)
    beside = f"p50 {middle:.0f} ms, most {most:.0f} ms, {len(late)} frames; the bar is a tick and a frame"
    yield Outcome(
        FAMILY,
        "behind the log at each frame, p95",
        "ms",
        percentile(late, 0.95),
        min(late),
        max(late),
        TICK_MS + GRACE_MS,
        beside=beside,
    )


def _shown(lines: list[str]) -> int:
    """How many events the status line knows of."""
    found = POSITION.search(lines[LINES - 1])
    return int(found[2].replace(",", "")) + 1 if found else 0


def _behind(frames: list[tuple[float, int]], durable: list[tuple[float, int]]) -> list[float]:
    """For each new count on the screen, how long before it the oldest event that it lacks was durable, in ms."""
    late, before = [], 0
    counts = [count for _, count in durable]
    for moment, shown in frames:
        if shown > before and before:
            missing = bisect_right(counts, shown)
            if missing < len(durable):
                late.append(max(0.0, moment - durable[missing][0]) * 1e3)
        before = max(before, shown)
    return late or [0.0]


def _write(root: str, pipe: Connection) -> None:
    """In a process of its own: append at an even rate, and remember when what was durable."""
    store = Store(root)
    each = RATE // BATCHES_PER_SECOND
    made = drafts("follow", RATE * SECONDS + each, 600)
    with store.create(new_session(store, "follow")) as log:
        log.append(list(islice(made, each)))
        pipe.send(log.session_id)
        pipe.recv()
        durable, begun = [(time.perf_counter(), log.next_seq)], time.perf_counter()
        for number in range(BATCHES_PER_SECOND * SECONDS):
            due = begun + number / BATCHES_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            log.append(list(islice(made, each)))
            durable.append((time.perf_counter(), log.next_seq))
        pipe.send(durable)
        pipe.poll(10)  # until the other end is closed: the session stays live as long as it is looked at
