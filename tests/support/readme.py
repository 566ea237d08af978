"""``python -m tests.support.readme``: writes the table of keys into the README. A test says when that was forgotten."""

from __future__ import annotations

import re
from pathlib import Path

from workbench import keys

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- keys: python -m tests.support.readme -->\n", "<!-- end of keys -->\n"
_PART = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def table() -> str:
    """Every key and what it does, by the part of the app, as Markdown."""
    lines: list[str] = []
    for pressed, words in keys.help_lines():
        if words and not pressed:
            lines += [f"| {words} | |", "| --- | --- |"]
        elif words:
            shown = " ".join(f"<kbd>{_cell(name)}</kbd>" for name in pressed.split())
            lines.append(f"| {shown} | {_cell(words)} |")
        else:
            lines.append("")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that is no Markdown."""
    for character, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;"), ("*", "&#42;")):
        text = text.replace(character, instead)
    return text.replace("_", "\\_").replace("`", "\\`").replace("[", "\\[").replace("]", "\\]")


def part(text: str) -> str:
    """What stands between the two lines, both included."""
    found = _PART.search(text)
    assert found is not None, f"the README has no part between {BEGIN.strip()} and {END.strip()}"
    return found[0]


def wanted() -> str:
    """What should stand there."""
    return f"{BEGIN}\n{table()}\n{END}"


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    README.write_text(before.replace(part(before), wanted()), encoding="utf-8")
