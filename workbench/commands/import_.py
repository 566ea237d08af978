"""``workbench import PATH…``: transcripts of other tools into the log; again = nothing new; grown = what is new."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.event import Json
    from runtime.ingest.driver import Report
    from runtime.ingest.spread import Mask
    from runtime.store import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    from runtime.importers.catalogue import FORMATS

    parser.add_argument("paths", nargs="+", metavar="PATH", help="files and folders; formats are told by content")
    parser.add_argument("--format", choices=FORMATS, metavar="F", help=f"force a format: {', '.join(FORMATS)}")
    parser.add_argument("--watch", action="store_true", help="go on following the paths as they grow, until ctrl+c")
    parser.add_argument(
        "--redact", action="store_true", help="mask secrets on the way in; the original bytes are then not kept"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object at the end")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.ingest.paths import import_paths
    from runtime.store import Store
    from workbench.output import print_json

    mask: Mask | None = None
    if args.redact:
        from runtime.secrets import mask_bytes

        mask = mask_bytes
    store = Store(args.store)
    progress = _Progress()
    report = import_paths(store, args.paths, format=args.format, mask=mask, progress=progress)
    progress.clear()
    if args.json:
        print_json(
            {
                "sessions": report.sessions, "events": report.events, "rejected": report.rejected,
                "unknown_types": report.unknown_types, "files": report.files, "unchanged": report.unchanged,
                "records": report.records, "cited": report.cited, "already_present": report.present,
                "unrecognised": report.unrecognised,
            }
        )  # fmt: skip
    else:
        _tell(report)
    if args.format and not (report.cited or report.present):
        _tell_what_they_are(report, args.format)
    if args.watch:
        return _follow(store, args, mask, report.rejected)
    nothing = report.rejected and not (report.cited or report.present or report.unchanged)
    return 1 if nothing or report.failed else 0


def _follow(store: Store, args: argparse.Namespace, mask: Mask | None, told: list[Json]) -> int:
    """Tell of each change as it lands, until ctrl+c; what was followed is then imported for good.

    What is ``told`` already about what was rejected is not told again.
    """
    from contextlib import closing

    from runtime.ingest.watch import follow
    from workbench.output import print_json, safe, say

    events = 0
    try:
        say("following; ctrl+c ends it")
        following = follow(store, args.paths, format=args.format, mask=mask, trouble=_trouble, told=told)
        with closing(following) as changes:
            for change in changes:
                events += change.events
                if args.json:
                    print_json({"session_id": change.session_id, "path": change.path, "events": change.events})
                else:
                    print(f"{change.session_id}  +{change.events} events  {safe(change.path)}")
                sys.stdout.flush()
    except KeyboardInterrupt:
        say(f"followed to here: {events:,} new events")
    return 0


def _trouble(path: str, error: Exception) -> None:
    from workbench.output import safe, say

    say(f"workbench: {safe(path)}: {safe(str(error))}")


def _tell(report: Report) -> None:
    from workbench.output import safe

    sessions = len({item["session_id"] for item in report.sessions})
    print(f"{report.events:,} new events in {sessions:,} sessions, from {report.files:,} files")
    rejected = f"{len(report.rejected):,} rejected"
    print(f"{report.records:,} records: {report.cited:,} new, {report.present:,} already present, {rejected}")
    if report.unchanged:
        print(f"{report.unchanged:,} files unchanged since they were last imported")
    if report.unrecognised:
        print(f"{len(report.unrecognised):,} files are no transcript of a known format")
    for item in report.rejected:
        line = f":{item['line']}" if item["line"] else ""
        print(f"rejected {safe(item['path'])}{line}: {safe(item['reason'])}")
    for kind, count in sorted(report.unknown_types.items()):
        print(f"unknown record type {safe(kind)} ×{count:,}: kept as import events")


def _tell_what_they_are(report: Report, forced: str) -> None:
    """Name the files that would have been recognised, had not another format been forced upon them."""
    from pathlib import Path

    from runtime.importers.catalogue import recognise
    from runtime.importers.source import sample_of
    from workbench.output import safe, say

    for path in dict.fromkeys(item["path"] for item in report.rejected):
        found = recognise(sample_of(path)) if Path(path).is_file() else None
        if found is not None and found.format != forced:
            say(f"{safe(path)} looks like {found.format}; without --format it would be imported as that")


class _Progress:
    """A line on stderr while an import runs: how far it is, and on what. Only where a person looks."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._begun = self._last = time.monotonic()

    def __call__(self, done: int, total: int, path: str) -> None:
        from workbench.output import safe

        now = time.monotonic()
        if self._shown and now - self._last >= 0.1:
            self._last = now
            share = f"{100 * done / total:.0f} %" if total else ""
            rate = done / 1e6 / max(now - self._begun, 0.001)
            read = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB  {rate:.0f} MB/s"
            sys.stderr.write(f"\r\x1b[K{share}  {read}  {safe(path)[-60:]}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
