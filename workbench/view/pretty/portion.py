"""How much of a payload may still be shown, and text from it as lines."""

from __future__ import annotations

from workbench.view.pretty.picture import Picture
from workbench.view.text import Line, shown

TAB_CELLS = 4
DEEPEST_INDENT = 40


class Portion:
    """So many characters and no more: whatever is shown is taken from here first."""

    def __init__(self, characters: int) -> None:
        self.left = characters
        self.used = 0
        self.cut = False
        """Something had to be left out."""
        self.pictures: dict[str, Picture] = {}
        """By name, those that could be shown."""

    def take(self, text: str) -> str:
        """The beginning of ``text``, all of it where there is room. Nothing at all still costs a character."""
        if len(text) > self.left:
            self.cut = True
            text = text[: max(0, self.left)]
        cost = max(1, len(text))
        self.left -= cost
        self.used += cost
        return text

    @property
    def spent(self) -> bool:
        """Whether nothing more can be shown; who asks has something more, so that it is cut."""
        if self.left <= 0:
            self.cut = True
        return self.left <= 0


def untabbed(text: str, column: int = 0) -> str:
    """One line of text with its tabs as blanks, ``column`` being where it begins."""
    if "\t" not in text:
        return text
    parts = []
    for part in text.split("\t"):
        column += len(part)
        blanks = TAB_CELLS - column % TAB_CELLS
        column += blanks
        parts += [part, " " * blanks]
    return "".join(parts[:-1])


def rows_of(text: str) -> list[str]:
    """The lines of a text, as they were ended by Unix or by Windows. Nothing else ends a line."""
    lines = [line[:-1] if line.endswith("\r") else line for line in text.split("\n")]
    if len(lines) > 1 and not lines[-1]:
        del lines[-1]
    return lines


def text_lines(text: str, portion: Portion, role: str = "text", indent: str = "") -> list[Line]:
    """``text`` as it stands."""
    return [indented([(shown(untabbed(line)), role)], indent) for line in rows_of(portion.take(text))]


def indented(line: Line, indent: str) -> Line:
    """``line`` further to the right; wrapped lines go on where it begins."""
    return [(indent[:DEEPEST_INDENT], ""), *line] if indent else line
