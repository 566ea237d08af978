"""What a query can be made of, as a list: relations with their columns, saved queries, some to start from, history."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from workbench.kept.queries import Queries
from workbench.view.sql.starts import STARTS
from workbench.view.sql.vocabulary import Words
from workbench.view.text import Line, fit, shown, width

RECENT = 50


class Kind(Enum):
    """What a line of the list is."""

    HEADING = "heading"
    RELATION = "relation"
    COLUMN = "column"
    SAVED = "saved"
    START = "start"
    RECENT = "recent"


class Item(NamedTuple):
    """A line of the list."""

    kind: Kind
    name: str
    text: str = ""
    """What goes into the query: a word, or the whole of it."""
    says: str = ""
    """What stands at the right, or below, of it."""
    open: bool = False
    """Its columns stand under it."""


def items(words: Words, queries: Queries, unfolded: Iterable[str]) -> list[Item]:
    """Everything there is, relations that are ``unfolded`` with their columns."""
    unfolded = set(unfolded)
    found = [Item(Kind.HEADING, "views")]
    for name, columns in words.relations.items():
        found.append(Item(Kind.RELATION, name, name, words.about.get(name, ""), name in unfolded))
        if name in unfolded:
            found += [Item(Kind.COLUMN, each, each, words.types.get(f"{name}.{each}", "").lower()) for each in columns]
    found += _section("saved queries", [Item(Kind.SAVED, *pair) for pair in sorted(queries.saved.items())])
    found += _section("to start from", [Item(Kind.START, *pair) for pair in STARTS.items()])
    recent = [Item(Kind.RECENT, " ".join(text.split()), text) for text in reversed(queries.history[-RECENT:])]
    return [*found, *_section("history", recent)]


def _section(title: str, found: list[Item]) -> list[Item]:
    return [Item(Kind.HEADING, title), *found] if found else []


def item_line(item: Item, cells: int) -> Line:
    """An item in so many cells."""
    name = shown(item.name)
    if item.kind is Kind.HEADING:
        return [(fit(name, cells), "faint")]
    if item.kind is Kind.COLUMN:
        room = max(1, cells - 6 - width(item.says))
        return [("    ", ""), (fit(name, room), "muted"), ("  ", ""), (shown(item.says), "faint")]
    if item.kind is Kind.RELATION:
        return [("▾ " if item.open else "▸ ", "faint"), (fit(name, cells - 2), "text")]
    return [("  ", ""), (fit(name, cells - 2), "muted" if item.kind is Kind.RECENT else "text")]
