"""What stands for what: a glyph and a role for every event type and every state of a session.

Every glyph is one cell wide in every terminal and none is an emoji; every state has one, so nothing depends on colour.
"""

from __future__ import annotations

import unicodedata

from runtime.event import Row
from workbench.view.text import cell

ROLES = (
    "text", "strong", "muted", "faint", "accent", "user", "agent", "tool", "session", "span", "error", "live", "hit",
    "heading", "emphasis", "code", "added", "removed", "warning",
)  # fmt: skip
"""What text on a screen can mean. Domains of events, trouble, four weights, and what payloads are made of."""

ERROR, UNKNOWN = "✗", "?"

_GLYPHS = {
    "user.message": "❯",
    "user.interrupt": "⊘",
    "user.tool_confirmation": "⊙",
    "user.custom_tool_result": "↳",
    "user.define_outcome": "◎",
    "user.tool_result": "↳",
    "system.message": "§",
    "agent.message": "●",
    "agent.thinking": "∴",
    "agent.tool_use": "▸",
    "agent.tool_result": "↳",
    "agent.mcp_tool_use": "▹",
    "agent.mcp_tool_result": "↳",
    "agent.custom_tool_use": "▹",
    "agent.thread_message_sent": "→",
    "agent.thread_message_received": "←",
    "agent.thread_context_compacted": "≋",
    "session.status_running": "┬",
    "session.status_idle": "┴",
    "session.status_rescheduled": "↻",
    "session.status_terminated": "□",
    "session.error": ERROR,
    "session.updated": "~",
    "session.usage": "Σ",
    "session.deleted": "∅",
    "session.thread_created": "⊕",
    "session.thread_status_running": "├",
    "session.thread_status_idle": "┤",
    "session.thread_status_rescheduled": "↻",
    "session.thread_status_terminated": "□",
    "span.model_request_start": "◇",
    "span.model_request_end": "◆",
    "span.outcome_evaluation_start": "○",
    "span.outcome_evaluation_ongoing": "◐",
    "span.outcome_evaluation_end": "◎",
    "workflow_run.error": ERROR,
}
_DOMAINS = {
    "user": ("❯", "user"),
    "system": ("§", "session"),
    "agent": ("●", "agent"),
    "session": ("─", "session"),
    "span": ("◇", "span"),
    "workflow_run": ("≡", "session"),
    "import": ("·", "faint"),
    "harness": ("◊", "session"),
    "environment": ("⌂", "session"),
}
"""What a type that is not in `_GLYPHS` gets by the word before its first dot."""

UPWARD, DOWNWARD = "▲", "▼"
"""Orders of a list: the least first, the most first."""

FOLLOWING, HELD, LOST, ENDED, DELETED = "●", "‖", "◌", "○", "∅"
"""States of a session: followed, live but held still, its writer gone in the middle of a turn, over, deleted."""
MARK = "◆"
"""An event that somebody marked."""
PLAYING = "▷"
"""A session that is played back."""
WAITING, FAILED, SELECTED = "⊙", "⊗", "✓"
"""In the list: live and waiting for somebody, ended by a failure; chosen with others."""


def glyph(row: Row) -> tuple[str, str]:
    """The glyph and the role of an event."""
    if row.is_error:
        return ERROR, "error"
    domain = _DOMAINS.get(row.type.partition(".")[0], (UNKNOWN, ""))[0]
    return _GLYPHS.get(row.type, domain), role_of(row.type)


def role_of(kind: str) -> str:
    """The role of events of one type: their domain's."""
    if kind.endswith(("tool_use", "tool_result")):
        return "tool"
    return _DOMAINS.get(kind.partition(".")[0], ("", "muted"))[1]


def all_glyphs() -> list[str]:
    """Every glyph there is, for the test that each is one cell wide."""
    states = (FOLLOWING, HELD, LOST, ENDED, DELETED, PLAYING, WAITING, FAILED, SELECTED, MARK)
    return [*_GLYPHS.values(), *(mark for mark, _ in _DOMAINS.values()), ERROR, UNKNOWN, *states]


# ── where a terminal has ASCII alone ─────────────────────────────────────────────────────────────────────────────────

TWINS = dict(
    zip(
        "▁▂▃▄▅▆▇█▀" "✗❯⊘⊙↳◎§●∴▸▹→←≋┬┴↻□Σ∅⊕├┤◇◆○◐≡◊⌂─·" "▲▼▾◂▷‖◌⊗✓" "…⋯×—–›↓↑•▌▐╵━▦│┌┐└┘µ“”‘’",
        ".:-==+*#=" "xU!Y\\@S*:$&><%T_r#EX+|]oO0d=^H-." "^vv<>=!Fv" "~~x-->v^*>x'=#|..`'u\"\"''",
        strict=True,
    )
)  # fmt: skip
"""What stands for a character of ours: one of ASCII, so that no column moves."""


class _Ascii(dict[int, str]):
    """The same for every character there is; one that has no twin, nor begins with a letter of ASCII, is ``?``."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", character)[:1]
        cells = cell(character)
        twin = TWINS.get(character) or (plain.ljust(cells) if plain.isascii() and plain.isprintable() else "?" * cells)
        self[code] = found = character if code < 128 else twin[:cells]
        return found


_ascii = _Ascii()


def in_ascii(text: str) -> str:
    """``text`` in ASCII, in as many cells."""
    return text if text.isascii() else text.translate(_ascii)
