"""Finding within one session: the next error, where a turn begins, text in payloads.

All of it reads the log in windows and may be told to stop between two of them (``wanted`` says no), so nothing here
holds a session in memory or keeps anybody waiting.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic

from runtime.event import decode
from runtime.reader import LogReader
from runtime.segment import SEGMENT_ROWS
from workbench.view.session.standing import ALL, Standing
from workbench.view.text import shown

REPORT_SECONDS = 0.05
FEW_EVENTS = 8_192
"""Up to here, rows are looked at one by one."""

Wanted = Callable[[], bool]
Found = tuple[int, int, list[int]]
"""A range that was looked through, and what was found in it."""


def windows(start: int, stop: int, step: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges from ``start`` up to ``stop``, cut at multiples of ``size``; with ``step`` -1 the last first."""
    borders = [start, *range((start // size + 1) * size, stop, size), stop]
    ranges = [pair for pair in zip(borders, borders[1:]) if pair[0] < pair[1]]
    return iter(ranges if step > 0 else ranges[::-1])


def find_error(
    reader: LogReader, seq: int, step: int, wanted: Wanted = lambda: True, standing: Standing = ALL
) -> int | None:
    """The next error after ``seq``, or with ``step`` -1 the one before it."""
    start, stop = (seq + 1, reader.count) if step > 0 else (0, seq)
    for low, high in windows(start, stop, step, SEGMENT_ROWS):
        if not wanted():
            return None
        flags = reader.table(low, high, ["is_error"]).column(0).to_pylist()
        if True in flags:
            places = range(len(flags)) if step > 0 else range(len(flags) - 1, -1, -1)
            found = next((low + place for place in places if flags[place] and low + place in standing), None)
            if found is not None:
                return found
    return None


def find_error_around(
    reader: LogReader, seq: int, step: int, wanted: Wanted = lambda: True, standing: Standing = ALL
) -> int | None:
    """The same, and beyond the last the first: whoever opens a session at its end finds its first error at once."""
    found = find_error(reader, seq, step, wanted, standing)
    return found if found is not None else find_error(reader, -1 if step > 0 else reader.count, step, wanted, standing)


def find_turn(
    reader: LogReader, seq: int, step: int, wanted: Wanted = lambda: True, standing: Standing = ALL
) -> int | None:
    """Where the next turn begins; with ``step`` -1, where this one does, or the one before it if ``seq`` is there."""
    turn = _turn_of(reader, seq)
    if step > 0:
        return _first_of(reader, turn + 1, seq, wanted, standing)
    start = _first_of(reader, turn, 0, wanted, standing)
    line = standing.line(seq)
    if start == seq and line > 0:
        start = _first_of(reader, _turn_of(reader, standing.seq(line - 1)), 0, wanted, standing)
    return start


def _turn_of(reader: LogReader, seq: int) -> int:
    turn: int = reader.table(seq, seq + 1, ["turn"]).column(0)[0].as_py()
    return turn


def _first_of(reader: LogReader, turn: int, start: int, wanted: Wanted, standing: Standing) -> int | None:
    """The first that stands at or after ``start`` and whose turn is ``turn`` or later; turns never go back."""
    for low, high in windows(start, reader.count, 1, SEGMENT_ROWS):
        if not wanted():
            return None
        turns = reader.table(low, high, ["turn"]).column(0)
        if turns[-1].as_py() >= turn:
            found = standing.seq(standing.line(low + bisect_left(turns.to_pylist(), turn)))
            return found if found < reader.count else None
    return None


def find_of_thread(
    reader: LogReader, seq: int, step: int, wanted: Wanted = lambda: True, standing: Standing = ALL
) -> int | None:
    """The next event of the thread that ``seq`` is of, or with ``step`` -1 the one before."""
    thread = reader.rows(seq, seq + 1)[0].thread_id
    start, stop = (seq + 1, reader.count) if step > 0 else (0, seq)
    for low, high in windows(start, stop, step, FEW_EVENTS):
        if not wanted():
            return None
        threads = reader.table(low, high, ["thread_id"]).column(0).to_pylist()
        if thread in threads:
            places = range(len(threads)) if step > 0 else range(len(threads) - 1, -1, -1)
            found = next((low + at for at in places if threads[at] == thread and low + at in standing), None)
            if found is not None:
                return found
    return None


def find_threads(reader: LogReader, start: int, stop: int) -> dict[str, str]:
    """Names, by id, of the threads that were created in a range of events; and the first event's, which is ``main``."""
    names: dict[str, str] = {}
    if start == 0 and stop > 0:
        names[reader.rows(0, 1)[0].thread_id] = "main"
    for seq in _of_type(reader, start, stop, "session.thread_created"):
        payload = decode(reader.payload(seq))
        thread, name = payload.get("session_thread_id"), payload.get("agent_name")
        if isinstance(thread, str) and isinstance(name, str):
            names[thread] = shown(name)
    return names


def _of_type(reader: LogReader, start: int, stop: int, kind: str) -> Iterator[int]:
    """The events of one type in a range."""
    if stop - start <= FEW_EVENTS:
        yield from (row.seq for row in reader.rows(start, stop) if row.type == kind)
        return
    import pyarrow.compute as pc  # a moment to import; only long sessions pay it, and not before the first paint

    for low, high in windows(start, stop, 1, SEGMENT_ROWS):
        kinds = reader.table(low, high, ["type"]).column(0)
        yield from (low + index for index in pc.indices_nonzero(pc.equal(kinds, kind)).to_pylist())


# ── text in payloads ─────────────────────────────────────────────────────────────────────────────────────────────────


class Search:
    """A search through one session, from where somebody looks to its end, then from its beginning to there."""

    def __init__(self, needle: str, start: int, count: int) -> None:
        self.needle, self.start, self.count = needle, start, count
        self.scanned = self.changes = 0
        """How much was looked through, and how often what is known to be found has changed."""
        self._standing = ALL
        self._found = array("q")
        """All that was found, whether it stands or not, in the order of the windows."""
        self._after, self._before = array("q"), array("q")

    def windows(self) -> Iterator[tuple[int, int]]:
        """The ranges to look through, in order."""
        yield from windows(self.start, self.count, 1, SEGMENT_ROWS)
        yield from windows(0, self.start, 1, SEGMENT_ROWS)

    def add(self, low: int, high: int, found: list[int]) -> None:
        """A range was looked through, and this was found."""
        self.scanned += high - low
        self.changes += bool(found)
        self._found.extend(found)
        (self._after if low >= self.start else self._before).extend(seq for seq in found if seq in self._standing)

    def drop(self, standing: Standing) -> None:
        """From now on only what stands, or what a filter lets through, counts as found."""
        self._standing = standing
        self.changes += 1
        kept = [seq for seq in self._found if seq in standing]
        self._after = array("q", [seq for seq in kept if seq >= self.start])
        self._before = array("q", [seq for seq in kept if seq < self.start])

    @property
    def done(self) -> bool:
        """Whether everything was looked through."""
        return self.scanned >= self.count

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.scanned // self.count if self.count else 100

    def __len__(self) -> int:
        return len(self._after) + len(self._before)

    def __contains__(self, seq: object) -> bool:
        if not isinstance(seq, int):
            return False
        part = self._after if seq >= self.start else self._before
        index = bisect_left(part, seq)
        return index < len(part) and part[index] == seq

    def any_within(self, low: int, high: int) -> bool:
        """Whether there is a hit from ``low`` up to ``high``."""
        return any(bisect_left(part, low) < bisect_left(part, high) for part in (self._before, self._after))

    def place(self, seq: int) -> int | None:
        """Which hit ``seq`` is, from 1 in order of seq, as far as is known; None if it is none."""
        if seq not in self:
            return None
        if seq >= self.start:
            return len(self._before) + bisect_left(self._after, seq) + 1
        return bisect_left(self._before, seq) + 1

    def beyond(self, seq: int, step: int) -> int | None:
        """The next hit after ``seq`` or before it; around the end once all is looked through; None if none is known."""
        parts = (self._before, self._after) if step > 0 else (self._after, self._before)
        for part in parts:
            index = bisect_right(part, seq) if step > 0 else bisect_left(part, seq) - 1
            if 0 <= index < len(part):
                return part[index]
        if not self.done or not len(self):
            return None
        first = parts[0] or parts[1]
        return first[0] if step > 0 else first[-1]


def run_search(search: Search, reader: LogReader, report: Callable[[Found], None], cancel: Event) -> None:
    """Look through everything; ``report`` hears of the first hit at once, of all else some twenty times a second."""
    from runtime.asking.search import search_payloads

    due = 0.0
    for low, high in search.windows():
        found: list[int] = []
        for hit in search_payloads(reader, search.needle, start=low, stop=high, cancel=cancel):
            found.append(hit.seq)
            if monotonic() > due:
                report((low, hit.seq + 1, found))
                low, found, due = hit.seq + 1, [], monotonic() + REPORT_SECONDS
        if cancel.is_set():
            return
        report((low, high, found))
