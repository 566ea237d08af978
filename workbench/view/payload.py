"""An event's payload as lines: exactly the JSON that is stored, only its white space is ours.

The text is cut into JSON's tokens and never parsed, so numbers, escapes, repeated keys and even bytes that are no JSON
stand as they are, and only what is shown is looked at: the first 64 KiB of a payload of 64 MiB cost what 64 KiB cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from workbench.output import as_json
from workbench.view import words
from workbench.view.text import MARKS_IN_A_ROW, Line, line_text, shown, width

SHOWN_BYTES = 64 * 1024
LAID_OUT_CHARACTERS = 8 * 1024 * 1024
"""A payload of more goes into a file as it is: to lay it out takes seconds."""

_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_ESCAPES = re.compile(r"\\.", re.DOTALL)
_INDENT = "  "


def raw_lines(payload: bytes, extra: bytes = b"") -> list[Line]:
    """The payload, and below it what is kept beside it."""
    lines = _capped(payload)
    if extra:
        lines += [[], [("beside it, in this log only", "muted"), (f"  {words.size(len(extra))}", "faint")]]
        lines += _capped(extra)
    return lines


def _capped(data: bytes) -> list[Line]:
    lines = pretty(data[:SHOWN_BYTES].decode("utf-8", "ignore"))
    if len(data) > SHOWN_BYTES:
        lines.append([(f"… {words.size(len(data) - SHOWN_BYTES)} more — v to open", "accent")])
    return lines


def pretty(text: str, spelled: Callable[[str], str] = shown) -> list[Line]:
    """JSON text over several lines, token by token; what is not JSON comes out on some lines or other, and whole."""
    lines: list[Line] = []
    line: Line = []
    depth, opened = 0, False
    tokens = _TOKENS.findall(text)
    for index, token in enumerate(tokens):
        closes = token in ("}", "]")
        if closes:
            depth = max(0, depth - 1)
        if (opened and not closes) or (closes and not opened):
            lines.append(line)
            line = [(_INDENT * depth, "")]
        opened = False
        if token in ("{", "["):
            depth, opened = depth + 1, True
            line.append((token, "faint"))
        elif token == ",":
            lines.append([*line, (token, "faint")])
            line = [(_INDENT * depth, "")]
        elif token == ":":
            line.append((": ", "faint"))
        else:
            following = tokens[index + 1] if index + 1 < len(tokens) else ""
            line.append((spelled(token), _role(token, following)))
    lines.append(line)
    return lines


def _role(token: str, following: str) -> str:
    if token[0] == '"':
        return "muted" if following == ":" else "text"
    return "accent" if token[0] not in "}]" else "faint"


def as_file(payload: bytes) -> bytes:
    """The payload over several lines, still the JSON that is stored: only what could act on a terminal is escaped."""
    text = payload.decode("utf-8", "replace")
    if len(text) > LAID_OUT_CHARACTERS:
        lines = text.split("\n")
    else:
        lines = [line_text(line) for line in pretty(text, as_json)]
    return "".join(as_json(line) + "\n" for line in lines).encode()


# ── what was searched for ────────────────────────────────────────────────────────────────────────────────────────────


def marked(lines: Sequence[Line], needle: str) -> list[Line]:
    """``lines`` with every occurrence of ``needle`` in role ``hit``; in any case of letters unless it has capitals."""
    if not needle:
        return list(lines)
    spelled = {needle, needle.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")}
    flags = re.IGNORECASE if needle == needle.lower() else 0
    pattern = re.compile("|".join(re.escape(form) for form in sorted(spelled, key=len, reverse=True)), flags)
    return [_marked(line, pattern) for line in lines]


def _marked(line: Line, pattern: re.Pattern[str]) -> Line:
    found: Line = []
    for text, role in line:
        at = 0
        for match in pattern.finditer(text):
            found += [(text[at : match.start()], role), (match[0], "hit")]
            at = match.end()
        found.append((text[at:], role))
    return [span for span in found if span[0]]


def first_hit(lines: Sequence[Line]) -> int | None:
    """The first line with something in role ``hit``."""
    return next((index for index, line in enumerate(lines) if any(role == "hit" for _, role in line)), None)


# ── wrapping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def wrapped(lines: Sequence[Line], cells: int, *, escaped: bool = True) -> list[Line]:
    """``lines`` in at most ``cells`` cells each.

    Where they hold ``escaped`` text, as JSON does, it goes on in the next line after each ``\\n``; other text is cut
    between words.
    """
    found: list[Line] = []
    for line in lines:
        found.extend(_wrap(line, max(8, cells), escaped))
    return found


def _wrap(line: Line, cells: int, escaped: bool) -> Iterator[Line]:
    indent = len(line[0][0]) if line and not line[0][0].strip() else 0
    hang = " " * min(indent + len(_INDENT), cells // 2)
    current: Line = []
    used = 0
    for text, role in line:
        for piece, broken in _pieces(text) if escaped else ((text, False),):
            while piece:
                part = _portion(piece, used, cells, fresh=used <= len(hang), words=not escaped)
                if part:
                    current.append((part, role))
                    used += width(part)
                    piece = piece[len(part) :]
                if piece:
                    yield current
                    current, used = [(hang, "")], len(hang)
            if broken:
                yield current
                current, used = [(hang, "")], len(hang)
    yield current


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """``text`` cut behind each escaped line end that something follows; whether a new line begins after a piece."""
    at = 0
    for match in _ESCAPES.finditer(text):
        if match[0] == "\\n" and match.end() < len(text) - 1:
            yield text[at : match.end()], True
            at = match.end()
    yield text[at:], False


def _portion(text: str, used: int, cells: int, *, fresh: bool, words: bool) -> str:
    """What of ``text`` still goes on a line, up to a blank if there is a late one; on a ``fresh`` line, something.

    Where ``words`` are to be kept together, any blank will do, and a word may go to the next line as a whole.
    """
    room = cells - used
    if len(text) <= room * (1 + MARKS_IN_A_ROW) and width(text) <= room:  # longer, it cannot fit: no need to measure
        return text
    fits_below = len(text) < cells * 2 // 3
    text = text[: (room + 1) * (1 + MARKS_IN_A_ROW)]
    part = text[:room] if text.isascii() else _whole_characters(text, room)
    blank = part.rfind(" ")
    if blank >= 0 and (used + blank > cells * 2 // 3 or (words and part[:blank].strip())):
        return part[: blank + 1]
    if words and not fresh and fits_below:
        return ""
    return part or (text[0] if fresh else "")


def _whole_characters(text: str, room: int) -> str:
    used = 0
    for index, character in enumerate(text):
        used += width(character)
        if used > room:
            return text[:index]
    return text
