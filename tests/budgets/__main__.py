"""``python -m tests.budgets [--only NAME …] [--quick] [--json] [--folder DIR]``: the table of bars."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import orjson

from tests.budgets.bench import QUICK, Bench, Sizes
from tests.budgets.outcome import Outcome, missing, table

FAMILIES = (
    "startup", "columns", "million", "heavy", "link", "searching",
    "appending", "following", "importing", "sizes", "many",
)  # fmt: skip


def main() -> int:
    """Measure and print; 1 if a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.budgets", description=__doc__)
    parser.add_argument("--only", action="append", choices=FAMILIES, help="just this family (may be given again)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: a look, not a verdict")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--folder", type=Path, help="where to make things; what is there from an earlier run is used again"
    )
    args = parser.parse_args()
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
        return _report(Bench(args.folder.resolve(), QUICK if args.quick else Sizes()), args)
    with tempfile.TemporaryDirectory(prefix="budgets-") as folder:
        return _report(Bench(Path(folder), QUICK if args.quick else Sizes()), args)


def _report(bench: Bench, args: argparse.Namespace) -> int:
    outcomes = []
    for family in args.only or FAMILIES:
        bench.say(f"{family}: load {os.getloadavg()[0]:.2f}")
        for outcome in _measured(family, bench):
            outcomes.append(outcome)
            if args.json:
                sys.stdout.buffer.write(orjson.dumps(outcome.to_json()) + b"\n")
                sys.stdout.flush()
            else:
                bench.say("  ".join(filter(None, outcome.cells())))
    if not args.json:
        print(f"{time.strftime('%Y-%m-%d %H:%M')}  {os.cpu_count()} cores  Python {platform.python_version()}", end="")
        print("  quick: a look, not a verdict" if args.quick else "")
        print(table(outcomes))
    return 1 if any(outcome.met is False for outcome in outcomes) else 0


def _measured(family: str, bench: Bench) -> Iterator[Outcome]:
    """The lines of a family; one that fails says so in the table and does not keep the others from it."""
    try:
        yield from import_module(f"tests.budgets.{family}").measure(bench)
    except Exception as error:
        traceback.print_exc()
        yield missing(family, "the rest of this family", f"{type(error).__name__}: {str(error).splitlines()[0][:120]}")


if __name__ == "__main__":
    raise SystemExit(main())
