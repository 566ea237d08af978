"""The strand of a session that its timeline follows: a thread, a tool, errors, what was spent; what a filter shows.

A strand is counted once, a segment at a time, on a lane with a reader of its own; as the session grows, what is new is
added. What is kept are the numbers of its events, by code: any range is counted by looking two of them up.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from runtime.event import Row
from runtime.segment import SEGMENT_ROWS
from workbench.view import words
from workbench.view.session.event_lines import thread_name
from workbench.view.session.standing import Picked, Standing
from workbench.view.text import shown
from workbench.view.timeline.tiles import Threads

if TYPE_CHECKING:
    from runtime.reader import LogReader
    from workbench.view.lane import Lane
    from workbench.view.session.source import SessionSource

SHARED_LANE = 3
"""Threads from this number on are counted together."""
END = "span.model_request_end"


class Aspect(StrEnum):
    """What a timeline can follow, in the order in which a key goes through it."""

    ALL = "all"
    THREAD = "thread"
    TOOL = "tool"
    ERRORS = "errors"
    REQUESTS = "requests"
    COST = "cost"


class Followed(NamedTuple):
    """An aspect, and of what: a thread's id, a tool's name; and what that is called."""

    aspect: Aspect = Aspect.ALL
    of: str = ""
    name: str = ""

    def after(self, row: Row | None, threads: Mapping[str, str], known: int) -> Followed:
        """What comes after this, the cursor being on ``row`` of a session with so many ``known`` threads."""
        offers = [Followed(aspect, "", aspect) for aspect in (Aspect.ERRORS, Aspect.REQUESTS, Aspect.COST)]
        if row is not None and row.name and row.type.endswith(("tool_use", "tool_result")):
            offers.insert(0, Followed(Aspect.TOOL, row.name, shown(row.name)))
        if row is not None and known > 1:
            offers.insert(0, Followed(Aspect.THREAD, row.thread_id, thread_name(row, threads)))
        order = list(Aspect)
        later = (offer for offer in offers if order.index(offer.aspect) > order.index(self.aspect))
        return next(later, EVERYTHING)


EVERYTHING = Followed()


class Grains(NamedTuple):
    """What a part of a session has of a strand: events by code, and what each of them cost in dollars and tokens."""

    start: int
    stop: int
    seqs: dict[int, array[int]]
    dollars: dict[int, list[float | None]]
    tokens: dict[int, list[int]]


class Strand:
    """The events of a strand, as far as they were counted."""

    def __init__(self, what: Followed, standing: Standing) -> None:
        self.what, self.standing = what, standing
        self.counted = 0
        self.priced = True
        """Whether it is known what everything in it cost."""
        self._seqs: dict[int, array[int]] = {}
        self._dollars: dict[int, array[float]] = {}
        self._tokens: dict[int, array[float]] = {}

    def put(self, grains: Grains) -> None:
        """The next part was counted."""
        for code, seqs in grains.seqs.items():
            self._seqs.setdefault(code, array("q")).extend(seqs)
        for code, dollars in grains.dollars.items():
            self.priced = self.priced and None not in dollars
            _add(self._dollars, code, [each or 0.0 for each in dollars])
            _add(self._tokens, code, grains.tokens[code])
        self.counted = grains.stop

    @property
    def weighs(self) -> bool:
        """Whether bars say what was spent, not how many events there are."""
        return self.what.aspect is Aspect.COST

    @property
    def filtered(self) -> bool:
        """Whether a filter had its say in it."""
        return isinstance(self.standing, Picked)

    def values(self, low: int, high: int) -> dict[int, float]:
        """By code, how many events there are from ``low`` up to ``high``, or what they cost together."""
        found: dict[int, float] = {}
        sums = (self._dollars if self.priced else self._tokens) if self.weighs else {}
        for code, seqs in self._seqs.items():
            first, stop = bisect_left(seqs, low), bisect_left(seqs, high)
            if first < stop:
                found[code] = sums[code][stop] - sums[code][first] if sums else stop - first
        return found

    def beyond(self, seq: int, step: int) -> int | None:
        """Its next event after ``seq``, or the one before."""
        found: list[int] = []
        for seqs in self._seqs.values():
            index = bisect_left(seqs, seq + 1) if step > 0 else bisect_left(seqs, seq) - 1
            if 0 <= index < len(seqs):
                found.append(seqs[index])
        return (min if step > 0 else max)(found, default=None)

    def any_error(self, low: int, high: int) -> bool:
        """Whether one of its events from ``low`` up to ``high`` is an error."""
        return any(bisect_left(seqs, low) < bisect_left(seqs, high) for code, seqs in self._seqs.items() if code & 1)

    @property
    def label(self) -> str:
        """What stands before the ruler."""
        if self.weighs and not self.priced:
            return "tokens"
        return "this thread" if self.what.aspect is Aspect.THREAD else self.what.name

    @property
    def words(self) -> str:
        """What is followed, and how much of it there is."""
        total = sum(self.values(0, self.counted).values())
        if self.weighs:
            spent = f"${total:,.2f}" if self.priced else f"{words.tokens(round(total))} tokens; prices are not known"
            return f"the timeline shows what was spent: {spent}"
        if self.what.aspect is Aspect.ALL:
            return "the timeline shows everything"
        kind = {Aspect.THREAD: "thread ", Aspect.TOOL: "tool "}.get(self.what.aspect, "")
        return f"the timeline shows {kind}{self.what.name}: {words.count(round(total), 'event')}"


def _add(sums: dict[int, array[float]], code: int, values: list[float] | list[int]) -> None:
    """Go on with running sums; there is one more of them than of values."""
    known = sums.setdefault(code, array("d", [0.0]))
    known.extend(list(accumulate(values, initial=known[-1]))[1:])


class Strands:
    """Counts the strand that is wanted; the one before is shown until it is there."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._reader: LogReader | None = None
        self._threads = Threads()
        self._busy: Strand | None = None
        """What is being counted: another that is wanted does not wait for it."""
        self._making: Strand | None = None
        self._picked: Standing | None = None
        self._known = 0
        self.what = EVERYTHING
        self.strand: Strand | None = None
        """What there is to be shown; None where that is simply everything."""

    def start(self, lane: Lane, threads: Threads, changed: Callable[[], None]) -> None:
        """``changed`` hears that another strand is to be shown, or more of it."""
        self._lane, self._threads, self._changed = lane, threads, changed

    def follow(self, what: Followed) -> None:
        """From now on this."""
        self.what = what

    def let_through(self, picked: Standing | None, known: int) -> None:
        """A filter lets these of the first ``known`` events through; None where there is none."""
        self._picked, self._known = picked, known

    def look(self, count: int) -> None:
        """Go on counting, if not all of ``count`` events was."""
        if self.what.aspect is Aspect.ALL and self._picked is None:
            if self._making is not None:
                self._making = self.strand = None
                self._changed()
            return
        standing, known = self._source.standing, count
        if self._picked is not None:
            standing, known = self._picked, min(count, self._known)
        making = self._making
        if making is None or making.what != self.what or not standing.agrees(making.standing, making.counted):
            making = self._making = Strand(self.what, standing)
        if self._busy is making:
            return
        making.standing = standing
        if making.counted < known:
            self._count(making, known, count)
        elif self.strand is not making:
            self._made(making)

    def _made(self, making: Strand) -> None:
        self.strand = making
        self._changed()

    def _count(self, making: Strand, known: int, count: int) -> None:
        self._busy = making
        start, standing, what = making.counted, making.standing, making.what
        stop = min(known, (start // SEGMENT_ROWS + 1) * SEGMENT_ROWS)

        def came(grains: Grains) -> None:
            if making is not self._making:
                return
            self._busy = None
            making.put(grains)
            if making is self.strand:
                self._changed()
            self.look(max(count, known))

        self._lane.run(lambda: self._read(start, stop, what, standing), came)

    def _read(self, start: int, stop: int, what: Followed, standing: Standing) -> Grains:
        from workbench.view.timeline.grains import grains

        if self._reader is None:
            self._reader = self._source.store.reader(self._source.session_id)
        elif self._reader.count < stop:
            self._reader.poll()
        return grains(self._reader, start, stop, what, standing, self._threads)

    def close(self) -> None:
        """Stop, and let go of the reader."""
        self._lane.close(lambda: self._reader.close() if self._reader is not None else None)
