"""Pictures in a pane: made on a lane, sent to the terminal before the rows that show them, taken back after.

What there is to show, and as what, is `workbench.view.graphics`; here is the terminal. Nothing is asked of it
for that: Textual asks each terminal whether it tells its size in band, which those do that know placeholders.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from textual.app import App
from textual.color import Color

from workbench.theme import in_ascii_alone
from workbench.view.graphics import kitty, pixels, png, showing, sixel
from workbench.view.graphics.showing import Drawn, Frame
from workbench.view.lane import Lane
from workbench.view.payload.raw import wrapped
from workbench.view.pretty.picture import NoPicture, Picture
from workbench.view.text import Line
from workbench.widgets.sixels import over
from workbench.widgets.text_pane import TextPane

ANSWER_SECONDS = 0.3
"""So long a terminal may take to say what it can, from when the first picture is wanted."""
SENT_BYTES = 256 << 10
"""A larger PNG is made smaller first, where that can be done."""
_FAMILY = int.from_bytes(os.urandom(2), "little")
_TURNS = count()

Key = tuple[str, Frame]


class Gallery:
    """The pictures of one text pane."""

    def __init__(self, text: TextPane, lane: Lane) -> None:
        self._text, self._app, self._lane = text, text.app, lane
        self._setting = str(self._app.settings.images)  # type: ignore[attr-defined]  # the app is ours
        self._asked: set[Key] = set()
        self._shown: dict[Key, Drawn | str] = {}
        """What is in the pane's lines: pictures, or why there is none."""
        self._wanted: set[Key] = set()
        self._patient = True
        """The terminal may still answer."""
        self._closed = False
        text.over = over
        self._app.leaving.append(self.close)  # type: ignore[attr-defined]
        self._app.app_resume_signal.subscribe(text, self._came_back)

    def hung(self, lines: Sequence[Line], pictures: Mapping[str, Picture], cells: int) -> Sequence[Line]:
        """``lines`` with each of the ``pictures`` above the line that speaks of it, if it can be shown."""
        self._wanted = set()
        if self._closed or not pictures or not self._text.laid_out:
            self._take_down()
            return lines
        way = self._way()
        found: list[Line] = []
        for line in lines:
            picture = pictures.get(showing.name_in(line))
            if picture is not None:
                found += self._rows(picture, way, cells)
            found.append(line)
        self._take_down()
        return found

    def _way(self) -> str:
        app = self._app
        if in_ascii_alone(app) or (app.is_headless and self._setting == showing.AUTO):
            return showing.OFF
        colours = self._in_blocks and pixels.installed()
        way = showing.way(self._setting, os.environ, sizes_in_band=app.supports_smooth_scrolling, colours=colours)
        if way != showing.AUTO:
            return way
        if self._patient:
            self._text.set_timer(ANSWER_SECONDS, self._no_answer)
        return showing.AUTO if self._patient else showing.without_waiting(colours)

    @property
    def _lacks_only_pillow(self) -> bool:
        """Whether there would be half blocks, had they not to be made."""
        asked = self._setting == showing.AUTO and not self._app.is_headless and not in_ascii_alone(self._app)
        return asked and self._in_blocks and not pixels.installed()

    @property
    def _in_blocks(self) -> bool:
        return self._colours and "NO_COLOR" not in os.environ

    @property
    def _colours(self) -> bool:
        return self._app.console.color_system == "truecolor"

    def _no_answer(self) -> None:
        self._patient = False
        self._text.lay_out()

    def _rows(self, picture: Picture, way: str, cells: int) -> Sequence[Line]:
        """The rows of a picture; blank ones, as many, while it is made; else why it is not shown, if that helps."""
        if way == showing.OFF:
            return _said(pixels.MISSING, cells) if self._lacks_only_pillow else []
        lines = min(self._text.height - 2, sixel.MOST_LINES if way == showing.SIXEL else showing.MOST_LINES)
        frame = showing.frame(picture.pixels, cells, lines, cell_size())
        key = picture.name, frame
        self._wanted.add(key)
        made = self._shown.get(key)
        if made is None:
            if way != showing.AUTO:
                self._ask(key, picture, way)
            return [[] for _ in range(frame.lines)]
        return _said(made, cells) if isinstance(made, str) else made.rows

    def _ask(self, key: Key, picture: Picture, way: str) -> None:
        if key in self._asked:
            return
        self._asked.add(key)
        screen = Screen(_ground(self._app), kitty.number(_FAMILY, next(_TURNS)), self._colours)

        def work() -> Drawn | str | None:
            try:
                return drawn(picture, way, key[1], screen) if key in self._wanted else None
            except NoPicture as problem:
                return str(problem)

        def came(made: Drawn | str | None) -> None:
            self._asked.discard(key)
            if key not in self._wanted:
                return
            if made is not None:
                self._shown[key] = made
                self._tell(made.sent if isinstance(made, Drawn) else "")
            self._text.lay_out()

        self._lane.run(work, came)

    # ── the terminal ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _take_down(self) -> None:
        """Have the terminal forget what is not in the lines any more."""
        for key in self._shown.keys() - self._wanted:
            made = self._shown.pop(key)
            self._tell(made.gone if isinstance(made, Drawn) else "")

    def _came_back(self, _: App[None]) -> None:
        """Another program had the terminal, which has forgotten its pictures."""
        self._shown.clear()
        self._text.lay_out()

    def _tell(self, sequence: str) -> None:
        driver = self._app._driver
        if sequence and driver is not None and not self._app.is_headless:
            driver.write(sequence)
            driver.flush()

    def close(self) -> None:
        """Take everything back, for good."""
        if not self._closed:
            self._closed, self._wanted = True, set()
            self._take_down()
            self._app.leaving.remove(self.close)  # type: ignore[attr-defined]


class Screen(NamedTuple):
    """What a picture is drawn on."""

    ground: tuple[int, int, int]
    image: int
    """The number that it has there."""
    colours: bool
    """Whether there are more than 256."""


def drawn(picture: Picture, way: str, frame: Frame, screen: Screen) -> Drawn:
    """A picture in its frame, in the ``way`` there is. `NoPicture` where it cannot be done. Takes a moment."""
    data = picture.bytes()
    whole = data.startswith(png.SIGNATURE)
    if whole:
        data = png.clean(data)
    if way == showing.BLOCKS:
        return pixels.blocks(data, frame, screen.ground)
    if way == showing.SIXEL:
        return sixel.drawn(pixels.raster(pixels.scaled(data, frame.pixels)), frame)
    if not whole or (len(data) > SENT_BYTES and pixels.installed()):
        data = pixels.png(pixels.scaled(data, frame.pixels))
    return kitty.drawn(data, screen.image, frame, colours=screen.colours)


def cell_size() -> tuple[int, int]:
    """Pixels of a cell, as the terminal's size in cells and in pixels says it."""
    try:
        lines, cells, wide, high = struct.unpack("HHHH", fcntl.ioctl(2, termios.TIOCGWINSZ, bytes(8)))
        cell = wide // cells, high // lines
    except (OSError, ZeroDivisionError):
        return showing.USUAL_CELL
    return cell if 2 <= cell[0] <= 64 and 4 <= cell[1] <= 128 else showing.USUAL_CELL


def _ground(app: App[None]) -> tuple[int, int, int]:
    try:
        return Color.parse(app.current_theme.background or "#000000").rgb
    except ValueError:
        return 0, 0, 0


def _said(why: str, cells: int) -> Sequence[Line]:
    return wrapped([[(f"not shown: {why}", "faint")]], cells, escaped=False)
