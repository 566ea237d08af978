"""``workbench events S``: the events of a session, a line each, each as it stands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from workbench.commands import limit_argument

if TYPE_CHECKING:
    from runtime.event import Row
    from runtime.reader import LogReader

WINDOW = 4_096
TYPE_CELLS = 26


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("session", metavar="SESSION", help="a session's id, or the beginning of it")
    parser.add_argument("--type", metavar="GLOB", help="only these types, e.g. 'agent.tool_*'")
    parser.add_argument("--thread", metavar="T", help="only this thread: its id, or the beginning or end of it")
    parser.add_argument("--errors", action="store_true", help="only errors")
    parser.add_argument("--turn", type=int, metavar="N", help="only this turn")
    parser.add_argument("--from", type=int, default=0, metavar="SEQ", dest="first", help="from this event on")
    parser.add_argument("--to", type=int, metavar="SEQ", dest="last", help="up to this event, itself included")
    limit_argument(parser, "events")
    parser.add_argument("--payload", action="store_true", help="their payloads, one JSON object a line")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object an event; with --payload, its payload in it"
    )


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.store import Store
    from workbench.output import print_json, say

    store = Store(args.store)
    with store.reader(store.resolve(args.session)) as reader:
        chosen = _chosen(reader, args)
        first = next(chosen, None)
        if first is None:
            say(f"no events{' like that' if reader.count else ' yet'} in {reader.session_id}")
            return 0
        chosen = chain((first,), chosen)
        if args.json:
            for row in chosen:
                print_json(_record(reader, row, payload=args.payload))
        elif args.payload:
            for row in chosen:
                print_json(_embedded(reader.payload(row.seq)))
        else:
            _print(reader, chosen)
    return 0


def _chosen(reader: LogReader, args: argparse.Namespace) -> Iterator[Row]:
    """The rows that were asked for, less those that a later row replaced."""
    from fnmatch import fnmatchcase

    replaced = set(reader.table(columns=["supersedes"]).column(0).drop_null().to_pylist())
    stop = reader.count if args.last is None else min(reader.count, args.last + 1)
    left = args.limit or reader.count
    for start in range(max(0, args.first), stop, WINDOW):
        for row in reader.rows(start, min(stop, start + WINDOW)):
            if left <= 0:
                return
            if (
                row.seq not in replaced
                and (args.type is None or fnmatchcase(row.type, args.type))
                and (args.turn is None or row.turn == args.turn)
                and (row.is_error or not args.errors)
                and (args.thread is None or _in_thread(row.thread_id, args.thread))
            ):
                left -= 1
                yield row


def _in_thread(thread_id: str, name: str) -> bool:
    bare = thread_id.removeprefix("sthr_")
    return bare.startswith(name.removeprefix("sthr_")) or bare.endswith(name)


def _record(reader: LogReader, row: Row, *, payload: bool) -> dict[str, object]:
    record: dict[str, object] = row._asdict()
    del record["chain"]
    if payload:
        record["payload"] = _embedded(reader.payload(row.seq))
    return record


def _embedded(payload: bytes) -> object:
    """A payload as a value to be printed as JSON: its own bytes if they are one line."""
    import orjson

    from runtime.event import decode

    return decode(payload) if b"\n" in payload or b"\r" in payload else orjson.Fragment(payload)


def _print(reader: LogReader, rows: Iterator[Row]) -> None:
    import shutil

    from workbench.view import words
    from workbench.view.text import fit

    cells = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    first = reader.rows(0, 1)
    start_us = first[0].time_us if first else None
    seq_cells = max(3, len(words.number(max(0, reader.count - 1))))
    header = f"{'seq':>{seq_cells}}  {'time':>9}  {'took':>6}    {fit('event', TYPE_CELLS)}  what"
    print(header)
    for row in rows:
        line = _line(row, seq_cells, start_us)
        sys.stdout.write((fit(line, cells) if cells else line).rstrip() + "\n")


def _line(row: Row, seq_cells: int, start_us: int | None) -> str:
    from workbench.view import words
    from workbench.view.glyphs import ERROR, glyph
    from workbench.view.session.event_lines import tokens_of
    from workbench.view.text import fit, shown

    mark = ERROR if row.is_error else glyph(row)[0]
    kind = shown(row.type)
    kind = fit(kind, TYPE_CELLS) if len(kind) <= TYPE_CELLS else kind
    what = [row.name if row.type != "span.model_request_end" else row.model, tokens_of(row) or row.summary]
    time, took = words.since(row.time_us, start_us), words.duration(row.duration_us)
    return f"{words.number(row.seq):>{seq_cells}}  {time:>9}  {took:>6}  {mark} {kind}  " + "  ".join(
        shown(word) for word in what if word
    )
