"""What people and models say: Markdown as far as it helps to read, line by line.

No parser: a line is a heading, a list's item, a quotation, code or text, and nothing else, so that whatever a log holds
takes time in proportion to its length. ``_`` emphasises nothing here: it stands in too many names.
"""

from __future__ import annotations

import re

from workbench.view.pretty.diff import patch_role
from workbench.view.pretty.portion import Portion, rows_of, untabbed
from workbench.view.text import Line, shown

_FENCE = re.compile(r" {0,12}(`{3,}|~{3,})([^`]{0,80})$")
_HEADING = re.compile(r" {0,3}(#{1,6}) +(\S.*)$")
_RULE = re.compile(r" {0,3}(?:-[- ]{2,}|\*[* ]{2,}|_[_ ]{2,})$")
_ITEM = re.compile(r"( *)([-*+]|[0-9]{1,4}[.)]) +(?=\S)")
_QUOTE = re.compile(r" {0,3}> ?")
_INLINE = re.compile(
    r"(?P<code>`[^`]++`)"
    r"|\*\*(?=\S)(?P<strong>[^*]++)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=\S)(?P<emphasis>[^*]++)(?<=\S)\*(?![\w*])"
)
_RULE_CELLS = 8


def markdown_lines(text: str, portion: Portion, role: str = "text") -> list[Line]:
    """``text`` with its structure to be seen; ``role`` is that of plain words."""
    lines: list[Line] = []
    fence, language = "", ""
    for row in map(untabbed, rows_of(portion.take(text))):
        if fence:
            if row.strip() == fence:
                fence = ""
            else:
                lines.append([("  ", ""), (shown(row), patch_role(row, "code") if language == "diff" else "code")])
        elif (opened := _FENCE.match(row)) is not None:
            fence, language = opened[1], opened[2].strip()
            if language:
                lines.append([("  ", ""), (shown(language), "faint")])
        else:
            lines.append(_line(row, role))
    return lines


def _line(row: str, role: str) -> Line:
    if (heading := _HEADING.match(row)) is not None:
        return [(shown(heading[2].rstrip("# ") or heading[2]), "heading")]
    if _RULE.match(row):
        return [("─" * _RULE_CELLS, "faint")]
    if (item := _ITEM.match(row)) is not None:
        mark = "•" if item[2] in "-*+" else item[2]
        return [(item[1], ""), (f"{mark} ", "muted"), *spans(row[item.end() :], role)]
    if (quote := _QUOTE.match(row)) is not None:
        return [("│ ", "faint"), *spans(row[quote.end() :], "muted")]
    return spans(row, role)


def spans(text: str, role: str) -> Line:
    """One line of text with what is emphasised in it."""
    line: Line = []
    at = 0
    for match in _INLINE.finditer(text):
        kind = match.lastgroup or ""
        line += [(shown(text[at : match.start()]), role), (shown(match[kind]), kind)]
        at = match.end()
    line.append((shown(text[at:]), role))
    return [span for span in line if span[0]]
