"""The app: which screen comes first, what everything looks like, and how it ends.

It is a window on the log: it opens sessions of a store to read, and writes nothing to them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from runtime.store import Store
from workbench import crash, hangup, keys, theme
from workbench.kept.remembered import Remembered
from workbench.kept.settings import Settings
from workbench.screens.lane_screen import LaneScreen
from workbench.sgr import frugal
from workbench.view.session.source import SessionSource
from workbench.view.text import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.screens.session.returning import Left
    from workbench.view.sql.desk import Desk


@runtime_checkable
class Typed(Protocol):
    """A screen that is there to be typed into."""

    def take(self, event: events.Key) -> None:
        """A key that was typed for it before it was there to hear of it."""


class WorkbenchApp(App[None]):
    """The sessions of ``store``; or first of all one of them, with the cursor at ``seq`` or at its end."""

    CSS_PATH = "styles/app.tcss"
    TITLE = "workbench"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = list(keys.bindings("app"))

    def __init__(
        self, store: Store, source: SessionSource | None = None, seq: int | None = None,
        settings: Settings | None = None, remembered: Remembered | None = None,
    ) -> None:  # fmt: skip
        """Without ``settings``, all defaults; without ``remembered``, nothing outlives the app."""
        self.settings, self.remembered = settings or Settings(), remembered or Remembered()
        super().__init__()  # asks for the variables of styles, which depend on settings
        self.store = store
        self._first = source, seq
        self._last_words: list[str] = []
        self.left: Left | None = None
        """The session that was left last."""
        self.desk: Desk | None = None
        """What lies on the screen of SQL queries, whether it is shown or not."""
        self._held: list[events.Key] = []
        """Keys typed for a screen that is not there yet."""
        self.leaving: list[Callable[[], None]] = []
        """What is to be done before the terminal is given back."""
        self.animation_level = "none"
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        self.set_reactive(App.theme, "textual-dark")  # Textual takes TEXTUAL_THEME over, and would see no change here
        wanted = os.environ.get("TEXTUAL_THEME"), self.settings.theme, self.remembered.layout("theme", "")
        self.theme = next((str(name) for name in wanted if name in self.available_themes), theme.DARK.name)

    def get_driver_class(self) -> type[Driver]:
        """What draws on this platform's terminal, in few bytes."""
        return frugal(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """A colour for each role, whatever the theme."""
        return {**theme.roles(self.current_theme), "edge": "ascii" if theme.in_ascii_alone(self) else "solid"}

    def watch_theme(self, before: str, chosen: str) -> None:
        """One that somebody chose while the app runs is that of the next run too, where the settings name none."""
        if self.is_running:
            self.remembered.arrange("theme", chosen)

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
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            hangup.watch(0, lambda: loop.call_soon_threadsafe(self.exit))
        self.remembered.tell = self._tell
        if self.remembered.trouble:
            self._tell(self.remembered.trouble)

    def _tell(self, words: str) -> None:
        """Have the screen say what went wrong. From any thread."""
        screen = self.screen_stack[-1]
        if isinstance(screen, LaneScreen):
            screen.deliver(lambda: screen.say(shown(words), "error"))

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave; first what is to be done while the terminal is still ours."""
        for last in list(self.leaving):
            last()
        super().exit(result, return_code, message)

    def go_back(self, screen: LaneScreen) -> None:
        """Leave ``screen`` for the one it was opened from; a session that was opened first, for the list of all."""
        from workbench.screens.sessions import SessionsScreen

        if len(self.screen_stack) > 1:
            screen.dismiss()
        else:
            screen.retire()  # the screen at the bottom cannot be taken away; it does nothing from now on
            self.push_screen(SessionsScreen(self.store))

    async def on_event(self, event: events.Event) -> None:
        """A key is for the screen that is there when it comes; one that is only being made has it first thing."""
        if not (isinstance(event, events.Key) and self.screen_stack) or (self.screen.is_mounted and not self._held):
            await super().on_event(event)
            return
        self._held.append(event)
        self.screen.call_later(self.call_later, self._hand_held_over)  # it hears of that when it is there

    async def _hand_held_over(self) -> None:
        held, self._held = self._held, []
        for key in held:
            await self.on_event(key)

    def on_key(self, event: events.Key) -> None:
        """A key that nobody wanted: it may have been typed for a prompt, faster than that could come."""
        if isinstance(self.screen, LaneScreen) and self.screen.prompt is not None:
            self.screen.prompt.on_key(event)
        elif isinstance(self.screen, Typed):
            self.screen.take(event)

    def action_palette(self) -> None:
        """Show everything that can be done."""
        from workbench.screens.palette import PaletteScreen

        below = self.screen
        if not self.is_screen_installed("palette"):
            self.install_screen(PaletteScreen(), "palette")
        palette = self.get_screen("palette", PaletteScreen)
        if palette is not below:
            self.push_screen(palette.over(below))

    def action_search_sessions(self) -> None:
        """Ask what to find in all sessions; what was found before is there again, if it is below this screen."""
        from workbench.screens.search import SearchScreen

        if not any(isinstance(screen, SearchScreen) for screen in self.screen_stack):
            self.push_screen(SearchScreen(self.store))
            return
        while not isinstance(self.screen, SearchScreen):
            self.pop_screen()
        self.screen.action_ask()

    def action_sql(self) -> None:
        """Ask in SQL; what was asked before is there again."""
        from workbench.screens.sql import go_to_sql

        self.desk = go_to_sql(self, self.store, self.desk)

    def action_sessions(self) -> None:
        """To the list of sessions, from anywhere."""
        from workbench.screens.places import go_to_sessions

        go_to_sessions(self)

    def action_session(self) -> None:
        """To the session that was opened last."""
        from workbench.screens.places import go_to_session

        go_to_session(self)

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
