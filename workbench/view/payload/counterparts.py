"""Counterparts: the result of a tool use and the use of a result, a request's start and its end; and what led to it.

Nearly always the counterpart is a few events away (`near`). Where it is not, or where there is none, `far` looks
through the log in windows, and may be told to stop between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from runtime.event import Row
from runtime.reader import LogReader
from runtime.segment import SEGMENT_ROWS
from workbench.view.session.find import Wanted, windows

NEAR_EVENTS = 48
_ANSWERED_BY = {
    "tool_use": "tool_result",
    "span.model_request_start": "span.model_request_end",
    "span.outcome_evaluation_start": "span.outcome_evaluation_end",
}
"""By how a type ends: what will refer to it."""
_MADE_BY_A_REQUEST = frozenset({"agent.message", "agent.thinking"})

Match = Callable[[Row], bool]


def answer_of(kind: str) -> str | None:
    """How the type of an answer to such an event ends; None if nothing answers it."""
    return next((answer for end, answer in _ANSWERED_BY.items() if kind.endswith(end)), None)


def near(reader: LogReader, row: Row) -> Row | None:
    """The counterpart of ``row`` among the events around it."""
    answer = answer_of(row.type)
    if answer is not None:
        return _first(reader.rows(row.seq + 1, row.seq + 1 + NEAR_EVENTS), row.id, answer)
    if row.refers_to is not None:
        return _with_id(reversed(reader.rows(row.seq - NEAR_EVENTS, row.seq)), row.refers_to)
    return None


def far(reader: LogReader, row: Row, wanted: Wanted = lambda: True, reach: int | None = None) -> Row | None:
    """The counterpart of ``row`` at most ``reach`` events away; of what a model said, the request that it answered."""
    answer = answer_of(row.type)
    if answer is not None:
        stop = reader.count if reach is None else min(reader.count, row.seq + 1 + reach)
        return _look(reader, (row.seq + 1, stop), 1, ("refers_to", row.id), wanted, lambda it: it.type.endswith(answer))
    start = 0 if reach is None else max(0, row.seq - reach)
    if row.refers_to is not None:
        return _look(reader, (start, row.seq), -1, ("id", row.refers_to), wanted, lambda _: True)
    if row.type in _MADE_BY_A_REQUEST:
        same_thread: Match = lambda it: it.thread_id == row.thread_id
        return _look(reader, (start, row.seq), -1, ("type", "span.model_request_start"), wanted, same_thread)
    return None


def has_counterpart(row: Row) -> bool:
    """Whether it may have one."""
    return answer_of(row.type) is not None or row.refers_to is not None or row.type in _MADE_BY_A_REQUEST


def _first(rows: Sequence[Row], id: str, answer: str) -> Row | None:
    return next((row for row in rows if row.refers_to == id and row.type.endswith(answer)), None)


def _with_id(rows: Iterable[Row], id: str) -> Row | None:
    return next((row for row in rows if row.id == id), None)


def _look(
    reader: LogReader, between: tuple[int, int], step: int, where: tuple[str, str], wanted: Wanted, match: Match
) -> Row | None:
    """The nearest event, from one end of a range, in whose column stands what is wanted."""
    import pyarrow.compute as pc  # a moment to import; only who looks far pays it

    column, value = where
    for low, high in windows(*between, step, SEGMENT_ROWS):
        if not wanted():
            return None
        values = reader.table(low, high, [column]).column(0)
        found = pc.indices_nonzero(pc.equal(values, value)).to_pylist()
        for index in found if step > 0 else reversed(found):
            row = reader.rows(low + index, low + index + 1)[0]
            if match(row):
                return row
    return None
