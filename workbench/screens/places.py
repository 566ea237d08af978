"""From anywhere to the list of sessions, and to the session that was opened last.

What is there already is come back to, never stacked once more: however long somebody goes to and fro, a handful of
screens is all there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from workbench.screens.lane_screen import LaneScreen
from workbench.screens.session import SessionScreen
from workbench.screens.sessions.screen import SessionsScreen
from workbench.view.session.source import SessionSource

if TYPE_CHECKING:
    from workbench.app import WorkbenchApp

NONE_YET = "no session was opened yet: enter opens one"
HERE = "this is the session that was opened last"


def come_back(app: WorkbenchApp, kind: type[Screen[None]]) -> bool:
    """To the newest screen of a kind, what lies above it being left; whether there was one."""
    there = [screen for screen in app.screen_stack if isinstance(screen, kind) and not _is_over(screen)]
    if there:
        while app.screen is not there[-1]:
            app.pop_screen()
    return bool(there)


def _is_over(screen: Screen[None]) -> bool:
    return isinstance(screen, LaneScreen) and screen.retired


def go_to_sessions(app: WorkbenchApp) -> None:
    """To the list, or to a new one where an app that began with a session has none yet."""
    _keep(app)
    if come_back(app, SessionsScreen):
        return
    while len(app.screen_stack) > 1:
        app.pop_screen()
    bottom = app.screen
    assert isinstance(bottom, LaneScreen)
    app.go_back(bottom)


def go_to_session(app: WorkbenchApp) -> None:
    """To the session that was opened last, at the event where it was left, through the filter it had."""
    if isinstance(app.screen, SessionScreen):
        app.screen.say(HERE)
        return
    if come_back(app, SessionScreen):
        return
    while not isinstance(ground := app.screen, LaneScreen):
        app.pop_screen()
    if (left := app.left) is None:
        ground.say(NONE_YET)
        return

    def opened(source: SessionSource) -> None:
        if app.screen is ground:  # nobody has gone elsewhere meanwhile
            app.push_screen(SessionScreen(source, min(left.seq, max(0, source.count - 1)), sifted=left.sifted))

    ground.opening.run(lambda: SessionSource(app.store, left.session_id), opened)


def _keep(app: WorkbenchApp) -> None:
    """Have in mind which session is left, before it is gone."""
    for screen in app.screen_stack:
        if isinstance(screen, SessionScreen) and screen.is_mounted and not screen.retired:
            app.left = screen.returning.left
