"""Which events of a session pass a filter: told on a lane with a reader of its own, and kept up as the session grows.

First by their rows, which takes a moment even of a million; the list changes once, when that is done. Then, if text is
looked for, by what was said in payloads, which takes longer: the list is put right window by window.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from threading import Event

import pyarrow as pa
import pyarrow.compute as pc

from runtime.asking.needle import Needle
from runtime.asking.search import search_payloads
from runtime.reader import LogReader
from runtime.segment import ROW_GROUP, SEGMENT_ROWS
from workbench.view.filter.events import EventFilter, Facts, people_in, summaries_with
from workbench.view.filter.language import Term
from workbench.view.session.find import Wanted, windows
from workbench.view.session.standing import Picked, Standing

TEXT_WINDOW = 4 * ROW_GROUP
"""So many events are looked through for text before the list is put right."""


class Sieve:
    """One filter, and what has passed it. Used on a lane."""

    def __init__(self, asked: EventFilter, threads: Mapping[str, str]) -> None:
        self.asked = asked
        self.cancel = Event()
        self._threads = threads
        self._facts = Facts(threads)
        self.findings: Mapping[str, frozenset[int]] = {}
        """What was found in the session, if the filter asks for that; of events that come later, nothing is known."""
        self._needles = {term: Needle(term.texts[0]) for term in asked.words}
        self._seqs = array("q")
        self.known = 0
        """How many events were let through or held back."""
        self.scanned = 0
        """How many events were looked through for text."""

    # ── passing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def by_rows(self, reader: LogReader, count: int, wanted: Wanted) -> bool:
        """Let ``count`` events through as far as their rows tell; False if that is not wanted any more."""
        people = self.asked.asks_for_people and _tells_people(reader, count)
        self._facts = Facts(self._threads, people, self.findings)
        seqs = array("q")
        for low, high in windows(0, count, 1, SEGMENT_ROWS):
            if not wanted():
                return False
            table = self._table(reader, low, high)
            mask = self._mask(reader, table, low)
            for term in self.asked.words:
                mask = _narrowed(mask, summaries_with(term, table), term)
            seqs.extend(_seqs(mask, low))
        self._seqs, self.known = seqs, count
        return True

    def by_text(self, reader: LogReader, wanted: Wanted, report: Callable[[], None]) -> None:
        """Put right what `by_rows` let through, by what payloads say; ``report`` is called after each window."""
        for low, high in windows(0, self.known, 1, TEXT_WINDOW):
            found = self._exact(reader, low, high)
            if not wanted():
                return
            first, stop = bisect_left(self._seqs, low), bisect_left(self._seqs, high)
            if found != self._seqs[first:stop]:
                self._seqs = self._seqs[:first] + found + self._seqs[stop:]
            self.scanned = high
            report()
        self.scanned = self.known

    def more(self, reader: LogReader, count: int) -> None:
        """Take in events that came since."""
        if count > self.known:
            self._seqs.extend(self._exact(reader, self.known, count))
            self.known = count

    @property
    def percent(self) -> int:
        """How much was looked through for text."""
        return 100 * self.scanned // self.known if self.known else 100

    def picked(self, standing: Standing) -> Picked:
        """What has passed so far, and stands."""
        if not len(standing):
            return Picked(standing, self._seqs)
        gone = pc.is_in(_arrow(self._seqs), _arrow(standing.replaced))
        return Picked(standing, array_of(pc.filter(_arrow(self._seqs), pc.invert(gone))))

    # ── one window ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, reader: LogReader, low: int, high: int) -> pa.Table:
        return reader.table(low, high, self.asked.columns)

    def _mask(self, reader: LogReader, table: pa.Table, low: int) -> pa.BooleanArray:
        before = 0
        if self.asked.asks_for_people and low:
            before = reader.table(low - 1, low, ["turn"]).column(0)[0].as_py()
        return self.asked.mask(table, before, self._facts)

    def _exact(self, reader: LogReader, low: int, high: int) -> array[int]:
        """What passes of a window, payloads included."""
        table = self._table(reader, low, high)
        mask = self._mask(reader, table, low)
        for term in self.asked.words:
            found = summaries_with(term, table)
            open_rows = pc.indices_nonzero(pc.and_(mask, pc.invert(found)))
            if len(open_rows) and not self.cancel.is_set():
                first, stop = low + open_rows[0].as_py(), low + open_rows[-1].as_py() + 1
                said = self._said(reader, term, first, stop, len(open_rows))
                found = pc.or_(found, pc.is_in(_numbers(low, high), pa.array(said, pa.int64())))
            mask = _narrowed(mask, found, term)
        return _seqs(mask, low)

    def _said(self, reader: LogReader, term: Term, first: int, stop: int, asked: int) -> list[int]:
        """In which payloads of a range the text stands. A few at the tail are asked one by one: an open segment is
        searched as a whole."""
        needle = self._needles[term]
        tails = reader.tails
        if not needle.anywhere and tails and first >= tails[0].segment.first and asked <= ROW_GROUP:
            return [
                entry.seq for entry in reader.entries(first, stop)
                if needle.find_in_values(entry.payload) or (entry.extra and needle.find_in_values(entry.extra))
            ]  # fmt: skip
        return [hit.seq for hit in search_payloads(reader, needle, start=first, stop=stop, cancel=self.cancel)]


def _narrowed(mask: pa.BooleanArray, found: pa.BooleanArray, term: Term) -> pa.BooleanArray:
    return pc.and_(mask, pc.invert(found) if term.negated else found)


def _tells_people(reader: LogReader, count: int) -> bool:
    """Whether messages of people begin turns in this session: where they do, others of the user's are no person's."""
    before = 0
    for low, high in windows(0, count, 1, SEGMENT_ROWS):
        table = reader.table(low, high, ["type", "turn"])
        if pc.any(people_in(table, before)).as_py():
            return True
        before = table.column("turn")[-1].as_py()
    return False


def _seqs(mask: pa.BooleanArray, low: int) -> array[int]:
    return array_of(pc.add(pc.cast(pc.indices_nonzero(mask), pa.int64()), low))


def _numbers(low: int, high: int) -> pa.Array:
    return pa.array(range(low, high), pa.int64())


def array_of(numbers: pa.Array) -> array[int]:
    """Numbers of 64 bits, copied out of Arrow."""
    found = array("q")
    if len(numbers):
        found.frombytes(memoryview(numbers.buffers()[1])[8 * numbers.offset : 8 * (numbers.offset + len(numbers))])
    return found


def _arrow(numbers: array[int]) -> pa.Array:
    """``numbers``, not copied: let go of it before they grow."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
