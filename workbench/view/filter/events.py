"""Which events of a session pass a filter: told by whole columns at a time, never event by event.

What is asked of words (types, tools, models, threads) is asked once of each word that a column holds; numbers are
compared in Arrow. Text is looked for in summaries here; in payloads by `workbench.view.filter.sieve`, which takes
longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from runtime.asking.prices import MILLION, spans
from workbench.view.filter.language import Field, Kind, Term, parse, same, within

FIELDS = {
    "type": Field(Kind.TEXT), "tool": Field(Kind.TEXT), "is": Field(Kind.CHOICE, ("error", "person")),
    "thread": Field(Kind.TEXT), "model": Field(Kind.TEXT), "took": Field(Kind.SPAN), "tokens": Field(Kind.COUNT),
    "cost": Field(Kind.MONEY), "turn": Field(Kind.COUNT), "seq": Field(Kind.COUNT), "bytes": Field(Kind.COUNT),
    "finding": Field(Kind.TEXT),
}  # fmt: skip

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "": ("summary",), "type": ("type",), "tool": ("type", "name"), "thread": ("thread_id",), "model": ("model",),
    "took": ("duration_us",), "tokens": TOKENS, "turn": ("turn",), "seq": ("seq",), "bytes": ("payload_bytes",),
    "cost": ("type", "model", "time_us", *TOKENS, "cache_write_1h_tokens"), "is": ("type", "is_error", "turn"),
    "finding": ("seq",),
}  # fmt: skip


class Facts(NamedTuple):
    """What a filter has to know of a session besides its rows."""

    threads: Mapping[str, str]
    """Names of threads by id."""
    people: bool = False
    """Whether messages of people begin a turn and others do not; else all messages of a user are a person's."""
    findings: Mapping[str, frozenset[int]] = MappingProxyType({})
    """By the name of a finding, the events that belong to it."""


