"""Marks, comparing two events, groups, and folds, as they are seen and gone about with in the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.errors import Corrupt
from runtime.reader import LogReader
from runtime.store import Store
from tests.support.builders import add_session, message, new_store, request_end, story, tool_use
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen
from workbench.screens.compare_payloads import ComparePayloads
from workbench.screens.session import SessionScreen
from workbench.view.session.source import SessionSource
from workbench.view.text import line_text

SEEK, BILLING, REVIEW = "Fix the flaky", "Move the billing exports", "Review the parser"
BY_SIZE = pytest.mark.parametrize(
    "size", [(80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)  # fmt: skip


def at_line(person: Person, seq: int) -> str:
    """The line of an event that is in sight."""
    return next(line for line in person.lines if line[1:].lstrip().startswith((f"{seq:,} ", f"{seq:,}◆")))


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@errand
async def test_a_mark_is_seen_in_the_list_and_on_the_ruler(demo_store: Store) -> None:
    """And goes with the same key."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("m")
        person.sees("event 5 is marked")
        await person.press("j")
        assert " 5◆" in at_line(person, 5) and person.lines[2].count("◆") == 1
        await person.press("k")
        assert at_line(person, 5).startswith("▌") and " 5◆" in at_line(person, 5)
        await person.press("m")
        person.sees("event 5 is not marked any more")
        assert "◆" not in at_line(person, 5) and "◆" not in person.lines[2]


