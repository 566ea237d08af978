"""Text from a log, made fit for a grid of cells: harmless, and exactly as wide as both we and the terminal think it is.

A character whose width terminals disagree on would push everything after it out of place, so it is spelled out, as
control characters are (`workbench.output.safe`). Combining marks stay, two in a row at most.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from workbench.output import safe

Span = tuple[str, str]
"""Some text and its role: what it means, which a theme gives a colour (`workbench.view.glyphs.ROLES`)."""

Line = list[Span]
"""One line of a screen."""

_DISPUTED = re.compile(
    "[\u1160-\u11ff\u2630-\u2637\u268a-\u268f\u3164\u4dc0-\u4dff\ud7b0-\ud7fb\uffa0"
    "\U00016fe4\U0001d300-\U0001d376\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)
_INVISIBLE = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors: they choose a picture, and with it, on some terminals, a width."""

_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
"""Most of a text is not: only these characters need a look, one by one."""

MARKS_IN_A_ROW = 2


def shown(text: str) -> str:
    """``text`` as one line that may stand in any cell of a screen."""
    if text.isascii() and text.isprintable():
        return text
    text = safe(text)
    if text.isascii():
        return text
    text = _DISPUTED.sub(_spelled, _INVISIBLE.sub("", text))
    return _with_few_marks(text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _with_few_marks(text: str) -> str:
    if all(map(cell, _BEYOND_ASCII.findall(text))):
        return text
    kept, marks = [], MARKS_IN_A_ROW  # none before the first character: it would join what stands to the left
    for character in text:
        marks = marks + 1 if cell(character) == 0 else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=4096)
def cell(character: str) -> int:
    """How many cells a character takes up: 0, 1 or 2."""
    if unicodedata.category(character)[0] == "M":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """How many cells ``text`` takes up."""
    return len(text) + sum([cell(character) - 1 for character in _BEYOND_ASCII.findall(text)])


def cut(text: str, start: int, cells: int) -> str:
    """What of ``text`` stands in ``cells`` cells from cell ``start`` on; half a wide character is a blank."""
    kept, at, stop = [], 0, start + cells
    if text[: stop + 1].isascii():
        return text[start:stop]
    for character in text:
        size = cell(character)
        if at >= stop and size:
            break
        if at >= start and at + size <= stop:
            kept.append(character)
        elif at + size > start:
            kept.append(" ")
        at += size
    return "".join(kept)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """``text`` in exactly ``cells`` cells: cut with ``…``, or filled up with blanks."""
    size = width(text)
    if size > cells:
        text = cut(text, 0, cells - 1) + "…" if cells else ""
        size = width(text)
    gap = " " * (cells - size)
    return gap + text if right else text + gap


def line_width(line: Line) -> int:
    """How many cells ``line`` takes up."""
    return sum(width(text) for text, _ in line)


def line_text(line: Line) -> str:
    """``line`` without its roles."""
    return "".join(text for text, _ in line)


def both_ends(left: Line, right: Line, cells: int) -> Line:
    """``left`` and ``right`` at the two ends of ``cells`` cells; the left one gives way."""
    room = cells - line_width(right)
    if room < 0:
        return cut_line(right, cells)
    kept = cut_line(left, room - 1 if right and room else room)
    return [*kept, (" " * (room - line_width(kept)), ""), *right]


def cut_line(line: Line, cells: int) -> Line:
    """``line`` in at most ``cells`` cells."""
    kept: Line = []
    for text, role in line:
        size = width(text)
        if size <= cells:
            kept.append((text, role))
            cells -= size
            continue
        if cells > 0:
            kept.append((fit(text, cells), role))
        break
    return kept