class EventFilter:
    """A filter over the events of one session; raises `FilterError` if it is none."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.terms = parse(text, FIELDS)
        self.words = tuple(term for term in self.terms if not term.field)
        """Text to look for."""
        needed = {name for term in self.terms for name in _COLUMNS[term.field]}
        self.columns = sorted(needed) or ["seq"]
        self.findings = tuple(text for term in self.terms if term.field == "finding" for text in term.texts)
        """Findings that are asked for."""
        self.asks_for_people = any("person" in term.texts for term in self.terms if term.field == "is")

    def mask(self, table: pa.Table, turn_before: int, facts: Facts) -> pa.BooleanArray:
        """Which rows of ``table``, which has `columns`, pass everything but the words."""
        mask = pa.repeat(pa.scalar(True), len(table))
        for term in self.terms:
            if term.field:
                found = pc.fill_null(_TESTS[term.field](term, table, turn_before, facts), False)
                mask = pc.and_(mask, pc.invert(found) if term.negated else found)
        return mask


def summaries_with(term: Term, table: pa.Table) -> pa.BooleanArray:
    """In which summaries the text of ``term`` stands. In small letters it is found in any, with a capital as it is."""
    text = term.texts[0]
    found = pc.match_substring(_column(table, "summary"), text, ignore_case=text == text.lower())
    return pc.fill_null(found, False)


def people_in(table: pa.Table, turn_before: int) -> pa.BooleanArray:
    """Messages of a user that begin a turn."""
    turns = _column(table, "turn")
    before = pa.concat_arrays([pa.array([turn_before], turns.type), turns[:-1]]) if len(turns) else turns
    return pc.and_(_equal(table, "user.message"), pc.greater(turns, before))


def _column(table: pa.Table, name: str) -> Any:
    return table.column(name).combine_chunks()


def _equal(table: pa.Table, kind: str) -> pa.BooleanArray:
    return pc.equal(_column(table, "type"), kind)


def asked(column: Any, passes: Callable[[str], bool]) -> pa.BooleanArray:
    """Which rows hold a word that passes: each is asked about once."""
    coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    answers = pa.array([word is not None and passes(word) for word in coded.dictionary.to_pylist()], pa.bool_())
    return pc.take(answers, coded.indices)


def type_is(wanted: str, kind: str) -> bool:
    """``agent.tool_use`` names one type; ``tool_use``, without a dot, any that has it in it."""
    return same(wanted, kind) if "." in wanted else within(wanted, kind)


def thread_is(wanted: str, thread_id: str, threads: Mapping[str, str]) -> bool:
    """A thread by part of its name, or by its id or the end of it."""
    return within(wanted, threads.get(thread_id, "")) or thread_id.lower().endswith(wanted) or same(wanted, thread_id)


def _any(term: Term, test: Callable[[str, str], bool]) -> Callable[[str], bool]:
    return lambda have: any(test(wanted, have) for wanted in term.texts)


def _type(term: Term, table: pa.Table, *_: object) -> pa.BooleanArray:
    return asked(_column(table, "type"), _any(term, type_is))


def _tool(term: Term, table: pa.Table, *_: object) -> pa.BooleanArray:
    of_tool = asked(_column(table, "type"), lambda kind: kind.endswith(("tool_use", "tool_result")))
    return pc.and_(of_tool, pc.fill_null(asked(_column(table, "name"), _any(term, same)), False))


def _thread(term: Term, table: pa.Table, _: int, facts: Facts) -> pa.BooleanArray:
    threads = facts.threads
    return asked(_column(table, "thread_id"), _any(term, lambda wanted, have: thread_is(wanted, have, threads)))


def _model(term: Term, table: pa.Table, *_: object) -> pa.BooleanArray:
    return asked(_column(table, "model"), _any(term, within))


def _is(term: Term, table: pa.Table, turn_before: int, facts: Facts) -> pa.BooleanArray:
    found = pa.repeat(pa.scalar(False), len(table))
    if "error" in term.texts:
        found = _column(table, "is_error")
    if "person" in term.texts:
        people = people_in(table, turn_before) if facts.people else _equal(table, "user.message")
        found = pc.or_(found, people)
    return found


def _finding(term: Term, table: pa.Table, _: int, facts: Facts) -> pa.BooleanArray:
    wanted = [seqs for name, seqs in facts.findings.items() if any(same(text, name) for text in term.texts)]
    seqs = _column(table, "seq")
    return pc.is_in(seqs, pa.array(sorted(frozenset().union(*wanted)), seqs.type))


def _in_ranges(term: Term, column: Any) -> pa.BooleanArray:
    found = pa.repeat(pa.scalar(False), len(column))
    for low, high, strict in term.ranges:
        part = pa.repeat(pa.scalar(True), len(column))
        if low is not None:
            part = pc.and_(part, (pc.greater if strict else pc.greater_equal)(column, low))
        if high is not None:
            part = pc.and_(part, (pc.less if strict else pc.less_equal)(column, high))
        found = pc.or_(found, pc.fill_null(part, False))
    return found


def _number(name: str) -> Callable[..., pa.BooleanArray]:
    return lambda term, table, *_: _in_ranges(term, _column(table, name))


def _tokens(term: Term, table: pa.Table, *_: object) -> pa.BooleanArray:
    """All that went in and out; of a row that counts none, nothing is known."""
    counts = [_column(table, name) for name in TOKENS]
    known = pc.is_valid(counts[0])
    for column in counts[1:]:
        known = pc.or_(known, pc.is_valid(column))
    return pc.and_(known, _in_ranges(term, sum_of(counts)))


def sum_of(columns: list[Any]) -> Any:
    """The sum of some columns; nothing counts as 0."""
    total = pc.fill_null(columns[0], 0)
    for column in columns[1:]:
        total = pc.add(total, pc.fill_null(column, 0))
    return total


def _cost(term: Term, table: pa.Table, *_: object) -> pa.BooleanArray:
    """By list prices; what has no price passes nothing."""
    rows = pc.indices_nonzero(_equal(table, "span.model_request_end"))
    part = table.take(rows)
    found = pc.fill_null(_in_ranges(term, costs_of(part)), False)
    return pc.is_in(pa.array(range(len(table)), pa.uint64()), pc.filter(rows, found))


def costs_of(table: pa.Table) -> Any:
    """What each request cost, as `runtime.asking.prices.cost_usd` has it, in dollars; null where nobody knows."""
    model, time_us = _column(table, "model"), pc.fill_null(_column(table, "time_us"), (1 << 63) - 2)
    fresh, out, read, written = [pc.fill_null(_column(table, name), 0) for name in TOKENS]
    kept = pc.fill_null(_column(table, "cache_write_1h_tokens"), 0)
    counts = [fresh, out, read, pc.subtract(written, kept), kept]
    prompts = pc.add(pc.add(fresh, read), written)
    costs = pa.nulls(len(table), pa.float64())
    for name in pc.unique(model).drop_null().to_pylist():
        for price, since_us, until_us, up_to in spans(name):
            holds = pc.and_(pc.equal(model, name), pc.less_equal(prompts, up_to))
            holds = pc.and_(holds, pc.and_(pc.greater_equal(time_us, since_us), pc.less(time_us, until_us)))
            if price.above:
                holds = pc.and_(holds, pc.greater(prompts, price.above))
            rates = (price.input, price.output, price.cache_read, price.cache_write, price.cache_write_1h)
            costs = pc.if_else(pc.fill_null(holds, False), _priced(rates, counts), costs)
    nothing = pc.equal(sum_of(counts), 0)
    return pc.if_else(nothing, 0.0, costs)


def _priced(rates: tuple[float | None, ...], counts: list[Any]) -> Any:
    total = pa.repeat(pa.scalar(0.0), len(counts[0]))
    for rate, count in zip(rates, counts):
        if rate is None:  # known only where none of these were used
            total = pc.if_else(pc.equal(count, 0), total, pa.scalar(None, pa.float64()))
        else:
            total = pc.add(total, pc.divide(pc.multiply(pc.cast(count, pa.float64(), safe=False), rate), MILLION))
    return total


_TESTS: dict[str, Callable[..., pa.BooleanArray]] = {
    "type": _type, "tool": _tool, "thread": _thread, "model": _model, "is": _is, "tokens": _tokens, "cost": _cost,
    "finding": _finding,
    "took": _number("duration_us"), "turn": _number("turn"), "seq": _number("seq"), "bytes": _number("payload_bytes"),
}  # fmt: skip
