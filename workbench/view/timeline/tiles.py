"""What a session consists of, counted: once, in tiles of 256 events, and kept event by event only where somebody looks.

An event counts by its *code*: its thread's number, its domain, and whether it is an error. Events that were replaced
count nothing. A million events are 3,907 tiles; the codes themselves are kept for a few chunks of the log at a time,
so that any range can be counted exactly, and read again where they are not.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runtime.reader import LogReader
from workbench.view.glyphs import role_of
from workbench.view.session.standing import Standing

TILE_EVENTS = 256
CHUNK_EVENTS = 16_384
"""What is read, coded and kept at once: a multiple of `TILE_EVENTS`."""
KEPT_CHUNKS = 16
KNOWN_RANGES = 2_048
STALL_US = 60_000_000
"""From here on a time in which nothing happened is a stall, where nobody set another (`workbench.kept.settings`)."""

DOMAINS = ("error", "user", "tool", "agent", "span", "session", "faint", "muted")
"""The loudest first; each is also the role of its colour."""
GONE = 0xFFFFFFFF
"""The code of an event that was replaced."""


class Threads(dict[str, int]):
    """Threads numbered in the order in which they first say something. Grows on the lane, is read anywhere."""

    def __missing__(self, thread: str) -> int:
        number = self[thread] = len(self)
        return number


class _Domains(dict[str, int]):
    def __missing__(self, kind: str) -> int:
        number = self[kind] = DOMAINS.index(role_of(kind))
        return number


_domains = _Domains()


def code_of(thread: int, kind: str, is_error: bool) -> int:
    """How an event counts."""
    return thread << 4 | _domains[kind] << 1 | is_error


def loudness(code: int) -> int:
    """The place in `DOMAINS` of what is coded: an error is one before it is anything else."""
    return 0 if code & 1 else code >> 1 & 7


def thread_of(code: int) -> int:
    """The number of the thread."""
    return code >> 4


@dataclass(frozen=True, slots=True)
class After:
    """What must be known of the events before a part to count it."""

    time_us: int | None = None
    """The latest moment of any event so far."""
    turn: int = 0
    """Events before the first turn are of turn 0, which is none."""
    stall_us: int = STALL_US


@dataclass(slots=True)
class Part:
    """A range of events of one chunk, counted."""

    start: int
    after: After
    codes: array[int] = field(default_factory=lambda: array("I"))
    times: array[int] = field(default_factory=lambda: array("q"))
    """The latest moment of any event so far: what a clock that never goes back says."""
    turns: list[int] = field(default_factory=list)
    """Where turns begin."""
    errors: list[int] = field(default_factory=list)
    stalls: list[tuple[int, int]] = field(default_factory=list)
    """Events before which nothing happened, and for how long."""

    @property
    def stop(self) -> int:
        """The seq after its last."""
        return self.start + len(self.codes)


Facts = tuple[str, str, bool, int | None, int]
"""Of an event: type, thread, whether it is an error, time, turn."""
_COLUMNS = ["type", "thread_id", "is_error", "time_us", "turn"]


def read_part(
    reader: LogReader, start: int, stop: int, standing: Standing, threads: Threads, after: After
) -> Part:  # fmt: skip
    """Count a range of one chunk. On the lane that owns ``reader``."""
    tails = reader.tails
    border = min(max(start, tails[0].segment.first if tails else stop), stop)
    part = Part(start, after)
    if start < border:
        columns = [column.to_pylist() for column in reader.table(start, border, _COLUMNS).columns]
        count_part(part, zip(*columns), standing, threads)
    if border < stop:
        rows = reader.rows(border, stop)
        count_part(
            part, ((row.type, row.thread_id, row.is_error, row.time_us, row.turn) for row in rows), standing, threads
        )
    return part


def count_part(part: Part, events: Iterable[Facts], standing: Standing, threads: Threads) -> None:
    """Add the next ``events`` to a part."""
    time_us, turn, stall_us = part.after.time_us, part.after.turn, part.after.stall_us
    codes, times, whole = part.codes, part.times, not len(standing)
    for seq, (kind, thread, is_error, now_us, in_turn) in enumerate(events, part.stop):
        if not whole and seq not in standing:
            codes.append(GONE)
            times.append(time_us or 0)
            continue
        codes.append(threads[thread] << 4 | _domains[kind] << 1 | is_error)
        if is_error:
            part.errors.append(seq)
        if now_us is not None and (time_us is None or now_us > time_us):
            if time_us is not None and now_us - time_us >= stall_us:
                part.stalls.append((seq, now_us - time_us))
            time_us = now_us
        times.append(time_us or 0)
        if in_turn > turn:
            turn = in_turn
            part.turns.append(seq)
    part.after = After(time_us, turn, stall_us)


class Tiles:
    """A session, counted as far as its parts have come."""

    def __init__(self) -> None:
        self.threads = Threads()
        self.counted = 0
        self.after = After()
        self.stall_us = STALL_US
        """From here on a time in which nothing happened is a stall; to be set before anything is counted."""
        self.version = 0
        """How often something was counted."""
        self.turns, self.stalls, self.gaps_us = array("q"), array("q"), array("q")
        self.errors = array("q")
        self._tiles: list[Counter[int]] = []
        self._firsts = array("q")
        """The moment at which each tile begins."""
        self._chunks: OrderedDict[int, Part] = OrderedDict()
        self._gone: list[int] = []
        """How many events of each chunk count nothing."""
        self._known: dict[tuple[int, int], Counter[int]] = {}
        """Ranges that were asked for: while a session grows, most cells stay what they are."""

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def wanted(self, count: int, standing: Standing, low: int, high: int) -> tuple[int, int, After] | None:
        """The part to read next: what changed, what is new up to ``count``, what is looked at from ``low`` on."""
        for number, gone in enumerate(self._gone):
            start, stop = self._bounds(number)
            if standing.gone_from(start) - standing.gone_from(stop) != gone:
                return start, stop, self._before(start)
        if self.counted < count:
            stop = (self.counted // CHUNK_EVENTS + 1) * CHUNK_EVENTS
            return self.counted, min(count, stop), self.after
        for number in self.missing(low, high):
            start, stop = self._bounds(number)
            return start, stop, self._before(start)
        return None

    def _bounds(self, number: int) -> tuple[int, int]:
        return number * CHUNK_EVENTS, min(self.counted, (number + 1) * CHUNK_EVENTS)

    def _before(self, start: int) -> After:
        """Enough to read a chunk again: where its turns and stalls are is known already."""
        return After(self._firsts[start // TILE_EVENTS], stall_us=self.stall_us)

    def missing(self, low: int, high: int) -> list[int]:
        """Chunks that have to be here to count anything from ``low`` to ``high``, and are not."""
        high = min(high, self.counted)
        numbers = range(low // CHUNK_EVENTS, -(-high // CHUNK_EVENTS)) if low < high else ()
        return [number for number in numbers if number not in self._chunks]

    def put(self, part: Part) -> None:
        """A part that was `wanted` has come."""
        number = part.start // CHUNK_EVENTS
        self.version += 1
        first, stop = bisect_left(self.errors, part.start), bisect_left(self.errors, part.stop)
        self.errors[first:stop] = array("q", part.errors)
        if part.start == self.counted:
            self._append(number, part)
        else:
            self._known.clear()
            self._gone[number] = part.codes.count(GONE)
            self._chunks[number] = part
            first = part.start // TILE_EVENTS
            self._tiles[first : -(-part.stop // TILE_EVENTS)] = [_tile(part, low, high) for low, high in _pieces(part)]
        self._chunks.move_to_end(number)
        while len(self._chunks) > KEPT_CHUNKS:
            last = self._bounds(len(self._gone) - 1)[0] // CHUNK_EVENTS  # what grows is never let go of
            del self._chunks[next(kept for kept in self._chunks if kept != last)]

    def _append(self, number: int, part: Part) -> None:
        for low, high in _pieces(part):
            if low % TILE_EVENTS:
                self._tiles[-1] += _tile(part, low, high)
            else:
                self._tiles.append(_tile(part, low, high))
                self._firsts.append(part.times[low - part.start])
        self.turns.extend(part.turns)
        for seq, gap_us in part.stalls:
            self.stalls.append(seq)
            self.gaps_us.append(gap_us)
        if number == len(self._gone):
            self._gone.append(0)
            self._chunks[number] = Part(part.start, part.after)
        self._gone[number] += part.codes.count(GONE)
        chunk = self._chunks[number]
        chunk.codes.extend(part.codes)
        chunk.times.extend(part.times)
        self.counted, self.after = part.stop, part.after

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def counts(self, low: int, high: int) -> Counter[int]:
        """How often each code comes from ``low`` to ``high``; where these cut tiles, their chunks have to be here."""
        place = low, min(high, self.counted)
        found = self._known.get(place)
        if found is None:
            if len(self._known) >= KNOWN_RANGES:
                self._known.clear()
            found = self._known[place] = self._count(*place)
        return found

    def _count(self, low: int, high: int) -> Counter[int]:
        found: Counter[int] = Counter()
        while low < high:
            number, skip = divmod(low, TILE_EVENTS)
            stop = min(high, (number + 1) * TILE_EVENTS)
            whole = not skip and stop == min(self.counted, (number + 1) * TILE_EVENTS)
            found.update(self._tiles[number] if whole else self._codes(low, stop))
            low = stop
        found.pop(GONE, None)
        return found

    def _codes(self, low: int, high: int) -> array[int]:
        chunk = self._chunks[low // CHUNK_EVENTS]
        return chunk.codes[low - chunk.start : high - chunk.start]

    def time_us(self, seq: int, *, fine: bool) -> int:
        """The clock at event ``seq``; not ``fine``, at the beginning of its tile."""
        if seq >= self.counted:
            return self.after.time_us or 0
        if not fine:
            return self._firsts[seq // TILE_EVENTS]
        chunk = self._chunks[seq // CHUNK_EVENTS]
        return chunk.times[seq - chunk.start]

    def seq_at(self, time_us: int, *, fine: bool) -> int:
        """The first event at or after a moment; not ``fine``, the first of the first tile that begins there."""
        number = bisect_left(self._firsts, time_us)
        start = (number - 1) * TILE_EVENTS
        chunk = self._chunks.get(start // CHUNK_EVENTS) if fine and number else None
        if chunk is None:
            return min(number * TILE_EVENTS, self.counted)
        stop = min(start + TILE_EVENTS, chunk.stop)
        return chunk.start + bisect_left(chunk.times, time_us, start - chunk.start, stop - chunk.start)

    def stall(self, seq: int, step: int) -> tuple[int, int] | None:
        """The next stall after event ``seq`` or before it, around the ends if need be: the event after it, how long."""
        if not self.stalls:
            return None
        index = bisect_left(self.stalls, seq + (step > 0))
        index = index % len(self.stalls) if step > 0 else index - 1
        return self.stalls[index], self.gaps_us[index]


def _pieces(part: Part) -> Iterator[tuple[int, int]]:
    """The part, cut where tiles begin."""
    borders = range((part.start // TILE_EVENTS + 1) * TILE_EVENTS, part.stop, TILE_EVENTS)
    return zip([part.start, *borders], [*borders, part.stop]) if part.codes else iter(())


def _tile(part: Part, low: int, high: int) -> Counter[int]:
    return Counter(part.codes[low - part.start : high - part.start])


def loudest(counts: Mapping[int, float]) -> int:
    """The place in `DOMAINS` of the loudest of what was counted."""
    return min(map(loudness, counts), default=len(DOMAINS) - 1)
