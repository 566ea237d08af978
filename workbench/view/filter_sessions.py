"""Which sessions pass a filter: ``format:codex model:opus errors>3 cost>1 started>2026-05-01 words``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workbench.view import glyphs
from workbench.view.filter import Field, Kind, Term, parse, within

if TYPE_CHECKING:
    from workbench.view.sessions import SessionLine

FIELDS = {
    "title": Field(Kind.TEXT), "format": Field(Kind.TEXT), "agent": Field(Kind.TEXT), "model": Field(Kind.TEXT),
    "is": Field(Kind.CHOICE, ("live", "damaged", "error")), "started": Field(Kind.MOMENT), "took": Field(Kind.SPAN),
    "turns": Field(Kind.COUNT), "events": Field(Kind.COUNT), "errors": Field(Kind.COUNT), "tokens": Field(Kind.COUNT),
    "cost": Field(Kind.MONEY),
}  # fmt: skip

_TEXTS: dict[str, Callable[[SessionLine], str]] = {
    "title": lambda line: line.title, "format": lambda line: line.format, "agent": lambda line: line.agent,
    "model": lambda line: line.model,
}  # fmt: skip
NUMBERS: dict[str, Callable[[SessionLine], float | None]] = {
    "started": lambda line: line.started_us, "took": lambda line: line.took_us, "turns": lambda line: line.turns,
    "events": lambda line: line.events, "errors": lambda line: line.errors, "tokens": lambda line: line.tokens,
    "cost": lambda line: line.cost_usd,
}  # fmt: skip
"""What the list of sessions can be filtered and sorted by; None where nobody knows."""
_STATES: dict[str, Callable[[SessionLine], bool]] = {
    "live": lambda line: line.mark == glyphs.FOLLOWING, "damaged": lambda line: line.mark == glyphs.ERROR,
    "error": lambda line: line.errors > 0,
}  # fmt: skip


def passing(lines: Iterable[SessionLine], text: str) -> list[SessionLine]:
    """The lines that pass ``text``; raises `FilterError` where it is no filter."""
    tests = [_test(term) for term in parse(text, FIELDS)]
    return [line for line in lines if all(test(line) for test in tests)]


def _test(term: Term) -> Callable[[SessionLine], bool]:
    """What one word asks of a line."""
    if term.negated:
        test = _test(term._replace(negated=False))
        return lambda line: not test(line)
    if not term.field:
        word = term.texts[0].lower()
        return lambda line: word in line.haystack
    if term.field == "is":
        states = [_STATES[text] for text in term.texts]
        return lambda line: any(state(line) for state in states)
    if term.field in _TEXTS:
        have = _TEXTS[term.field]
        return lambda line: any(within(text, have(line)) for text in term.texts)
    number = NUMBERS[term.field]
    return lambda line: term.in_ranges(number(line))
