"""Exports back into a store: the same session, events, chain, blobs, and records of its sources.

An export is read to its end and checked before anything of it is written: every event against the chain, and the
chain's end against what the header says. What is damaged is refused, by line; nothing of it is taken in. Then what is
missing in the store is added: all of a session, or its end where the store has its beginning. A session that the store
knows with another history is refused by name. Cut short anywhere, the same import completes it.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import IO

from runtime.blob import name_of
from runtime.errors import Corrupt, ExportDamaged, ImportRefused, LogError, WorkbenchError
from runtime.event import CHAIN_BYTES, Draft, Json, decode
from runtime.export.contents import HEADER_FIELDS, PIECE_BYTES, Blob, End, Head, Item, Record, Stored, citations
from runtime.export.detect import PARQUET
from runtime.export.lines import read_lines, what_of
from runtime.export.table import read_table
from runtime.intake import accepted
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.schema import SCHEMA_VERSION
from runtime.segment import SEGMENT_BYTES, SEGMENT_ROWS, Entry, genesis, link
from runtime.sources.archive import SourceArchive, own_source, stored_text
from runtime.sources.volume import VolumeWriter
from runtime.store import Store
from runtime.verify import named_blobs

MAX_SOURCE_BYTES = 8 * 1024 * 1024 * 1024
PUBLISH_BYTES = 48 * 1024 * 1024
_SESSION_ID = re.compile(r"sesn_[0-9A-Za-z]{1,64}")

Read = Callable[[Path, Collection[type]], Iterator[Item]]


@dataclass(slots=True)
class Restored:
    """What became of one session of an export."""

    header: Json
    manifest: Manifest
    present: int = 0
    """How many of its events the store had already."""
    new: int = 0
    refused: str | None = None
    """Why nothing of it was taken in."""
    parts_at: int | None = None
    """The first event that is another in the store."""
    known: bytes = b""
    """The chains that the store has of it, as rows have them: `CHAIN_BYTES` each."""
    count: int = 0
    chain: bytes = b""
    named: set[str] = field(default_factory=set)
    cited: dict[str, tuple[array[int], array[int]]] = field(default_factory=dict)
    """By source, the offset of each record cited and the seq of the event that cites it."""
    missing: frozenset[str] = frozenset()

    @property
    def session_id(self) -> str:
        """Its id, the same as where it was exported."""
        return self.manifest.session_id


def restore(store: Store, path: Path) -> list[Restored]:
    """Restore every session of the export at ``path``. Raises `ImportRefused` where it is not what was written."""
    with open(path, "rb") as file:
        read: Read = read_table if file.read(4) == PARQUET else read_lines
    sessions = _checked(store, path, read)
    for session in sessions:
        if session.parts_at is not None:
            session.refused = (
                f"session {session.session_id} is in the store with another history: event {session.parts_at:,} is not "
                "the same. Restore it into another store (`--store DIR`) to have both."
            )
    if any(session.named for session in sessions):
        for session, items in _by_session(sessions, read(path, (Head, Blob))):
            for item in items:
                if isinstance(item, Blob) and session.refused is None:
                    store.blobs.put(item.data)
    for session, items in _by_session(sessions, read(path, (Head, Stored))):
        if session.refused is None and session.count > session.present:
            _write(store, session, (item.entry for item in items if isinstance(item, Stored)))
    _Sources(store, path.name).take(sessions, read, path)
    return sessions


def _by_session(sessions: list[Restored], items: Iterable[Item]) -> Iterator[tuple[Restored, Iterator[Item]]]:
    """The items of each session; those of one must be used before the next."""
    at = -1

    def number(item: Item) -> int:
        nonlocal at
        at += isinstance(item, Head)
        return at

    for index, group in groupby(items, number):
        yield sessions[index], group


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _checked(store: Store, path: Path, read: Read) -> list[Restored]:
    """Read everything once; what is in it. Raises where it is not what was written."""
    sessions: list[Restored] = []
    carried: set[str] = set()
    for item in read(path, (Head, Stored, Blob, Record, End)):
        try:
            if isinstance(item, Head):
                sessions.append(_begun(store, item.header))
                carried.clear()
            elif isinstance(item, Stored):
                _check_event(sessions[-1], item.entry)
            elif isinstance(item, Blob):
                carried.add(_check_blob(item))
            elif isinstance(item, Record):
                if not 0 <= item.offset <= MAX_SOURCE_BYTES - len(item.data):
                    raise ValueError(f"a record at byte {item.offset:,} of its source")
            else:
                _check_end(sessions[-1], item, carried)
        except (ValueError, KeyError, TypeError, AttributeError, LogError) as error:
            raise ExportDamaged(path, item.place, what_of(error)) from None
    return sessions


def _begun(store: Store, header: Json) -> Restored:
    """A session's header, as a manifest."""
    if header["schema"] > SCHEMA_VERSION:
        raise ImportRefused(
            f"written by a newer version (schema {header['schema']}; this one reads up to {SCHEMA_VERSION}): "
            "update to read it"
        )
    session_id, title, parent = header["session_id"], header["title"], header["parent"]
    if not isinstance(session_id, str) or not _SESSION_ID.fullmatch(session_id):
        raise ValueError(f"{session_id!r} is no id of a session")
    facts = [header[name] for name in ("source", "agent", "environment", "about")]
    if not (title is None or isinstance(title, str)) or not all(isinstance(fact, dict) for fact in facts):
        raise ValueError("its header does not say what a header says")
    if not (parent is None or isinstance(parent, dict)) or type(header["created_us"]) not in (int, type(None)):
        raise ValueError("its header does not say what a header says")
    manifest = Manifest(**{name: header[name] for name in HEADER_FIELDS})
    session = Restored(header, manifest, chain=genesis(session_id))
    if store.exists(session_id):
        with store.reader(session_id) as reader:
            chains = reader.table(0, reader.count, ["chain"]).column("chain")
            session.known = b"".join(value for chunk in chains.chunks for value in chunk.to_pylist())
    return session


