"""What an edit changes: lines that go, lines that come, and a few around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runtime.event import Json
from workbench.view.pretty.portion import Portion, rows_of, untabbed
from workbench.view.text import Line, shown

AROUND = 3
COMPARED = 250_000
"""At most so many pairs of lines are compared; beyond, the old text goes and the new one comes as a whole."""

_PAIRS = (("old_string", "new_string"), ("old_str", "new_str"), ("old_text", "new_text"), ("search", "replace"))
_WRITES = ("content", "file_text", "contents", "text")
_WRITERS = frozenset({"write", "write_file", "create_file", "create", "writefile"})


class Edit(NamedTuple):
    """A text in a file, and what takes its place."""

    old: str
    new: str


def edits_of(name: str, given: Json) -> list[Edit]:
    """The edits that a tool's input asks for, whatever tool it is; none where it asks for something else."""
    many = given.get("edits")
    if isinstance(many, list) and many and all(isinstance(each, dict) for each in many):
        found = [_edit(each) for each in many]
        return [each for each in found if each is not None] if None not in found else []
    one = _edit(given)
    if one is not None:
        return [one]
    inserted = given.get("insert_text") or given.get("new_str")
    if given.get("command") == "insert" and isinstance(inserted, str):
        return [Edit("", inserted)]
    if name.lower() in _WRITERS or given.get("command") == "create":
        text = next((given[key] for key in _WRITES if isinstance(given.get(key), str)), None)
        return [Edit("", text)] if text is not None else []
    return []


def _edit(given: Json) -> Edit | None:
    for old, new in _PAIRS:
        if isinstance(given.get(old), str) and isinstance(given.get(new), str):
            return Edit(given[old], given[new])
    return None


SPENT_KEYS = frozenset({"edits", "insert_text", *(key for pair in _PAIRS for key in pair), *_WRITES})
"""What `edits_of` may have shown: it need not be shown again."""


def diff_lines(edit: Edit, portion: Portion) -> list[Line]:
    """One edit, the lines that stay between two changes cut short."""
    old, new = (rows_of(text) if (text := portion.take(side)) else [] for side in edit)
    lines: list[Line] = []
    for sign, row in _hunks(old, new):
        lines.append([("⋯", "faint")] if sign == "@" else [(sign, _ROLES[sign]), (shown(untabbed(row)), _ROLES[sign])])
    return lines or ([[("only line ends change", "faint")]] if edit.old != edit.new else [])


_ROLES = {"-": "removed", "+": "added", " ": "muted"}


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines with ``-``, ``+`` or a blank before them; ``@`` where lines were left out."""
    if len(old) * len(new) > COMPARED:
        yield from (("-", row) for row in old)
        yield from (("+", row) for row in new)
        return
    from difflib import SequenceMatcher  # nothing before the first paint needs it

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            yield "@", ""
        for tag, low, high, start, stop in group:
            if tag == "equal":
                yield from ((" ", row) for row in old[low:high])
            else:
                yield from (("-", row) for row in old[low:high])
                yield from (("+", row) for row in new[start:stop])


# ── patches that somebody else has written ───────────────────────────────────────────────────────────────────────────

PATCH_BEGIN = "*** Begin Patch"


def patch_lines(text: str, portion: Portion) -> list[Line]:
    """A patch as it stands, with its colours."""
    return [[(shown(untabbed(row)), patch_role(row))] for row in rows_of(portion.take(text))]


def patch_role(row: str, plain: str = "muted") -> str:
    """What a line of a patch is."""
    if row.startswith(("*** ", "diff ", "--- ", "+++ ")):
        return "strong" if not row.startswith(("*** Begin", "*** End")) else "faint"
    if row.startswith("@@"):
        return "accent"
    return {"+": "added", "-": "removed"}.get(row[:1], plain)
