"""Facets: which values the events that are shown have, and how many of them each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from runtime.reader import LogReader
from runtime.segment import SEGMENT_ROWS
from workbench.view import words
from workbench.view.filter.language import quoted
from workbench.view.session.find import Wanted, windows
from workbench.view.session.standing import Standing
from workbench.view.text import Line, fit, shown

COLUMNS = ["type", "name", "thread_id", "model", "is_error"]
MOST = 200
"""Of a field with more values than this, the rarest are left out."""


class Facet(NamedTuple):
    """One value of one field."""

    field: str
    value: str
    """As people read it."""
    events: int
    term: str
    """The filter that lets exactly these through."""


def facets(
    reader: LogReader, standing: Standing, count: int, threads: Mapping[str, str], wanted: Wanted
) -> list[Facet]:
    """What is shown of ``count`` events, by type, tool, thread, model, and whether it is an error."""
    types, tools, thread_ids, models = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    errors = 0
    for low, high in windows(0, count, 1, SEGMENT_ROWS):
        if not wanted():
            return []
        table = reader.table(low, high, COLUMNS)
        seqs = standing.between(low, high)
        if len(seqs) < len(table):
            table = table.take(pa.array([seq - low for seq in seqs], pa.int64()))
        _count(types, table.column("type"))
        _count(thread_ids, table.column("thread_id"))
        _count(models, table.column("model"))
        of_tool = pc.match_substring_regex(table.column("type"), "tool_(use|result)$")
        _count(tools, table.filter(of_tool).column("name"))
        errors += pc.sum(table.column("is_error")).as_py() or 0
    found = [*_of("type", types), *_of("tool", tools)]
    found += _threads(thread_ids, threads) if len(thread_ids) > 1 else []
    found += _of("model", models)
    return [*found, Facet("is", "error", errors, "is:error")] if errors else found


def of_findings(found: Mapping[str, frozenset[int]], standing: Standing) -> list[Facet]:
    """What looks wrong among what is shown, by what that is."""
    counts = Counter({name: sum(seq in standing for seq in seqs) for name, seqs in found.items()})
    return [facet for facet in _of("finding", counts) if facet.events]


def _count(into: Counter[str], column: pa.ChunkedArray) -> None:
    for pair in pc.value_counts(column.drop_null()).to_pylist():
        into[pair["values"]] += pair["counts"]


def _of(field: str, counts: Counter[str]) -> list[Facet]:
    return [Facet(field, shown(value), count, f"{field}:{quoted(value)}") for value, count in _most(counts)]


def _threads(counts: Counter[str], threads: Mapping[str, str]) -> list[Facet]:
    """A thread by its id: several may have one name."""
    return [
        Facet("thread", threads.get(value) or shown(value[-6:]), count, f"thread:{quoted(value)}")
        for value, count in _most(counts)
    ]


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    named = [(value, count) for value, count in counts.items() if value]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))[:MOST]


# ── as lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FIELD_CELLS, COUNT_CELLS, BAR_CELLS = 8, 11, 20


def facet_line(facet: Facet, first: bool, most: int, cells: int) -> Line:
    """A facet in ``cells`` cells; ``first`` of its field, whose most frequent value has ``most`` events."""
    bar_cells = BAR_CELLS if cells >= 60 else 0
    bar = "━" * max(1, round(bar_cells * facet.events / max(1, most))) if bar_cells else ""
    value_cells = max(1, min(44, cells - FIELD_CELLS - COUNT_CELLS - bar_cells - 2))
    role = "error" if facet.field == "is" else "text"
    return [
        (fit(facet.field if first else "", FIELD_CELLS), "accent"),
        (fit(facet.value, value_cells), role),
        (fit(words.number(facet.events), COUNT_CELLS, right=True) + "  ", "muted"),
        (fit(bar, bar_cells), "faint"),
    ]