def _check_event(session: Restored, entry: Entry) -> None:
    seq = session.count
    if entry.seq != seq:
        raise ValueError(f"event {entry.seq} where {seq} should be")
    if link(session.chain, entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra) != entry.chain:
        raise ValueError(f"the bytes of event {seq} do not fit the chain")
    draft = _draft(entry)
    accepted(draft, trusted=True)
    if draft.payload["id"] != entry.id or not isinstance(draft.extra, dict) or b"\n" in entry.extra:
        raise ValueError(f"event {seq} is not what an event is")
    if draft.extra:
        session.named.update(named_blobs(draft.extra))
        for source_id, offset, _ in citations(draft.extra):
            offsets, seqs = session.cited.setdefault(source_id, (array("q"), array("q")))
            offsets.append(offset)
            seqs.append(seq)
    known = session.known[CHAIN_BYTES * seq : CHAIN_BYTES * (seq + 1)]
    if known and session.parts_at is None:
        if known == entry.chain[:CHAIN_BYTES]:
            session.present += 1
        else:
            session.parts_at = seq
    session.count, session.chain = seq + 1, entry.chain


def _draft(entry: Entry) -> Draft:
    """The draft that makes the same entry again, byte for byte."""
    extra = decode(entry.extra) if entry.extra else {}
    return Draft(decode(entry.payload), entry.thread_id, entry.time_us, extra, entry.payload, entry.extra)


def _check_blob(item: Blob) -> str:
    if name_of(item.data) != item.name:
        raise ValueError(f"the bytes of blob {item.name[:12]}… are not those its name stands for")
    return item.name


def _check_end(session: Restored, end: End, carried: Collection[str]) -> None:
    header = session.header
    if end.session_id != session.session_id:
        raise ValueError(f"session {end.session_id} ends where {session.session_id} should")
    if session.count != header["events"]:
        raise ValueError(f"events are missing: {session.count:,} where there were {header['events']:,}")
    if session.chain.hex() != header["chain"]:
        raise ValueError("the chain does not end as the header says")
    if left := session.named.difference(carried):
        raise ValueError(f"{len(left)} blobs are missing that events name, {min(left)[:12]}… for one")
    session.missing = frozenset(end.missing)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(store: Store, session: Restored, entries: Iterator[Entry]) -> None:
    """Add the events that the store does not have."""
    lock = store.lock(session.session_id, wait=True)
    try:
        if store.exists(session.session_id):
            log = store.writer_locked(session.session_id, lock)
        else:
            log = store.create_locked(session.manifest, lock)
    except BaseException:
        lock.release()
        raise
    with log:
        if log.next_seq != session.present:
            session.refused = f"session {session.session_id} was written to meanwhile; try again."
            return
        fresh = (entry for entry in entries if entry.seq >= session.present)
        session.new = log.append_sealed(_batches(fresh))
        if log.manifest.segments[-1].chain != session.chain.hex():
            raise Corrupt(
                session.session_id, None, str(log.folder), "what was restored does not end as the export does"
            )
        if session.present:
            _describe(log, session.manifest)


