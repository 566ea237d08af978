"""What became of a session, as few of its rows tell: how long it waited for somebody, a verdict, a failure.

One definition for a session in sight (`of_reader`) and for a whole store asked in SQL
(`workbench.view.sessions.asked`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow.compute as pc

from runtime.reader import LogReader
from runtime.segment import SEGMENT_ROWS
from workbench.view.text import shown

TELLING = r"^(user\.|session\.(status_|error$)|span\.outcome_evaluation_end$)"
"""Types of the rows that tell."""

Told = tuple[str, str | None, int | None]
"""Of such a row: type, name, and when."""


class Course(NamedTuple):
    """What became of a session."""

    verdict: str = ""
    """The last a grader gave; empty where none did."""
    idle_us: int | None = None
    """How long it stood still between turns; None where no turn was followed by another."""
    failed: bool = False
    """The last thing that its harness said of it was an error."""


NOBODY_KNOWS = Course()


def course(rows: Iterable[Told]) -> Course:
    """From rows in the order of their seqs."""
    verdict, idle_us, failed = "", None, False
    since: int | None = None
    for kind, name, time_us in rows:
        if kind == "session.status_idle":
            since, failed = time_us, failed or name == "retries_exhausted"
        elif kind == "session.error":
            failed = True
        elif kind == "span.outcome_evaluation_end":
            verdict = shown(name or "")
        elif kind.startswith("user.") or kind == "session.status_running":
            failed = False
            if since is not None and time_us is not None:
                idle_us = (idle_us or 0) + max(0, time_us - since)
                since = None
    return Course(verdict, idle_us, failed)


def of_reader(reader: LogReader) -> Course:
    """From the rows of one session; of a long one, a segment's worth is held at a time."""
    return course(row for low in range(0, reader.count, SEGMENT_ROWS) for row in _told(reader, low))


def _told(reader: LogReader, low: int) -> Iterator[Told]:
    table = reader.table(low, min(low + SEGMENT_ROWS, reader.count), ["type", "name", "time_us"])
    telling = table.filter(pc.match_substring_regex(table.column("type"), TELLING))
    return zip(*(column.to_pylist() for column in telling.columns))
