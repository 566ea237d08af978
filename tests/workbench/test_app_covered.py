"""A screen that another one covers: what happens on it is on the screen as soon as it is seen again, and not before."""

from __future__ import annotations

import pytest
from textual.screen import Screen

from runtime.store import Store
from tests.support.driver import errand, opened


@errand
async def test_what_is_covered_is_not_drawn(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a slow link each frame costs, and a terminal flickers."""
    async with opened(demo_store) as person:
        below = person.sessions
        await person.press("enter")
        frames: list[Screen[object]] = []
        monkeypatch.setattr(person.app, "_display", lambda screen, renderable: frames.append(screen))
        for words in ("one", "two", "three"):
            below.say(words)
            below.refresh()
            await person.wait()
            below._on_timer_update()  # what Textual calls sixty times a second
        assert frames == [] and not below.is_current
        monkeypatch.undo()
        await person.press("q")
        assert below.is_current
        person.sees("three")
