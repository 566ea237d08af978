"""Where made events land: each session's in its own log, many small new sessions' together in a pack.

    Arrivals    the events of one session that wait, from however many files
    Landing     writes them: what is news, in order, under the session's lock; and says which event stands at which seq

New small sessions go straight into a pack: twenty thousand transcripts are fifty packs, not twenty thousand folders.
Anything else goes through a `runtime.log.FileLog`, sealed at once where there is much of it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runtime.errors import Corrupt, ImportRefused, StoreError, WorkbenchError
from runtime.event import Json, RowBuilder, decode, encode, plain
from runtime.files import FileLock, FileLocks, make_folder
from runtime.importers.record import SessionFacts, session_id_of
from runtime.ingest.fold import FileFold, Folded
from runtime.ingest.known import Known, Written, known_in, news
from runtime.log import FileLog, chained
from runtime.manifest import Manifest, sums_of
from runtime.pack import Packed, write_pack
from runtime.segment import SEGMENT_ROWS, Entry, genesis, payload_table, rows_table
from runtime.sources.archive import stored_text
from runtime.sources.forget import forget
from runtime.sources.volume import Evidence
from runtime.store import Store

PACK_ROWS = 8_192
"""A new session of at most this many events goes into a pack."""
PACK_SESSIONS = 400
"""Sessions to a pack at most: each is locked until the pack is published."""
FEW = 8
"""Fewer new sessions than this get folders of their own rather than a pack."""
BULK = 512
"""From this many new events on, they are sealed at once instead of going through an open segment."""


class Arrivals:
    """The events of one session that wait for the next commit, in runs: one a file, each in the file's order."""

    __slots__ = ("format", "native", "runs", "facts", "folds")

    def __init__(self, format: str, native: str) -> None:
        self.format, self.native = format, native
        self.runs: list[list[Folded]] = []
        self.folds: list[FileFold] = []
        self.facts = SessionFacts()

    @property
    def session_id(self) -> str:
        """The session's id, a function of its format and native id."""
        return session_id_of(self.format, self.native)

    def ends(self) -> tuple[int, str]:
        """When the last of it happened: a sort key."""
        return max((run[-1].made.time_us or 0 for run in self.runs), default=0), self.session_id

    def take(self, folded: Folded, fold: FileFold) -> None:
        """One more event, of the file that ``fold`` reads."""
        if not self.folds or self.folds[-1] is not fold:
            self.folds.append(fold)
            self.runs.append([])
        self.runs[-1].append(folded)

    def leave_out(self, fold: FileFold) -> None:
        """Nothing that came from the file that ``fold`` reads."""
        kept = [(run, other) for run, other in zip(self.runs, self.folds) if other is not fold]
        self.runs, self.folds = [run for run, _ in kept], [other for _, other in kept]

    def in_order(self) -> Iterator[tuple[Folded, FileFold]]:
        """All events; where they come from several files, merged by time without reordering any file."""
        if len(self.runs) == 1:
            fold = self.folds[0]
            return ((folded, fold) for folded in self.runs[0])
        merged = heapq.merge(*(_timed(run, fold) for run, fold in zip(self.runs, self.folds)), key=lambda item: item[0])
        return ((folded, fold) for _, folded, fold in merged)


def _fail(waiting: Arrivals, error: WorkbenchError) -> None:
    """The files that these arrivals came from were not imported."""
    for fold in waiting.folds:
        fold.broken = True
        if str(error) not in [reason for *_, reason, _ in fold.tally.rejected]:  # once, however many parts follow
            fold.refuse(ImportRefused(str(error)))


def _timed(run: list[Folded], fold: FileFold) -> Iterator[tuple[int, Folded, FileFold]]:
    """Each event with the latest time seen so far in its file."""
    latest = 0
    for folded in run:
        latest = max(latest, folded.made.time_us or 0)
        yield latest, folded, fold


