"""What a model request took: tokens by kind, money by the list of prices, time."""

from __future__ import annotations

from runtime.event import Json, Row
from workbench.view import words
from workbench.view.pretty.fields import field_lines
from workbench.view.pretty.portion import Portion
from workbench.view.pretty.subject import Subject
from workbench.view.text import Line, Span, shown

_KINDS = (
    ("input", "input_tokens"),
    ("cache read", "cache_read_input_tokens"),
    ("cache write", "cache_creation_input_tokens"),
    ("output", "output_tokens"),
)
NAME_CELLS, NUMBER_CELLS = 12, 11


def request_lines(subject: Subject, portion: Portion) -> list[Line]:
    """The end of a model request, as a small table."""
    row = subject.row
    lines = [_pair("model", [(shown(row.model), "text")])] if row.model else []
    lines += token_lines(subject.payload.get("model_usage"))
    lines += cost_lines(row)
    if row.duration_us is not None:
        lines.append(_number("took", words.duration(row.duration_us)))
    response = subject.beside("response")
    if isinstance(response, dict):
        stop = response.get("stop_reason")
        lines += [_pair("stop", [(shown(portion.take(stop)), "text")])] if isinstance(stop, str) else []
        rest = field_lines(response, portion, without={"stop_reason", "usage"})
        lines += [[], *rest] if rest else []
    return lines


def usage_lines(subject: Subject, portion: Portion) -> list[Line]:
    """The tokens that a session has used so far."""
    usage = subject.payload.get("usage")
    return token_lines(usage) or field_lines(usage, portion)


def token_lines(usage: Json | None) -> list[Line]:
    """A line for each kind of token that was counted, none for kinds nobody spoke of."""
    if not isinstance(usage, dict):
        return []
    counted = [(name, usage[key]) for name, key in _KINDS if type(usage.get(key)) is int]
    return [_number(name, words.number(count)[:30], "text" if count else "faint") for name, count in counted]


def cost_lines(row: Row) -> list[Line]:
    """What the request cost by the list; that nobody knows, where nobody does."""
    if row.input_tokens is None and row.output_tokens is None:
        return []
    from runtime.asking.prices import cost_usd  # nothing before the first paint needs it

    cost = cost_usd(
        row.model, row.time_us, row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens,
        row.cache_write_1h_tokens or 0,
    )  # fmt: skip
    if cost is None:
        return [_pair("cost", [("no price is known", "faint")])]
    return [[*_number("cost", f"${cost:,.4f}"), ("  by the list", "faint")]]


def _number(name: str, value: str, role: str = "text") -> Line:
    return _pair(name, [(value.rjust(NUMBER_CELLS), role)])


def _pair(name: str, spans: list[Span]) -> Line:
    return [(name.ljust(NAME_CELLS), "muted"), *spans]
