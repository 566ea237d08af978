"""Following folders as other tools write into them: new files are imported, those that grow are read on.

While a file is being written its events go straight into the session's open segment, within a fraction of a second of
being written. Its source is kept when it has been quiet for a while, or when following ends: until then the records
that the newest events cite are read from the file itself. No session stays locked between two ticks. Whatever goes
wrong with one file is said once, and the others are followed on; that file is imported anew when it changes again, or
has been quiet for a while.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import ImportRefused, WorkbenchError
from runtime.event import Json
from runtime.importers.discover import Found, discover
from runtime.importers.record import session_id_of
from runtime.ingest.driver import Ingest
from runtime.ingest.fold import FileFold
from runtime.ingest.marks import FollowedMarks, is_recent
from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive
from runtime.store import Store

TICK_S = 0.2
SCAN_S = 0.3
"""How often folders are searched for new files, where that is quick; known files are looked at every tick."""
SCAN_SHARE = 10
"""A search that takes long is not begun again before so many times as long."""
QUIET_S = 30.0
"""A file nobody has written to for so long is imported for good: source and ledger."""

END_BYTES = 256
"""So much before the place where reading stopped must be the same for a file to have grown, not changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """New events of one session, from one file."""

    session_id: str
    path: str
    events: int


Stamp = tuple[int, int, int]
"""Inode, size and time of the last change, of what it may be read by included."""
Trouble = Callable[[str, Exception], None]