class Landing:
    """Writes arrivals into one store."""

    def __init__(
        self, store: Store, *, mask: Callable[[bytes], bytes] | None, follow: bool, bulk: bool = False
    ) -> None:
        """See `runtime.ingest.driver.Ingest` for ``mask``, ``follow`` and ``bulk``."""
        self.store, self._mask, self._follow, self._bulk = store, mask, follow, bulk
        self.evidence: Evidence = {}
        """Which events say what stands where in the sources, since `settled`."""
        self._new_from: dict[str, dict[str, int]] = {}
        """By path, then by session: how many new events."""
        self._just_written: dict[str, list[Entry]] = {}
        self._known: dict[str, tuple[Known, int]] = {}
        self._partly: set[str] = set()
        self._first_events: dict[str, str] | None = None

    def land(self, arrivals: Sequence[Arrivals], *, partly: bool) -> None:
        """Write all of ``arrivals``; ``partly``: more of the same sessions will follow soon."""
        small: list[Arrivals] = []
        one_by_one: list[Arrivals] = []
        begun: set[str] = set()
        for waiting in sorted(arrivals, key=Arrivals.ends):  # what was taken over stands before who took it over
            first = _first_message(waiting) or ""
            together = not partly and not self._follow and 0 < sum(map(len, waiting.runs)) <= PACK_ROWS
            alone = (not first or first not in begun) and not waiting.facts.continues
            begun.add(first)
            is_small = together and alone and not self.store.exists(waiting.session_id)
            (small if is_small else one_by_one).append(waiting)
        for start in range(0, len(small), PACK_SESSIONS):
            self._write_small(small[start : start + PACK_SESSIONS])
        for waiting in one_by_one:
            self._write_one(waiting, partly=partly)
        if not partly:
            self._partly.clear()
            if not self._follow:
                self._known.clear()

    def settled(self) -> None:
        """The sources of what was written are kept: what was remembered for them can go."""
        self.evidence.clear()
        self._just_written.clear()

    def new_events(self, path: str) -> dict[str, int]:
        """How many events each session got from a file since this was last asked."""
        return self._new_from.pop(path, {})

    def _write_one(self, waiting: Arrivals, *, partly: bool = False) -> None:
        """Write a session that exists, or that is large, through its own log; a damaged one fails its files only."""
        session_id = waiting.session_id
        lock = self.store.lock(session_id, wait=True)
        try:
            self._write_locked(waiting, lock, remember=partly or self._follow)
        except Corrupt as error:
            _fail(waiting, error)
        finally:
            lock.release()
        if partly:
            self._partly.add(session_id)

    def _write_locked(self, waiting: Arrivals, lock: FileLock, *, remember: bool) -> None:
        session_id = waiting.session_id
        if self.store.exists(session_id):
            known, base = self._known_of(session_id)
            if not known.resumes:
                known.take_over(self._said_before(self.store.manifest(session_id).about.get("continues")))
        elif session_id in self._partly:
            return _fail(waiting, StoreError(f"session {session_id} was deleted while its file was being imported"))
        else:
            self._unbury(session_id)
            known, base = self._copied(waiting), 0
        written = news(waiting.in_order(), (waiting.format, waiting.native), known, base, self._mask)
        if written or (base and self._changes(waiting)):
            log = (
                self.store.writer_locked(session_id, lock)
                if base or self.store.exists(session_id)
                else self.store.create_locked(self._manifest(waiting, written), lock)
            )
            with log:
                self._append(log, written)
                if changed := self._changes(waiting):
                    log.describe(**changed)
        self._note(waiting, known)
        if remember:
            self._known[session_id] = known, base + len(written)

    def _unbury(self, session_id: str) -> None:
        """Before a deleted session is made anew, forget its sources: they lean on what it said when it was deleted."""
        if self.store.packs.index().gone.get(session_id, {}).get("deleted"):
            forget(self.store, [session_id])
            with self.store.changing_index() as index:
                index.gone.get(session_id, {}).pop("deleted", None)

    def _note(self, waiting: Arrivals, known: Known) -> None:
        """Remember which events say what stands where in the sources: those are compressed against them."""
        session_id = waiting.session_id
        for run in waiting.runs:
            for folded in run:
                found = known.get(folded.made.payload["id"])
                if found is not None and found[0] >= 0:
                    for span in folded.made.cites[-1:]:
                        self.evidence.setdefault(folded.source_id, []).append((span.offset, session_id, found[0]))

    def text(self, session_id: str, first: int, stop: int) -> bytes:
        """What a range of events says: from memory where it was written just now, else from the log."""
        entries = self._just_written.get(session_id)
        if entries is None:
            return stored_text(self.store, session_id, first, stop)
        said = entries[first:stop]
        return b"".join([*(entry.payload for entry in said), *(entry.extra for entry in said)])

    def _append(self, log: FileLog, written: Sequence[Written]) -> None:
        drafts = [item.draft for item in written]
        if len(drafts) >= BULK or (log.next_seq == 0 and drafts):
            log.append_sealed(drafts[at : at + SEGMENT_ROWS] for at in range(0, len(drafts), SEGMENT_ROWS))
        elif drafts:
            log.append(drafts)
        self._cite(log.session_id, written)

    def _cite(self, session_id: str, written: Sequence[Written]) -> None:
        """The events are in the log: count them, and their records as cited."""
        for _, fold, cites in written:
            for source_id, span, read_by in cites:
                read_by.tally.cite(source_id, span.offset)
            new_from = self._new_from.setdefault(fold.path, {})
            new_from[session_id] = new_from.get(session_id, 0) + 1

    def _write_small(self, waitings: Sequence[Arrivals]) -> None:
        """Write new small sessions together, as a pack; those that somebody else is writing, one by one after."""
        if len(waitings) < FEW:
            for waiting in waitings:
                self._write_one(waiting)
            return
        locks = FileLocks(make_folder(self.store.locks_folder))
        parts: list[tuple[Packed, list[Written]]] = []
        late: list[Arrivals] = []
        try:
            for waiting in waitings:
                if not locks.acquire(waiting.session_id):
                    late.append(waiting)
                    continue
                if self.store.exists(waiting.session_id):
                    late.append(waiting)
                    locks.release_last()
                    continue
                self._unbury(waiting.session_id)
                known = self._copied(waiting)
                written = news(waiting.in_order(), (waiting.format, waiting.native), known, 0, self._mask)
                self._note(waiting, known)
                if written:
                    parts.append((self._packed(waiting, written), written))
            if parts:
                self._publish([part for part, _ in parts])
        finally:
            locks.release()
        for part, written in parts:
            self._cite(part.manifest.session_id, written)
        for waiting in late:
            self._write_one(waiting)

    def _publish(self, parts: list[Packed]) -> None:
        """Write a pack; the store's lock is held to get a name and to publish it, not while it is written."""
        with self.store.changing_index() as index:
            name = f"{index.next:06d}"
            index.next += 1
        write_pack(self.store.packs_folder, name, parts, bulk=self._bulk)
        with self.store.changing_index() as index:
            index.packs.append(name)

    def _packed(self, waiting: Arrivals, written: Sequence[Written]) -> Packed:
        session_id = waiting.session_id
        drafts = [item.draft for item in written]
        entries, chain = chained(genesis(session_id), 0, drafts)
        self._just_written[session_id] = entries
        builder = RowBuilder(session_id)
        rows = [builder.row(entry.seq, draft, len(entry.payload), entry.chain) for entry, draft in zip(entries, drafts)]
        manifest = self._manifest(waiting, written)
        return Packed(manifest, rows_table(rows), payload_table(session_id, entries), chain.hex(), sums_of(rows))

    # ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _known_of(self, session_id: str) -> tuple[Known, int]:
        """What an existing session knows, and its next seq."""
        with self.store.reader(session_id) as reader:
            known, stop = self._known.get(session_id, (Known(), -1))
            return (known, stop) if stop == reader.count else (known_in(reader.entries()), reader.count)

    def _copied(self, waiting: Arrivals) -> Known:
        """What a new session knows, from the session whose history it took over: nothing of that is counted twice.

        Some tools begin a resumed session's file with a copy of the old one, ids and all; so the session it continues
        is the one it names, or the one that begins with the same message.
        """
        if self._first_events is None:
            self._first_events = dict(_first_messages(self.store))
        first = _first_message(waiting)
        other = self._first_events.setdefault(first, waiting.session_id) if first else waiting.session_id
        if waiting.facts.continues:
            other = session_id_of(waiting.format, waiting.facts.continues)
        known = Known()
        if other != waiting.session_id and self.store.exists(other):
            waiting.facts.about.setdefault("continues", other)
            known.take_over(self._said_before(other))
        return known

    def _said_before(self, other: object) -> list[Known]:
        """What the session ``other`` says, and those it continues in turn."""
        said: list[Known] = []
        seen: set[str] = set()
        while isinstance(other, str) and other not in seen and self.store.exists(other):
            seen.add(other)
            try:
                known, _ = self._known_of(other)
                following = self.store.manifest(other).about.get("continues")
            except WorkbenchError:
                break  # damaged or gone: then what it said may stand here too
            said.append(known)
            other = following
        return said

    def _manifest(self, waiting: Arrivals, written: Sequence[Written]) -> Manifest:
        times = [item.draft.time_us for item in written if item.draft.time_us is not None]
        source: Json = {"format": waiting.format, "native_id": waiting.native, "first_message": _first_message(waiting)}
        if self._mask is not None:
            source["redacted"] = True
        created_us, described = min(times, default=None), _described(waiting.facts, self._mask)
        return Manifest(waiting.session_id, created_us=created_us, source=source, **described)

    def _changes(self, waiting: Arrivals) -> dict[str, object]:
        """What the session's manifest should say now and does not say yet."""
        manifest = self.store.manifest(waiting.session_id)
        changes: dict[str, object] = {}
        for name, value in _described(waiting.facts, self._mask).items():
            before = getattr(manifest, name)
            if isinstance(value, dict):
                value = {**before, **value}
            if value and value != before:
                changes[name] = value
        return changes


