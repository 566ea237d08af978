"""``workbench demo``: the app on a store made for looking around; ``--huge`` adds a session of 1,000,000 events."""

from __future__ import annotations

import argparse

from workbench.commands.open import picture_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("session", nargs="?", metavar="SESSION[:SEQ]", help="begin with this session")
    parser.add_argument(
        "--huge", action="store_true", help="with a session of 1,000,000 events (made once, about a minute)"
    )
    picture_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.store import Store
    from workbench.commands.open import has_terminal, show
    from workbench.demo import store as demo
    from workbench.demo.live import writing
    from workbench.output import say

    store = Store(args.store or demo.demo_root())
    demo.ensure(store)
    if args.huge:
        demo.ensure_huge(store, progress=lambda made: say(f"made {made:,} of {demo.HUGE_EVENTS:,} events"))
    if args.screen or not has_terminal():
        return show(args, store, args.session)
    with writing(store):
        return show(args, store, args.session)
