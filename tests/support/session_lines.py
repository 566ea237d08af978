"""Lines of the list of sessions, for tests that need no store."""

from __future__ import annotations

from runtime.asking.listing import Listed
from workbench.view.sessions.listing import SessionLine, session_line


def listed(session_id: str = "sesn_a", **facts: object) -> Listed:
    """A session in a list."""
    plain: dict[str, object] = {
        "session_id": session_id, "title": "Fix it", "format": None, "native_id": None, "agent": "coder",
        "model": "claude-x",
        "created_us": 5, "first_us": 10, "last_us": 4_000_010, "turns": 2, "events": 1_204, "errors": 3,
        "tool_uses": 1, "requests": 1, "input_tokens": 400, "output_tokens": 100, "cache_read_tokens": 11_500,
        "cache_write_tokens": 400,
        "cost_at_least_usd": None, "cost_is_exact": False, "live": False, "parent": None, "about": {},
    }  # fmt: skip
    return Listed(**{**plain, **facts})  # type: ignore[arg-type]


def line_of(writer: bool = False, **facts: object) -> SessionLine:
    """Its line."""
    return session_line(listed(**facts), writer=writer)  # type: ignore[arg-type]
