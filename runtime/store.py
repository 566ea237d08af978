"""A store: a directory of sessions, and the one door to them.

    STORE/sessions/sesn_…/    a session of its own: manifest, segments (`runtime.manifest`, `runtime.segment`)
          packs/              many small sessions together (`runtime.pack`)
          sources/            what was imported, byte for byte (`runtime.sources.archive`)
          blobs/              content-addressed bytes (`runtime.blob`)
          locks/              one file per session that has a writer; `maintenance` while the index of packs is changed

Readers take no lock. A session lives in its folder, or in a pack, or in a folder that follows on from a pack; the index
of packs says which, and every look at the store goes by one reading of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from runtime.blob import BlobStore
from runtime.clock import now_us
from runtime.errors import Corrupt, MaintenanceBusy, SessionBusy, SessionNotFound, StoreError, WorkbenchError
from runtime.files import FileLock, make_folder
from runtime.log import FileLog, create
from runtime.manifest import FILE_NAME, Manifest, Sums, sums_of
from runtime.pack import INDEX_NAME, PackIndex, PackReader
from runtime.reader import LogReader
from runtime.verify import check_digest, verify

MAINTENANCE = "maintenance"
FOLLOWED = ".followed"
"""After a session's id: the lock of whoever follows another tool's file into it (`runtime.ingest.marks`)."""
PREFIX = "sesn_"
LONGEST_ID = 200
UPKEEP = "upkeep"
"""The note in a session's lock that maintenance holds: whoever wants to write waits for it; it is a moment."""


def default_root() -> Path:
    """Where a store lives when nobody says: ``WORKBENCH_STORE``, or the platform's data directory."""
    named = os.environ.get("WORKBENCH_STORE")
    return Path(named) if named else Path(platformdirs.user_data_dir("workbench"))


@dataclass(frozen=True, slots=True)
class Summary:
    """One session in a list."""

    session_id: str
    manifest: Manifest
    sums: Sums
    live: bool
    """Something of it is still open: it may grow."""
    damage: str | None = None
    """Why it cannot be read, or not all of it."""


