"""What a program wrote to its terminal: the colours it chose as our roles, every other control character spelled out.

Only colours and weights (``ESC [ … m``) are understood. Whatever else a program may have told its terminal stands there
as text, so that nobody can hide anything in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.view.pretty.portion import Portion, rows_of, untabbed
from workbench.view.text import Line, shown

_SGR = re.compile(r"\x1b\[([0-9;:]{0,64})m")
_COLOURS = ("faint", "error", "added", "warning", "accent", "session", "accent", "")
"""Black, red, green, yellow, blue, magenta, cyan, white; the last is as if nothing had been said."""
_CUBE = (0, 95, 135, 175, 215, 255)


class _Pen:
    """What was chosen last."""

    def __init__(self, plain: str) -> None:
        self.plain = plain
        self.colour = self.weight = ""

    @property
    def role(self) -> str:
        return self.colour or self.weight or self.plain

    def choose(self, parameters: str) -> None:
        """Take in one sequence; what is not about the colour or the weight of text changes nothing."""
        codes = iter([int(code[:4]) if code else 0 for code in re.split("[;:]", parameters)])
        for code in codes:
            if code == 0:
                self.colour = self.weight = ""
            elif code in (1, 2, 22):
                self.weight = {1: "strong", 2: "muted", 22: ""}[code]
            elif 30 <= code <= 37:
                self.colour = _COLOURS[code - 30]
            elif 90 <= code <= 97:
                self.colour = _COLOURS[code - 90] if code != 90 else "muted"
            elif code == 39:
                self.colour = ""
            elif code in (38, 48, 58):
                chosen = _any_colour(codes)
                self.colour = chosen if code == 38 else self.colour


def _any_colour(codes: Iterator[int]) -> str:
    """The role nearest to a colour out of 256, or given by its parts."""
    kind = next(codes, 0)
    if kind == 2:
        return _nearest(next(codes, 0), next(codes, 0), next(codes, 0))
    if kind != 5:
        return ""
    index = next(codes, 0)
    if index < 16:
        return "muted" if index == 8 else _COLOURS[index % 8]
    if index >= 232:
        return "muted" if index < 248 else ""
    red, rest = divmod(index - 16, 36)
    return _nearest(_CUBE[red % 6], _CUBE[rest // 6], _CUBE[rest % 6])


def _nearest(red: int, green: int, blue: int) -> str:
    high, low = max(red, green, blue), min(red, green, blue)
    if high - low < 48:
        return "muted" if high < 160 else ""
    middle = (high + low) // 2
    strong = red > middle, green > middle, blue > middle
    return {
        (True, False, False): "error", (False, True, False): "added", (True, True, False): "warning",
        (False, False, True): "accent", (True, False, True): "session",
    }.get(strong, "accent")  # fmt: skip


def terminal_lines(text: str, portion: Portion, role: str = "text") -> list[Line]:
    """``text`` line by line; a colour goes on until another one is chosen."""
    pen = _Pen(role)
    lines: list[Line] = []
    for row in rows_of(portion.take(text)):
        line: Line = []
        column = 0
        for index, piece in enumerate(_SGR.split(row)):
            if index % 2:
                pen.choose(piece)
            elif piece:
                piece = untabbed(piece, column)
                column += len(piece)
                line.append((shown(piece), pen.role))
        lines.append(line)
    return lines
