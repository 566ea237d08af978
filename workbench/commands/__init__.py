"""One file a command: ``arguments(parser)`` says what it takes, ``run(args)`` does it and returns the exit code.

A command imports what it needs inside ``run``, so that ``workbench --help`` costs nothing.
"""

from __future__ import annotations

import argparse

COMMANDS: dict[str, str] = {
    "demo": "open the app on a small store made for looking around",
    "open": "open the app: on all sessions, one, one event of one, or a shared file",
    "import": "bring transcripts of other tools into the log",
    "sessions": "list sessions",
    "events": "list the events of a session",
    "event": "print one event's payload as stored",
    "search": "find what was said",
    "sql": "ask the log in SQL",
    "verify": "check that nothing in the log has changed since it was written",
    "export": "write sessions out, losslessly",
    "share": "write one session, masked, into one file for a colleague",
    "delete": "delete sessions",
    "info": "say where things are and what is available here",
}
"""Name and one line, in the order in which help lists them."""


def limit_argument(parser: argparse.ArgumentParser, what: str, *, default: str = "all") -> None:
    """``--limit N``, which means the same in every command."""
    parser.add_argument("--limit", type=_count, metavar="N", help=f"at most N {what} (default: {default}; 0: all)")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on (0: no limit)")
    return int(text)
