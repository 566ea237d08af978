"""``workbench export S… --to jsonl|parquet``: sessions as files, losslessly; `import` restores the same sessions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.export.lines import Written
    from runtime.store import Store

TTY = (
    "an export is the log's bytes as they are, and those are never shown on a terminal: name a file with -o, or send "
    "it through a pipe. `workbench events S --payload` shows them."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="sessions to write out")
    parser.add_argument("--all", action="store_true", help="every session of the store")
    parser.add_argument(
        "--to", choices=("jsonl", "parquet"), default="jsonl", metavar="FORMAT",
        help="jsonl (the log's own lines, the default) or parquet (one file, for DuckDB and others)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="a file; for several sessions as jsonl, a folder with a file for each"
    )
    parser.add_argument("--json", action="store_true", help="with -o: one JSON object a session")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.store import Store
    from workbench.output import say

    store = Store(args.store)
    names = sorted(store.session_ids()) if args.all else [store.resolve(name) for name in dict.fromkeys(args.sessions)]
    if problem := _problem(args, names):
        say(f"workbench: {problem}")
        return 2
    if args.output:
        _to_files(args, store, names)
    else:
        _to_stdout(store, names)
    return 0


def _problem(args: argparse.Namespace, names: list[str]) -> str | None:
    """Why the arguments do not fit together."""
    if args.all and args.sessions:
        return "--all means every session; name none beside it."
    if not names:
        return "the store is empty." if args.all else "name the sessions to export, or say --all."
    if args.output is None and args.to == "parquet":
        return "a Parquet file needs a place: -o FILE."
    if args.output is None and sys.stdout.isatty():
        return TTY
    return None


def _to_stdout(store: Store, names: list[str]) -> None:
    from runtime.export.lines import open_archive, write_lines

    archive = open_archive(store)
    for session_id in names:
        _warn(write_lines(store, session_id, sys.stdout.buffer.write, archive))
    sys.stdout.buffer.flush()


def _to_files(args: argparse.Namespace, store: Store, names: list[str]) -> None:
    from runtime.export.table import write_table
    from workbench.output import print_json, safe, say

    if args.to == "parquet":
        written = [(Path(args.output), item) for item in write_table(store, names, Path(args.output))]
    else:
        written = _to_each(store, _places(Path(args.output), names))
    for path, item in written:
        _warn(item)
        if args.json:
            print_json({**item._asdict(), "path": str(path)})
        else:
            say(f"{item.session_id}: {item.events:,} events in {safe(str(path))}")


def _places(output: Path, names: list[str]) -> list[tuple[str, Path]]:
    """Where each session goes: into the file that was named, or into files of their own in a folder."""
    if len(names) == 1 and not output.is_dir():
        return [(names[0], output)]
    output.mkdir(parents=True, exist_ok=True)
    return [(session_id, output / f"{session_id}.jsonl") for session_id in names]


def _to_each(store: Store, places: list[tuple[str, Path]]) -> list[tuple[Path, Written]]:
    from runtime.export.lines import open_archive, write_lines
    from runtime.files import output_file

    archive, written = open_archive(store), []
    for session_id, path in places:
        with output_file(path) as file:
            written.append((path, write_lines(store, session_id, file.write, archive)))
    return written


def _warn(written: Written) -> None:
    from workbench.output import safe, say

    for path in written.missing:
        say(f"{written.session_id}: the original records of {safe(path)} cannot be read and were left out")
