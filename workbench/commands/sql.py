"""``workbench sql QUERY``: one SELECT over the log; without a query, what there is to ask."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

from workbench.commands import limit_argument

if TYPE_CHECKING:
    from runtime.asking.query import Column, Query

ROWS_FOR_PEOPLE = 200
GRACE_S = 3.0
CELL = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument(
        "query", nargs="?", metavar="QUERY",
        help="a SELECT, SHOW TABLES, or DESCRIBE events; - reads it from stdin; none: what can be asked, with columns",
    )  # fmt: skip
    limit_argument(parser, "rows", default=f"{ROWS_FOR_PEOPLE} for people, all as JSON")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="stop it after so long (60)")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from runtime.asking.query import Query
    from runtime.store import Store

    with Query(Store(args.store)) as query:
        if args.query is None:
            _print_relations(query, as_json=args.json)
            return 0
        text = sys.stdin.read() if args.query == "-" else args.query
        _interruptible(query, lambda: _answer(query, text, args))
    return 0


def _answer(query: Query, text: str, args: argparse.Namespace) -> None:
    """Run the query and print what it finds."""
    from workbench.output import print_json, safe, say
    from workbench.view.sql.answer import distinct

    with _stopped_hard(args.seconds + GRACE_S, f"the query took more than {args.seconds:g} s", 1):
        result = query.run(text, seconds=args.seconds)
    for problem in query.problems:
        say(f"workbench: {safe(problem)}")
    if args.json:
        names = distinct([column.name for column in result.columns])
        for row in islice(result.rows(), args.limit or None):
            print_json({name: _small(value) for name, value in zip(names, row)})
        return
    limit = ROWS_FOR_PEOPLE if args.limit is None else args.limit
    rows = list(islice(result.rows(), limit + 1 if limit else None))
    print_rows(result.columns, rows[:limit] if limit else rows)
    if limit and len(rows) > limit:
        say(f"the first {limit:,} rows; --limit N shows more, --limit 0 all")


def _interruptible(query: Query, work: Callable[[], None]) -> None:
    """Do the work on a thread of its own, so that ctrl+c is heard at once.

    In the main thread DuckDB 2.0 hears of it when it comes to think of it, ten seconds later for a count over a
    large range, and then raises something else. From beside it, the cursor's `interrupt` stops whatever was tried
    (counts, sums, joins, filters that let nothing through, recursion; one thread or two; fetched whole or in batches)
    in 50 ms.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="sql") as pool:
        done = pool.submit(work)
        try:
            done.result()
        except KeyboardInterrupt:
            with _stopped_hard(GRACE_S, "the query was interrupted", 130):
                while not done.done():
                    with suppress(KeyboardInterrupt):  # once is enough
                        query.interrupt()  # again and again: it may only just be about to begin
                        wait([done], 0.05)
            raise


@contextmanager
def _stopped_hard(seconds: float, why: str, code: int) -> Iterator[None]:
    """End the process if a query does not stop when told to: DuckDB looks up only between two pieces of its work."""

    def end() -> None:
        sys.stderr.write(f"workbench: {why} and did not stop when it was told to, so the command was ended.\n")
        sys.stderr.flush()
        os._exit(code)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def print_rows(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """Rows of a result in aligned columns, numbers to the right."""
    from workbench.output import print_table
    from workbench.view.sql.answer import is_number

    right = [index for index, column in enumerate(columns) if is_number(column)]
    print_table([column.name for column in columns], [[cell(value) for value in row] for row in rows], right=right)


def cell(value: object) -> str | None:
    """A value as a person reads it, cut."""
    from workbench.view.sql.answer import text_of

    text = None if value is None else text_of(value)
    return text if text is None or len(text) <= CELL else text[: CELL - 1] + "…"


def _small(value: object) -> object:
    """``value`` as JSON can say it: a whole number of more than 64 bits as a string."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return str(value)
    return value


def _print_relations(query: Query, *, as_json: bool) -> None:
    import textwrap

    from workbench.output import print_json

    for relation in query.relations():
        columns = {column.name: column.type for column in relation.columns}
        if as_json:
            print_json({"view": relation.name, "about": relation.about, "columns": columns})
            continue
        print(relation.name)
        print(textwrap.indent(textwrap.fill(relation.about, 96), "    "))
        print(textwrap.indent(textwrap.fill(", ".join(columns), 96), "    ") + "\n")