class Watch:
    """Follows paths into a store. `tick` does what is due now, and is all there is to it."""

    def __init__(
        self,
        store: Store,
        paths: Iterable[str | Path],
        *,
        format: str | None = None,
        mask: Callable[[bytes], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
        trouble: Trouble = lambda path, error: None,
        told: Iterable[Json] = (),
    ) -> None:
        """``trouble`` is told of what went wrong with a path, once; ``told`` are rejections that are known already."""
        self.store, self.paths, self.format, self._mask, self._clock = store, list(paths), format, mask, clock
        self._trouble = trouble
        self._marks = FollowedMarks(store, clock)
        self._ingest = self._begun()
        self._stamps: dict[str, Stamp] = {}
        self._ignored: dict[str, Stamp] = {}
        self._found: dict[str, Found] = {}
        self._folds: dict[str, FileFold] = {}
        self._dirty: dict[str, float] = {}
        self._ends: dict[str, tuple[int, bytes]] = {}
        """By path, up to where it was read, and what stood there."""
        self._scan_due = float("-inf")
        self._told = {(item["path"], item["line"], item["reason"]) for item in told}

    def begin(self) -> list[Change]:
        """Catch up with everything there is, as an ordinary import would."""
        changes = self._scan()
        ledger = SourceArchive(self.store).ledger()
        for path in filter(is_recent, self._stamps):  # they grew before anybody looked
            entry = ledger.get(path)
            self._marks.grown(entry.sessions if entry is not None else ())
        return changes

    def tick(self) -> list[Change]:
        """What was written since the last tick, now in the log."""
        changes: list[Change] = []
        now = self._clock()
        if now >= self._scan_due:
            changes += self._scan()
        for path, before in list(self._stamps.items()):
            stamp = _stamp(path)
            if stamp != before and stamp is not None:
                self._stamps[path] = stamp
                replaced = stamp[0] != before[0] or stamp[1] <= before[1]
                changes += self._guarded(path, self._settle if replaced else self._grown)
        for path in [path for path, when in self._dirty.items() if now - when >= QUIET_S]:
            changes += self._guarded(path, self._settle)
        return self._marked(changes)

    def _marked(self, changes: list[Change]) -> list[Change]:
        """The same; sessions that grow are marked as being followed."""
        self._marks.grown({each.session_id for each in changes if each.events and is_recent(each.path)})
        self._marks.fade()
        return changes

    def close(self) -> None:
        """Import for good whatever was still being written."""
        self._marks.close()
        for path in list(self._dirty):
            self._guarded(path, self._settle)

    def _guarded(self, path: str, what: Callable[[str], list[Change]]) -> list[Change]:
        try:
            return what(path)
        except Exception as error:  # whatever it is, other files must still be followed
            self._ends.pop(path, None)
            self._folds.pop(path, None)  # what it had read may not be written: it is read anew
            self._ingest = self._begun()
            self._dirty[path] = self._clock()
            self._tell(path, None, _words(path, error))
            return []

    def _tell(self, path: str, line: int | None, reason: str) -> None:
        """Say what went wrong, unless that was said of this place before."""
        if (path, line, reason) not in self._told:
            self._told.add((path, line, reason))
            self._trouble(path if line is None else f"{path}:{line}", ImportRefused(reason))

    def _scan(self) -> list[Change]:
        """Look for new files and import them in the ordinary way."""
        begun = self._clock()
        fresh: dict[str, Stamp] = {}
        for found in discover(self.paths, self.format, known=self):
            stamp = _stamp(found.path)
            if found.problem and (found.named or stamp):
                self._tell(found.path, None, found.problem)
            if stamp is None:
                continue
            if found.importer is None:
                self._ignored[found.path] = stamp
            else:
                fresh[found.path], self._found[found.path] = stamp, found
        now = self._clock()
        self._scan_due = now + max(SCAN_S, SCAN_SHARE * (now - begun))
        if not fresh:
            return []
        self._stamps |= fresh
        try:
            return self._imported(list(fresh))
        except Exception:  # of one of them; which one, is seen when each is imported by itself
            return [change for path in fresh for change in self._guarded(path, self._settle)]

    def __contains__(self, path: object) -> bool:
        """Whether a scan has nothing to find out about ``path``: it is followed, or was looked at as it is now."""
        if path in self._stamps:
            return True
        ignored = self._ignored.get(str(path))
        return ignored is not None and ignored == _stamp(str(path))

    def _grown(self, path: str) -> list[Change]:
        fold = self._folds.get(path)
        if fold is None:
            importer = self._found[path].importer
            entry = SourceArchive(self.store).ledger().get(path)
            if importer is None or entry is None:
                return self._settle(path)
            fold = self._folds[path] = FileFold(path, importer, entry.generation, follow=True)
        if not self._goes_on(path, fold):
            self._ingest = self._begun()
            return self._settle(path)
        self._dirty[path] = self._clock()
        self._ingest.read(fold, self._stamps[path][1])
        self._ingest.commit()
        for _, _, line, reason, member in fold.tally.rejected:
            self._tell(str(member or path), line if isinstance(line, int) else None, str(reason))
        if fold.broken:
            self._folds.pop(path)  # it is read anew when it changes, or has been quiet for a while
        self._ends[path] = _end(path, self._stamps[path][1])
        return [Change(found, path, count) for found, count in self._ingest.landing.new_events(path).items()]

    def _goes_on(self, path: str, fold: FileFold) -> bool:
        """Whether the file says what it said up to where it was read, and nobody deleted what came of it."""
        place, end = self._ends.get(path, (0, b""))
        format = fold.importer.format
        return _end(path, place)[1] == end and all(
            self.store.exists(session_id_of(format, native)) for native in fold.facts
        )

    def _begun(self) -> Ingest:
        return Ingest(self.store, mask=self._mask, follow=True)

    def _settle(self, path: str) -> list[Change]:
        """Import a file for good."""
        self._dirty.pop(path, None)
        self._folds.pop(path, None)
        self._ends.pop(path, None)
        return self._imported([path]) if _stamp(path) is not None else []

    def _imported(self, paths: list[str]) -> list[Change]:
        report = import_paths(self.store, paths, format=self.format, mask=self._mask)
        for item in report.rejected:
            self._tell(item["path"], item["line"], item["reason"])
        return [Change(item["session_id"], item["path"], item["events"]) for item in report.sessions]


def follow(
    store: Store,
    paths: Iterable[str | Path],
    *,
    format: str | None = None,
    mask: Callable[[bytes], bytes] | None = None,
    stop: threading.Event | None = None,
    trouble: Trouble = lambda path, error: None,
    told: Iterable[Json] = (),
) -> Generator[Change, None, None]:
    """Every change under ``paths``, as it is written, until ``stop`` is set or the caller goes away."""
    watch = Watch(store, paths, format=format, mask=mask, trouble=trouble, told=told)
    stop = stop or threading.Event()
    try:
        yield from watch.begin()
        while not stop.wait(TICK_S):
            yield from watch.tick()
    finally:
        watch.close()


def _end(path: str, size: int) -> tuple[int, bytes]:
    """``size``, and the last of what stands in the file before that place."""
    with open(path, "rb") as file:
        file.seek(max(0, size - END_BYTES))
        return size, file.read(min(size, END_BYTES))


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_ctime_ns


def _words(path: str, error: Exception) -> str:
    """What went wrong with the file at ``path``, as an import would say it."""
    if isinstance(error, OSError) and error.filename == path:
        return f"cannot be read: {error.strerror}"
    if isinstance(error, (WorkbenchError, OSError)):
        return str(error)
    return f"it cannot be imported, please report that: {type(error).__name__}: {error}"
