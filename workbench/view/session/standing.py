"""Which events stand: an event that a later one replaced (its ``supersedes``) is not shown, counted or jumped to.

Lists show standing events, a line each, so lines and seqs differ from the first replaced event on. A session in which
nothing was replaced pays nothing: its manifest says so (`Sums.events` leaves replacing rows out).

Where a filter is set, lists show what of these passes (`Picked`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runtime.event import Row
from runtime.reader import LogReader
from runtime.segment import ROW_GROUP


class Standing:
    """What was replaced up to some moment, and by what. Never changed: whoever holds one may read it on any thread."""

    __slots__ = ("_by", "_lines", "_replaced")

    def __init__(self, by: Mapping[int, int] | None = None) -> None:
        """``by`` says of each replaced event which one replaced it."""
        self._replaced, self._by, self._lines = array("q"), array("q"), array("q")
        self._add(by or {})

    def _add(self, by: Mapping[int, int]) -> None:
        """Replaced events later than any that is known."""
        start = len(self._replaced)
        self._replaced.extend(sorted(by))
        self._by.extend(by[seq] for seq in self._replaced[start:])
        self._lines.extend(seq - index for index, seq in enumerate(self._replaced[start:], start))

    def joined(self, by: Mapping[int, int]) -> Standing:
        """This, and what else was replaced since."""
        if not by:
            return self
        at = bisect_left(self._replaced, min(by))
        whole = Standing()
        whole._replaced, whole._by, whole._lines = self._replaced[:at], self._by[:at], self._lines[:at]
        whole._add({**dict(zip(self._replaced[at:], self._by[at:])), **by})
        return whole

    def __len__(self) -> int:
        """How many events were replaced."""
        return len(self._replaced)

    def __contains__(self, seq: int) -> bool:
        """Whether an event stands."""
        index = bisect_left(self._replaced, seq)
        return index == len(self._replaced) or self._replaced[index] != seq

    def line(self, seq: int) -> int:
        """How many standing events come before ``seq``: its line; of a replaced one, that of the next that stands."""
        return seq - bisect_left(self._replaced, seq)

    def gone_from(self, seq: int) -> int:
        """How many events from ``seq`` on were replaced."""
        return len(self._replaced) - bisect_left(self._replaced, seq)

    def seq(self, line: int) -> int:
        """The event in a line."""
        return line + bisect_right(self._lines, line)

    def latest(self, seq: int) -> int:
        """The event that stands for ``seq``: itself, or what replaced it."""
        while not Standing.__contains__(self, seq):
            seq = self._by[bisect_left(self._replaced, seq)]
        return seq

    def lines(self, count: int) -> int:
        """How many of ``count`` events have a line."""
        return count - len(self)

    def hidden_from(self, seq: int, count: int) -> int:
        """How many of ``count`` events have no line, from ``seq`` on."""
        return self.gone_from(seq)

    def agrees(self, other: Standing, seq: int) -> bool:
        """Whether ``other``, which came before this, has the same lines as far as event ``seq``."""
        return type(other) is Standing and other.line(seq) == self.line(seq)  # what was replaced once stays so

    def between(self, low: int, high: int) -> Sequence[int]:
        """The events from ``low`` up to ``high`` that have a line."""
        first, stop = bisect_left(self._replaced, low), bisect_left(self._replaced, high)
        gone = frozenset(self._replaced[first:stop])
        return [seq for seq in range(low, high) if seq not in gone] if gone else range(low, high)

    @property
    def replaced(self) -> array[int]:
        """The events that were replaced, in order."""
        return self._replaced


ALL = Standing()
"""Nothing was replaced."""

BEYOND = 1 << 62
"""The event in a line after the last."""


class Picked(Standing):
    """Of the events that stand, those that were picked: they alone have lines."""

    __slots__ = ("_seqs", "_stop")

    def __init__(self, standing: Standing, seqs: Sequence[int]) -> None:
        """``seqs`` are standing events, in order; what is appended to them later does not count."""
        self._replaced, self._by, self._lines = standing._replaced, standing._by, standing._lines
        self._seqs, self._stop = seqs, len(seqs)

    def __contains__(self, seq: int) -> bool:
        """Whether an event is shown."""
        index = self.line(seq)
        return index < self._stop and self._seqs[index] == seq

    def line(self, seq: int) -> int:
        """The line of ``seq``, or of the next event that has one."""
        return bisect_left(self._seqs, seq, 0, self._stop)

    def seq(self, line: int) -> int:
        """The event in a line."""
        return self._seqs[line] if line < self._stop else BEYOND

    def lines(self, count: int) -> int:
        """See `Standing`."""
        return self._stop

    def between(self, low: int, high: int) -> Sequence[int]:
        """See `Standing`."""
        return self._seqs[self.line(low) : self.line(high)]

    def agrees(self, other: Standing, seq: int) -> bool:
        """See `Standing`."""
        stop = self.line(seq)
        if not isinstance(other, Picked) or other.line(seq) != stop:
            return False
        return other._seqs is self._seqs or other._seqs[:stop] == self._seqs[:stop]

    def hidden_from(self, seq: int, count: int) -> int:
        """See `Standing`."""
        return count - seq - (self._stop - self.line(seq))


def replacing(rows: Iterable[Row]) -> dict[int, int]:
    """What ``rows`` replace, and by which of them; an event can only replace an earlier one."""
    return {row.supersedes: row.seq for row in rows if row.supersedes is not None and 0 <= row.supersedes < row.seq}


def replaced_in_sealed(reader: LogReader) -> dict[int, int]:
    """The same of all that is sealed; only segments whose sums say that something in them replaces are looked at."""
    by: dict[int, int] = {}
    for segment in reader.segments:
        if segment.sums.events != segment.count:
            column = reader.table(segment.first, segment.stop, ["supersedes"]).column(0).to_pylist()
            for seq, old in enumerate(column, segment.first):
                if old is not None and 0 <= old < seq:
                    by[old] = seq
    return by


def errors_among(reader: LogReader, seqs: Iterable[int]) -> int:
    """How many of these events are errors."""
    tails = reader.tails
    border = tails[0].segment.first if tails else reader.count
    ordered = sorted(seqs)
    split = bisect_left(ordered, border)
    return sum(_sealed_flags(reader, ordered[:split])) + sum(
        reader.rows(seq, seq + 1)[0].is_error for seq in ordered[split:]
    )


def _sealed_flags(reader: LogReader, seqs: Sequence[int]) -> Iterator[bool]:
    """Whether each of some sealed events is an error; neighbours are looked up together."""
    at = 0
    while at < len(seqs):
        first, stop = seqs[at], bisect_left(seqs, seqs[at] + ROW_GROUP)
        flags = reader.table(first, seqs[stop - 1] + 1, ["is_error"]).column(0).to_pylist()
        yield from (flags[seq - first] for seq in seqs[at:stop])
        at = stop
