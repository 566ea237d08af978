"""``workbench sessions``: every session with its totals, the newest first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workbench.commands import limit_argument

if TYPE_CHECKING:
    from runtime.asking.listing import Listed

SHORT_ID = 17
"""Characters of an id that a terminal shows: enough to tell sessions apart, and every command takes them."""
SHORT_TITLE = 48

COLUMNS = (
    "started",
    "ended",
    "duration",
    "turns",
    "events",
    "errors",
    "tokens",
    "cost",
    "model",
    "format",
    "title",
    "session",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument(
        "--filter", metavar="TEXT", help="only sessions with these words in id, title, model, format or facts"
    )
    parser.add_argument(
        "--sort", choices=COLUMNS, default="started", metavar="COL", help=f"one of: {', '.join(COLUMNS)}"
    )
    limit_argument(parser, "sessions")
    parser.add_argument("--json", action="store_true", help="one JSON object a session")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.asking.listing import listed
    from runtime.store import Store
    from workbench.output import print_json, safe, say

    store = Store(args.store)
    found = in_order(matching(listed(store), args.filter or ""), args.sort)
    for error in store.packs.damage.values():
        say(f"workbench: {safe(str(error))}")
    total = len(found)
    found = found[: args.limit or None]
    if args.json:
        for session in found:
            print_json({**session._asdict(), "duration_us": session.duration_us, "tokens": session.tokens})
        return 0
    _print(found)
    for session in found:
        if session.damage:
            say(f"workbench: {safe(session.damage)}")
    if not total:
        say(f"no sessions{' like that' if args.filter else ''} in {safe(str(store.root))}")
    elif len(found) < total:
        say(f"{len(found):,} of {total:,} sessions")
    return 0


def matching(sessions: Iterable[Listed], text: str) -> list[Listed]:
    """Those in which every word of ``text`` occurs, in any case of letters."""
    wanted = text.lower().split()
    return [session for session in sessions if not wanted or all(word in session.haystack for word in wanted)]


def in_order(sessions: list[Listed], column: str) -> list[Listed]:
    """By a column: numbers and times from the top down, words from A to Z; what has no value comes last."""
    value = _VALUES[column]
    words = column in ("model", "format", "title", "session")
    known = [session for session in sessions if value(session) is not None]
    known.sort(key=lambda session: session.session_id)
    known.sort(key=lambda session: str(value(session)).lower() if words else value(session), reverse=not words)  # type: ignore[arg-type,return-value]  # of one kind by column
    return known + [session for session in sessions if value(session) is None]


_VALUES: dict[str, Callable[[Listed], object]] = {
    "started": lambda session: session.first_us if session.first_us is not None else session.created_us,
    "ended": lambda session: session.last_us,
    "duration": lambda session: session.duration_us,
    "turns": lambda session: session.turns,
    "events": lambda session: session.events,
    "errors": lambda session: session.errors,
    "tokens": lambda session: session.tokens,
    "cost": lambda session: session.cost_at_least_usd,
    "model": lambda session: session.model,
    "format": lambda session: session.format,
    "title": lambda session: session.title,
    "session": lambda session: session.session_id,
}


def _print(sessions: Iterable[Listed]) -> None:
    from runtime.event import plain
    from workbench.output import print_table
    from workbench.view import words

    narrow = sys.stdout.isatty()
    short = SHORT_ID if narrow else None
    rows = [
        (
            session.session_id[:short], words.moment(session.first_us), words.duration(session.duration_us),
            session.turns or "", words.number(session.events), session.errors or "",
            words.tokens(session.tokens) if session.requests else "", _cost(session), session.model,
            "damaged" if session.damage else "live" if session.live else session.format or "",
            plain(session.title or "", SHORT_TITLE) if narrow else session.title,
        )
        for session in sessions
    ]  # fmt: skip
    header = ("session", "started", "took", "turns", "events", "errors", "tokens", "cost", "model", "from", "title")
    if rows:
        print_table(header, rows, right=(2, 3, 4, 5, 6, 7))


def _cost(session: Listed) -> str:
    """What it cost; with a ``+`` where totals alone do not tell how much more."""
    if session.cost_at_least_usd is None or not session.requests:
        return ""
    return f"${session.cost_at_least_usd:,.2f}{'' if session.cost_is_exact else '+'}"
