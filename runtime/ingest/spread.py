"""An import spread over processes: groups of files go to whoever is free, this process among them.

Files of one session are in one group, wherever they were found, so that what comes of them does not depend on who is
quicker. A process that was killed costs nothing but time: its share is imported here, where what it had written already
is found and not written again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress
from functools import lru_cache

from runtime.importers.catalogue import importer
from runtime.importers.discover import Found
from runtime.ingest.driver import Ingest, Report
from runtime.ingest.workers import WORTH_SHARING_BYTES, Group, Workers, bytes_in, shares_of
from runtime.sources.archive import SourceArchive
from runtime.store import Store

Progress = Callable[[int, int, str], None]
"""Told of bytes done, bytes in all, and the file at hand."""
Mask = Callable[[bytes], bytes]


class Spread:
    """One import's groups of files, and what became of them."""

    def __init__(
        self, store: Store, groups: Sequence[Group], mask: Mask | None, progress: Progress | None, workers: Workers
    ) -> None:
        self._archive, self._mask, self._progress, self._workers = SourceArchive(store), mask, progress, workers
        self._groups = groups
        self._shares: list[list[Group]] = []
        """What was given to somebody, in order."""
        self._tasks: dict[int, Future[Report]] = {}
        self._reports: dict[int, Report] = {}

    def run(self) -> Report:
        """Import everything; what became of it."""
        total = bytes_in(self._groups)
        if not self._workers.started:
            much = total >= WORTH_SHARING_BYTES
            return _import_here(self._archive, self._groups, self._mask, bulk=much, progress=self._progress)
        for share in shares_of(self._groups, self._workers.count):
            if not (self._is_wanted() and self._give_away(share)):
                self._shares.append(share)
                self._done(len(self._shares) - 1, self._here(share), total)
        for number, task in self._tasks.items():
            try:
                report = task.result()
            except BrokenExecutor:
                report = self._here(self._shares[number])
            self._done(number, report, total)
        whole = Report()
        for number in range(len(self._shares)):
            whole.add(self._reports[number])
        return whole

    def _is_wanted(self) -> bool:
        """Whether another process will soon have nothing to do."""
        return self._workers.idle(self._tasks.values())

    def _give_away(self, share: list[Group]) -> bool:
        """Give a share to another process, if there is one that lives."""
        with suppress(BrokenExecutor):
            root = str(self._archive.store.root)
            self._tasks[len(self._shares)] = self._workers.submit(_import_share, root, _portable(share), self._mask)
            self._shares.append(share)
            return True
        return False

    def _here(self, share: list[Group]) -> Report:
        return _import_here(self._archive, share, self._mask, bulk=True)

    def _done(self, number: int, report: Report, total: int) -> None:
        self._reports[number] = report
        if self._progress:
            there = self._reports.keys() | {other for other, task in self._tasks.items() if task.done()}
            path = self._shares[number][-1][-1].path
            self._progress(sum(bytes_in(self._shares[other]) for other in there), total, path)


def _import_here(
    archive: SourceArchive, groups: Sequence[Group], mask: Mask | None, *,
    bulk: bool = False, progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Import groups of files in this process; with ``bulk`` they are a part of much."""
    ingest, done, total = Ingest(archive.store, mask=mask, archive=archive, bulk=bulk), 0, bytes_in(groups)
    with _without_collection():
        for group in groups:
            for found in group:
                if progress:
                    progress(done, total, found.path)
                ingest.file(found)
                done += found.bytes
            ingest.commit_if_due()
        return ingest.finish()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Millions of small values and no cycles: looking for some costs a tenth of an import and finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


# ── in another process ───────────────────────────────────────────────────────────────────────────────────────────────


Portable = list[list[tuple[str, str | None, str, int, bool, str | None]]]


def _portable(share: Sequence[Group]) -> Portable:
    """What another process needs of the files: an importer travels as its name."""
    return [
        [(f.path, f.importer.format if f.importer else None, f.group, f.bytes, f.named, f.problem) for f in group]
        for group in share
    ]


def _found(path: str, format: str | None, group: str, size: int, named: bool, problem: str | None) -> Found:
    return Found(path, importer(format) if format else None, group, size, named, problem)


@lru_cache(maxsize=1)
def _opened(root: str) -> SourceArchive:
    """A store and its sources: what was read of them for one share need not be read again for the next."""
    return SourceArchive(Store(root))


def _import_share(root: str, share: Portable, mask: Mask | None) -> Report:
    """One task of another process."""
    return _import_here(_opened(root), [[_found(*facts) for facts in group] for group in share], mask, bulk=True)


def ready() -> None:
    """Another process that has come this far has imported all it needs."""
