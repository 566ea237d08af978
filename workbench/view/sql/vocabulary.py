"""What could come next in a query: columns, relations, findings, keywords, functions. Offered, never forced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from workbench.view.sql.draft import pieces
from workbench.view.text import Line, shown, width

KEYWORDS = (
    "select from where group by order limit join left on using as and or not in is null like ilike between case when "
    "then else end distinct having union all with desc asc over partition qualify unnest exists filter values true "
    "false interval cast any_value count sum avg min max median quantile_cont arg_min arg_max coalesce"
).split()
_COLOURED = frozenset(KEYWORDS[: KEYWORDS.index("any_value")]) | frozenset(
    "inner outer full right cross anti semi asof lateral exclude replace rows range preceding following current row "
    "unbounded intersect except offset fetch first last nulls escape recursive sample pivot unpivot".split()
)
MOST = 50
"""More is not offered."""

_ROLES = {"comment": "faint", "string": "live", "sign": "muted"}


class Words(NamedTuple):
    """What there is in a store to ask for."""

    relations: Mapping[str, Sequence[str]] = {}
    """Columns by relation."""
    types: Mapping[str, str] = {}
    """What DuckDB calls the type of ``relation.column``."""
    about: Mapping[str, str] = {}
    """What each relation shows."""
    values: Mapping[str, Sequence[str]] = {}
    """What a column is compared with: the names of findings, types of events."""
    functions: Sequence[str] = ()


class Offer(NamedTuple):
    """What could stand instead of the last characters before the caret."""

    prefix: str
    words: list[str]


NOTHING = Offer("", [])


def offer(words: Words, text: str, at: int) -> Offer:
    """What could come at the caret. Empty where a word is whole already, or where nobody knows."""
    before = pieces(text[:at])
    piece, kind = before[-1] if before else ("", "")
    if kind == "string" and not _closed(piece):
        return _in_string(words, "".join(each for each, _ in before[:-1]), piece[1:])
    member = re.search(r"([^\W\d]\w*)\.(\w*)\Z", text[:at])
    if member is not None and kind in ("word", "sign"):
        columns = words.relations.get(_relation_of(words, text, member[1].lower()), ())
        return Offer(member[2], _beginning(member[2], columns))
    if kind != "word":
        return NOTHING
    earlier = [each.lower() for each, kind in before[:-1] if kind == "word"]
    return Offer(piece, _beginning(piece, _ranked(words, text, earlier)))


def _ranked(words: Words, text: str, before: list[str]) -> Iterable[str]:
    """Everything that may stand outside of strings, the likeliest first."""
    if before and before[-1] in ("from", "join"):
        return words.relations
    named = [each.lower() for each, kind in pieces(text) if kind == "word"]
    columns = [column for name in dict.fromkeys(named) for column in words.relations.get(name, ())]
    others = [column for each in words.relations.values() for column in each]
    return [*columns, *words.relations, *KEYWORDS, *([] if columns else others), *words.functions]


def _beginning(prefix: str, names: Iterable[str]) -> list[str]:
    """Those that begin with ``prefix``, in the case it was typed in where they are keywords; not one that is it."""
    small = prefix.lower()
    found = [name for name in dict.fromkeys(names) if name.startswith(small) and name != small][:MOST]
    upper = len(prefix) > 1 and prefix.isupper()
    return [name.upper() if upper and name in KEYWORDS else name for name in found]


def _in_string(words: Words, before: str, prefix: str) -> Offer:
    """In a string: what the column before it is compared with, where that is known."""
    column = re.search(r"(\w+)\s*(?:=|<>|!=|\b(?:not\s+)?in\s*\([^()]*)\s*\Z", before, re.IGNORECASE)
    values = words.values.get(column[1].lower(), ()) if column is not None else ()
    return Offer(prefix, [f"{value}'" for value in values if value.startswith(prefix)])


def _relation_of(words: Words, text: str, alias: str) -> str:
    """The relation that ``alias`` stands for."""
    if alias in words.relations:
        return alias
    for match in re.finditer(rf"(\w+)\s+(?:as\s+)?{re.escape(alias)}\b", text, re.IGNORECASE):
        if match[1].lower() in words.relations:
            return match[1].lower()
    return ""


def _closed(string: str) -> bool:
    return len(string) > 1 and string.endswith("'")


def coloured(text: str) -> Line:
    """A query with roles; its lines are still one text."""
    return [
        (piece, ("accent" if piece.lower() in _COLOURED else "text") if kind == "word" else _ROLES.get(kind, "text"))
        for piece, kind in pieces(text)
    ]


def offered(found: Offer, chosen: int | None, cells: int) -> Line:
    """An offer as one quiet line: ``tab  session_id  seq  summary …``."""
    line: Line = [("tab  ", "faint")]
    room = cells - 5
    for index, word in enumerate(found.words):
        text = shown(word)
        if width(text) + 4 > room:
            line.append(("…", "faint"))
            break
        line += [(text, "accent" if index == chosen else "muted"), ("  ", "")]
        room -= width(text) + 2
    return line
