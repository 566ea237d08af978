"""What commands print. stdout is for data: aligned columns for people, JSON lines for programs.

Everything from a log is untrusted. `safe` makes it fit for a terminal: no control character (C0, C1), no escape
sequence, no character that changes the direction or hides what follows ever gets through; they are shown as text like
``\\x1b``.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

import orjson


def safe(text: str, *, keep: str = "") -> str:
    """``text`` with every character that could act on a terminal spelled out; those in ``keep`` stay."""
    if text.isprintable():
        return text
    return "".join([c if c in keep or _harmless(c) else _spelled(c) for c in text])


def _harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _spelled(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def say(words: str) -> None:
    """A line for the person at the terminal (stderr)."""
    print(words, file=sys.stderr, flush=True)


def print_json(value: object, file: TextIO | None = None) -> None:
    """``value`` as one line of JSON. On a terminal, whatever could act on it is escaped as JSON allows."""
    file = file or sys.stdout
    try:
        text = orjson.dumps(value, default=_odd).decode()
    except TypeError:  # half a surrogate pair, which UTF-8 cannot hold and JSON can
        text = json.dumps(value, default=_odd, separators=(",", ":"))
    if file.isatty():
        text = as_json(text)
    file.write(text + "\n")


def as_json(text: str) -> str:
    """JSON text with every character that could act on a terminal escaped as JSON allows."""
    return text if text.isprintable() else "".join([c if _harmless(c) else _json_escape(c) for c in text])


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _odd(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> None:
    """Rows in aligned columns under ``header``; columns in ``right`` are numbers. None prints as nothing."""
    header = [safe(name) for name in header]
    cells = [[safe("" if cell is None else str(cell)) for cell in row] for row in rows]
    numbers = set(right)
    widths = [max([width_of(name), *(width_of(row[index]) for row in cells)]) for index, name in enumerate(header)]
    for row in [list(header), *cells]:
        padded = [
            " " * (widths[i] - width_of(cell)) + cell if i in numbers else cell + " " * (widths[i] - width_of(cell))
            for i, cell in enumerate(row)
        ]
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def width_of(text: str) -> int:
    """Terminal cells that ``text`` takes up, near enough for aligning columns."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
