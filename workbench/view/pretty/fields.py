"""Any JSON as keys and values: no quotes, no escapes, no braces; a text of several lines stands below its key."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from workbench.view.pretty.portion import Portion, indented, text_lines
from workbench.view.text import Line, shown

STEP = "  "
WIDEST_KEY = 24


def field_lines(value: Any, portion: Portion, indent: str = "", without: Container[str] = ()) -> list[Line]:
    """``value``, each of its members on a line of its own or below one; keys in ``without`` are left out."""
    if isinstance(value, dict):
        return _members({key: part for key, part in value.items() if key not in without}, portion, indent)
    if isinstance(value, list):
        return _items(value, portion, indent)
    return text_lines(value, portion, indent=indent) if isinstance(value, str) else [indented([_scalar(value)], indent)]


def _members(value: dict[str, Any], portion: Portion, indent: str) -> list[Line]:
    lines: list[Line] = []
    widest = max((len(key) for key, part in value.items() if _is_short(part) and len(key) <= WIDEST_KEY), default=0)
    for key, part in value.items():
        if portion.spent:
            break
        name = shown(portion.take(key))
        if _is_short(part):
            gap = " " * max(2, widest - len(key) + 2)
            lines.append(indented([(name, "muted"), (gap, ""), _short(part, portion)], indent))
        else:
            lines.append(indented([(name, "muted")], indent))
            lines += field_lines(part, portion, indent + STEP)
    return lines


def _items(value: list[Any], portion: Portion, indent: str) -> list[Line]:
    lines: list[Line] = []
    for part in value:
        if portion.spent:
            break
        if _is_short(part):
            lines.append(indented([("- ", "faint"), _short(part, portion)], indent))
        else:
            below = field_lines(part, portion, indent + STEP)
            if below and below[0] and not below[0][0][0].strip():
                lines.append(indented([("- ", "faint"), *below[0][1:]], indent))
                below = below[1:]
            lines += below
    return lines


def _is_short(part: Any) -> bool:
    """Whether it stands on the line of its key."""
    if isinstance(part, (dict, list)):
        return not part
    return not isinstance(part, str) or "\n" not in part.rstrip("\n")


def _short(part: Any, portion: Portion) -> tuple[str, str]:
    if isinstance(part, str):
        return shown(portion.take(part.rstrip("\n"))), "text"
    portion.take("0")
    return _scalar(part)


def _scalar(value: Any) -> tuple[str, str]:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value], "accent"
    if isinstance(value, (dict, list)):
        return ("{}" if isinstance(value, dict) else "[]"), "faint"
    return shown(str(value)), "accent"
