"""What a query found, as far as it is kept; what is said of it; and where its rows lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.view import words
from workbench.view.text import Line, shown

if TYPE_CHECKING:
    from runtime.asking.query import Column

ROWS = 10_000
CHARACTERS = 32_000_000
"""No more than so many rows, and so many characters, are kept of an answer."""

_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE|VAR)?INT(EGER)?|DOUBLE|FLOAT|BIGNUM|DECIMAL\(.*\)")
_OF_SESSION = ("session_id", "session")
_SESSION = re.compile(r"sesn_\w*\Z")
_EVENT = re.compile(r"sevt_\w+\Z")


class Answer(NamedTuple):
    """What a query found."""

    sql: str
    columns: list[Column]
    rows: list[tuple[Any, ...]]
    more: bool
    """There were more rows than are kept."""
    seconds: float
    problems: list[str]
    """What was left out because it is damaged."""

    def says(self) -> str:
        """``12 rows in 34 ms``."""
        took = f"in {words.duration(round(self.seconds * 1e6))}"
        if self.more:
            return f"the first {words.count(len(self.rows), 'row')}, {took}; there are more"
        return f"{words.count(len(self.rows), 'row')} {took}"

    def told(self) -> Line:
        """The same, with how much of the store it does not tell of."""
        damaged = f"{words.count(len(self.problems), 'problem')}   " if self.problems else ""
        return [(damaged, "error"), (self.says(), "accent" if self.more else "muted")]


class Trouble(NamedTuple):
    """Why a query found nothing: it is wrong, took too long, was stopped."""

    sql: str
    says: str
    """One line."""
    at: int | None = None
    """The character that is wrong, where that is known."""
    stopped: bool = False
    """Somebody wanted that."""


class Way(NamedTuple):
    """Where a row leads."""

    session: str
    """A session's id, or its beginning; empty where only the event's id is known."""
    seq: int | None = None
    event: str = ""
    """The id of an event whose seq is not known."""


def is_number(column: Column) -> bool:
    """Whether a column's values stand at its right side."""
    return _NUMBER.fullmatch(column.type) is not None


def text_of(value: object) -> str:
    """A value as a person reads it, whole."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        odd = value.microsecond
        return value.isoformat(" ", "seconds" if not odd else "microseconds" if odd % 1000 else "milliseconds")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def distinct(names: Iterable[str]) -> list[str]:
    """``names``, the second of the same name with ``_2`` behind it."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────

_PLACE = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^+\s*\Z")
_SAID = tuple(
    (re.compile(pattern), ours)
    for pattern, ours in (
        (r'Referenced column (".*?") not found in FROM clause', r"there is no column \1"),
        (r"Table with name (\w+) does not exist", r"there is no view \1"),
        (r"\w+ Function with name (\w+) does not exist", r"there is no function \1"),
        (r"!?\n+(?=Candidate|Did)", "; "),
        (r"Candidate bindings: |Did you mean (?=.*\?)", "perhaps "),
        (r"(perhaps [^?]*)\?", r"\1"),
    )
)
"""How DuckDB says what goes wrong most, and how we do."""
_CALLED = re.compile(r'(?:column|Table with name|Function with name) "?(\w+)"?(?: |$)')


def trouble(sql: str, says: str, *, stopped: bool = False) -> Trouble:
    """DuckDB's words for what is wrong as one calm line, and where in ``sql`` it is."""
    place = _PLACE.search(says)
    at = _place(sql, place) if place else _only_place(sql, says)
    said = _PLACE.sub("", says).removeprefix("the query cannot be run: ")
    for words_of_duckdb, ours in _SAID:
        said = words_of_duckdb.sub(ours, said)
    said = " ".join(said.split())
    if at is not None and not stopped:
        column = f"column {at - sql.rfind(chr(10), 0, at)}"
        said = f"line {sql.count(chr(10), 0, at) + 1}, {column}: {said}" if "\n" in sql.strip() else f"{column}: {said}"
    return Trouble(sql, shown(said), at, stopped)


def _place(sql: str, place: re.Match[str]) -> int | None:
    """What DuckDB points at: a line and, in an excerpt of it, a column."""
    lines, number, excerpt = sql.split("\n"), int(place[1]) - 1, place[2]
    if number >= len(lines):
        return None
    column = len(place[3]) - len(f"LINE {place[1]}: ")
    if excerpt.startswith("..."):
        found = lines[number].find(excerpt.strip("."))
        column = -1 if found < 0 else found + column - 3
    if column < 0:
        return None
    return sum(len(line) + 1 for line in lines[:number]) + min(column, len(lines[number]))


def _only_place(sql: str, says: str) -> int | None:
    """The one place where what is called wrong stands."""
    called = _CALLED.search(says)
    if called is None:
        return None
    places = [match.start() for match in re.finditer(rf"\b{called[1]}\b", sql, re.IGNORECASE)]
    return places[0] if len(places) == 1 else None


# ── where a row leads ────────────────────────────────────────────────────────────────────────────────────────────────


def way(columns: Sequence[Column], row: Sequence[Any], column: int) -> Way | None:
    """The session, and the event of it, that ``row`` tells of; what stands in ``column`` counts most."""
    names = [each.name.lower() for each in columns]
    session = _session(names, row, column)
    event = next((text for text in (row[column], *row) if isinstance(text, str) and _EVENT.match(text)), "")
    if not session:
        return Way("", None, event) if event else None
    seqs = {
        index: row[index]
        for index, name in enumerate(names)
        if _is_seq(name) and isinstance(row[index], int) and not isinstance(row[index], bool) and row[index] >= 0
    }
    if column in seqs:
        return Way(session, seqs[column])
    if isinstance(row[column], str) and _SESSION.match(row[column]) and names[column] not in _OF_SESSION:
        return Way(session)
    if seqs:
        best = min(seqs, key=lambda index: (names[index] != "seq", index))
        return Way(session, seqs[best])
    return Way(session, None, event)


def _session(names: list[str], row: Sequence[Any], column: int) -> str:
    here = row[column]
    if isinstance(here, str) and _SESSION.match(here):
        return here
    for name in _OF_SESSION:
        if name in names and isinstance(row[names.index(name)], str):
            return str(row[names.index(name)])
    return next((text for text in row if isinstance(text, str) and _SESSION.match(text)), "")


def _is_seq(name: str) -> bool:
    return name == "seq" or name.endswith("_seq")
