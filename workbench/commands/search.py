"""``workbench search PATTERN [S…]``: what was said, in every payload and beside it; hits as they are found.

Types, times, ids and names of members are not said. A PATTERN with a quotation mark in it, one that looks like an id,
and a regular expression find those too (`runtime.asking.needle`).
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from workbench.commands import limit_argument

if TYPE_CHECKING:
    from runtime.asking.search import Hit


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument(
        "pattern", metavar="PATTERN",
        help="what was said; without a capital letter, in any case of letters; with a quotation mark, in all the JSON",
    )  # fmt: skip
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="where to look (default: everywhere)")
    parser.add_argument("-i", "--ignore-case", action="store_true", help="in any case of letters")
    parser.add_argument("-s", "--case-sensitive", action="store_true", help="exactly as written")
    parser.add_argument(
        "-e", "--regex", action="store_true", help="PATTERN is a regular expression over the stored JSON"
    )
    limit_argument(parser, "events")
    parser.add_argument("--json", action="store_true", help="one JSON object a hit")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from contextlib import closing

    from runtime.asking.needle import Needle
    from runtime.asking.search import search
    from runtime.store import Store
    from workbench.output import say

    if not args.pattern:
        say("workbench: there is nothing to search for: PATTERN is empty.")
        return 2
    store = Store(args.store)
    ignore_case = False if args.case_sensitive else True if args.ignore_case else None
    needle = Needle(args.pattern, ignore_case=ignore_case, regex=args.regex)
    sessions = [store.resolve(name) for name in args.sessions] if args.sessions else None
    found = 0
    with closing(search(store, needle, sessions=sessions)) as parts:
        for part in parts:
            _say_how_far("")
            for hit in part.hits:
                _print(hit, as_json=args.json)
                found += 1
                if found == args.limit:  # never 0: that is no limit
                    return 0
            sys.stdout.flush()
            _say_how_far(f"{100 * part.scanned // max(1, part.total)} %")
    _say_how_far("")
    if not args.json:
        say(f"{found:,} event{'' if found == 1 else 's'}")
    return 0


def _say_how_far(words: str) -> None:
    """A line on stderr that the next one takes the place of; only where a person looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()


def _print(hit: Hit, *, as_json: bool) -> None:
    from workbench.output import print_json
    from workbench.view.text import shown

    text, start, end = hit.excerpt()
    if as_json:
        print_json(
            {
                "session_id": hit.session_id, "seq": hit.seq, "column": hit.column, "excerpt": text,
                "match": [start, end],
            }
        )  # fmt: skip
        return
    beside = "  (beside)" if hit.column == "extra" else ""
    sys.stdout.write(f"{hit.session_id}  {hit.seq:>7,}  {shown(text)}{beside}\n")
