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


# ── what it follows ──────────────────────────────────────────────────────────────────────────────────────────────────


def ruler(person: Person) -> str:
    """The line with the marks."""
    return shape(person).splitlines()[-1]


@pytest.mark.parametrize("size", [(80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_what_it_follows(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A thread, a tool, errors, requests, what was spent, in turn; then everything again."""
    async with opened(demo_store, REVIEW, size=size) as person:
        await person.press("e")
        first, shapes = shape(person), []
        for _ in range(5):
            await person.press("M")
            shapes.append(shape(person) + person.lines[-1].partition("   ")[0])
        assert "\n\n".join(shapes) + "\n" == text
        await person.press("M")
        person.sees("the timeline shows everything")
        assert shape(person) == first


@errand
async def test_it_shows_what_the_filter_lets_through(demo_store: Store) -> None:
    """Errors of the filter alone are marked, and every error again when it goes; with an aspect, both hold."""
    async with opened(demo_store, BILLING) as person:
        everything = ruler(person)
        await person.press("&")
        await person.types("tool:edit")
        await person.press("enter")
        filtered = ruler(person)
        assert "& by event" in filtered and 0 < filtered.count("✗") < everything.count("✗")
        await person.press("M", "M")
        person.sees("the timeline shows errors")
        assert shape(person).splitlines()[0].count("▁") == filtered.count("✗")
        await person.press("escape")
        assert ruler(person).count("✗") == everything.count("✗") and "errors" in ruler(person)


@errand
async def test_of_forty_threads_one_can_be_read(plain_surroundings: Path) -> None:
    """Three have lanes, the others share one; what M follows has the only lane, and ) goes along it."""
    store = Store("tree").prepare()
    threads = ["sthr_main", *(f"sthr_worker{number:02d}" for number in range(39))]
    drafts = [message(n)._replace(thread_id=threads[n % 40 if n % 7 else 0]) for n in range(2_000)]
    add_session(store, "sesn_tree", [drafts], title="Tree")
    async with opened(store, "Tree", at=1_023) as person:
        assert "+ 37" in shape(person)
        thread = person.event.thread_id
        await person.press("M")
        person.sees(f"the timeline shows thread {thread[-6:]}: ")
        bars, marks = shape(person).splitlines()
        mine = [seq for seq, draft in enumerate(drafts) if draft.thread_id == thread]
        assert bars.split()[0] == thread[-6:] and sum(bars.count(bar) for bar in "▁▂▃▄▅▆▇█") <= len(mine)
        assert marks.startswith(" this thread")
        place = mine.index(1_023)
        await person.press(")", ")")
        assert person.cursor == mine[place + 2]
        await person.press("(", "(", "(")
        assert person.cursor == mine[place - 1]
        await person.press("comma", ".", ".")
        assert person.cursor == mine[place], "one event is one of what the timeline follows"
        await person.press("colon", *str(mine[-1]), "enter", ")")
        assert person.cursor == mine[-1]
        person.sees("this is the last event of its thread")


@errand
async def test_a_strand_grows_with_a_live_session(plain_surroundings: Path) -> None:
    """Errors that come are added to those that were counted."""
    store = Store("live").prepare()
    with store.create(Manifest("sesn_live", created_us=START_US, title="Live")) as log:
        log.append([message(number) for number in range(10)])
        async with opened(store, "Live") as person:
            await person.press("M")
            assert "▁" not in shape(person)
            log.append([tool_result(10, 0, is_error=True), message(11), tool_result(12, 0, is_error=True)])
            await person.wait_until(lambda: shape(person).count("▁") == 2)
            assert ruler(person).count("✗") == 2


# ── beside the list ──────────────────────────────────────────────────────────────────────────────────────────────────


def column(person: Person) -> str:
    """The minimap."""
    events = person.session.list
    x = events.region.right - 1
    return "".join(line.ljust(x + 1)[x] for line in person.lines[events.region.y : events.region.bottom])


@errand
async def test_the_whole_list_is_seen_beside_it(demo_store: Store) -> None:
    """Errors, hits and the cursor; marks as they are set; of a filter what it shows."""
    async with opened(demo_store, BILLING, at=5) as person:
        assert column(person)[0] == "◂" and column(person).count("▐") >= 8
        before = column(person)
        await person.press("M", "M")
        assert column(person) == before, "whatever the timeline follows"
        while "the timeline shows everything" not in person.screen:
            await person.press("M")
        await person.press("/")
        await person.types("fees")
        await person.press("enter")
        assert "•" in column(person)
        person.session.scrubbing.show_marks([60])
        await person.wait()
        cell = 60 * len(column(person)) // 412
        assert column(person)[cell] == "◆" and "◆" in ruler(person)
        await person.press("escape", "&")
        await person.types("is:error")
        await person.press("enter")
        assert set(column(person)) == {"▐"}


@errand
async def test_what_is_pressed_on_is_gone_to(demo_store: Store) -> None:
    """From press to release, as over the timeline; the payload comes along."""
    async with opened(demo_store, BILLING, at=5) as person:
        height, seen = len(column(person)), []
        await person.pilot.mouse_down(person.session.list.vertical_scrollbar, offset=(0, 10))
        await person.wait()
        seen.append(person.cursor)
        for y in (15, 20, 200):
            await person.pilot.hover(person.session.list.vertical_scrollbar, offset=(0, min(y, height - 1)))
            await person.wait()
            seen.append(person.cursor)
        assert seen == sorted(seen) and len(set(seen)) == 4
        assert [number * height // 412 for number in seen] == [10, 15, 20, height - 1]
        assert person.event.id in person.screen, "its payload is shown"
        await person.pilot.mouse_up(person.session.list.vertical_scrollbar, offset=(0, height - 1))
        await person.pilot.hover(person.session.list.vertical_scrollbar, offset=(0, 2))
        await person.wait()
        assert person.cursor == seen[-1], "let go, the mouse moves nothing"


@errand
async def test_it_is_drawn_only_when_it_looks_different(demo_store: Store) -> None:
    """A step of the cursor within the cell it was in costs the minimap nothing."""
    async with opened(demo_store, BILLING, at=3, size=(120, 24)) as person:
        bar = person.session.scrubbing.map
        drawn, made = bar._finished, bar._ticks
        await person.press("j", "j", "k")
        assert bar._finished is drawn and bar._ticks is made
        await person.press("G")
        assert bar._finished is not drawn and bar._ticks is made


# ── times ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_times_say_what_is_asked_for(demo_store: Store) -> None:
    """Since the beginning, of the clock, since the line before: which is another one under a filter."""
    async with opened(demo_store, BILLING, at=298) as person:
        line = next(line for line in person.lines if line.startswith("▌"))
        assert "+1:35:26" in line
        await person.press("t")
        person.sees("times are of the clock")
        assert "14:38:07" in next(line for line in person.lines if line.startswith("▌"))
        await person.press("t")
        assert "+36m11s" in next(line for line in person.lines if line.startswith("▌"))
        await person.press("&")
        await person.types("is:error")
        await person.press("enter")
        assert "+56m" in next(line for line in person.lines if line.startswith("▌"))
        await person.press("escape", "t")
        assert "+1:35:26" in next(line for line in person.lines if line.startswith("▌"))