@errand
async def test_marks_are_gone_through_around_the_end_and_stay_for_the_next_time(demo_store: Store) -> None:
    """The session is left and opened again."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("u")
        person.sees("nothing is marked: m marks an event")
        await person.press("m", "u")
        person.sees("this is the only mark")
        await person.press("j", "j", "m", "U")
        assert person.cursor == 5
        person.sees("mark 1 of 2")
        await person.press("U")
        assert person.cursor == 7
        person.sees("mark 2 of 2, around the beginning")
        source = person.session.source
        person.app.push_screen(SessionScreen(SessionSource(source.store, source.session_id)))
        await person.wait()
        await person.press("u")
        assert person.cursor == 5 and person.session.source is not source


@errand
async def test_a_mark_that_the_filter_hides_is_said_not_gone_to(demo_store: Store) -> None:
    """Only what has a line is a way to go."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("m", "&")
        await person.types("is:error")
        await person.press("enter", "u")
        person.sees("the filter lets no marked event through")
        await person.press("escape", "u")
        assert person.cursor == 5


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@BY_SIZE
@errand
async def test_two_events_compared(demo_store: Store, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """As text, then as JSON; beside each other where there is room, else one below the other."""
    async with opened(demo_store, SEEK, at=18, size=size) as person:
        await person.press("m", "j", "d")
        text = person.screen
        await person.press("r", "n", "n")
        assert text + "\n" + person.screen == snapshot.use_extension(TextScreen)


@errand
async def test_the_next_difference_is_gone_to_and_back_and_around(demo_store: Store) -> None:
    """Also from where somebody has scrolled to."""
    async with opened(demo_store, SEEK, at=5, size=(80, 12)) as person:
        await person.press("m")
        person.session.jump_to(24)
        await person.wait()
        await person.press("d", "r")
        person.sees("difference 1 of")
        screen = person.app.screen
        assert isinstance(screen, ComparePayloads)
        count = len(screen._drawn.places)
        assert count > 2
        await person.press("n")
        person.sees("difference 2 of")
        await person.press("N", "N")
        person.sees(f"difference {count} of {count}")
        await person.press("n")
        person.sees("difference 1 of")
        await person.press("G", "N")
        assert screen._place > 0
        await person.press("q")
        assert person.cursor == 24


@errand
async def test_what_cannot_be_compared_is_said(demo_store: Store) -> None:
    """Without a mark, with the cursor on the only one, and without two marks."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("d")
        person.sees("nothing is marked: m marks an event; d then compares it")
        await person.press("D")
        person.sees("nothing marked: D compares what follows two marks")
        await person.press("m", "d")
        person.sees("only this event is marked")


@errand
async def test_what_is_the_same_has_no_differences(tmp_path: Path, plain_surroundings: Path) -> None:
    """As text; the JSON differs in its id."""
    store = new_store(tmp_path / "store")
    add_session(store, "sesn_a", [[tool_use(0), tool_use(1)]], title="two")
    async with opened(store, "two", at=0) as person:
        await person.press("m", "j", "d")
        person.sees("The payloads say the same.")
        person.sees("the same in every column")
        await person.press("n")
        person.sees("they do not differ")
        await person.press("y")
        person.sees("there is no difference to copy")
        await person.press("r")
        person.sees('-   "id": "sevt_000000"')
        await person.press("y")
        person.sees("comparison, ")
        await person.press("d")
        assert person.cursor == 1


@errand
async def test_a_comparison_follows_the_width_of_the_terminal(demo_store: Store) -> None:
    """And says what of large payloads it leaves out."""
    async with opened(demo_store, SEEK, at=18, size=(120, 30)) as person:
        await person.press("m", "j", "d")
        person.sees(" │ ")
        await person.resize(90, 30)
        person.does_not_see(" │ ")


@errand
async def test_where_two_turns_part_is_found(demo_store: Store) -> None:
    """And shown; back from there the cursor is on the later one."""
    async with opened(demo_store, BILLING, at=13) as person:
        await person.press("m")
        person.session.jump_to(26)
        await person.wait()
        await person.press("m", "D")
        assert isinstance(person.app.screen, ComparePayloads)
        person.sees("exports/credits.py")
        person.sees("at the first step 14 and 27 differ: input")
        await person.press("q")
        assert person.cursor == 27


@errand
async def test_an_event_that_cannot_be_read_is_said_so(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one calm line, and the way back is open."""

    def torn(reader: LogReader, left: int, right: int) -> None:
        raise Corrupt(reader.session_id, left, "000000.payload.parquet", "a page is torn")

    monkeypatch.setattr("workbench.screens.compare_payloads.read_both", torn)
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("m", "j", "d")
        person.sees("a page is torn")
        person.does_not_see("comparing …")
        await person.press("n", "r", "y", "q")
        assert person.cursor == 6


@errand
async def test_in_an_empty_session_there_is_nothing_to_mark_or_group(tmp_path: Path, plain_surroundings: Path) -> None:
    """And no key breaks anything."""
    store = new_store(tmp_path / "store")
    add_session(store, "sesn_a", [], title="empty")
    async with opened(store, "empty") as person:
        await person.press("m", "u")
        person.sees("nothing is marked: m marks an event")
        await person.press("d", "D", "b", "b")
        person.sees("No events yet.")
        await person.press("H", "enter", "enter", "b")
        assert person.session.list.count == 0


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@BY_SIZE
@errand
async def test_grouped_and_only_heads(demo_store: Store, snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    """A session of several threads: under their requests, then the requests alone."""
    async with opened(demo_store, REVIEW, at=8, size=size) as person:
        events, shown = person.session.list, []
        for _ in range(2):
            await person.press("b")
            lines = [events.line(index) for index in range(min(events.count, 30))]
            shown += [line_text(line).rstrip() if line is not None else "·" for line in lines] + [""]
        assert "\n".join(shown) == snapshot.use_extension(TextScreen)


@errand
async def test_grouping_goes_round_and_the_cursor_stays_where_it_was(demo_store: Store) -> None:
    """Where only heads are shown, on the head it was under."""
    async with opened(demo_store, SEEK, at=11) as person:
        flat = at_line(person, 11)[:60]
        await person.press("b")
        person.sees("all events, under model requests")
        assert person.cursor == 11 and "│ ▸ read" in at_line(person, 11)
        await person.press("b")
        assert person.cursor == 8
        await person.press("j")
        assert person.cursor == 16
        person.sees("only model requests → ")
        await person.press("b")
        person.sees("all events")
        assert person.session.list.count >= 50
        person.session.jump_to(11)
        await person.wait()
        assert at_line(person, 11)[:60] == flat


@errand
async def test_going_to_an_event_that_has_no_line_among_heads_shows_all_again(demo_store: Store) -> None:
    """An error, say."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("b", "b", "e")
        person.sees_cursor_on("agent.tool_result", error=True)
        assert "│ ✗ bash" in at_line(person, 7)


@errand
async def test_a_mark_that_is_no_head_is_gone_to_all_the_same(demo_store: Store) -> None:
    """As an error is; the filter is what hides marks."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("m", "b", "b", "G", "u")
        assert person.cursor == 5 and "│ ▸ bash" in at_line(person, 5)


@errand
async def test_a_filter_keeps_the_heads_of_what_passes(demo_store: Store) -> None:
    """Whichever was there first."""
    async with opened(demo_store, SEEK, at=0) as person:
        await person.press("b", "&")
        await person.types("tool:edit")
        await person.press("enter")
        events = person.session.list
        rows = [person.session.source.row(events.standing.seq(line)) for line in range(events.count)]
        assert {row.type for row in rows if row} == {"span.model_request_start", "agent.tool_use", "agent.tool_result"}
        heads = sum(row.type == "span.model_request_start" for row in rows if row)
        await person.press("b")
        assert events.count == heads
        await person.press("escape")
        assert events.count > heads
        await person.press("b")
        assert person.session.list.picked is None


@errand
async def test_heads_come_to_more_as_a_session_grows(tmp_path: Path, plain_surroundings: Path) -> None:
    """Without anybody asking again; a session without requests goes by turns."""
    store = new_store(tmp_path / "store")
    add_session(store, "sesn_a", [[message(0, person=True), tool_use(1), message(2, person=True)]], title="grows")
    async with opened(store, "grows", at=0) as person:
        await person.press("b", "b")
        person.sees("only turns")
        assert person.session.list.count == 2 and "1 tool " in at_line(person, 0)
        with store.writer("sesn_a") as log:
            log.append([tool_use(3), tool_use(4), message(5, person=True), request_end(6)])
            await person.wait_until(lambda: person.session.list.count == 3)
            assert "2 tools " in at_line(person, 2)


# ── folds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def payload(person: Person) -> list[str]:
    """The payload's lines as they are drawn."""
    return [line_text(line) for line in person.session.reading.text._lines]


@errand
async def test_the_raw_payload_folds_by_key_and_by_mouse(demo_store: Store) -> None:
    """A level at a time, or what is first in sight; a click opens it again."""
    async with opened(demo_store, SEEK, at=5) as person:
        await person.press("H")
        person.sees("only the raw payload folds: r shows it")
        await person.press("r", "H")
        whole = next(line for line in payload(person) if "{…}" in line)
        assert "1 key, " in whole or "2 keys, " in whole
        line = payload(person).index(whole)
        await person.pilot.click("#raw", offset=(0, line))
        await person.wait()
        assert not any("{…}" in line for line in payload(person))
        await person.press("enter")
        assert payload(person)[0].startswith("{…}")
        await person.press("enter", "L")
        assert not any("{…}" in line for line in payload(person))


@errand
async def test_as_deep_as_one_payload_is_folded_so_is_the_next(demo_store: Store) -> None:
    """And a search opens what it finds."""
    async with opened(demo_store, SEEK, at=4) as person:
        await person.press("r", "H", "j")
        while not any("…}" in line or "…]" in line for line in payload(person)):
            await person.press("H")
        await person.press("/")
        await person.types("test_io.py:")
        await person.press("enter")
        person.session.jump_to(5)
        await person.wait()
        assert any("test_io.py:" in line for line in payload(person))


@errand
async def test_what_is_searched_for_far_down_in_a_large_payload_is_read_and_shown(
    tmp_path: Path, plain_surroundings: Path
) -> None:
    """However many parts stand before it; elsewhere nothing is read."""
    store = new_store(tmp_path / "store")
    lines = [f"line {number}" for number in range(20_000)]
    add_session(
        store, "sesn_a", [[message(0), tool_use(1, lines=lines), tool_use(2, lines=lines[:9_000])]], title="far"
    )
    async with opened(store, "far", at=0) as person:
        await person.press("/")
        await person.types("line 19999")
        await person.press("enter")
        assert person.cursor == 1
        assert person.session.reading.pane.shown_tab == "Raw"
        person.sees('"line 19999"')
        await person.press("j")
        sheet = person.session.reading.pane.sheet
        assert sheet is not None and sheet.seq == 2 and sheet.raw.has_more


@errand
async def test_the_rest_of_a_large_payload_comes_when_somebody_gets_there(
    tmp_path: Path, plain_surroundings: Path
) -> None:
    """Part by part, until its end is there; nothing moves under the eye."""
    store = new_store(tmp_path / "store")
    drafts = [tool_use(0, lines=[f"line {number}" for number in range(20_000)]), *story(1, 3)]
    add_session(store, "sesn_a", [drafts], title="large")
    async with opened(store, "large", at=0) as person:
        await person.press("r", "tab")
        first = len(payload(person))
        assert payload(person)[-1].endswith("more — v to open") and first < 10_000
        await person.press("ctrl+d")
        assert len(payload(person)) == first
        before = 0
        while before < len(payload(person)):
            before = len(payload(person))
            top = person.session.reading.text.scroll_offset.y
            await person.press("G")
            assert person.session.reading.text.scroll_offset.y >= top
        assert payload(person)[-1].strip() == "}" and '      "line 19999"' in payload(person)
