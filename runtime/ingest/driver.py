"""Importing: drives the importers over files and writes what they make, once, whatever happens on the way.

    import_paths ─▶ discover ─▶ groups of files ─▶ Ingest ─▶ FileFold ─▶ Arrivals, by session ─▶ Landing ─▶ the log
                                                      └──▶ VolumeWriter: the sources          └──▶ the ledger

A commit writes, in this order: the events, the sources (compressed against the events), the ledger (what became of each
file). After a crash the next import finds the events it already has and adds the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.clock import derived_id
from runtime.errors import ImportRefused
from runtime.event import Json
from runtime.importers.discover import Found
from runtime.importers.record import session_id_of
from runtime.ingest.fold import FileFold
from runtime.ingest.landing import Arrivals, Landing
from runtime.sources.archive import LedgerEntry, SourceArchive, digest_of, write_ledger
from runtime.sources.volume import VolumeWriter
from runtime.store import Store

COMMIT_BYTES = 24 * 1024 * 1024
"""Source bytes after which what was read is committed: bounds memory, whatever the file."""


@dataclass(slots=True)
class Report:
    """What an import did."""

    sessions: list[Json] = field(default_factory=list)
    """``{"session_id", "source", "path", "events"}`` for each session that got new events from a file."""
    events: int = 0
    """New events."""
    files: int = 0
    unchanged: int = 0
    """Files that are byte for byte as they were when last imported."""
    records: int = 0
    cited: int = 0
    present: int = 0
    rejected: list[Json] = field(default_factory=list)
    """``{"path", "line", "reason"}``."""
    unrecognised: list[str] = field(default_factory=list)
    """Files found in folders that are no transcript of a known format."""
    failed: int = 0
    """Files that could not be read, or were given by name and are nothing that can be imported."""
    unknown_types: dict[str, int] = field(default_factory=dict)

    def failing(self, path: str, line: int | None, reason: str) -> Report:
        """Count a file of which nothing can be imported; this report."""
        self.failed += 1
        self.rejected.append({"path": path, "line": line, "reason": reason})
        return self

    def add(self, other: Report) -> None:
        """Count ``other`` in."""
        for name in ("sessions", "rejected", "unrecognised"):
            getattr(self, name).extend(getattr(other, name))
        for name in ("events", "files", "unchanged", "records", "cited", "present", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, count in other.unknown_types.items():
            self.unknown_types[kind] = self.unknown_types.get(kind, 0) + count


class Ingest:
    """One import into one store."""

    def __init__(
        self, store: Store, *, mask: Callable[[bytes], bytes] | None = None, follow: bool = False,
        archive: SourceArchive | None = None, bulk: bool = False,
    ) -> None:  # fmt: skip
        """``mask`` hides secrets in payloads on the way in; sources are then not kept.

        ``follow``: the files are being written. What sessions know is kept for longer; sources are left for later.
        ``archive`` is the store's, if somebody has it open already. ``bulk``: this is a small part of much.
        """
        self.store = store.prepare()
        self.report = Report()
        self.landing = Landing(store, mask=mask, follow=follow, bulk=bulk)
        self._keeps_sources = mask is None and not follow
        archive = self._archive = archive or SourceArchive(store)
        self._ledger = archive.ledger()
        self._kept = {source_id for volume in archive.volumes().values() for source_id in volume["sources"]}
        self._volume = VolumeWriter(store, archive.pieces(), bulk=bulk)
        self._begun: list[str] = []
        """The sources of the file at hand."""
        self._arrivals: dict[str, Arrivals] = {}
        self._finished: list[tuple[FileFold, int, str]] = []
        self._waiting_bytes = 0
        self._keeps_ledger = mask is None

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def file(self, found: Found) -> None:
        """Read one file; its events are written at the latest by `finish`."""
        self.report.files += 1
        if found.importer is None:
            self._left_out(found)
            return
        try:
            stamp, digest = _stamp(found), _digest(found.path, found.bytes)
            before = self._ledger.get(found.path)
            same = (found.bytes, digest, found.importer.format)
            if before and (before.bytes, before.digest, before.format) == same and self._still_there(before):
                self.report.unchanged += 1
                self._count(before, fresh=False)
                return
            fold = FileFold(found.path, found.importer, self._generation(before, found))
        except OSError as error:
            self.report.failing(found.path, None, f"cannot be read: {error.strerror}")
            return
        self._begun.clear()
        self.read(fold, found.bytes, lambda: self._is_kept() and _changed(found, stamp, digest))
        if not fold.broken and _changed(found, stamp, digest):
            fold.broken = True
            fold.refuse(ImportRefused("it was changed while it was being read; import it again for what it says now"))
            if self._is_kept():
                self._drop(fold)
        self._finished.append((fold, found.bytes, digest))

    def read(self, fold: FileFold, limit: int, spoiled: Callable[[], bool] = lambda: False) -> None:
        """Read ``fold``'s file up to ``limit`` bytes into the buffers, committing on the way where there is much.

        Nothing more is committed, nor read, once it is ``spoiled``.
        """
        for folded in fold.readable(limit, self._begin):
            if folded is not None:
                self._waiting(fold.importer.format, folded.made.session).take(folded, fold)
                self._waiting_bytes += 256
            if self._waiting_bytes >= COMMIT_BYTES:
                if spoiled():
                    return
                self._learn(fold)
                self.commit(partly=True)
        self._learn(fold)

    def _is_kept(self) -> bool:
        """Whether there are events that cite the file at hand as it was kept before: it must not be kept otherwise."""
        return not self._kept.isdisjoint(self._begun)

    def _drop(self, fold: FileFold) -> None:
        """Let nothing of what waits of a file come in."""
        for source_id in self._begun:
            self._volume.forgo(source_id)
        for key, waiting in list(self._arrivals.items()):
            waiting.leave_out(fold)
            if not waiting.runs:
                del self._arrivals[key]

    def _learn(self, fold: FileFold) -> None:
        """Add what a file says of its sessions to what other files of theirs said."""
        for native, facts in fold.facts.items():
            self._waiting(fold.importer.format, native).facts.add(facts)

    def _begin(self, source_id: str, path: str) -> Callable[[bytes], None]:
        self._begun.append(source_id)
        keep = self._volume.source(source_id, path) if self._keeps_sources else _ignore

        def feed(data: bytes) -> None:
            self._waiting_bytes += len(data)
            keep(data)

        return feed

    def _waiting(self, format: str, native: str) -> Arrivals:
        key = f"{format}\x1f{native}"
        waiting = self._arrivals.get(key)
        if waiting is None:
            waiting = self._arrivals[key] = Arrivals(format, native)
        return waiting

    def _generation(self, before: LedgerEntry | None, found: Found) -> int:
        """The same as before while the bytes kept of the file still stand at its beginning, else one more."""
        generation = before.generation if before else 0
        if before and not (before.bytes <= found.bytes and _digest(found.path, before.bytes) == before.digest):
            generation += 1
        while (source_id := derived_id("src", found.path, generation)) in self._kept:
            if self._archive.begins(source_id, found.path):
                break
            generation += 1
        return generation

    def _still_there(self, entry: LedgerEntry) -> bool:
        return all(self.store.exists(session_id) for session_id in entry.sessions)

    def _left_out(self, found: Found) -> None:
        if found.problem or found.named:
            unknown = "no known transcript format recognises it; `--format F` would force one"
            reason = found.problem or (unknown if found.bytes else "is empty")
            self.report.failing(found.path, None, reason)
        else:
            self.report.unrecognised.append(found.path)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self) -> Report:
        """Write all that waits; what the import did."""
        self.commit()
        return self.report

    def commit_if_due(self) -> None:
        """Commit between two groups of files when enough waits for it."""
        if self._waiting_bytes >= COMMIT_BYTES * 2 // 3:
            self.commit()

    def commit(self, *, partly: bool = False) -> None:
        """Write what waits: events, then sources, then the ledger; with ``partly``, in the middle of a file."""
        arrivals, self._arrivals = self._arrivals, {}
        self._waiting_bytes = 0
        self.landing.land(list(arrivals.values()), partly=partly)
        self._volume.publish(self.landing.evidence, self.landing.text)
        self.landing.settled()
        self._write_ledger()

    def _write_ledger(self) -> None:
        finished, self._finished = self._finished, []
        entries = [self._entry(*item) for item in finished]
        if self._keeps_ledger:
            whole = [entry for entry, (fold, _, _) in zip(entries, finished) if not fold.broken]
            write_ledger(self.store.sources_folder, whole)
            self._ledger.update({entry.path: entry for entry in whole})
        self.report.failed += sum(fold.broken for fold, _, _ in finished)
        for entry in entries:
            self._count(entry, fresh=True)

    def _entry(self, fold: FileFold, size: int, digest: str) -> LedgerEntry:
        """What became of a file that was read to its end, and whose events are written."""
        tally, format = fold.tally, fold.importer.format
        sessions = self.landing.new_events(fold.path)
        for session_id in {session_id_of(format, native) for native in fold.facts}:
            if self.store.exists(session_id):
                sessions.setdefault(session_id, 0)
        return LedgerEntry(
            fold.path, fold.source_id, fold.generation, format, size, digest, tally.records, tally.taken,
            tally.present, tally.rejected, tally.unknown, sessions,
        )  # fmt: skip

    def _count(self, entry: LedgerEntry, *, fresh: bool) -> None:
        report = self.report
        report.records += entry.records
        report.cited += entry.cited if fresh else 0
        report.present += entry.present + (0 if fresh else entry.cited)
        for _, _, line, reason, member in entry.rejected:
            path = f"{member or entry.path}"
            report.rejected.append({"path": path, "line": line, "reason": reason})
        for kind, count in entry.unknown.items():
            report.unknown_types[kind] = report.unknown_types.get(kind, 0) + count
        for session_id, count in entry.sessions.items():
            if fresh and count:
                report.events += count
                report.sessions.append(
                    {"session_id": session_id, "source": entry.format, "path": entry.path, "events": count}
                )


def _digest(path: str, limit: int) -> str:
    with open(path, "rb") as file:
        return digest_of(file, limit)


def _stamp(found: Found) -> tuple[int, int, int]:
    status = os.stat(found.path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _changed(found: Found, stamp: tuple[int, int, int], digest: str) -> bool:
    """Whether the bytes that were read may be others than those that were looked at before; growing is no change."""
    try:
        return _stamp(found) != stamp and _digest(found.path, found.bytes) != digest
    except FileNotFoundError:
        return False  # it is gone, but it was read to its end
    except OSError:
        return True


def _ignore(_: bytes) -> None:
    """Where a source's bytes go when it is not kept."""
