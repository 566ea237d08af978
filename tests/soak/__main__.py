"""``python -m tests.soak [--rounds 200] [--seed N] [--only PART]``: what must not lose an event, as long as you like.

    steps    upkeep, writing and importing, killed or the power cut before every single step they take on disk
    kill     kill -9 of real processes while they append, seal, pack, delete and import, with readers looking on
    damage   bytes that change, ends that are cut off, files that go missing or change places: named, and nobody
             else's business, also for upkeep, imports and writers that come upon it
    crowd    an import, a live writer, a packer, a deleter and readers on one store at once
    disk     a disk that is full in the middle of everything, of bytes and of files (a small tmpfs: root only)
    chop     every shared transcript imported in pieces, against the same in one go
    keys     keys at random over every screen of the app, while sessions grow and go away

A failure prints the seed that shows it again. The suite runs a small sample of each (`tests/soak/test_sample.py`).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.soak.outcome import Outcome

PARTS = ("steps", "kill", "damage", "crowd", "disk", "chop", "keys")


def main(argv: list[str] | None = None) -> int:
    """Run what is asked for; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=200, help="of kill; ten times as much damage, a crowd for five")
    parser.add_argument("--seed", type=int, default=None, help="to have the same again")
    parser.add_argument("--only", choices=PARTS, action="append", help="just this part (may be given more than once)")
    args = parser.parse_args(argv)
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", file=sys.stderr)
    outcomes = []
    for part in args.only or PARTS:
        with tempfile.TemporaryDirectory(prefix=f"soak-{part}-") as folder:
            begun = time.monotonic()
            outcome = _part(part)(Path(folder), seed, args.rounds)
            outcome.seconds = time.monotonic() - begun
        outcomes.append(outcome)
        for failure in outcome.failures:
            print(f"{part}: {failure}", file=sys.stderr)
    print_table(outcomes, seed)
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _part(name: str) -> Callable[[Path, int, int], Outcome]:
    """A part, imported only if it is wanted."""
    if name == "steps":
        from tests.soak.steps import steps as part
    elif name == "kill":
        from tests.soak.kill import kill as part
    elif name == "damage":
        from tests.soak.damage import damage as part
    elif name == "crowd":
        from tests.soak.crowd import crowd as part
    elif name == "disk":
        from tests.soak.disk import disk as part
    elif name == "keys":
        from tests.soak.keys import keys_at_random as part
    else:
        part = _chop
    return part


def _chop(folder: Path, seed: int, rounds: int) -> Outcome:
    from tests.soak.chop import chop
    from tests.support.shared import shared_data

    try:
        data = shared_data()
    except BaseException as skipped:  # pytest's own, which is no Exception
        return Outcome("chop", skipped=str(skipped))
    return chop(data, seed)


def print_table(outcomes: list[Outcome], seed: int) -> None:
    """What was done and found, a line a part."""
    print(f"{'part':8} {'rounds':>7} {'events':>9} {'checks':>9} {'failures':>9} {'seconds':>8}  seed {seed}")
    for one in outcomes:
        beside = f"skipped: {one.skipped}" if one.skipped else one.beside
        print(
            f"{one.part:8} {one.rounds:7,} {one.events:9,} {one.checks:9,} {len(one.failures):9,} {one.seconds:8.1f}"
            f"  {beside}".rstrip()
        )


if __name__ == "__main__":
    sys.exit(main())
