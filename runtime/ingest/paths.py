"""Importing paths: finds the files, shares them out among processes, restores exports, adds the reports up."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from runtime.errors import ExportDamaged, ImportRefused
from runtime.export.restore import restore
from runtime.importers.catalogue import importer
from runtime.importers.discover import Found, discover, in_groups
from runtime.ingest.driver import Ingest, Report
from runtime.ingest.workers import WORTH_SHARING_BYTES, Workers, shares_of
from runtime.sources.archive import SourceArchive
from runtime.sources.forget import forget_deleted
from runtime.store import Store

Progress = Callable[[int, int, str], None]
"""Told of bytes done, bytes in all, and the file at hand."""
Mask = Callable[[bytes], bytes]


def import_paths(
    store: Store,
    paths: Iterable[str | Path],
    *,
    format: str | None = None,
    mask: Mask | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Report:
    """Import every transcript under ``paths``, and restore every export.

    Groups of files are shared among as many ``processes`` as there are cores, of which this is one.
    """
    found = []
    with Workers(processes, _ready) as workers:
        for item in discover(paths, format):
            found.append(item)
            if item.importer:
                workers.expect(item.bytes)
        forget_deleted(store.prepare())  # what was deleted may be about to come again
        groups = in_groups(item for item in found if not item.exported)
        report = _import_groups(store, groups, mask, progress, workers)
    for item in found:
        if item.exported:
            report.add(_restored(store, item.path, mask))
    return report


def _import_groups(
    store: Store, groups: Sequence[Sequence[Found]], mask: Mask | None, progress: Progress | None, workers: Workers
) -> Report:
    total = sum(found.bytes for group in groups for found in group if found.importer)
    archive = SourceArchive(store)
    if not workers.started:
        return _import_here(archive, groups, total, mask, progress)
    shares = list(shares_of(groups, workers.count))
    sizes = [sum(found.bytes for group in share for found in group if found.importer) for share in shares]
    reports: dict[int, Report] = {}
    tasks: dict[int, Future[Report]] = {}

    def done(number: int, report: Report) -> None:
        reports[number] = report
        if progress:
            there = reports.keys() | {other for other, task in tasks.items() if task.done()}
            progress(sum(sizes[other] for other in there), total, shares[number][-1][-1].path)

    def here(number: int) -> None:
        done(number, _import_here(archive, shares[number], total, mask, None))

    for number, share in enumerate(shares):
        with suppress(BrokenExecutor):
            if workers.idle(tasks.values()):
                tasks[number] = workers.submit(_import_share, str(store.root), _portable(share), total, mask)
                continue
        here(number)
    for number, task in tasks.items():
        try:
            done(number, task.result())
        except BrokenExecutor:  # a process was killed: what it had written is there, and is not written again
            here(number)
    report = Report()
    for number in range(len(shares)):
        report.add(reports[number])
    return report


def _restored(store: Store, path: str, mask: Mask | None) -> Report:
    """Restore an export; what that did, in the words of an import."""
    report = Report(files=1)
    try:
        if mask is not None:
            raise ImportRefused(
                "an export is restored byte for byte or not at all, so nothing in it can be redacted; `share` writes a "
                "masked file"
            )
        sessions = restore(store, Path(path))
    except ExportDamaged as error:
        return report.failing(path, error.line, f"the export is damaged: {error.what}")
    except OSError as error:
        return report.failing(path, None, f"cannot be read: {error.strerror}")
    except ImportRefused as error:
        return report.failing(path, None, str(error))
    for session in sessions:
        report.records += session.count
        report.cited += session.new
        report.present += session.present
        report.events += session.new
        if session.refused:
            report.failing(path, None, session.refused)
        elif session.new:
            report.sessions.append(
                {"session_id": session.session_id, "source": "export", "path": path, "events": session.new}
            )
    return report


def _import_here(
    archive: SourceArchive, groups: Sequence[Sequence[Found]], total: int, mask: Mask | None, progress: Progress | None
) -> Report:
    bulk = total >= WORTH_SHARING_BYTES
    ingest, done = Ingest(archive.store, mask=mask, archive=archive, bulk=bulk), 0
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


def _portable(share: Sequence[Sequence[Found]]) -> Portable:
    """What another process needs of the files: an importer travels as its name."""
    return [
        [(f.path, f.importer.format if f.importer else None, f.group, f.bytes, f.named, f.problem) for f in group]
        for group in share
    ]


def _found(path: str, format: str | None, group: str, size: int, named: bool, problem: str | None) -> Found:
    return Found(path, importer(format) if format else None, group, size, named, problem)


def _ready() -> None:
    """Another process that has come this far has imported all it needs."""


@lru_cache(maxsize=1)
def _opened(root: str) -> SourceArchive:
    """A store and its sources: what was read of them for one share need not be read again for the next."""
    return SourceArchive(Store(root))


def _import_share(root: str, share: Portable, total: int, mask: Mask | None) -> Report:
    """One task of another process: a share of so many bytes in all."""
    groups = [[_found(*facts) for facts in group] for group in share]
    return _import_here(_opened(root), groups, total, mask, None)
