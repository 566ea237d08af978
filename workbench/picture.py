"""Pictures of the app: keys are played to it without a terminal, and what is then on the screen is saved.

Used by ``open --keys … --screen …``, by the tests, and for the README's pictures. The same store, keys and size always
give the same picture: it is taken when nothing is under way any more, not after a while.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.keys import (
    KEY_NAME_REPLACEMENTS,
    REPLACED_KEYS,
    Keys,
    _character_to_key,
    _get_unicode_name_from_key,
)
from textual.pilot import Pilot

from workbench.app import WorkbenchApp

LIMIT_SECONDS = 60
_NAMED = frozenset(key.value for key in Keys if "+" not in key.value and not key.value.startswith("<"))
"""Keys that have a name of their own, as Textual calls them."""
_CHARACTERS = frozenset(KEY_NAME_REPLACEMENTS.values()) | {
    re.sub(r"\W", "_", unicodedata.name(chr(code))).lower() for code in range(0x20, 0x7F)
}
"""Characters by name: ``slash``, ``question_mark``."""


def is_key(name: str) -> bool:
    """Whether a terminal can send a key of this name: a character, one with ctrl, or one that has a name."""
    if len(name) == 1:
        return name.isprintable()
    bare = name.removeprefix("shift+").removeprefix("ctrl+")
    return (name == f"ctrl+{bare}" and len(bare) == 1) or bare in _NAMED or name in _CHARACTERS


async def press(pilot: Pilot[Any], key: str) -> None:
    """Press a key, and wait until all that comes of it is on the screen.

    Not Textual's ``press``: that takes the program for done when it has not computed for a while, which takes long
    where something else computes, and may be wrong.
    """
    send(pilot.app, key)
    await settle(pilot)


def send(app: App[Any], key: str) -> None:
    """What a terminal sends when a key is pressed."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    original = REPLACED_KEYS.get(name, name)
    try:
        character: str | None = unicodedata.lookup(_get_unicode_name_from_key(original))
    except KeyError:
        character = name if len(name) == 1 else None
    event = events.Key(name, character)
    event.set_sender(app)
    assert app._driver is not None
    app._driver.send_message(event)


QUIET_ROUNDS = 2


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until everything that was set going has arrived on the screen: nothing on lanes, in queues, or undrawn."""
    app = pilot.app
    assert isinstance(app, WorkbenchApp)
    async with asyncio.timeout(LIMIT_SECONDS):
        quiet = 0
        while quiet < QUIET_ROUNDS and app._exception is None and app.is_running:
            await asyncio.sleep(0.001 if app.pending else 0)  # lanes are threads: give them the processor
            await pilot._wait_for_screen()
            if app.screen_stack:
                app.screen._on_timer_update()
            quiet = 0 if app.pending or _is_under_way(app) else quiet + 1


def _is_under_way(app: WorkbenchApp) -> bool:
    """Whether a message waits for somebody, or something to be drawn."""
    if not app.screen_stack:
        return False
    screen = app.screen
    undrawn = screen._dirty_widgets or screen._layout_required or screen._repaint_required or screen._callbacks
    return bool(undrawn) or any(
        not each._message_queue.empty() for each in (app, *screen.walk_children(with_self=True))
    )


def text_of(app: WorkbenchApp) -> str:
    """The screen as text, without the blanks at line ends."""
    strips = app.screen._compositor.render_strips()  # the one place that looks behind Textual's public face
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def svg_of(app: WorkbenchApp) -> str:
    """The screen as SVG that fetches nothing (no fonts) and looks alike wherever it is drawn."""
    svg = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", app.export_screenshot(), flags=re.DOTALL)
    name = re.search(r"terminal-\d+", svg)
    return _TEXT.sub(_trimmed, svg.replace(name[0], "screen") if name else svg)


_CELL_UNITS = 12.2
"""How wide Rich draws a cell."""
_BLANK = "&#160;"
_TEXT = re.compile(r'x="([\d.]+)"( y="[\d.]+") textLength="([\d.]+)"([^>]*>)((?:&#160;)*)([^<]*?)((?:&#160;)*)</text>')


def _trimmed(match: re.Match[str]) -> str:
    """Text without blanks at its ends: some programs that draw SVG drop those, and stretch the rest over them."""
    x, y, length, rest, before, text, after = match.groups()
    blanks = len(before) // len(_BLANK)
    start = float(x) + _CELL_UNITS * blanks
    span = float(length) - _CELL_UNITS * (blanks + len(after) // len(_BLANK))
    return f'x="{start:g}"{y} textLength="{span:g}"{rest}{text}</text>'


async def played(app: WorkbenchApp, keys: Sequence[str], size: tuple[int, int], *, svg: bool) -> str:
    """What is on the screen after ``keys``."""
    async with app.run_test(size=size, notifications=False) as pilot:
        await settle(pilot)
        for key in keys:
            await press(pilot, key)
        return svg_of(app) if svg else text_of(app)
