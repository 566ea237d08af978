"""An event's payload as lines: exactly the JSON that is stored, only its white space is ours.

The text is cut into JSON's tokens and never parsed, so numbers, escapes, repeated keys and even bytes that are no JSON
stand as they are, and only what is shown is looked at: the first 64 KiB of a payload of 64 MiB cost what 64 KiB cost.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence

from workbench.output import as_json
from workbench.view.text import MARKS_IN_A_ROW, Line, line_text, shown, width

SHOWN_BYTES = 64 * 1024
LAID_OUT_CHARACTERS = 8 * 1024 * 1024
"""A payload of more goes into a file as it is: to lay it out takes seconds."""

_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_REST_OF_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_ESCAPES = re.compile(r"\\.", re.DOTALL)
_INDENT = "  "


class Parts:
    """JSON text over several lines, a part at a time: to see its beginning costs what the beginning costs."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._decoder = getincrementaldecoder("utf-8")("ignore")
        self._layout = _Layout(shown)
        self._rest = ""
        self._inside = False
        """The last part ended within a string, most of which has been shown."""

    @property
    def left(self) -> int:
        """How many bytes are still to come."""
        return len(self._data) - self._at

    def more(self) -> list[Line]:
        """The lines of the next part. A string that takes more than one goes on in a line of its own."""
        data = self._data[self._at : self._at + SHOWN_BYTES]
        self._at += len(data)
        text = self._rest + self._decoder.decode(data, not self.left)
        self._rest = ""
        if self._inside:
            text = self._go_on(text)
        tokens: list[str] = _TOKENS.findall(text)
        if self.left and tokens and not self._inside:
            self._hold_back(tokens, text)
        self._layout.put(tokens)
        lines = self._layout.take()
        return lines if self.left or self._inside else [*lines, self._layout.line]

    def _go_on(self, text: str) -> str:
        """Show how a string goes on; what stands behind it."""
        match = _REST_OF_STRING.match(text)
        piece = match[0] if match is not None else ""
        self._inside = bool(self.left) and not piece.endswith('"')
        if not self._inside and self.left:
            self._layout.line.append((shown(piece), "text"))
            return text[len(piece) :]
        self._rest = text[len(piece) :] if self.left else ""  # a backslash whose character comes with the next part
        self._layout.line.append((shown(piece), "text"))
        if self.left:
            self._layout.end_line()
            return ""
        return text[len(piece) :]

    def _hold_back(self, tokens: list[str], text: str) -> None:
        """What the last token is, only what follows it tells; of a long string, show what there is."""
        last = tokens.pop()
        if last[0] != '"' or len(last) < SHOWN_BYTES // 2 or _STRING.fullmatch(last):
            self._rest = text[text.rfind(last) :]
            return
        odd = (len(last) - len(last.rstrip("\\"))) % 2
        self._rest, self._inside = ("\\", True) if odd else ("", True)
        self._layout.put([*tokens, last[: len(last) - odd]])
        self._layout.end_line()
        tokens.clear()


def pretty(text: str, spelled: Callable[[str], str] = shown) -> list[Line]:
    """JSON text over several lines, token by token; what is not JSON comes out on some lines or other, and whole."""
    layout = _Layout(spelled)
    layout.put(_TOKENS.findall(text))
    return [*layout.take(), layout.line]


class _Layout:
    """Tokens over several lines, as they come."""

    def __init__(self, spelled: Callable[[str], str]) -> None:
        self._spelled = spelled
        self._lines: list[Line] = []
        self.line: Line = []
        self._depth, self._opened = 0, False

    def take(self) -> list[Line]:
        """The lines that are finished."""
        lines, self._lines = self._lines, []
        return lines

    def end_line(self) -> None:
        """What comes now stands in a line of its own, further to the right."""
        self._lines.append(self.line)
        self.line = [(_INDENT * (self._depth + 1), "")]

    def put(self, tokens: Sequence[str]) -> None:
        """More tokens."""
        lines, line, depth, opened = self._lines, self.line, self._depth, self._opened
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
                line.append((self._spelled(token), _role(token, following)))
        self.line, self._depth, self._opened = line, depth, opened


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
        for piece, broken in pieces(text) if escaped else ((text, False),):
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


def pieces(text: str) -> Iterator[tuple[str, bool]]:
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