def _batches(entries: Iterator[Entry]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    held = 0
    for entry in entries:
        batch.append(_draft(entry))
        held += len(entry.payload) + len(entry.extra)
        if held >= SEGMENT_BYTES or len(batch) == SEGMENT_ROWS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _describe(log: FileLog, manifest: Manifest) -> None:
    """Say of the session what the newer export says."""
    fields = ("title", "source", "agent", "environment", "about")
    log.describe(**{name: getattr(manifest, name) for name in fields})


class _Sources:
    """Puts the records of an export together as sources: each where it stood, with blank lines where others stood."""

    def __init__(self, store: Store, label: str) -> None:
        self._store, self._label, self._archive = store, label, SourceArchive(store)
        self._writer = VolumeWriter(store, self._archive.pieces())
        self._evidence: dict[str, list[tuple[int, str, int]]] = {}
        self._fed = 0

    def take(self, sessions: list[Restored], read: Read, path: Path) -> None:
        """Keep what is not kept yet of what ``sessions`` cite."""
        wanted = {session.session_id: self._lacking(session) for session in sessions if session.refused is None}
        if not any(wanted.values()):
            return
        with tempfile.TemporaryFile(dir=self._store.root) as scratch:
            for session, items in _by_session(sessions, read(path, (Head, Record))):
                lacking = wanted.get(session.session_id, frozenset())
                pieces: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
                at = scratch.seek(0)
                for item in items:
                    if isinstance(item, Record) and item.source_id in lacking:
                        found = pieces.setdefault((item.source_id, item.path), [])
                        found.append((item.offset, len(item.data), at))
                        at += scratch.write(item.data)
                for (source_id, name), found in pieces.items():
                    self._feed(session, source_id, f"{self._label}!{name}", _laid_out(scratch, sorted(found)))
        self._publish()

    def _lacking(self, session: Restored) -> frozenset[str]:
        """The sources that the session cites and the store does not have all of."""
        return frozenset(
            source_id
            for source_id, (offsets, _) in session.cited.items()
            if source_id not in session.missing and not self._has(source_id, session.session_id, max(offsets))
        )

    def _has(self, source_id: str, session_id: str, offset: int) -> bool:
        try:
            found = self._archive.describe(source_id, session_id)
        except WorkbenchError:
            return False
        return session_id in found["sessions"] and sum(piece[3] for piece in found["pieces"]) > offset

    def _feed(self, session: Restored, source_id: str, path: str, parts: Iterator[bytes]) -> None:
        offsets, seqs = session.cited[source_id]
        evidence = self._evidence.setdefault(source_id, [])
        evidence.extend((offset, session.session_id, seq) for offset, seq in zip(offsets, seqs))
        feed = self._writer.source(own_source(source_id, session.session_id), path)
        for part in parts:
            feed(part)
            self._fed += len(part)
            if self._fed >= PUBLISH_BYTES:
                self._publish()
        feed(b"")

    def _publish(self) -> None:
        self._writer.publish(self._evidence, partial(stored_text, self._store))
        self._fed = 0


def _laid_out(scratch: IO[bytes], pieces: list[tuple[int, int, int]]) -> Iterator[bytes]:
    """A source from its beginning: each of ``pieces`` (offset, bytes, where in ``scratch``) at its offset."""
    at = 0
    for offset, size, place in pieces:
        while at < offset:
            blank = min(PIECE_BYTES, offset - at)
            yield b"\n" * blank
            at += blank
        past = at - offset  # what an earlier piece held already
        if past < size:
            scratch.seek(place + past)
            yield scratch.read(size - past)
            at = offset + size
