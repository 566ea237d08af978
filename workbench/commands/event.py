"""``workbench event S SEQ``: one event's payload, byte for byte as stored; or what is beside it, or where it came from.

Verbatim bytes go to files and pipes. A terminal gets the same JSON indented, with whatever could act on it spelled out.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.segment import Entry
    from runtime.store import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("session", metavar="SESSION", help="a session's id, or the beginning of it")
    parser.add_argument("seq", type=int, metavar="SEQ", help="which event, from 0")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--source", action="store_true", help="the original record of an import, byte for byte")
    which.add_argument("--extra", action="store_true", help="what this log keeps beside the event")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.errors import LogError
    from runtime.store import Store

    store = Store(args.store)
    with store.reader(store.resolve(args.session)) as reader:
        try:
            entry = reader.entry(args.seq)
        except IndexError as error:
            raise LogError(str(error)) from None
        if args.source:
            write(_records(store, reader.session_id, entry))
        else:
            write([entry.extra or b"{}" if args.extra else entry.payload])
    return 0


def write(texts: list[bytes]) -> None:
    """Each of ``texts``: verbatim, several one a line; on a terminal indented and harmless."""
    if sys.stdout.isatty():
        for text in texts:
            _show(text)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n".join(texts) + (b"\n" if len(texts) > 1 else b""))
    sys.stdout.buffer.flush()


def _show(text: bytes) -> None:
    from workbench.view.payload.raw import pretty
    from workbench.view.text import line_text, shown

    decoded = text.decode("utf-8", "replace")
    if decoded.lstrip()[:1] in ("{", "["):
        for line in pretty(decoded):
            print(shown(line_text(line)))
    else:
        for plain in decoded.splitlines():
            print(shown(plain))


def _records(store: Store, session_id: str, entry: Entry) -> list[bytes]:
    """The records the event was made of, as they stood in their file."""
    from runtime.errors import StoreError
    from runtime.event import decode
    from runtime.sources.archive import SourceArchive

    cited = decode(entry.extra).get("source") if entry.extra else None
    if not cited and store.manifest(session_id).source.get("redacted"):
        raise StoreError(f"session {session_id} was masked on its way in: its original records were not kept.")
    if not cited:
        raise StoreError(f"event {entry.seq} of {session_id} was not imported: it has no original record.")
    archive = SourceArchive(store)
    return [archive.record(source_id, offset, length, session_id) for source_id, offset, length, *_ in cited]
