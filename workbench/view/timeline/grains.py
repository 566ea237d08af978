"""Reading what a part of a session has of a strand (`workbench.view.timeline.strand`): by whole columns, on a lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from runtime.reader import LogReader
from workbench.view.filter.events import TOKENS, asked, costs_of, sum_of
from workbench.view.filter.sieve import array_of
from workbench.view.session.standing import Standing
from workbench.view.timeline.strand import END, SHARED_LANE, Aspect, Followed, Grains
from workbench.view.timeline.tiles import Threads, code_of

COLUMNS = ("type", "thread_id", "is_error")
_MORE: dict[Aspect, tuple[str, ...]] = {
    Aspect.TOOL: ("name",),
    Aspect.COST: ("model", "time_us", *TOKENS, "cache_write_1h_tokens"),
}


def grains(
    reader: LogReader, start: int, stop: int, what: Followed, standing: Standing, threads: Threads
) -> Grains:  # fmt: skip
    """Count events ``start`` up to ``stop``."""
    table = reader.table(start, stop, [*COLUMNS, *_MORE.get(what.aspect, ())])
    lines = standing.between(start, start + len(table))
    seqs = pa.array(lines, pa.int64())
    if len(lines) < len(table):
        table = table.take(pc.subtract(seqs, start))
    passing = _passing(table, what)
    if passing is not None:
        seqs, table = seqs.filter(passing), table.filter(passing)
    codes = _codes(table, threads)
    found = Grains(start, stop, {}, {}, {})
    for code in pc.unique(codes).to_pylist():
        mine = pc.equal(codes, code)
        found.seqs[code] = array_of(seqs.filter(mine))
        if what.aspect is Aspect.COST:
            spent = table.filter(mine)
            found.dollars[code] = costs_of(spent).to_pylist()
            found.tokens[code] = sum_of([_column(spent, name) for name in TOKENS]).to_pylist()
    return found


def _passing(table: pa.Table, what: Followed) -> Any:
    """Which rows are of what is followed; None where all are."""
    match what.aspect:
        case Aspect.THREAD:
            return pc.equal(_column(table, "thread_id"), what.of)
        case Aspect.TOOL:
            of_tool = asked(_column(table, "type"), lambda kind: kind.endswith(("tool_use", "tool_result")))
            return pc.and_(of_tool, pc.fill_null(pc.equal(_column(table, "name"), what.of), False))
        case Aspect.ERRORS:
            return _column(table, "is_error")
        case Aspect.REQUESTS | Aspect.COST:
            return pc.equal(_column(table, "type"), END)
    return None


def _codes(table: pa.Table, threads: Threads) -> Any:
    """How each row counts; the threads that share a lane count as one."""
    lanes = _coded(table, "thread_id", lambda thread: min(threads.get(thread, SHARED_LANE), SHARED_LANE) << 4)
    kinds = _coded(table, "type", lambda kind: code_of(0, kind, False))
    return pc.add(pc.add(lanes, kinds), pc.cast(_column(table, "is_error"), pa.int64()))


def _coded(table: pa.Table, name: str, code: Callable[[str], int]) -> Any:
    """Each word of a column is coded once."""
    column = _column(table, name)
    coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    return pc.take(pa.array(map(code, coded.dictionary.to_pylist()), pa.int64()), coded.indices)


def _column(table: pa.Table, name: str) -> Any:
    return table.column(name).combine_chunks()
