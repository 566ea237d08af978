"""``workbench verify [S…]``: the chain over every event; exit 1 names the first bad event of each session."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.store import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="sessions to check (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a session")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.errors import Corrupt
    from runtime.store import Store
    from workbench.output import print_json, safe, say

    store = Store(args.store)
    names = [store.resolve(name) for name in args.sessions] or sorted(store.session_ids())
    bad = events = 0
    for session_id in names:
        try:
            count = store.verify(session_id)
            result: dict[str, object] = {"session_id": session_id, "ok": True, "events": count}
            events += count
        except Corrupt as error:
            bad += 1
            result = {
                "session_id": session_id, "ok": False, "seq": error.seq, "file": error.file, "reason": error.what,
            }  # fmt: skip
            say(f"workbench: {safe(str(error))}")
        if args.json:
            print_json(result)
    damaged = [] if args.sessions else list(_shared_damage(store))
    for file, reason in damaged:
        say(f"workbench: {safe(f'{file}: {reason}')}")
        if args.json:
            print_json({"session_id": None, "ok": False, "seq": None, "file": file, "reason": reason})
    if not args.json:
        print(f"{len(names) - bad:,} of {len(names):,} sessions hold; {events:,} events checked")
    return 1 if bad or damaged else 0


def _shared_damage(store: Store) -> Iterator[tuple[str, str]]:
    """``(file, what is wrong)`` for what no one session has to itself: packs as files, and sources."""
    from runtime.errors import Corrupt
    from runtime.sources.archive import SourceArchive, check_frames

    for problem in store.verify_packs():
        yield problem.file, problem.what
    try:
        yield from check_frames(SourceArchive(store))
    except Corrupt as error:
        yield error.file, error.what
