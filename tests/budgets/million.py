"""A session of 1,000,000 events: opening it, the app's memory, keys in its list, and one payload of it."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from runtime.store import Store
from tests.budgets.bench import Bench, command
from tests.budgets.outcome import Outcome, of_runs, percentile
from tests.budgets.startup import paints
from tests.budgets.stores import session_of, telling
from tests.budgets.terminal import LINES, Screen, Seen, Terminal

FAMILY = "million"
PAINT_SECONDS, MEMORY_MB = 0.8, 250.0
KEY_MS, JUMP_MS, SCROLL_MS, PAYLOAD_MS = 16.0, 30.0, 16.0, 3.0
WHEEL_UP = "\x1b[<64;20;12M"
FIRST_LINE = 4
"""Of the screen, the first line of the list: breadcrumb, lane, ruler and titles stand above it."""
ROW = re.compile(r"[▌ ]\s*[\d,]+ *\+")
SEED = 20_261_120


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    store, session_id = session_of(bench, bench.sizes.huge)
    count = bench.sizes.huge
    with store.reader(session_id) as reader:
        text = telling(reader.rows(count - 12, count))
    words = command("open", session_id, "--store", str(store.root))
    yield of_runs(
        FAMILY, f"open {count:,} events, first paint", "s", paints(words, text, bench.sizes.runs), PAINT_SECONDS
    )
    with Terminal(words) as terminal:
        terminal.until(lambda screen: text in screen.text())
        terminal.settle()
        yield memory(FAMILY, terminal, "memory after opening", "VmRSS")
        yield from _keys(bench, terminal, count)
        yield from _jumps(bench, terminal, store, session_id, count)
        yield memory(FAMILY, terminal, "memory after all of this, the most", "VmHWM")
    yield from _payloads(bench, store, session_id)


def memory(family: str, terminal: Terminal, what: str, name: str) -> Outcome:
    """What the app takes of it: ``VmRSS`` now, ``VmHWM`` at most."""
    taken = terminal.memory_mb()
    beside = f"{name}; now {taken['VmRSS']:.0f} MB, of it {taken['RssFile']:.0f} MB pages of files"
    return of_runs(family, what, "MB", [taken[name]], MEMORY_MB, beside=beside)


def _keys(bench: Bench, terminal: Terminal, count: int) -> Iterator[Outcome]:
    """The cursor, line by line; then the wheel, which moves what is in sight."""
    took, cursor, used = [], count - 1, terminal.cpu_seconds()
    for _ in range(bench.sizes.keys):
        cursor -= 1
        took.append(terminal.press("k", at(cursor)) * 1e3)
        terminal.settle(0.02, 0.2)
    yield p95(FAMILY, "cursor key to frame", took, KEY_MS, terminal.cpu_seconds() - used)
    took, used = [], terminal.cpu_seconds()
    for _ in range(bench.sizes.keys):
        before = terminal.screen.lines()[FIRST_LINE]
        took.append(terminal.press(WHEEL_UP, _scrolled(before)) * 1e3)
        terminal.settle(0.02, 0.2)
    yield p95(FAMILY, "scroll frame (wheel)", took, SCROLL_MS, terminal.cpu_seconds() - used)


def _jumps(bench: Bench, terminal: Terminal, store: Store, session_id: str, count: int) -> Iterator[Outcome]:
    """To random places, by their number: from enter to the frame that shows the rows that are there.

    CPU is that of the whole jump: the palette, a frame for each digit that did not come with the one before, and enter.
    """
    chance, took, used = random.Random(SEED), [], terminal.cpu_seconds()
    with store.reader(session_id) as reader:
        for _ in range(bench.sizes.keys):
            seq = chance.randrange(100, count - 100)
            text = telling(reader.rows(seq - 6, seq + 6))
            terminal.press(f":{seq}", _typed(f":{seq}"))
            terminal.settle(0.02, 0.2)
            took.append(terminal.press("\r", at(seq, text)) * 1e3)
            terminal.settle(0.02, 0.2)
    yield p95(FAMILY, "random jump to frame", took, JUMP_MS, terminal.cpu_seconds() - used)
    yield _dragged(terminal, count)


def _dragged(terminal: Terminal, count: int) -> Outcome:
    """The same with the mouse, by the scroll bar: once to every place that it can be dragged to."""
    places = list(range(FIRST_LINE + 2, LINES - 2))
    random.Random(SEED).shuffle(places)
    bar = terminal.screen.lines()[FIRST_LINE].index("│")
    terminal.press("G", at(count - 1))
    terminal.settle()
    took, used = [], terminal.cpu_seconds()
    terminal.write(f"\x1b[<0;{bar};{LINES - 1}M")
    terminal.settle()
    for place in places:
        before = terminal.screen.lines()[FIRST_LINE]
        took.append(terminal.press(f"\x1b[<32;{bar};{place}M", _jumped(before)) * 1e3)
        terminal.settle(0.05, 0.3)
    terminal.write(f"\x1b[<0;{bar};{places[-1]}m")
    return p95(FAMILY, "random jump to frame (scroll bar)", took, JUMP_MS, terminal.cpu_seconds() - used)


def _jumped(before: str) -> Seen:
    """Whether other events are in sight, and all of them are really there."""

    def seen(screen: Screen) -> bool:
        lines = screen.lines()[FIRST_LINE : LINES - 1]
        return lines[0] != before and all(ROW.match(line) for line in lines)

    return seen


def at(seq: int, text: str = "") -> Seen:
    """Whether the cursor is on an event, and ``text`` in sight."""
    position = f"{seq:,} / "
    return lambda screen: position in screen.lines()[LINES - 1] and text in screen.text()


def _typed(text: str) -> Seen:
    return lambda screen: text in screen.text()


def _scrolled(before: str) -> Seen:
    return lambda screen: screen.lines()[FIRST_LINE] != before


def p95(family: str, what: str, took: list[float], bar: float | None, used: float) -> Outcome:
    """``used`` is what the app computed for all of them; it says on a busy machine what the rest is."""
    middle, each = percentile(took, 0.5), used / len(took) * 1e3
    beside = f"p50 {middle:.1f} ms, p99 {percentile(took, 0.99):.1f} ms, {len(took)} times; CPU {each:.1f} ms each"
    return Outcome(family, f"{what}, p95", "ms", percentile(took, 0.95), min(took), max(took), bar, beside=beside)


def _payloads(bench: Bench, store: Store, session_id: str) -> Iterator[Outcome]:
    """One payload at a time, at random, through one reader that is open already."""
    chance, took = random.Random(SEED), []
    begun = time.perf_counter()
    with store.reader(session_id) as reader:
        reader.payload(chance.randrange(reader.count))
        first = (time.perf_counter() - begun) * 1e3
        for _ in range(bench.sizes.keys):
            seq = chance.randrange(reader.count)
            begun = time.perf_counter()
            payload = reader.payload(seq)
            took.append((time.perf_counter() - begun) * 1e3)
            assert payload
    late = percentile(took, 0.95)
    beside = (
        f"median of {len(took)} random ones, p95 {late:.1f} ms; the first, with opening the session, {first:.1f} ms"
    )
    yield of_runs(FAMILY, "one payload by seq", "ms", took, PAYLOAD_MS, beside=beside)
