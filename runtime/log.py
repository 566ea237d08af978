"""Writing one session's log: `SessionLog`, the only writer of a session at a time.

    append   some drafts become events; durable when it returns
    seal     what is open becomes a sealed segment
    close    let go of the session

Many threads may append at once: whoever comes first writes and syncs for all that wait behind it, so commits follow the
disk's pace and need no timer. Sealing happens beside the writer: a full open segment is set aside, the next append
begins another, and a thread turns the old one to Parquet and swaps the manifest.

Two locks order all this. Under ``_state`` an event gets its seq and its chain, in memory; under ``_disk`` files and
manifest change. What is durable is known apart from what is promised (`_durable`, `_next`), so that a write that
fails is undone: the file is cut back, everything that waited gets the error, and the log can go on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from runtime.errors import Corrupt, LogError, Sealed, StoreError
from runtime.event import Draft
from runtime.files import FILE_MODE, FileLock, disk_errors_named, make_folder, named, sync_folder
from runtime.intake import accepted, chained, write_sealed
from runtime.manifest import FILE_NAME, Manifest, Segment
from runtime.segment import SEGMENT_BYTES, SEGMENT_ROWS, Entry, genesis, line_of, link, read_open
from runtime.turnstile import Turnstile


class SessionLog(Protocol):
    """The seam between whoever makes events and wherever they are kept."""

    session_id: str

    @property
    def next_seq(self) -> int:
        """The seq that the next event will get."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append ``drafts``; they are durable, and have these seqs, when it returns."""

    def seal(self) -> None:
        """Make what is open a sealed segment."""

    def close(self) -> None:
        """Let go of the session; appending later raises `Sealed`."""


End = tuple[int, bytes]
"""Where a log ends: the seq after its last event, and that event's chain."""

OPEN_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_DSYNC
"""``O_DSYNC``: a write returns when it is as durable as fdatasync would make it, and costs one call instead of two."""
PATIENCE_S = 1.0
WRITING = Turnstile(12)
"""Of all logs this process writes, so many go to the disk at once."""


class _Commit:
    """What waits to go out in one sync."""

    __slots__ = ("after", "lines", "error", "done", "led", "gate")

    def __init__(self, after: End) -> None:
        self.after = after
        """The end of the log that its first line follows."""
        self.lines: list[bytes] = []
        self.error: Exception | None = None
        self.done = False
        self.led = False
        """Somebody has undertaken to write it: whoever came first."""
        self.gate: threading.Event | None = None
        """What the others wait for."""


