"""Importing paths: finds the files, has them imported, restores exports, adds the reports up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runtime.errors import ExportDamaged, ImportRefused
from runtime.export.restore import restore
from runtime.importers.discover import Found, discover, in_groups
from runtime.ingest.driver import Report
from runtime.ingest.spread import Mask, Progress, Spread, ready
from runtime.ingest.workers import Workers
from runtime.sources.forget import forget_deleted
from runtime.store import Store


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
    forget_deleted(store.prepare())  # what was deleted may be about to come again
    with Workers(processes, ready) as workers:
        found = list(_expected(discover(paths, format), workers))
        groups = in_groups(item for item in found if not item.exported)
        report = Spread(store, groups, mask, progress, workers).run()
    for item in found:
        if item.exported:
            report.add(_restored(store, item.path, mask))
    return report


def _expected(found: Iterable[Found], workers: Workers) -> Iterable[Found]:
    """``found``, of which the other processes are told, so that they are there in time."""
    for item in found:
        if item.importer:
            workers.expect(item.bytes)
        yield item


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
