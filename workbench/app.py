"""The app: which screen comes first, what everything looks like, and how it ends.

It is a window on the log: it opens sessions of a store to read, and writes nothing to them.
"""

from __future__ import annotations

import gc
import os
import shlex
import sys
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from runtime.store import Store
from workbench import crash, keys, theme
from workbench.screens.lane_screen import LaneScreen
from workbench.view.source import SessionSource


class WorkbenchApp(App[None]):
    """The sessions of ``store``; or first of all one of them, with the cursor at ``seq`` or at its end."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "workbench"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("app"))

    def __init__(self, store: Store, source: SessionSource | None = None, seq: int | None = None) -> None:
        super().__init__()
        self.store = store
        self._first = source, seq
        self._last_words: list[str] = []
        self.animation_level = "none"
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        self.theme = theme.DARK.name
        if (wanted := os.environ.get("TEXTUAL_THEME")) in self.available_themes:
            self.theme = wanted

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """A colour for each role, whatever the theme."""
        return theme.roles(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        """The first screen; what it does not need is not even imported."""
        source, seq = self._first
        if source is None:
            from workbench.screens.sessions import SessionsScreen

            return SessionsScreen(self.store)
        from workbench.screens.session import SessionScreen

        return SessionScreen(source, seq)

    def on_ready(self) -> None:
        """Everything is on the screen. What was made on the way there stays; rows that come are no cycles either."""
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()

    def go_back(self, screen: LaneScreen) -> None:
        """Leave ``screen`` for the one it was opened from; a session that was opened first, for the list of all."""
        from workbench.screens.sessions import SessionsScreen

        if len(self.screen_stack) > 1:
            screen.dismiss()
        else:
            screen.retire()  # the screen at the bottom cannot be taken away; it does nothing from now on
            self.push_screen(SessionsScreen(self.store))

    def on_key(self, event: events.Key) -> None:
        """A key that nobody wanted: it may have been typed for a prompt, faster than that could come."""
        if isinstance(self.screen, LaneScreen) and self.screen.prompt is not None:
            self.screen.prompt.on_key(event)

    def action_help(self) -> None:
        """Show the table of keys."""
        from workbench.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    @property
    def pending(self) -> int:
        """How many results the screens still wait for."""
        return sum(screen.pending for screen in self.screen_stack if isinstance(screen, LaneScreen))

    def reopen(self) -> str:
        """The command that leads back to where one is."""
        from workbench.screens.session import SessionScreen

        where = [
            f"{screen.source.session_id}:{screen.list.seq}"
            for screen in self.screen_stack
            if isinstance(screen, SessionScreen) and screen.is_mounted and not screen.retired
        ]
        return shlex.join(["workbench", "open", *where[-1:], "--store", str(self.store.root)])

    def _fatal_error(self) -> None:
        """Textual would print a traceback with the values of all variables; three lines are enough."""
        if self._exception is not None and not self._last_words:
            self._last_words = crash.last_words(self._exception, crash.write_report(self._exception), self.reopen())
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Called when the terminal is as it was before."""
        for line in self._last_words:
            print(line, file=sys.stderr)
        super()._print_error_renderables()