class Store:
    """A directory of sessions."""

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root is not None else default_root()
        self.sessions_folder = self.root / "sessions"
        self.packs_folder = self.root / "packs"
        self.sources_folder = self.root / "sources"
        self.locks_folder = self.root / "locks"
        self.blobs = BlobStore(self.root / "blobs")
        self.packs = PackReader(self.packs_folder)

    def prepare(self) -> Store:
        """Make what must be there before anything is written; each folder is made by who first writes into it."""
        if not (self.packs_folder / INDEX_NAME).exists():
            with self.changing_index():
                pass  # it is there before any pack is, so that its loss is noticed
        return self

    # ── finding sessions ─────────────────────────────────────────────────────────────────────────────────────────────

    def session_ids(self) -> list[str]:
        """All sessions there are, in no particular order."""
        index = self.packs.index()
        own = self.own_sessions(index)
        known = set(own)
        return [*own, *(session_id for session_id, _ in self.packs.sessions(index) if session_id not in known)]

    def own_sessions(self, index: PackIndex) -> list[str]:
        """Sessions with a folder that counts, going by ``index``."""
        try:
            names = [item.name for item in os.scandir(self.sessions_folder) if item.name.startswith(PREFIX)]
        except FileNotFoundError:
            return []
        return [name for name in names if self.is_own(name, index)]

    def is_own(self, session_id: str, index: PackIndex) -> bool:
        """Whether the session has a folder that counts, going by ``index``; one that lost its manifest counts too."""
        folder = self.folder(session_id)
        if index.is_retired(f"sessions/{session_id}"):
            return False
        return (folder / FILE_NAME).exists() or holds_segments(folder)

    def folder(self, session_id: str) -> Path:
        """Where the session has its folder if it has one. `SessionNotFound` for what cannot be the id of a session."""
        if not _is_id(session_id):
            raise self._missing(session_id)
        return self.sessions_folder / session_id

    def _missing(self, session_id: str) -> SessionNotFound:
        hint = "".join(f" {error.file} is damaged; it may have been in there." for error in self.packs.damage.values())
        return SessionNotFound(
            f"no session {session_id!r} in {self.root}; `workbench sessions` lists what there is.{hint}"
        )

    def exists(self, session_id: str) -> bool:
        """Whether there is such a session."""
        if not _is_id(session_id):
            return False
        index = self.packs.index()
        return self.is_own(session_id, index) or self.packs.find(session_id, index) is not None

    def resolve(self, name: str) -> str:
        """The session that ``name`` means: an id or the beginning of one, ``sesn_`` or not. `SessionNotFound` else."""
        start = name.removeprefix(PREFIX)
        if self.exists(PREFIX + start):
            return PREFIX + start
        matches = sorted(found for found in self.session_ids() if found.removeprefix(PREFIX).startswith(start))
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SessionNotFound(f"{name!r} is the beginning of {len(matches)} sessions; give more of the id.")
        raise self._missing(name)

    def manifest(self, session_id: str) -> Manifest:
        """The session's manifest as it is now."""
        folder, index = self.folder(session_id), self.packs.index()
        if self.is_own(session_id, index):
            try:
                return Manifest.load(folder)
            except FileNotFoundError:
                index = self.packs.index()  # packed and cleared away, or deleted, between two looks
                if self.is_own(session_id, index):
                    raise Corrupt(session_id, None, str(folder / FILE_NAME), "the manifest is missing") from None
        pack = self.packs.find(session_id, index)
        if pack is None:
            raise self._missing(session_id)
        return self.packs.manifest(session_id, pack)

    def reader(self, session_id: str, *, buried: bool = False) -> LogReader:
        """A window on the session's log; with ``buried``, also of one that was deleted, while its bytes are there."""
        folder, index = self.folder(session_id), self.packs.index()
        if self.is_own(session_id, index):
            if not (folder / FILE_NAME).exists():
                self.manifest(session_id)  # which says that it is missing
            return LogReader(folder, packs=self.packs_folder)
        pack = self.packs.find(session_id, index)
        if buried and pack is None:
            if (folder / FILE_NAME).exists():
                return LogReader(folder, packs=self.packs_folder)
            pack = self.packs.find_buried(session_id, index)
        if pack is None:
            raise self._missing(session_id)
        return LogReader(folder, self.packs.manifest(session_id, pack), packs=self.packs_folder)

    def summaries(self) -> Iterator[Summary]:
        """Every session with its totals, from manifests alone but for sessions that are still open."""
        index = self.packs.index()
        own = self.own_sessions(index)
        known = set(own)
        for session_id in own:
            try:
                yield self.summary(session_id)
            except SessionNotFound:
                continue  # deleted meanwhile
            except WorkbenchError as error:
                yield self._damaged(session_id, error)
        for session_id, pack in self.packs.sessions(index):
            if session_id not in known:
                try:
                    manifest = self.packs.manifest(session_id, pack)
                    yield Summary(session_id, manifest, manifest.totals(), False)
                except WorkbenchError as error:
                    yield self._damaged(session_id, error)

    def _damaged(self, session_id: str, error: WorkbenchError) -> Summary:
        """What can still be said of a session that cannot be read."""
        try:
            manifest = self.manifest(session_id)
        except WorkbenchError:
            manifest = Manifest(session_id)
        return Summary(session_id, manifest, manifest.totals(), False, str(error))

    def summary(self, session_id: str) -> Summary:
        """One session with its totals."""
        manifest = self.manifest(session_id)
        sums = manifest.totals()
        live = any(segment.kind == "open" for segment in manifest.segments)
        if live:
            with self.reader(session_id) as reader:
                manifest = reader.manifest
                sums = manifest.totals()
                for tail in reader.tails:
                    sums = sums.merged(sums_of(tail.rows))
                live = any(tail.rows for tail in reader.tails)
        return Summary(session_id, manifest, sums, live)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def lock(self, session_id: str, *, wait: bool = False, note: str = "") -> FileLock:
        """The session's writer lock; `SessionBusy` if another has it and ``wait`` was not asked for.

        Upkeep that holds it is waited for, unless that is who asks.
        """
        lock = FileLock(make_folder(self.locks_folder) / self.folder(session_id).name, note)
        if lock.acquire(wait=wait) or (lock.note() == UPKEEP != note and lock.acquire(wait=True)):
            return lock
        raise SessionBusy(f"session {session_id} has another writer; wait until it is done, or end it.")

    def create(self, manifest: Manifest) -> FileLog:
        """A new session; its writer. `StoreError` if there is one already."""
        lock = self.lock(manifest.session_id)
        try:
            return self.create_locked(manifest, lock)
        except BaseException:
            lock.release()
            raise

    def create_locked(self, manifest: Manifest, lock: FileLock) -> FileLog:
        """The same under a lock that is held already."""
        self.prepare()
        if self.exists(manifest.session_id):
            raise StoreError(f"there is a session {manifest.session_id} already.")
        if manifest.created_us is None:
            manifest.created_us = now_us()
        folder = self.folder(manifest.session_id)
        if folder.exists() or self.packs.index().is_retired(f"sessions/{manifest.session_id}"):
            with self.changing_index() as index:
                self._move_in(manifest, index)
        else:
            create(folder, manifest)
        return FileLog(folder, lock, manifest)

    def _move_in(self, manifest: Manifest, index: PackIndex) -> None:
        """Have a session's folder count (again). What is in it of an earlier life is retired: somebody may read it."""
        folder, path = self.folder(manifest.session_id), f"sessions/{manifest.session_id}"
        before = os.listdir(folder) if folder.exists() else []
        create(folder, manifest)
        index.keep(path)
        for name in before:
            if name != FILE_NAME:
                index.retire(f"{path}/{name}", now_us())

    def writer(self, session_id: str, *, wait: bool = False, note: str = "") -> FileLog:
        """The writer of an existing session; a packed one is woken. `SessionBusy` if it has a writer."""
        lock = self.lock(session_id, wait=wait, note=note)
        try:
            return self.writer_locked(session_id, lock)
        except BaseException:
            lock.release()
            raise

    def writer_locked(self, session_id: str, lock: FileLock) -> FileLog:
        """The same under a lock that is held already."""
        if not self.is_own(session_id, self.packs.index()):
            with self.changing_index() as index:
                self._move_in(self.manifest(session_id), index)
        return FileLog(self.folder(session_id), lock, self.manifest(session_id))

    @contextmanager
    def changing_index(self) -> Iterator[PackIndex]:
        """The index of packs, to be changed; saved when the block ends well. Waits for whoever is changing it."""
        with self.maintenance(wait=True):
            index = PackIndex.load(self.packs_folder)
            yield index
            index.save(self.packs_folder)

    @contextmanager
    def maintenance(self, *, wait: bool = False) -> Iterator[None]:
        """The store-wide lock under which packs, deletions and collections are published; `MaintenanceBusy` else."""
        with self.exclusively(MAINTENANCE, wait=wait):
            yield

    @contextmanager
    def exclusively(self, name: str, *, wait: bool = False) -> Iterator[None]:
        """A store-wide lock by name; `MaintenanceBusy` if another holds it and ``wait`` was not asked for."""
        lock = FileLock(make_folder(self.locks_folder) / name)
        if not lock.acquire(wait=wait):
            raise MaintenanceBusy(f"another process is packing or deleting in {self.root}; try again when it is done.")
        try:
            yield
        finally:
            lock.release()

    def delete(self, session_id: str) -> None:
        """Delete a session: gone at once for whoever looks from now on; `runtime.upkeep` removes its bytes."""
        with self.maintenance(wait=True):
            lock = self.lock(session_id)
            try:
                if not self.exists(session_id):
                    raise self._missing(session_id)
                index = PackIndex.load(self.packs_folder)
                index.bury(session_id, self.packs.holding(session_id, index), deleted=True)
                if self.folder(session_id).exists():
                    index.retire(f"sessions/{session_id}", now_us())
                index.save(self.packs_folder)
            finally:
                lock.release()

    # ── trust ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def verify(self, session_id: str) -> int:
        """Check every event and blob of a session; how many events. Raises `Corrupt` at the first that is not right."""
        with self.reader(session_id) as reader:
            return verify(reader, self.blobs)

    def verify_packs(self) -> Iterator[Corrupt]:
        """What is wrong with packs as files, and no one session's: lost entries, damaged statistics and indexes."""
        for pack in self.packs.index().packs:
            try:
                about = self.packs.about(pack)
                for what in ("rows", "payload"):
                    check_digest("?", self.packs_folder / f"{pack}.{what}.parquet", about[what])
            except Corrupt as error:
                yield error


def holds_segments(folder: Path) -> bool:
    """Whether there are segments in ``folder``: with no manifest beside them, it was lost, and they are not to be."""
    try:
        return any(name[:1].isdigit() for name in os.listdir(folder))
    except FileNotFoundError:
        return False


def _is_id(text: str) -> bool:
    """Whether ``text`` could be the id of a session, and so a name in a folder."""
    return text.startswith(PREFIX) and "/" not in text and text.isprintable() and len(text) <= LONGEST_ID


__all__ = ["SessionBusy", "Store", "Summary", "default_root"]
