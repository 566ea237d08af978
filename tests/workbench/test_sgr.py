"""Frames in fewer bytes: a terminal emulator that is not ours shows the same cells for the frame as Textual made it."""

from __future__ import annotations

import re

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from runtime.store import Store
from tests.support.driver import errand, opened
from workbench.sgr import KNOWN_STEPS, Sgr, frugal

CELLS, LINES = 40, 6
COLOURS = ["#d3d7de", "#15171c", "#1b1e25", "red", "bright_blue", "color(201)", "default", None]
STYLES = st.builds(
    Style,
    color=st.sampled_from(COLOURS),
    bgcolor=st.sampled_from(COLOURS),
    bold=st.sampled_from([None, True, False]),
    italic=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
)
TEXT = st.one_of(st.sampled_from([" ", "   "]), st.text("ab ▌│", min_size=1, max_size=6))
PIECES = st.lists(
    st.tuples(st.none() | st.tuples(st.integers(1, LINES), st.integers(1, CELLS - 8)), STYLES, TEXT), max_size=12
)


def cells(*frames: str) -> list[list[tuple[str, ...]]]:
    """What stands in each cell after all of them, and how; the colour of a blank that has nothing to colour is none."""
    screen = pyte.Screen(CELLS, LINES)
    stream = pyte.Stream(screen)
    for frame in frames:
        stream.feed(frame)
    rows = []
    for y in range(LINES):
        row = []
        for x in range(CELLS):
            cell = screen.buffer[y][x]
            bare = cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough)
            row.append((cell.data, "" if bare else cell.fg, *map(str, cell[2:])))
        rows.append(row)
    return rows


def frame(pieces: list[tuple[tuple[int, int] | None, Style, str]]) -> str:
    """As Textual writes it: a place, then text in a style that is taken back after it."""
    out = ["\x1b[?2026h"]
    for place, style, text in pieces:
        if place is not None:
            out.append(f"\r\n\x1b[{place[0]};{place[1]}H")
        out.append(Strip.render_style(style, text, ColorSystem.TRUECOLOR))
    return "".join([*out, "\x1b[1;1H\x1b[?2026l"])


@settings(max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=3))
def test_the_same_cells_come_of_it(many: list[list[tuple[tuple[int, int] | None, Style, str]]]) -> None:
    """Whatever styles follow each other, in whatever places, frame after frame."""
    sgr = Sgr()
    frames = [frame(pieces) for pieces in many]
    lean = [sgr.lean(each) for each in frames]
    assert cells(*lean) == cells(*frames)
    assert sum(map(len, lean)) <= sum(map(len, frames))


@given(st.text(st.sampled_from("\x1b[]0123456789;mHhlJ?abc \r\n"), max_size=80))
def test_what_is_no_frame_loses_nothing(text: str) -> None:
    """Everything but sequences that set a style is sent as it came, in its order."""
    bare = re.compile(r"\x1b\[[\d;]*m")
    assert bare.sub("", Sgr().lean(text)) == bare.sub("", text)


def test_it_does_not_remember_every_colour_there_ever_was() -> None:
    """A picture may bring a million."""
    sgr = Sgr()
    for red in range(256):
        for green in range(0, 256, 4):
            sgr.lean(f"\x1b[38;2;{red};{green};0mx\x1b[0m\x1b[1mx\x1b[0m")
    assert len(sgr._steps) <= KNOWN_STEPS


def test_the_driver_writes_what_is_short_as_it_is_and_frames_leaner() -> None:
    """Modes and questions to the terminal are not touched."""
    written: list[str] = []

    class FakeDriver:
        def write(self, data: str) -> None:
            written.append(data)

    driver = frugal(FakeDriver)()  # type: ignore[arg-type, call-arg]
    driver.write("\x1b[?1049h")
    driver.write("\x1b[31ma\x1b[0m" * 20)
    assert written == ["\x1b[?1049h", "\x1b[31m" + "a" * 20 + "\x1b[0m"]


@errand
async def test_a_session_looks_the_same_and_takes_half_as_much_to_send(demo_store: Store) -> None:
    """The whole screen of the app, at an error."""
    async with opened(demo_store, "Move the billing exports") as person:
        await person.press("e")
        strips = person.app.screen._compositor.render_strips()
        lines = [
            "".join(Strip.render_style(each.style or Style.null(), each.text, ColorSystem.TRUECOLOR) for each in strip)
            for strip in strips
        ]
        whole = "".join(f"\x1b[{y};1H{line}" for y, line in enumerate(lines, 1))
    screens = []
    for text in (whole, Sgr().lean(whole)):
        screen = pyte.Screen(120, 32)
        pyte.Stream(screen).feed(text)
        screens.append(screen.display)
    assert screens[0] == screens[1]
    assert "ValidationError" in "\n".join(screens[0])
    assert len(Sgr().lean(whole)) < len(whole) * 0.65
