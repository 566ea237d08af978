"""Searching every session: what is asked, how it is looked for, and what has been found so far.

    type:tool_use is:error connection refused

Words of the filter language in front narrow, what follows is the text to find, as it stands. A blank in front makes
all of it text. Found events come in the order in which sessions are looked through, a group of lines for each session,
and nothing that is there ever moves: what comes later stands below.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from runtime.errors import WorkbenchError
from workbench.view.filter.language import FilterError
from workbench.view.session.standing import Standing
from workbench.view.text import shown

if TYPE_CHECKING:
    from runtime.asking.search import Hit
    from runtime.manifest import Manifest
    from runtime.store import Store

MOST_SHOWN = 10_000
"""So many events get a line: bounds memory. What is found beyond is counted."""
MOST_OF_ONE = 100
"""So many of one session: one that is full of it must not hide all others."""
REPORT_SECONDS = 0.05

_TERM = re.compile(r'-?([A-Za-z_]+)(?::|>=|<=|>|<|=)(?:[^\s"]|"[^"]*")+(?:\s+|$)')


class Question(NamedTuple):
    """What is asked."""

    narrowing: str
    """A filter that events have to pass; empty for all."""
    needle: str


def question(text: str) -> Question:
    """``text`` taken apart; raises `FilterError` where the words in front are no filter, or nothing follows them."""
    from workbench.view.filter.events import FIELDS, EventFilter

    at = 0
    while (term := _TERM.match(text, at)) and term[1].lower() in FIELDS:
        at = term.end()
    asked = Question(text[:at].strip(), text[at:].strip())
    EventFilter(asked.narrowing)
    if not asked.needle:
        raise FilterError(f"{asked.narrowing or 'that'} says nothing to look for: text goes after it")
    return asked


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


class Found(NamedTuple):
    """One event in which it was found: a line of text, taken apart around the match."""

    seq: int
    before: str
    match: str
    after: str


class About(NamedTuple):
    """What stands over the events of one session."""

    title: str
    origin: str
    started_us: int | None


class Part(NamedTuple):
    """Some of what was found in one session."""

    session_id: str
    about: About | None
    """None where it gets no line of its own, for there are too many."""
    found: list[Found]
    """Those that get a line."""
    events: int
    """How many there are, with and without one."""


class Report(NamedTuple):
    """How far it is, and what was found since the last report."""

    parts: list[Part]
    sessions: int
    of_sessions: int


@dataclass(slots=True)
class Group:
    """A session in which something was found."""

    session_id: str
    about: About
    number: int
    """Which of all it was to be found."""
    first: int
    """The line of its heading; its events follow it."""
    found: list[Found] = field(default_factory=list)
    events: int = 0


ORDERS: dict[str, Callable[[Group], float]] = {
    "as they were found": lambda group: group.number,
    "the newest session first": lambda group: -(group.about.started_us or 0),
    "most events first": lambda group: -group.events,
}


class Results:
    """All that was found so far, as lines: a heading for each session, and its events."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._firsts = array("q")
        self.lines = self.events = self.sessions = self.shown = 0
        self._last = ""

    def add(self, part: Part) -> None:
        """More was found. Only the last session still grows, so what is there stays in its line."""
        self.events += part.events
        if part.session_id != self._last:
            self.sessions, self._last = self.sessions + 1, part.session_id
            if part.about is not None:
                self.groups.append(Group(part.session_id, part.about, len(self.groups), self.lines))
                self._firsts.append(self.lines)
                self.lines += 1
        if self.groups and self.groups[-1].session_id == part.session_id:
            group = self.groups[-1]
            group.events += part.events
            group.found += part.found
            self.shown += len(part.found)
            self.lines += len(part.found)

    def at(self, line: int) -> tuple[Group, Found | None]:
        """What stands in a line: an event, or the heading of its session (None)."""
        group = self.groups[bisect_right(self._firsts, line) - 1]
        index = line - group.first - 1
        return group, group.found[index] if index >= 0 else None

    def sort(self, order: str, line: int) -> int:
        """Put the sessions in one of `ORDERS`; where what stands in ``line`` stands then. Not while more is found."""
        if not self.groups:
            return 0
        group = self.at(line)[0]
        below = line - group.first
        self.groups.sort(key=ORDERS[order])
        at = 0
        for index, each in enumerate(self.groups):
            each.first = self._firsts[index] = at
            at += 1 + len(each.found)
        return group.first + below

    def heading(self, line: int, step: int) -> int:
        """The line of the next heading after ``line``, or the one before it; ``line`` where there is none."""
        at = bisect_right(self._firsts, line) if step > 0 else bisect_right(self._firsts, line - 1) - 1
        return self._firsts[at] if 0 <= at < len(self._firsts) else line


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class StoreSearch:
    """One search through a store. Used on a lane."""

    def __init__(self, store: Store, asked: Question) -> None:
        self.asked = asked
        self._store = store
        self._shown = 0
        self._session, self._of_session = "", 0
        self._stands: Callable[[int], bool] = lambda seq: True
        self._about: About | None = None

    def run(self, report: Callable[[Report], None], cancel: Event) -> None:
        """Look through everything; ``report`` hears at once where something was found after a while without."""
        from runtime.asking.search import search

        parts: list[Part] = []
        due, so_far = 0.0, (0, 0)
        try:
            for progress in search(self._store, self.asked.needle, cancel=cancel):
                parts += self._parts(progress.hits, cancel)
                so_far = progress.sessions, progress.of_sessions
                if monotonic() > due:
                    report(Report(parts, *so_far))
                    parts, due = [], monotonic() + REPORT_SECONDS
                if cancel.is_set():
                    return
        finally:  # damage is said when all else was looked through: what was found is not lost with it
            report(Report(parts, *so_far))

    def _parts(self, hits: Iterable[Hit], cancel: Event) -> Iterator[Part]:
        for session_id, some in groupby(hits, key=lambda hit: hit.session_id):
            if cancel.is_set():
                return
            if session_id != self._session:
                self._begin(session_id, cancel)
            kept = [hit for hit in some if self._stands(hit.seq)]
            if not kept:
                continue
            room = min(MOST_OF_ONE - self._of_session, MOST_SHOWN - self._shown)
            found = [_found(hit) for hit in kept[: max(0, room)]]
            self._of_session += len(found)
            self._shown += len(found)
            yield Part(session_id, self._about if self._of_session else None, found, len(kept))

    def _begin(self, session_id: str, cancel: Event) -> None:
        """The next session: what is said of it, and which of its events count."""
        self._session, self._of_session = session_id, 0
        try:
            manifest = self._store.manifest(session_id)
            self._about = _about(manifest)
            self._stands = self._counting(manifest, cancel)
        except (WorkbenchError, OSError):  # it was deleted meanwhile, or is damaged, which the search itself will say
            self._about, self._stands = About(session_id, "", None), lambda seq: not self.asked.narrowing

    def _counting(self, manifest: Manifest, cancel: Event) -> Callable[[int], bool]:
        """Whether an event is not replaced by a later one, and passes the filter."""
        if not self.asked.narrowing and all(
            each.kind != "open" and each.sums.events == each.count for each in manifest.segments
        ):
            return lambda seq: True
        standing = self._standing(manifest.session_id, cancel)
        return lambda seq: seq in standing

    def _standing(self, session_id: str, cancel: Event) -> Standing:
        from workbench.view.filter.events import EventFilter
        from workbench.view.filter.sieve import Sieve
        from workbench.view.session.find import find_threads
        from workbench.view.session.source import SessionSource

        source = SessionSource(self._store, session_id)
        try:
            if not self.asked.narrowing:
                return source.standing
            reader = source.reader
            threads = find_threads(reader, 0, source.count) if "thread:" in self.asked.narrowing.lower() else {}
            sieve = Sieve(EventFilter(self.asked.narrowing), threads)
            sieve.by_rows(reader, source.count, lambda: not cancel.is_set())
            return sieve.picked(source.standing)
        finally:
            source.close()


def _about(manifest: Manifest) -> About:
    source, sums = manifest.source.get("format"), manifest.totals()
    name = source if isinstance(source, str) else manifest.agent.get("name")
    started = sums.first_us if sums.first_us is not None else manifest.created_us
    return About(shown(manifest.title or "") or "untitled", shown(name) if isinstance(name, str) else "", started)


def _found(hit: Hit) -> Found:
    text, start, end = hit.excerpt()
    return Found(hit.seq, shown(text[:start]), shown(text[start:end]), shown(text[end:]))
