"""Which sessions pass a filter: ``source:codex model:opus errors>3 cost>1 finding:error_loop words``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from workbench.view.filter.language import Between, Field, Kind, Term, parse, same, within
from workbench.view.sessions.listing import WRITTEN, status

if TYPE_CHECKING:
    from workbench.view.sessions.course import Course
    from workbench.view.sessions.listing import SessionLine

FIELDS = {
    "title": Field(Kind.TEXT), "source": Field(Kind.TEXT), "agent": Field(Kind.TEXT), "model": Field(Kind.TEXT),
    "is": Field(Kind.CHOICE, ("live", "waiting", "lost", "failed", "ended", "damaged", "error", "fork")),
    "verdict": Field(Kind.TEXT), "finding": Field(Kind.TEXT), "tool": Field(Kind.TEXT),
    "started": Field(Kind.MOMENT), "took": Field(Kind.SPAN), "idle": Field(Kind.SPAN), "turns": Field(Kind.COUNT),
    "events": Field(Kind.COUNT), "errors": Field(Kind.COUNT), "tokens": Field(Kind.COUNT), "cost": Field(Kind.MONEY),
}  # fmt: skip

Test = Callable[["SessionLine"], bool]
_TEXTS: dict[str, Callable[[SessionLine], str]] = {
    "title": lambda line: line.title, "source": lambda line: line.source, "agent": lambda line: line.agent,
    "model": lambda line: line.model,
}  # fmt: skip
_NUMBERS: dict[str, Callable[[SessionLine], float | None]] = {
    "started": lambda line: line.started_us, "took": lambda line: line.took_us, "turns": lambda line: line.turns,
    "events": lambda line: line.events, "errors": lambda line: line.errors, "tokens": lambda line: line.tokens,
    "cost": lambda line: line.cost_usd,
}  # fmt: skip

COURSES, TOOLS, FINDINGS = "courses", "tools", "findings"
"""What no manifest says, so that the whole store has to be asked."""


class Known(NamedTuple):
    """What was asked of a store; None until there is an answer. By session, nothing for one with nothing to say."""

    courses: Mapping[str, Course] | None = None
    tools: Mapping[str, frozenset[str]] | None = None
    findings: Mapping[str, frozenset[str]] | None = None


NOTHING_KNOWN = Known()


def needs(text: str) -> frozenset[str]:
    """What has to be known of a store to filter by ``text``; raises `FilterError` where it is no filter."""
    found = set()
    for term in parse(text, FIELDS):
        if term.field in ("verdict", "idle") or (term.field == "is" and {"failed", "ended"} & set(term.texts)):
            found.add(COURSES)
        elif term.field in ("tool", "finding"):
            found.add(TOOLS if term.field == "tool" else FINDINGS)
    return frozenset(found)


_GROWING = re.compile(r"(?:.*\s)?(?:(?:title|source|agent|model):)?[^\s\"\-:<>=,*][^\s\":<>=,*]*", re.IGNORECASE)
"""A filter whose last word lets the less through, the more is typed to it."""
_MORE = re.compile(r"[^\":<>=,*]*")


def narrows(text: str, before: str) -> bool:
    """Whether nothing passes ``text`` that does not pass ``before``; True only where that is plain to see."""
    if not before or not text.startswith(before):
        return False
    return _GROWING.fullmatch(before) is not None and _MORE.fullmatch(text, len(before)) is not None


def passing(lines: Iterable[SessionLine], text: str, known: Known = NOTHING_KNOWN) -> list[SessionLine]:
    """The lines that pass ``text``; raises `FilterError` where it is no filter. What is not known yet passes nothing,
    as if nobody had it; word by word, for that is several times as fast."""
    found = list(lines)
    for term in parse(text, FIELDS):
        if not term.field and not term.negated:
            word = term.texts[0].lower()
            found = [line for line in found if word in line.haystack]
            continue
        test = _test(term, found, known)
        found = [line for line in found if test(line) is not term.negated]
    return found


def _test(term: Term, lines: list[SessionLine], known: Known) -> Test:
    """What one word asks of any of ``lines``."""
    if not term.field:
        word = term.texts[0].lower()
        return lambda line: word in line.haystack
    if term.field == "is":
        courses = known.courses or {}
        return _any([_state(text, courses) for text in term.texts])
    if term.field in _TEXTS:
        have = _TEXTS[term.field]
        right = _alike(set(map(have, lines)), term.texts)
        return lambda line: have(line) in right
    if term.field == "verdict":
        verdicts = {each: course.verdict for each, course in (known.courses or {}).items() if course.verdict}
        return lambda line: any(within(text, verdicts.get(line.session_id, "")) for text in term.texts)
    if term.field in ("tool", "finding"):
        named = (known.tools if term.field == "tool" else known.findings) or {}
        return lambda line: any(same(text, name) for name in named.get(line.session_id, ()) for text in term.texts)
    return _number(term, known)


def _alike(values: set[str], texts: tuple[str, ...]) -> set[str]:
    """Those of ``values`` in which one of ``texts`` is, as `within` says."""
    found = set()
    for text in texts:
        if "*" in text:
            found |= {value for value in values if within(text, value)}
        else:
            found |= {value for value in values if text in value.lower()}
    return found


def _number(term: Term, known: Known) -> Test:
    courses = known.courses or {}
    if term.field == "idle":
        return lambda line: term.in_ranges(courses[line.session_id].idle_us if line.session_id in courses else None)
    value = _NUMBERS[term.field]
    return _any([_within(between, value) for between in term.ranges])


def _within(between: Between, value: Callable[[SessionLine], float | None]) -> Test:
    return lambda line: between.holds(value(line))


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda line: any(test(line) for test in tests)


def _state(text: str, courses: Mapping[str, Course]) -> Test:
    if text == "error":
        return lambda line: line.errors > 0
    if text == "fork":
        return lambda line: bool(line.parent)
    if text == "live":
        return lambda line: line.state in WRITTEN
    if text in ("failed", "ended"):
        return lambda line: status(line, courses.get(line.session_id)) == text
    return lambda line: line.state == text
