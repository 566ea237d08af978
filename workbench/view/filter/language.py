"""The language of filters: what passes, in a line that is quickly typed.

    type:tool_use tool:bash,read is:error -type:span "permission denied" took>30s tokens>10k seq:100..200

Everything must hold. A comma is *or*, a ``-`` before a word *not*, quotes make text of anything. A word by itself is
text to look for. Which names may stand before a colon is said by whoever filters: `workbench.view.filter.events` for
the events of a session, `workbench.view.filter.sessions` for the list of sessions.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum
from typing import NamedTuple

from runtime.errors import WorkbenchError
from workbench.view.words import HOUR_US, MINUTE_US, SECOND_US

HUGE = 1 << 62
"""Nothing that is counted comes to more; it fits a column of 64 bits."""


class FilterError(WorkbenchError):
    """Something that is no filter; says which word, and what would do."""


class Kind(Enum):
    """What stands after a name."""

    TEXT = "text"
    CHOICE = "choice"
    COUNT = "a number such as 12, 10k, 1.5M"
    SPAN = "a time such as 30s, 200ms, 5m, 1h"
    MONEY = "dollars such as 0.5"
    MOMENT = "a day such as 2026-05-01, or a moment such as 2026-05-01T14:30"


class Field(NamedTuple):
    """Something that can be asked for by name."""

    kind: Kind
    choices: tuple[str, ...] = ()


Fields = Mapping[str, Field]


class Between(NamedTuple):
    """From ``low`` to ``high``, both included unless ``strict``; None where there is no bound."""

    low: float | None
    high: float | None
    strict: bool = False

    def holds(self, value: float | None) -> bool:
        """Whether ``value`` is between the two; what nobody knows never is."""
        if value is None:
            return False
        if self.low is not None and (value <= self.low if self.strict else value < self.low):
            return False
        return self.high is None or (value < self.high if self.strict else value <= self.high)


class Term(NamedTuple):
    """One word of a filter."""

    field: str
    """Empty for text to look for."""
    texts: tuple[str, ...] = ()
    """Any of these, in small letters, in a field of text; or the text to look for, as it was typed."""
    ranges: tuple[Between, ...] = ()
    """Any of these, in a field of numbers."""
    negated: bool = False

    def in_ranges(self, value: float | None) -> bool:
        """Whether a number is what is asked for; `negated` is left to whoever asks."""
        return any(between.holds(value) for between in self.ranges)


_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+|"')
_PART = re.compile(r'(?:[^,"]|"[^"]*")+')
_NAMED = re.compile(r"([A-Za-z_]+)(:|>=|<=|>|<|=)(.*)", re.DOTALL)
_AMOUNT = re.compile(r"\$?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-zµ]*)", re.IGNORECASE)
_SCALES: dict[Kind, dict[str, float]] = {
    Kind.COUNT: {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000},
    Kind.SPAN: {
        "": SECOND_US, "s": SECOND_US, "ms": 1_000, "us": 1, "m": MINUTE_US, "min": MINUTE_US, "h": HOUR_US,
        "d": 24 * HOUR_US,
    },
    Kind.MONEY: {"": 1},
}  # fmt: skip
_DAYS = (("%Y-%m-%d", 24 * HOUR_US), ("%Y-%m-%dT%H:%M", MINUTE_US), ("%Y-%m", 0), ("%Y", 0))


def parse(text: str, fields: Fields) -> tuple[Term, ...]:
    """The words of ``text``; raises `FilterError`, and nothing else, where one of them makes no sense."""
    return tuple(_term(word, fields) for word in _WORD.findall(text))


def quoted(value: str) -> str:
    """``value`` as it has to be typed after a colon; for a quote, which cannot be, there is the star."""
    bare = value.replace('"', "*")
    return bare if re.fullmatch(r"[^\s,]+", bare) else f'"{bare}"'


def _term(word: str, fields: Fields) -> Term:
    if word.count('"') % 2:
        raise FilterError(f'{word} begins a quotation that nothing ends: a second " does')
    negated = len(word) > 1 and word.startswith("-")
    body = word[1:] if negated else word
    named = _NAMED.fullmatch(body)
    if named is None or named[3].startswith("//"):
        return Term("", (_bare(body, word),), negated=negated)
    name, sign, value = named[1].lower(), named[2], named[3]
    field = fields.get(name)
    if field is None:
        raise FilterError(_unknown(name, body, fields))
    if not _split(value):
        raise FilterError(f"{name}{sign} needs {_wanted(field)} after it")
    if field.kind in (Kind.TEXT, Kind.CHOICE):
        return Term(name, _texts(name, sign, value, field), negated=negated)
    return Term(name, ranges=_ranges(name, sign, value, field), negated=negated)


def _bare(text: str, word: str) -> str:
    bare = text.replace('"', "")
    if not bare:
        raise FilterError(f"{word} is nothing to look for: text goes between the quotes")
    return bare


def _unknown(name: str, body: str, fields: Fields) -> str:
    near = get_close_matches(name, fields, 1)
    instead = f"{near[0]}: is what comes nearest" if near else f"there are {', '.join(fields)}"
    return f"nothing is called {name}: {instead}; in quotes it is text to look for"


def _wanted(field: Field) -> str:
    if field.kind is Kind.CHOICE:
        return " or ".join(field.choices)
    return "a word" if field.kind is Kind.TEXT else field.kind.value


def _texts(name: str, sign: str, value: str, field: Field) -> tuple[str, ...]:
    """The alternatives of a field of words."""
    if sign not in ":=":
        raise FilterError(f"{name}{sign}{value} compares words: {name}:{value} asks for one")
    texts = tuple(part.replace('"', "").lower() for part in _split(value))
    wrong = [text for text in texts if field.choices and text not in field.choices]
    if wrong:
        near = get_close_matches(wrong[0], field.choices, 1) or field.choices
        raise FilterError(f"{name}:{wrong[0]} is not known: {' or '.join(f'{name}:{one}' for one in near)} is")
    return texts


def _split(value: str) -> list[str]:
    """``value`` at its commas, but for those within quotes."""
    return [part for part in _PART.findall(value) if part.strip('"')]


def _ranges(name: str, sign: str, value: str, field: Field) -> tuple[Between, ...]:
    """The alternatives of a field of numbers."""
    bare = value.replace('"', "")
    if sign not in ":=":
        low, high = _amount(name, bare.replace(",", ""), field.kind)
        bounds = {
            ">": Between(high, None, True), ">=": Between(low, None), "<": Between(None, low, True),
            "<=": Between(None, high),
        }  # fmt: skip
        return (bounds[sign],)
    found = []
    for part in bare.split(","):
        start, dots, stop = part.partition("..")
        if not dots:
            found.append(Between(*_amount(name, part, field.kind)))
        elif start or stop:
            found.append(Between(
                _amount(name, start, field.kind)[0] if start else None,
                _amount(name, stop, field.kind)[1] if stop else None,
            ))  # fmt: skip
        else:
            raise FilterError(f"{name}:.. has no end: {name}:100..200 has two")
    return tuple(found)


def _amount(name: str, text: str, kind: Kind) -> tuple[float, float]:
    """The first and the last number that ``text`` stands for: a day is many moments."""
    if kind is Kind.MOMENT:
        return _moments(name, text)
    found = _AMOUNT.fullmatch(text)
    scale = _SCALES[kind].get(found[2].lower()) if found else None
    if found is None or scale is None:
        raise FilterError(f"{name} cannot be {text or 'nothing'}: {kind.value} will do")
    value: float = min(float(found[1]), HUGE) * scale
    if kind is not Kind.MONEY:
        value = round(min(value, HUGE))
    return value, value


def _moments(name: str, text: str) -> tuple[float, float]:
    for form, length_us in _DAYS:
        try:
            begun = time.strptime(text.upper(), form)
            start = int(time.mktime(begun)) * SECOND_US
            stop = start + length_us if length_us else int(time.mktime(_next(begun, form))) * SECOND_US
        except (ValueError, OverflowError):
            continue
        return start, stop - 1
    raise FilterError(f"{name} cannot be {text or 'nothing'}: {Kind.MOMENT.value} will do")


def _next(begun: time.struct_time, form: str) -> time.struct_time:
    """The first moment of the month after, or of the year after."""
    year, month = (begun.tm_year, begun.tm_mon + 1) if form == "%Y-%m" else (begun.tm_year + 1, 1)
    return time.struct_time((year, month, 1, 0, 0, 0, 0, 0, -1))


def same(wanted: str, have: str) -> bool:
    """Whether a text in small letters is ``have``; a ``*`` in it stands for anything."""
    have = have.lower()
    first, *rest = wanted.split("*")
    if not rest:
        return wanted == have
    if not have.startswith(first) or not have.endswith(rest[-1]):
        return False
    at, stop = len(first), len(have) - len(rest[-1])
    for part in rest[:-1]:
        at = have.find(part, at, stop)
        if at < 0:
            return False
        at += len(part)
    return at <= stop


def within(wanted: str, have: str) -> bool:
    """Whether a text in small letters is part of ``have``; with a ``*``, all of it."""
    return same(wanted, have) if "*" in wanted else wanted in have.lower()
