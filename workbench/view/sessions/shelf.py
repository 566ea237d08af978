"""What sessions there are, kept up to date: all of them once, and after that only what came, changed or went.

While nothing happens, a look costs the times of three folders. A writer's lock comes and goes as a file of the folder
``locks``, sessions as folders of theirs, packs and deletions as the folder of packs; so if none of these changed,
nothing but the sessions that have a writer can have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from runtime.asking.listing import listed_of
from runtime.errors import WorkbenchError
from runtime.manifest import FILE_NAME
from runtime.store import Store, Summary
from workbench.view.session.writer import has_writer, writers
from workbench.view.sessions.listing import SessionLine, session_line

LAST_ROWS = 64
"""How far back it is looked for what a live session said of itself: when it stops, that is among the last it says."""


class News(NamedTuple):
    """What a look found."""

    lines: list[SessionLine]
    """Sessions that came or changed."""
    gone: frozenset[str]


class Shelf:
    """The sessions of a store, as far as somebody has looked. Used on one lane."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._times: list[int | None] = []
        self._known: dict[str, object] = {}
        """Of every session, something that is another when it has changed; a writer's tail is left out."""
        self._tails: dict[str, object] = {}
        """The same of the tails of sessions that have a writer."""

    def lines(self) -> Iterator[SessionLine]:
        """Every session."""
        self._times = self._times_now()
        self._known, live = self._all(), writers(self.store.locks_folder)
        self._tails = {session_id: self._tail(session_id) for session_id in live}
        for summary in self.store.summaries():
            yield self._line(summary, writer=summary.session_id in live)

    def line(self, session_id: str) -> SessionLine:
        """One of them."""
        return self._line(self.store.summary(session_id), writer=has_writer(self.store.locks_folder, session_id))

    def _line(self, summary: Summary, *, writer: bool) -> SessionLine:
        waits = writer and self._waits(summary.session_id)
        return session_line(listed_of(self.store, summary), writer=writer, waits=waits, in_turn=summary.sums.in_turn)

    def _waits(self, session_id: str) -> bool:
        """Whether a session that is written to has stopped until somebody says something."""
        try:
            with self.store.reader(session_id) as reader:
                for row in reversed(list(reader.rows(max(0, reader.count - LAST_ROWS), reader.count))):
                    if row.type.startswith("session.status_"):
                        return row.type == "session.status_idle"
        except WorkbenchError:
            pass  # its line says so
        return False

    def news(self) -> News | None:
        """What is new since the last look, or since all were read."""
        times, gone = self._times_now(), frozenset[str]()
        changed = self._written() if self._tails or times != self._times else set()
        if times != self._times:
            self._times, before, self._known = times, self._known, self._all()
            changed |= {session_id for session_id, sign in self._known.items() if before.get(session_id) != sign}
            gone = frozenset(before.keys() - self._known.keys())
        changed &= self._known.keys()
        return News(list(self._read(changed)), gone) if changed or gone else None

    def _written(self) -> set[str]:
        """Sessions whose writer came, went or wrote."""
        before, live = self._tails, writers(self.store.locks_folder)
        self._tails = {session_id: self._tail(session_id) for session_id in live}
        either = before.keys() | self._tails.keys()
        return {each for each in either if before.get(each) != self._tails.get(each)}

    def _read(self, session_ids: Iterable[str]) -> Iterator[SessionLine]:
        for session_id in session_ids:
            try:
                yield self.line(session_id)
            except WorkbenchError:
                self._known.pop(session_id, None)  # deleted meanwhile, or being made: the next look will say

    def _times_now(self) -> list[int | None]:
        """When sessions, packs or writers last came or went."""
        store = self.store
        return [_changed_at(path) for path in (store.sessions_folder, store.packs_folder, store.locks_folder)]

    def _all(self) -> dict[str, object]:
        """Every session there is, with something that is another when it has changed."""
        index = self.store.packs.index()
        signs: dict[str, object] = dict(self.store.packs.sessions(index))
        for session_id in self.store.own_sessions(index):
            signs[session_id] = _changed_at(self.store.folder(session_id) / FILE_NAME)
        return signs

    def _tail(self, session_id: str) -> object:
        """What tells one state of a session that is being written from the next."""
        try:
            return tuple(sorted((item.name, item.stat().st_size) for item in os.scandir(self.store.folder(session_id))))
        except OSError:
            return None


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
