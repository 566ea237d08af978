"""``workbench share S[:SEQ]``: one session, masked, in one file that a colleague opens with ``workbench open FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("session", metavar="SESSION[:SEQ]", help="the session, and the event to open it at")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write (default: SESSION.share, here)")
    parser.add_argument("--json", action="store_true", help="one JSON object about what was written and masked")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.export.shared import share
    from runtime.store import Store
    from workbench.commands.open import target
    from workbench.output import print_json, say

    store = Store(args.store)
    session_id, seq = target(store, args.session)
    assert session_id is not None  # one was named
    written = share(store, session_id, seq, Path(args.output or f"{session_id}.share"))
    if args.json:
        print_json({"path": str(written.path), "events": written.events, "masked": dict(written.masked)})
    else:
        print(written.path)
        kinds = ", ".join(f"{count:,} × {kind}" for kind, count in sorted(written.masked.items()))
        say(f"{written.events:,} events; masked: {kinds or 'nothing'}; left out: original records")
        say("only what is recognised is masked: look through it before you send it (`workbench open FILE`)")
    return 0
