"""The timeline on the screen: how it looks, what moves it, and that it never takes the list's room."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, add_session, message, tool_result
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen

BILLING, REVIEW = "Move the billing exports", "Review the parser"


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares with a text file."""
    return snapshot.use_extension(TextScreen)


def shape(person: Person) -> str:
    """What stands between the breadcrumb and the titles of the list."""
    heading = next(number for number, line in enumerate(person.lines) if line.split()[:2] == ["seq", "time"])
    return "\n".join(person.lines[1:heading]) + "\n"


@pytest.mark.parametrize("size", [(70, 24), (80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("title", [BILLING, REVIEW], ids=["one_thread", "four_threads"])
@errand
async def test_both_scales(demo_store: Store, text: SnapshotAssertion, title: str, size: tuple[int, int]) -> None:
    """By event, by clock, and zoomed in on the first error."""
    async with opened(demo_store, title, size=size) as person:
        shapes = [shape(person)]
        await person.press("T", "e")
        shapes.append(shape(person))
        await person.press("+")
        shapes.append(shape(person))
        assert "\n".join(shapes) == text


@errand
async def test_no_room_no_timeline(demo_store: Store) -> None:
    """On a very small terminal the list has every line; keys still do what they say, without harm."""
    async with opened(demo_store, BILLING, size=(59, 14)) as person:
        assert shape(person) == "\n"
        await person.press("T", "+", "s")
        person.sees_cursor_on("agent.tool_result")
        await person.resize(120, 32)
        assert "by clock" in shape(person)


@errand
async def test_a_session_of_one_line_has_a_timeline_and_an_empty_one_says_nothing(plain_surroundings: Path) -> None:
    """However little there is."""
    store = Store("few").prepare()
    add_session(store, "sesn_none", [], title="None")
    add_session(store, "sesn_some", [[message(0), tool_result(1, 0, is_error=True)]], title="Some")
    async with opened(store, "None") as person:
        await person.press("T", "+", "-", "0", "s")
        person.sees("No events yet.")
        person.sees("nothing in this session took a minute without an event")
    async with opened(store, "Some") as person:
        assert shape(person).split()[1] == "▁▁" and shape(person).split()[-1] == "─✗"


@errand
async def test_dragging_takes_the_cursor_along(demo_store: Store) -> None:
    """From press to release, wherever the mouse is; afterwards it moves nothing."""
    async with opened(demo_store, BILLING) as person:
        seen = []
        await person.pilot.mouse_down("#timeline", offset=(20, 0))
        await person.wait()
        seen.append(person.cursor)
        for x in (40, 60, 200):
            await person.pilot.hover("#timeline", offset=(min(x, 119), 0))
            await person.wait()
            seen.append(person.cursor)
        assert seen == sorted(seen) and len(set(seen)) == 4
        assert seen[-1] >= 408, "beyond the end is the last cell"
        await person.pilot.mouse_up("#timeline", offset=(119, 0))
        await person.pilot.hover("#timeline", offset=(30, 0))
        await person.wait()
        assert person.cursor == seen[-1]
        await person.pilot.click("#timeline", offset=(118, 0))
        await person.wait()
        assert person.cursor == seen[-1], "a click on the cursor's own cell does not move away from it"


@errand
async def test_hits_are_marked_where_they_are(demo_store: Store) -> None:
    """As soon as they are found, until the search is ended."""
    async with opened(demo_store, BILLING) as person:
        await person.press("/")
        await person.types("fees")
        await person.press("enter")
        assert "╵" in shape(person)
        await person.press("escape")
        assert "╵" not in shape(person)


@errand
async def test_a_live_session_grows(plain_surroundings: Path) -> None:
    """Bars and marks are added, a second thread gets its lane, and an error that is replaced leaves the ruler."""
    store = Store("live").prepare()
    with store.create(Manifest("sesn_live", created_us=START_US, title="Live")) as log:
        log.append([message(number) for number in range(10)])
        async with opened(store, "Live") as person:
            assert shape(person).count("▁") == 10
            other = Draft(message(11).payload, "sthr_other", START_US + 11_000)
            log.append([tool_result(10, 0, is_error=True), other])
            await person.wait_until(lambda: person.session.source.count == 12)
            bars, others, ruler = shape(person).splitlines()
            assert bars.count("▁") == 11 and others.split() == ["_other", "▁"] and ruler.count("✗") == 1
            again = tool_result(12, 0)
            log.append([again._replace(extra={**again.extra, "supersedes": 10})])
            await person.wait_until(lambda: person.session.source.count == 13)
            assert "✗" not in shape(person) and shape(person).splitlines()[0].count("▁") == 11