def _described(facts: SessionFacts, mask: Callable[[bytes], bytes] | None) -> dict[str, Any]:
    """What a manifest says of a session, from what a reader learned of it; with a mask, secrets are hidden."""
    agent = {**facts.agent, **({"model": facts.model} if facts.model else {})}
    said = {"title": facts.title, "agent": agent, "about": facts.about}
    if mask is not None:
        said = decode(mask(encode(said)))
    return {**said, "title": plain(said["title"], 120) if said["title"] else None}


_FIRST_MESSAGE = re.compile(rb'"first_message":"([^"\\]+)"')


def _first_messages(store: Store) -> Iterator[tuple[str, str]]:
    """What each session of the store begins with; of packed ones, of which there may be many, without parsing them."""
    index = store.packs.index()
    for session_id in store.own_sessions(index):
        try:
            first = store.manifest(session_id).source.get("first_message")
        except WorkbenchError:
            continue  # damaged, and said so by whoever reads it
        if first:
            yield first, session_id
    for session_id, pack in store.packs.sessions(index):
        if found := _FIRST_MESSAGE.search(store.packs.lines(pack)[session_id]):
            yield found[1].decode(), session_id


def _first_message(waiting: Arrivals) -> str | None:
    """The id of the first message of a user in the waiting: what a copied history begins with."""
    for run in waiting.runs:
        for folded in run:
            if folded.made.payload["type"] == "user.message" and not folded.made.thread:
                return str(folded.made.payload["id"])
    return None
