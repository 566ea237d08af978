"""A session of 100,000 events with payloads of five megabytes in it: opening, keys over them, scrolling in them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyarrow.compute as pc

from runtime.store import Store
from tests.budgets.bench import Bench, command
from tests.budgets.long_story import HEAVY_CHARACTERS
from tests.budgets.million import at, memory, p95
from tests.budgets.outcome import Outcome, of_runs
from tests.budgets.startup import paints
from tests.budgets.stores import heavy_session, telling
from tests.budgets.terminal import Seen, Terminal

FAMILY = "heavy"
PAINT_SECONDS, KEY_MS, JUMP_MS, SCROLL_MS = 0.8, 16.0, 30.0, 16.0
ROUNDS = 3
SCROLLS = 25
"""Half pages, in each of the payloads."""


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    events, heavy = bench.sizes.heavy
    store, session_id = heavy_session(bench, events, heavy)
    with store.reader(session_id) as reader:
        text = telling(reader.rows(events - 12, events))
    words = command("open", session_id, "--store", str(store.root))
    what = f"open {events:,} events, {heavy} of 5 MB, first paint"
    yield of_runs(FAMILY, what, "s", paints(words, text, bench.sizes.runs), PAINT_SECONDS)
    with Terminal(words) as terminal:
        terminal.until(lambda screen: text in screen.text())
        terminal.settle()
        yield memory(FAMILY, terminal, "memory after opening", "VmRSS")
        yield from _visits(terminal, _heaviest(store, session_id))
        yield memory(FAMILY, terminal, "memory after all of this, the most", "VmHWM")


def _heaviest(store: Store, session_id: str) -> list[tuple[int, str]]:
    """Seq and id of the heavy ones."""
    with store.reader(session_id) as reader:
        table = reader.table(0, reader.count, ["seq", "id", "payload_bytes"])
    heavy = table.filter(pc.greater(table["payload_bytes"], HEAVY_CHARACTERS))
    return list(zip(heavy["seq"].to_pylist(), heavy["id"].to_pylist()))


def _visits(terminal: Terminal, heavy: list[tuple[int, str]]) -> Iterator[Outcome]:
    """To each of them by its number, off it and on it by the cursor, and half pages down in its payload."""
    jumps, keys, payloads, scrolls, used = [], [], [], [], terminal.cpu_seconds()
    for seq, event_id in heavy * ROUNDS:
        terminal.press(f":{seq}", lambda screen, seq=seq: f":{seq}" in screen.text())  # type: ignore[misc]
        terminal.settle(0.02, 0.2)
        jumps.append(terminal.press("\r", at(seq)) * 1e3)
        terminal.until(_shown(event_id))
        terminal.settle(0.02, 0.2)
        terminal.press("k", at(seq - 1))
        terminal.settle(0.05, 0.5)
        sent = time.perf_counter()
        keys.append(terminal.press("j", at(seq)) * 1e3)
        payloads.append((terminal.until(_shown(event_id)) - sent) * 1e3)
        terminal.settle(0.05, 0.5)
    for seq, event_id in heavy:
        terminal.press(f":{seq}\r", lambda screen, seq=seq, id=event_id: at(seq)(screen) and _shown(id)(screen))  # type: ignore[misc]
        terminal.write("\t")
        terminal.settle(0.05, 0.5)
        for _ in range(SCROLLS):
            before = terminal.screen.text()
            scrolls.append(terminal.press("\x04", _other(before)) * 1e3)
            terminal.settle(0.02, 0.2)
        terminal.write("\t")
        terminal.settle(0.05, 0.5)
    used = terminal.cpu_seconds() - used
    yield p95(FAMILY, "cursor key onto 5 MB to frame", keys, KEY_MS, used)
    yield p95(FAMILY, "jump to 5 MB to frame", jumps, JUMP_MS, used)
    yield p95(FAMILY, "cursor key onto 5 MB to its payload shown", payloads, None, used)
    yield p95(FAMILY, "half a page down in 5 MB to frame", scrolls, SCROLL_MS, used)


def _shown(event_id: str) -> Seen:
    return lambda screen: event_id in screen.text()


def _other(before: str) -> Seen:
    return lambda screen: screen.text() != before