class FileLog:
    """A session's log in a folder of its own."""

    def __init__(self, folder: Path, lock: FileLock, manifest: Manifest, *, seal_rows: int = SEGMENT_ROWS) -> None:
        """Take over ``folder`` as its writer, under ``lock`` (held already); see `runtime.store.Store.writer`."""
        self.folder, self.session_id, self._lock_file = folder, manifest.session_id, lock
        self._manifest, self._seal_rows = manifest, seal_rows
        self._state = threading.RLock()
        self._disk = threading.RLock()
        self._sealer = ThreadPoolExecutor(1, thread_name_prefix="seal")
        self._sealing: list[Future[None]] = []
        self._broken: BaseException | None = None
        self._closed = False
        self._segment: Segment | None = None
        """The open segment that appends go to; None until there is one."""
        self._descriptor = -1
        self._open_rows = self._open_bytes = 0
        self._durable = self._next = self._recovered()
        self._waiting = _Commit(self._durable)
        if self._asides():
            self._seal_later()

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _recovered(self) -> End:
        """Where the log ends; a torn tail is cut off, and what is open is opened to go on with."""
        sealed = [segment for segment in self._manifest.segments if segment.kind != "open"]
        opens = [segment for segment in self._manifest.segments if segment.kind == "open"]
        end = 0, genesis(self.session_id)
        if sealed:
            end = sealed[-1].stop, bytes.fromhex(sealed[-1].chain)
        for segment in opens:
            end = self._resume(segment, end, last=segment is opens[-1])
        return end

    def _resume(self, segment: Segment, end: End, *, last: bool) -> End:
        path, (seq, chain) = self.folder / f"{segment.name}.jsonl", end
        if segment.first != seq or segment.chain != chain.hex():
            raise Corrupt(self.session_id, seq, str(path), f"it begins at {segment.first}, and does not follow on")
        entries, size = read_open(path, self.session_id, seq, chain)
        if len(entries) < segment.least:
            what = f"{len(entries)} events where there were {segment.least}: its end was cut off"
            raise Corrupt(self.session_id, segment.first + len(entries), str(path), what)
        if last:
            self._segment = segment
            self._descriptor = os.open(path, OPEN_FLAGS)
            if os.fstat(self._descriptor).st_size > size:
                os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)  # whole lines may be there that a writer which was killed never saw synced
            self._open_rows, self._open_bytes = len(entries), size
        return (seq + len(entries), entries[-1].chain) if entries else end

    # ── appending ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def next_seq(self) -> int:
        """See `SessionLog`."""
        return self._next[0]

    @property
    def manifest(self) -> Manifest:
        """The session's manifest as this writer last saved it."""
        return self._manifest

    def append(self, drafts: Sequence[Draft]) -> range:
        """See `SessionLog`. Where one draft cannot be stored, none is, and nothing was written."""
        bodies = [accepted(draft) for draft in drafts]
        with self._state:
            self._check()
            (first, chain), commit = self._next, self._waiting
            seq, lines = first, []
            for (said, thread_id, time_us, *_), (payload, extra) in zip(drafts, bodies):
                event_id = said["id"]
                chain = link(chain, event_id, time_us, thread_id, payload, extra)
                lines.append(line_of(Entry(seq, event_id, time_us, thread_id, payload, extra, chain)))
                seq += 1
            leads = not commit.led
            commit.led = bool(lines) or commit.led
            if not leads and commit.gate is None:
                commit.gate = threading.Event()
            commit.lines += lines
            self._next = seq, chain
        if lines:
            self._await(commit, leads)
        return range(first, seq)

    def _check(self) -> None:
        if self._closed:
            raise Sealed(f"session {self.session_id}: this writer was closed; open the session again to append.")
        if self._broken:
            raise LogError(
                f"session {self.session_id}: an earlier write failed ({self._broken}); open the session again to go on."
            )

    def _await(self, commit: _Commit, leads: bool) -> None:
        """Return when ``commit`` is durable: by somebody else's sync, or by our own for all that wait."""
        if not leads and commit.gate is not None:
            commit.gate.wait(PATIENCE_S)  # then whoever leads it was interrupted: see for ourselves
        if not commit.done:
            try:
                with WRITING, self._disk:
                    if not commit.done:
                        self._flush()
            finally:
                commit.led = commit.done  # interrupted while waiting for the disk: another must lead
                if commit.gate is not None:
                    commit.gate.set()
        elif leads and commit.gate is not None:
            commit.gate.set()
        if commit.error:
            raise commit.error
        if not commit.done:
            raise LogError(f"session {self.session_id}: an append was interrupted; open the session again to go on.")

    def _flush(self) -> None:
        """Write and sync whatever waits; who waits finds the outcome in the commit. Disk lock held."""
        with self._state:
            commit, end = self._waiting, self._next
            if not commit.lines:
                return
            self._waiting = _Commit(end)
        try:
            self._write(commit, end)
        except BaseException as error:
            self._undo(commit, error)
            if not isinstance(error, Exception):
                raise
            return
        if self._open_rows >= self._seal_rows or self._open_bytes >= SEGMENT_BYTES:
            self._set_aside()
            self._seal_later()

    def _write(self, commit: _Commit, end: End) -> None:
        lines = commit.lines
        if commit.after != self._durable or end[0] != commit.after[0] + len(lines):
            raise LogError(f"session {self.session_id}: an append was interrupted; open the session again to go on.")
        data = lines[0] if len(lines) == 1 else b"".join(lines)
        if self._segment is None:
            self._begin()
        try:
            written = os.write(self._descriptor, data)  # and synced: see `OPEN_FLAGS`
            while written < len(data):
                written += os.write(self._descriptor, memoryview(data)[written:])
        except OSError as error:
            raise named(error, f"session {self.session_id}") from error
        self._durable = end
        self._open_rows += len(lines)
        self._open_bytes += len(data)
        commit.done = True

    def _undo(self, commit: _Commit, error: BaseException) -> None:
        """Forget ``commit`` and whatever was chained behind it; cut what reached the file off again."""
        broken, self._broken = self._broken, error
        with self._state:
            later, self._waiting, self._next = self._waiting, _Commit(self._durable), self._durable
        try:
            if self._descriptor >= 0:
                os.ftruncate(self._descriptor, self._open_bytes)
            self._broken = broken
        except OSError:
            pass  # it stays broken: opening it again finds out what is there
        told = error if isinstance(error, Exception) else LogError(f"session {self.session_id}: interrupted.")
        for lost in (later, commit):
            lost.error, lost.done = told, True

    def _begin(self) -> None:
        """Begin an open segment: its file first, then the manifest that names it."""
        first, chain = self._durable
        segment = Segment(free_name(self.folder, self._manifest), "open", first, 0, chain.hex())
        path = self.folder / f"{segment.name}.jsonl"
        with disk_errors_named(f"session {self.session_id}"):
            descriptor = os.open(path, OPEN_FLAGS | os.O_CREAT | os.O_EXCL, FILE_MODE)
            try:
                sync_folder(self.folder)
                self._save(self._manifest.with_segment(segment))
            except BaseException:
                os.close(descriptor)
                if not self._broken:
                    path.unlink(missing_ok=True)
                raise
        self._segment, self._descriptor = segment, descriptor
        self._open_rows = self._open_bytes = 0

    # ── sealing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _set_aside(self) -> None:
        """Close the open segment's file; the next append begins a new one. Disk lock held."""
        if self._segment is not None and self._open_rows:
            descriptor, self._descriptor = self._descriptor, -1
            self._segment = None
            self._open_rows = self._open_bytes = 0
            os.close(descriptor)

    def _asides(self) -> list[Segment]:
        """Segments set aside and not sealed yet, in order."""
        with self._disk:
            return [known for known in self._manifest.segments if known.kind == "open" and not self._is_current(known)]

    def _is_current(self, segment: Segment) -> bool:
        return self._segment is not None and self._segment.name == segment.name

    def _seal_later(self) -> None:
        self._sealing = [task for task in self._sealing if not task.done()]
        self._sealing.append(self._sealer.submit(self._seal_asides))

    def _seal_asides(self) -> None:
        """Seal what was set aside, in order; one that fails holds up those behind it, until it is tried again."""
        for segment in self._asides():
            self._seal(segment)

    def _seal(self, segment: Segment) -> None:
        """Turn a set-aside segment's lines into Parquet, then swap the manifest, then drop the lines."""
        path = self.folder / f"{segment.name}.jsonl"
        entries, _ = read_open(path, self.session_id, segment.first, bytes.fromhex(segment.chain))
        turn, in_turn = self._manifest.turn_before(segment.first)
        with disk_errors_named(f"a sealed segment of session {self.session_id}"):
            sealed = write_sealed(self.folder, self.session_id, segment.name, entries, turn, in_turn)
        with self._disk:
            self._save(self._manifest.with_segment(sealed))
        path.unlink(missing_ok=True)

    def seal(self) -> None:
        """Make what is open a sealed segment, and wait until that is done."""
        with self._disk:
            self._check()
            self._flush()
            self._set_aside()
            self._seal_later()
        self.settle()

    def settle(self) -> None:
        """Wait until every segment set aside is sealed; raises what went wrong with one."""
        with self._disk:
            waiting, self._sealing = self._sealing, []
        wait(waiting)
        for task in waiting:
            if self._asides():
                task.result()

    def append_sealed(self, entries_of: Iterable[Sequence[Draft]]) -> int:
        """Append batches of drafts as sealed segments straight away, for writing a great many; returns how many.

        A batch is durable when the next is asked for. What is open is sealed first.
        """
        self.seal()
        appended = 0
        for drafts in entries_of:
            with self._disk, self._state:
                self._check()
                appended += self._append_batch(drafts)
        return appended

    def _append_batch(self, drafts: Sequence[Draft]) -> int:
        self._flush()  # of another thread, since
        self._set_aside()
        self._seal_asides()
        first, before = self._durable
        entries, chain = chained(before, first, drafts)
        if not entries:
            return 0
        turn, in_turn = self._manifest.turn_before(first)
        with disk_errors_named(f"session {self.session_id}"):
            sealed = write_sealed(
                self.folder, self.session_id, free_name(self.folder, self._manifest), entries, turn, in_turn, drafts
            )
            kept = [segment for segment in self._manifest.segments if segment.kind != "open"]
            self._save(replace(self._manifest, segments=[*kept, sealed]))
        self._drop_empty()
        self._durable = self._next = first + len(entries), chain
        self._waiting = _Commit(self._durable)
        return len(entries)

    def _drop_empty(self) -> None:
        """Remove the file of an open segment that nothing was written to, now that the manifest does not name it."""
        if self._segment is not None:
            path, descriptor = self.folder / f"{self._segment.name}.jsonl", self._descriptor
            self._segment, self._descriptor = None, -1
            os.close(descriptor)
            path.unlink(missing_ok=True)

    # ── the manifest, and the end ────────────────────────────────────────────────────────────────────────────────────

    def describe(self, **facts: object) -> None:
        """Change what the manifest says of the session: title, agent, about, source."""
        with self._disk:
            self._check()
            self._save(replace(self._manifest, **facts))  # type: ignore[arg-type]

    def _save(self, manifest: Manifest) -> None:
        try:
            manifest.save(self.folder)
        except BaseException as error:
            if self._is_visible(manifest):
                self._broken = error  # but perhaps not durable: only reading it again tells
            raise
        self._manifest = manifest

    def _is_visible(self, manifest: Manifest) -> bool:
        try:
            return (self.folder / FILE_NAME).read_bytes() == manifest.to_json()
        except OSError:
            return False

    def close(self) -> None:
        """Wait for sealing, close the file, let the lock go. What is open stays open, for the next writer."""
        with self._disk:
            if self._closed:
                return
            with self._state:
                self._closed = True
        try:
            with self._disk:
                self._flush()
                self._note_least()
            self.settle()
        finally:
            self._sealer.shutdown()
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)
            self._lock_file.release()

    def _note_least(self) -> None:
        """Have the manifest say how much is open, so that it is noticed if that is ever less."""
        if self._segment is not None and self._segment.least != self._open_rows and not self._broken:
            try:
                self._save(self._manifest.with_segment(replace(self._segment, least=self._open_rows)))
            except (StoreError, OSError):
                pass  # nothing is lost by it, and a full disk must not keep anybody from closing

    def __enter__(self) -> FileLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def create(folder: Path, manifest: Manifest) -> None:
    """Make the folder of a new session, with an empty log."""
    make_folder(folder)
    manifest.save(folder)


def free_name(folder: Path, manifest: Manifest) -> str:
    """A segment's name that no file in ``folder`` bears: not even one that does not count any more."""
    names = [segment.name for segment in manifest.segments if segment.kind != "pack"]
    numbers = [int(name[:6]) for name in [*names, *os.listdir(folder)] if name[:6].isdigit()]
    return f"{max(numbers, default=-1) + 1:06d}"


__all__ = ["FileLog", "SessionLog", "chained", "create", "free_name"]
