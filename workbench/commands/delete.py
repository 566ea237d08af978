"""``workbench delete SESSION…``: sessions are gone at once; their bytes and sources, with the next upkeep."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.store import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("sessions", nargs="+", metavar="SESSION", help="an id, or the beginning of one")
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where there is nobody to be asked")
    parser.add_argument(
        "--now", action="store_true", help="remove the bytes at once, rather than an hour after upkeep came across them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a session")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.store import Store
    from workbench.output import print_json, say

    store = Store(args.store)
    names = list(dict.fromkeys(store.resolve(name) for name in args.sessions))
    if not args.yes and not sys.stdin.isatty():
        say("workbench: nobody can be asked here; say --yes to delete.")
        return 2
    if not args.yes and not _agreed(store, names):
        say("nothing was deleted")
        return 1
    for session_id in names:
        store.delete(session_id)
        if args.json:
            print_json({"session_id": session_id, "deleted": True})
        else:
            print(f"deleted {session_id}")
    return _remove_bytes(store) if args.now else 0


def _agreed(store: Store, names: list[str]) -> bool:
    """Whether the person at the terminal wants these gone."""
    from runtime.errors import WorkbenchError
    from runtime.event import plain
    from workbench.output import safe, say

    for session_id in names:
        try:
            summary = store.summary(session_id)
            say(f"{session_id}  {summary.sums.events:,} events  {safe(plain(summary.manifest.title or ''))}")
        except WorkbenchError as error:
            say(f"{session_id}  {safe(str(error))}")
    what = "this session" if len(names) == 1 else f"these {len(names):,} sessions"
    print(f"Delete {what} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remove_bytes(store: Store) -> int:
    """Do upkeep now, without the hour that readers are otherwise given."""
    from runtime.upkeep.maintenance import maintain
    from workbench.output import safe, say

    report = maintain(store, grace_us=0)
    for problem in report.problems:
        say(f"workbench: {safe(problem)}")
    return 1 if report.problems else 0
