"""A person at the app, for tests that read as errands: keys in, and what is then to be seen.

    @errand
    async def test_find_the_first_error(demo: Store) -> None:
        async with opened(demo, "Move the billing exports", at=0) as person:
            await person.press("e")
            person.sees_cursor_on("agent.tool_result", error=True)
            person.sees_in_payload("ValidationError")

Nothing waits for a while: a key is done when everything that it set going has arrived on the screen.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from runtime.event import Row
from runtime.store import Store
from workbench.app import WorkbenchApp
from workbench.picture import press, send, settle, svg_of, text_of
from workbench.screens.session import SessionScreen
from workbench.screens.sessions import SessionsScreen
from workbench.view.session.source import SessionSource

SIZE = (120, 32)


def errand(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """An async test as pytest runs it."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def session_called(store: Store, title: str) -> str:
    """The id of the one session whose title begins so."""
    found = [each.session_id for each in store.summaries() if (each.manifest.title or "").startswith(title)]
    assert len(found) == 1, f"{len(found)} sessions are called {title!r}…"
    return found[0]


class Person:
    """Presses keys and looks."""

    def __init__(self, app: WorkbenchApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    # ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def press(self, *keys: str) -> None:
        """Press keys, one after another, each when the one before is done."""
        for key in keys:
            await press(self.pilot, key)

    async def presses_at_once(self, *keys: str) -> None:
        """Press keys faster than anything can come of them, as whoever pastes does, or is used to the app."""
        for key in keys:
            send(self.app, key)
        await settle(self.pilot)

    async def types(self, text: str) -> None:
        """Type text."""
        await self.press(*["space" if character == " " else character for character in text])

    async def wait(self) -> None:
        """Until everything under way has arrived."""
        await settle(self.pilot)

    async def wait_until(self, seen: Callable[[], bool]) -> None:
        """Until something is so: for what comes by itself, as a live session's events do."""
        async with asyncio.timeout(20):
            while not seen():
                await asyncio.sleep(0.005)  # leave the processor to whatever is waited for
                await settle(self.pilot)

    async def resize(self, cells: int, lines: int) -> None:
        """Make the terminal another size."""
        await self.pilot.resize_terminal(cells, lines)
        await settle(self.pilot)

    # ── seeing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def screen(self) -> str:
        """All that is on the screen, as text."""
        return text_of(self.app)

    @property
    def picture(self) -> str:
        """The same as SVG."""
        return svg_of(self.app)

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        return self.screen.splitlines()

    @property
    def session(self) -> SessionScreen:
        """The session that is open."""
        assert isinstance(self.app.screen, SessionScreen), f"{self.app.screen} is no session"
        return self.app.screen

    @property
    def sessions(self) -> SessionsScreen:
        """The list of sessions."""
        assert isinstance(self.app.screen, SessionsScreen), f"{self.app.screen} is not the list of sessions"
        return self.app.screen

    @property
    def cursor(self) -> int:
        """The seq under the cursor."""
        return self.session.list.seq

    @property
    def event(self) -> Row:
        """The event under the cursor."""
        row = self.session.source.row(self.cursor)
        assert row is not None, "the event under the cursor is not here"
        return row

    def sees(self, text: str) -> None:
        """Something stands on the screen."""
        assert text in self.screen, f"{text!r} is not on the screen:\n{self.screen}"

    def does_not_see(self, text: str) -> None:
        """Something does not."""
        assert text not in self.screen, f"{text!r} is on the screen:\n{self.screen}"

    def sees_cursor_on(self, kind: str, *, name: str | None = None, error: bool | None = None) -> None:
        """The cursor's line is in sight and is such an event."""
        assert self.event.type == kind, self.event
        assert name is None or self.event.name == name, self.event
        assert error is None or self.event.is_error == error, self.event
        seen = tuple(f"{before}{self.cursor:,}{after}" for before in " ▌" for after in " ◆")
        assert any(line.startswith("▌") and any(text in line for text in seen) for line in self.lines), self.screen

    def sees_in_payload(self, text: str) -> None:
        """The payload pane shows this, the payload being that of the event under the cursor."""
        assert self.event.id in self.screen, f"the payload of {self.event.id} is not shown:\n{self.screen}"
        whole = "\n".join("".join(part for part, _ in line) for line in self.session.reading.text._whole)
        assert text in whole, f"{text!r} is not in the payload:\n{whole}"


@asynccontextmanager
async def opened(
    store: Store, title: str | None = None, *, at: int | None = None, size: tuple[int, int] = SIZE
) -> AsyncIterator[Person]:
    """The app on ``store``; or on the session whose title begins so, at an event or at its end."""
    source = SessionSource(store, session_called(store, title)) if title else None
    app = WorkbenchApp(store, source, at)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield Person(app, pilot)
