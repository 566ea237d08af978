"""Where one is: the breadcrumb over a session, and what stands at its other end."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.event import Row
from runtime.manifest import Manifest
from workbench.view import words
from workbench.view.glyphs import ERROR, glyph
from workbench.view.session.event_lines import name_of, thread_name
from workbench.view.session.follow import Follow, State
from workbench.view.text import Line, fit, shown, width

ARROW = (" › ", "faint")


def breadcrumb(manifest: Manifest, row: Row | None, threads: Mapping[str, str], cells: int) -> Line:
    """``sessions › title › thread › turn 3 › bash``, the title cut so that the rest has room."""
    tail: Line = []
    if row is not None:
        if len(threads) > 1:
            tail += [ARROW, (thread_name(row, threads), "muted")]
        if row.turn:
            tail += [ARROW, (f"turn {row.turn:,}", "muted")]
        mark, role = glyph(row)
        tail += [ARROW, (f"{mark} {name_of(row)}", role)]
    title = shown(manifest.title or manifest.session_id)
    room = cells - width("sessions") - 3 - sum(width(text) for text, _ in tail)
    title = fit(title, max(8, room)).rstrip() if width(title) > room else title
    return [("sessions", "muted"), ARROW, (title, "strong"), *tail]


def badge(follow: Follow, errors: int) -> Line:
    """``✗ 3   ● live, following``."""
    state = follow.state
    spans: Line = [(f"{ERROR} {errors:,}   ", "error")] if errors else []
    if state is State.HELD and follow.new:
        spans += [(f"▼ {follow.new:,} new   ", "accent")]
    return [*spans, (f"{state.glyph} {state.words}", state.role)]


def position(row: int, count: int) -> str:
    """``1,204 / 48,113``: the cursor's seq and the last one."""
    return f"{words.number(row)} / {words.number(count - 1)}" if count else "no events yet"
