"""Where what followed one event first differs from what followed another: step by step, each in its event's thread.

A step is something that was said to the agent, done by it or answered: its type, its tool, and a call's input however
it is spelled. What only keeps account (requests, usage, thoughts, what an import keeps besides) is no step.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import zip_longest
from typing import Any, NamedTuple

import orjson

from runtime.event import LOCAL_PREFIXES, Row, decode
from runtime.reader import LogReader
from runtime.segment import ROW_GROUP
from workbench.view.session.find import Wanted
from workbench.view.session.standing import ALL, Standing
from workbench.view.words import count, number

FIRST_WINDOW = 64
"""So few events are read at first: most pairs part soon."""

_NO_STEPS = ("span.", "agent.thinking", "session.usage", "session.updated", *LOCAL_PREFIXES)


class Step(NamedTuple):
    """Something that followed an event."""

    seq: int
    what: tuple[object, ...]
    """The same for two steps that do the same."""


class Outcome(NamedTuple):
    """The first steps that differ; None on a side that has come to its end."""

    left: int | None
    right: int | None
    words: str


def first_divergence(
    reader: LogReader, left: int, right: int, standing: Standing = ALL, wanted: Wanted = lambda: True
) -> Outcome:
    """What followed event ``left`` held against what followed event ``right``, until they differ or one ends."""
    same = 0
    for ours, theirs in zip_longest(steps(reader, left, standing, wanted), steps(reader, right, standing, wanted)):
        if ours is None or theirs is None:
            ended = right if theirs is None else left
            if not same:
                return Outcome(None, None, f"nothing follows the mark at {number(ended)} in its thread")
            alike = f"{count(same, 'step')} after each mark {'is' if same == 1 else 'are'} the same"
            return Outcome(None, None, f"they never differ: {alike}, then what follows {number(ended)} ends")
        if ours.what != theirs.what:
            how = _how(ours.what, theirs.what)
            after = f"after {count(same, 'equal step')}" if same else "at the first step"
            return Outcome(ours.seq, theirs.seq, f"{after} {number(ours.seq)} and {number(theirs.seq)} differ: {how}")
        same += 1
    return Outcome(None, None, "nothing follows either mark in its thread")


def _how(ours: tuple[object, ...], theirs: tuple[object, ...]) -> str:
    names = ("type", "name", "outcome", "input")
    return ", ".join(name for name, one, other in zip(names, ours, theirs) if one != other)


def steps(reader: LogReader, seq: int, standing: Standing = ALL, wanted: Wanted = lambda: True) -> Iterator[Step]:
    """What followed an event in its thread."""
    thread = reader.rows(seq, seq + 1)[0].thread_id
    at, size, stop = seq + 1, FIRST_WINDOW, reader.count
    while at < stop and wanted():
        high = min(stop, at + size)
        rows = [
            row for row in reader.rows(at, high)
            if row.thread_id == thread and row.seq in standing and not row.type.startswith(_NO_STEPS)
        ]  # fmt: skip
        asked = {row.seq for row in rows if _has_input(row)}
        said = {}
        if asked:
            first, last = min(asked), max(asked)
            said = {entry.seq: entry.payload for entry in reader.entries(first, last + 1) if entry.seq in asked}
        yield from (Step(row.seq, _what(row, said.get(row.seq))) for row in rows)
        at, size = high, min(ROW_GROUP, 2 * size)


def _has_input(row: Row) -> bool:
    """Whether what somebody gave stands in the payload: a call's input, or what was said to the agent."""
    return row.type.endswith("tool_use") or row.type in ("user.message", "system.message")


def _what(row: Row, payload: bytes | None) -> tuple[object, ...]:
    name = row.name if not row.type.endswith("message") else None
    return row.type, name, row.is_error, _digest(payload) if payload is not None else None


def _digest(payload: bytes) -> bytes:
    """Of what was given, however its keys are ordered and its blanks are set."""
    try:
        whole = decode(payload)
        given = whole.get("input", whole.get("content")) if isinstance(whole, dict) else whole
        data = orjson.dumps(_plain(given), option=orjson.OPT_SORT_KEYS)
    except (ValueError, TypeError, RecursionError):
        data = payload
    return blake2b(data, digest_size=16).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
