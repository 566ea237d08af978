"""What a tool was given, and what came of it: a command as one would type it, an edit as a diff, else plain fields."""

from __future__ import annotations

import json
from typing import Any

from runtime.event import Json
from workbench.view.pretty.blocks import content_lines
from workbench.view.pretty.diff import PATCH_BEGIN, SPENT_KEYS, diff_lines, edits_of, patch_lines
from workbench.view.pretty.fields import field_lines
from workbench.view.pretty.portion import Portion, rows_of, untabbed
from workbench.view.pretty.subject import Subject
from workbench.view.pretty.terminal import terminal_lines
from workbench.view.text import Line, shown

_COMMANDS = ("command", "cmd")
_NO_SHELLS = frozenset({"view", "create", "str_replace", "insert", "undo_edit"})
"""What an editor's ``command`` may be."""
_PATHS = ("file_path", "path", "filename", "notebook_path")
_PARSED_CHARACTERS = 64 * 1024
ASKED_LINES = 6
"""So many lines of a long command stand above its output; the use has all of it."""


def command_of(given: Any) -> str | None:
    """The command that a shell was given, whatever the tool is called."""
    if not isinstance(given, dict):
        return None
    value = next((given[key] for key in _COMMANDS if key in given), None)
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return value[2] if len(value) == 3 and value[1] in ("-lc", "-c") else " ".join(value)
    return value if isinstance(value, str) and value not in _NO_SHELLS else None


def call_lines(subject: Subject, portion: Portion) -> list[Line]:
    """The input of a tool."""
    given = subject.payload.get("input")
    if not isinstance(given, dict):
        return field_lines(given, portion) if given is not None else []
    command = command_of(given)
    if command is not None:
        below = field_lines(given, portion, without=_COMMANDS)
        return [*_command_lines(command, portion), *([[], *below] if below else [])]
    patch = next((given[key] for key in ("input", "patch", "diff") if _is_patch(given.get(key))), None)
    if patch is not None:
        return patch_lines(patch, portion)
    edits = edits_of(str(subject.payload.get("name")), given)
    if not edits:
        return field_lines(given, portion)
    return _edit_lines(given, edits, portion)


def _is_patch(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith((PATCH_BEGIN, "diff --git ", "--- ")) or "\n@@ " in value)


def _edit_lines(given: Json, edits: list[Any], portion: Portion) -> list[Line]:
    path = next((key for key in _PATHS if isinstance(given.get(key), str)), "")
    lines: list[Line] = [[(shown(portion.take(given[path])), "strong")]] if path else []
    lines += field_lines(given, portion, without={path, *SPENT_KEYS})
    for number, edit in enumerate(edits):
        if portion.spent:
            break
        lines += [[("⋯", "faint")]] if number else [[]] if lines else []
        lines += diff_lines(edit, portion)
    return lines


def _command_lines(command: str, portion: Portion, most: int | None = None) -> list[Line]:
    """``$ command``; what follows its first line stands below that. A patch in it keeps its colours."""
    text = portion.take(command)
    if PATCH_BEGIN in text and most is None:
        lines: list[Line] = [[("  ", ""), *line] for line in patch_lines(text, portion)]
    else:
        lines = [[("  ", ""), (shown(untabbed(row)), "strong")] for row in rows_of(text)[:most]]
    if lines:
        lines[0][0] = ("$ ", "accent")
    if most is not None and text.count("\n") >= most:
        lines.append([("  ⋯", "faint")])
    return lines


# ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def result_lines(subject: Subject, portion: Portion) -> list[Line]:
    """What came of a call; above it the command, if it was one."""
    command = command_of(subject.call)
    lines = [*_command_lines(command, portion, ASKED_LINES), []] if command is not None else []
    role = "error" if subject.row.is_error and command is None else "text"
    lines += content_lines(subject.payload.get("content"), portion, lambda text, left: _output(text, left, role))
    kept = subject.beside("result")
    code = kept.get("exit_code") if isinstance(kept, dict) else None
    if type(code) is int:
        lines += [[], [("exit ", "muted"), (str(code), "error" if code else "muted")]]
    return lines


def _output(text: str, portion: Portion, role: str) -> list[Line]:
    """JSON as fields, anything else as a terminal shows it."""
    if text[:1] in ("{", "[") and len(text) <= _PARSED_CHARACTERS:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, (dict, list)) and value:
            return field_lines(value, portion)
    return terminal_lines(text, portion, role)
