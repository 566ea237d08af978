"""A query while it is written: its text, where the next character goes, what was there before; and when it is whole."""

from __future__ import annotations

import re

from workbench.view.text import shown, width

LONGEST = 20_000
UNDONE = 200
INDENT = "  "

_PIECES = re.compile(
    r"(?P<comment>--[^\n]*|/\*(?:.|\n)*?(?:\*/|\Z))"
    r"|(?P<string>'(?:[^']|'')*(?:'|\Z))"
    r'|(?P<name>"(?:[^"]|"")*(?:"|\Z))'
    r"|(?P<number>\b\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<space>\s+)"
    r"|(?P<sign>.)"
)


def pieces(text: str) -> list[tuple[str, str]]:
    """``text`` cut up, each piece with its kind: comment, string, name (quoted), number, word, space, sign."""
    return [(match[0], str(match.lastgroup)) for match in _PIECES.finditer(text)]


def is_whole(text: str) -> bool:
    """Whether ``text`` ends a statement: with a ``;`` that is in no string, no comment and no bracket."""
    depth, last = 0, ""
    for piece, kind in pieces(text):
        if kind == "sign":
            depth += (piece in "([{") - (piece in ")]}")
        if kind not in ("space", "comment"):
            last = piece if kind == "sign" else ""
    return last == ";" and depth <= 0


def is_blank(text: str) -> bool:
    """Whether there is nothing to run in ``text``."""
    return all(kind in ("space", "comment") or piece == ";" for piece, kind in pieces(text))


def laid_out(text: str, cells: int) -> list[tuple[int, int]]:
    """Where rows of at most so many cells begin and end in ``text``: its lines, and what is too long over several."""
    rows, start = [], 0
    for line in text.split("\n"):
        begun, room = start, cells
        for at, character in enumerate(line if width(shown(line)) > cells else "", start):
            size = width(shown(character))
            if size > room:
                rows.append((begun, at))
                begun, room = at, cells
            room -= size
        rows.append((begun, start + len(line)))
        start += len(line) + 1
    return rows


class Draft:
    """Text and caret. Every change can be undone."""

    def __init__(self, text: str = "") -> None:
        self.text, self.at = text, len(text)
        self._before: list[tuple[str, int]] = []
        self._typing = False

    # ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def lines(self) -> list[str]:
        """The text's lines, one at least."""
        return self.text.split("\n")

    @property
    def line(self) -> int:
        """The line that the caret is in."""
        return self.text.count("\n", 0, self.at)

    @property
    def column(self) -> int:
        """How many characters of its line are before the caret."""
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    @property
    def word(self) -> str:
        """What of a word stands before the caret."""
        found = re.search(r"[^\W\d]\w*\Z", self.text[: self.at])
        return found[0] if found else ""

    def place(self, line: int, column: int) -> None:
        """Put the caret there, or as near as there is text."""
        lines = self.lines
        line = max(0, min(line, len(lines) - 1))
        self.at = sum(len(each) + 1 for each in lines[:line]) + max(0, min(column, len(lines[line])))
        self._typing = False

    def move(self, characters: int) -> None:
        """Move the caret."""
        self.at = max(0, min(self.at + characters, len(self.text)))
        self._typing = False

    def move_lines(self, lines: int) -> bool:
        """Move the caret up or down; False where there is no such line."""
        line = self.line + lines
        if not 0 <= line < len(self.lines):
            return False
        self.place(line, self.column)
        return True

    def line_start(self) -> None:
        """To the beginning of the line."""
        self.place(self.line, 0)

    def line_end(self) -> None:
        """To its end."""
        self.place(self.line, len(self.text))

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def replace(self, text: str) -> None:
        """Another text altogether."""
        self._put(_clean(text)[:LONGEST], len(text))

    def type(self, text: str) -> None:
        """Put ``text`` at the caret; letter upon letter is undone as one."""
        text = _clean(text)[: LONGEST - len(self.text)]
        if text:
            letters = text.isalnum()
            self._put(
                self.text[: self.at] + text + self.text[self.at :], self.at + len(text), more=letters and self._typing
            )
            self._typing = letters

    def newline(self) -> None:
        """A new line, as far in as this one."""
        start = self.text[: self.at].rpartition("\n")[2]
        self.type("\n" + start[: len(start) - len(start.lstrip(" "))])

    def rub_out(self, characters: int) -> None:
        """Take away characters before the caret, or after it if negative."""
        start, stop = sorted((self.at, max(0, min(self.at - characters, len(self.text)))))
        if start != stop:
            self._put(self.text[:start] + self.text[stop:], start)

    def rub_out_word(self) -> None:
        """The word before the caret, and what blanks are between."""
        found = re.search(r"(?:\w+|[^\w\s]+|\s)[^\S\n]*\Z", self.text[: self.at])
        self.rub_out(len(found[0]) if found else 0)

    def rub_out_line(self, *, after: bool) -> None:
        """The line before the caret, or after it; where there is nothing, the line's end."""
        rest = len(self.lines[self.line]) - self.column if after else self.column
        self.rub_out((rest or 1) * (-1 if after else 1))

    def put_word(self, word: str, instead_of: int) -> None:
        """Put ``word`` where so many characters before the caret are."""
        start = self.at - instead_of
        self._put(self.text[:start] + word + self.text[self.at :], start + len(word))

    def undo(self) -> bool:
        """Back to what it was before the last change; False where there was none."""
        if not self._before:
            return False
        self.text, self.at = self._before.pop()
        self._typing = False
        return True

    def _put(self, text: str, at: int, *, more: bool = False) -> None:
        if not more:
            self._before = [*self._before[-UNDONE:], (self.text, self.at)]
        self._typing = False
        self.text, self.at = text, max(0, min(at, len(text)))


def _clean(text: str) -> str:
    """Text as it may be typed: its lines, no tabs, nothing that a terminal would act on."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", INDENT)
    return "".join(c for c in text if c == "\n" or c.isprintable())
