"""Two events of a session held against each other: their rows column by column, their payloads line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import orjson

from runtime.event import Row
from runtime.reader import LogReader
from workbench.view import words
from workbench.view.comparing.texts import Pair, paired
from workbench.view.glyphs import glyph
from workbench.view.payload.raw import pieces, pretty
from workbench.view.payload.sheet import Sheet, read_sheet
from workbench.view.pretty.event import pretty_lines
from workbench.view.session.event_lines import thread_name, tokens_of
from workbench.view.session.find import Wanted
from workbench.view.text import Line, line_text, shown

COMPARED_CHARACTERS = 8 * 1024 * 1024
"""So much of either payload is compared."""
_ARROW = " → "


class TwoEvents:
    """Both events, and how their payloads compare. Made on a lane."""

    def __init__(self, left: Sheet, right: Sheet) -> None:
        self.left, self.right = left, right
        self._pairs: dict[bool, list[Pair]] = {}

    @property
    def has_text(self) -> bool:
        """Whether both can be laid out for people; else there is only what is stored."""
        return self.left.subject is not None and self.right.subject is not None

    def pairs(self, raw: bool, wanted: Wanted = lambda: True) -> list[Pair]:
        """The payloads line by line, as people read them or as JSON with its keys in order; nothing if not ``wanted``
        any more: of large ones, each step takes a moment."""
        raw = raw or not self.has_text
        if raw not in self._pairs:
            sides = [_lines(sheet, raw) for sheet in (self.left, self.right) if wanted()]
            if not wanted():
                return []
            self._pairs[raw] = paired(*sides)
        return self._pairs[raw]

    @property
    def cut(self) -> str:
        """What of the payloads is not compared; empty if all is."""
        if max(sheet.row.payload_bytes for sheet in (self.left, self.right)) <= COMPARED_CHARACTERS:
            return ""
        return f"only the first {words.size(COMPARED_CHARACTERS)} of each are compared"


def read_both(reader: LogReader, left: int, right: int) -> TwoEvents:
    """Both events as the log has them."""
    return TwoEvents(read_sheet(reader, left), read_sheet(reader, right))


def _lines(sheet: Sheet, raw: bool) -> list[str]:
    if not raw and sheet.subject is not None:
        alone = replace(sheet.subject, pair=None)  # where its counterpart is, is no part of what it says
        return [line_text(line).rstrip() for line in pretty_lines(alone, COMPARED_CHARACTERS)]
    lines = []
    for line in _json_lines(sheet):
        first, *more = [text for text, _ in pieces(line)]
        hang = " " * (len(line) - len(line.lstrip(" ")) + 2)
        lines += [first, *(hang + text for text in more)]
    return lines


def _json_lines(sheet: Sheet) -> list[str]:
    """What is stored, its keys in order; what is no JSON, or too much to parse, as it stands."""
    if sheet.subject is None:
        text = sheet.entry.payload[:COMPARED_CHARACTERS].decode("utf-8", "replace")
        return [line_text(line) for line in pretty(text)]
    payload = sheet.subject.payload
    try:
        text = orjson.dumps(payload, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # numbers and characters that it does not write
        text = json.dumps(payload, indent=2, sort_keys=True)
    return text[:COMPARED_CHARACTERS].split("\n")


# ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def told(row: Row, sign: str, start_us: int | None) -> Line:
    """``- ▸ 1,204  agent.tool_use  bash  +3:12.1  412 bytes``: which event stands on a side."""
    mark, role = glyph(row)
    line: Line = [
        (f"{sign} ", "removed" if sign == "-" else "added"), (words.number(row.seq), "strong"), ("  ", ""),
        (f"{mark} {shown(row.type)}", role),
    ]  # fmt: skip
    name = [shown(row.name)] if row.name else []
    time = [words.since(row.time_us, start_us)] if row.time_us is not None else []
    return [*line, ("  ".join(["", *name, *time, words.size(row.payload_bytes)]), "muted")]


def columns_apart(left: Row, right: Row, threads: Mapping[str, str]) -> str:
    """``name bash → edit   took 4.2s → 1.1s``: which of their columns differ, number and time aside."""
    sides = [
        {
            "type": shown(row.type),
            "thread": thread_name(row, threads),
            "turn": str(row.turn),
            "name": shown(row.name or ""),
            "model": shown(row.model or ""),
            "outcome": "error" if row.is_error else "no error",
            "took": words.duration(row.duration_us),
            "tokens": tokens_of(row),
        }
        for row in (left, right)
    ]
    apart = [
        f"{name} {ours or 'none'}{_ARROW}{theirs or 'none'}"
        for (name, ours), theirs in zip(sides[0].items(), sides[1].values())
        if ours != theirs
    ]
    return "   ".join(apart)
