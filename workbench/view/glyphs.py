"""What stands for what: a glyph and a role for every event type and every state of a session.

Every glyph is one cell wide in every terminal and none is an emoji; every state has one, so nothing depends on colour.
"""

from __future__ import annotations

from runtime.event import Row

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
    states = (FOLLOWING, HELD, LOST, ENDED, DELETED)
    return [*_GLYPHS.values(), *(mark for mark, _ in _DOMAINS.values()), ERROR, UNKNOWN, *states]
