"""Show only what matters of a long session, look at it, and show everything again."""

from __future__ import annotations

from pathlib import Path

from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, add_session, message, story, tool_result, tool_use
from tests.support.driver import Person, errand, opened

BILLING = "Move the billing exports"


async def show_only(person: Person, text: str) -> None:
    """Press ``&``, type, press enter."""
    await person.press("&")
    await person.types(text)
    await person.press("enter")


def kinds(person: Person) -> set[str]:
    """The types of all events that have a line."""
    shown = person.session.list
    rows = person.session.source.reader.rows(0, person.session.source.count)
    return {rows[shown.standing.seq(line)].type for line in range(shown.count)}


@errand
async def test_show_only_the_errors_of_tools_and_then_what_led_to_one(demo_store: Store) -> None:
    """The list shows what passes, says how many that is, and clearing it stays on the event that was found."""
    async with opened(demo_store, BILLING, at=0) as person:
        count = person.session.source.count
        await show_only(person, "type:tool_result is:error")
        shown = person.session.list.count
        assert 0 < shown < count and kinds(person) == {"agent.tool_result"}
        person.sees(f"&type:tool_result is:error → {shown} of {count}")
        person.sees_cursor_on("agent.tool_result", error=True)
        await person.press("G")
        found = person.cursor
        row = next(index for index, line in enumerate(person.lines) if line.startswith("▌"))
        await person.press("escape")
        assert person.cursor == found and person.session.list.count == count
        assert person.lines[row].startswith("▌"), "it is on the same line of the screen"
        person.does_not_see("→ ")
        await person.press("k")
        assert person.cursor == found - 1, "what led to it is above it"


@errand
async def test_words_are_looked_for_in_payloads_too(demo_store: Store) -> None:
    """What no summary says is found all the same; a word with a minus is kept out."""
    async with opened(demo_store, BILLING, at=0) as person:
        await show_only(person, "ledger")
        with_word = {person.session.list.standing.seq(line) for line in range(person.session.list.count)}
        said = [row.seq for row in person.session.source.reader.rows(0, 999) if "ledger" in row.summary.lower()]
        assert set(said) < with_word
        await show_only(person, "-ledger")
        without = {person.session.list.standing.seq(line) for line in range(person.session.list.count)}
        assert without == set(range(person.session.source.count)) - with_word


@errand
async def test_what_is_no_filter_is_said_and_nothing_changes(demo_store: Store) -> None:
    """The word that was wrong, and what comes nearest; it can be put right where it stands."""
    async with opened(demo_store, BILLING, at=3) as person:
        before = person.session.list.count
        await show_only(person, "tol:bash")
        person.sees("nothing is called tol: tool: is what comes nearest")
        assert person.session.list.count == before and person.cursor == 3
        await person.press("&")
        person.sees("&tol:bash")
        await person.press("escape")


@errand
async def test_nothing_passes(demo_store: Store) -> None:
    """Said calmly, with the way back; every key is harmless, and the cursor's event is not forgotten."""
    async with opened(demo_store, BILLING, at=5) as person:
        await show_only(person, "tokens>900M")
        person.sees("Nothing passes. esc shows all events again.")
        person.sees("→ 0 of ")
        await person.press("j", "G", "g", "e", "]", "[", "n", "F")
        person.sees("nothing is shown")
        await person.press("*", "escape")
        assert person.session.list.standing is person.session.source.standing


@errand
async def test_jumps_stay_among_what_is_shown(demo_store: Store) -> None:
    """Errors, turns, places found, and numbers."""
    async with opened(demo_store, BILLING, at=0) as person:
        await show_only(person, "type:tool_use")
        for key in ("e", "]", "]", "["):
            await person.press(key)
            assert person.event.type == "agent.tool_use"
        await person.press("e")
        person.sees("no error passes the filter")
        await person.press("/")
        await person.types("ledger")
        await person.press("enter")
        few = len(person.session.finding.finder.search or ())
        assert person.event.type == "agent.tool_use"
        await person.press(":")
        await person.types("0")
        await person.press("enter")
        person.sees("the filter does not let event 0 through")
        person.session.sifting.clear()
        await person.wait()
        assert len(person.session.finding.finder.search or ()) > few > 0, "all places are places again"


@errand
async def test_facets_and_more_like_this(demo_store: Store) -> None:
    """``F`` counts what is shown, enter shows only that; ``*`` does so for what is under the cursor."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.press("F")
        person.sees("facets   of the events that are shown")
        line = next(line for line in person.lines if "type" in line)
        kind, number = line.split()[1], int(line.split()[2])
        await person.press("enter")
        person.sees(f"&type:{kind} → {number} of")
        await person.press("F", "escape")
        assert person.session.list.count == number
        await person.press("escape", "e", "*")
        tool = person.event.name
        person.sees(f"&tool:{tool} → ")
        assert kinds(person) <= {"agent.tool_use", "agent.tool_result"}


@errand
async def test_new_events_that_pass_come_into_the_list(plain_surroundings: Path) -> None:
    """While it is followed; others only count."""
    store = Store("live").prepare()
    with store.create(Manifest("sesn_live", created_us=START_US, title="Live")) as log:
        log.append(story(0, 60))
        async with opened(store, "Live") as person:
            await show_only(person, "type:tool_result needle")
            person.sees("→ 0 of 60")
            result = tool_result(61, 60)
            log.append([tool_use(60), result._replace(payload={**result.payload, "content": "a needle"})])
            await person.wait_until(lambda: person.session.list.count == 1)
            assert person.cursor == 61
            person.sees("● live, following")
            again = tool_result(62, 60, supersedes=61)
            log.append([again, message(63, "needle")])
            await person.wait_until(lambda: person.session.list.count == 0)
            person.sees("→ 0 of 63")


@errand
async def test_held_counts_only_what_passes(plain_surroundings: Path) -> None:
    """What nobody would see is not new."""
    store = Store("live").prepare()
    with store.create(Manifest("sesn_live", created_us=START_US, title="Live")) as log:
        log.append([message(number) for number in range(30)])
        async with opened(store, "Live") as person:
            await show_only(person, "type:user.message")
            await person.press("k", "k")
            log.append([tool_use(30), message(31), tool_use(32)])
            await person.wait_until(lambda: person.session.list.count == 31)
            person.sees("▼ 1 new")


@errand
async def test_a_filter_over_few_events_far_apart(plain_surroundings: Path) -> None:
    """Lines from many pages of a long session are all there once nothing is under way any more."""
    store = Store("long").prepare()
    drafts = [message(number, "rare" if number % 300 == 0 else "") for number in range(30_000)]
    add_session(store, "sesn_a", [drafts], title="Long")
    async with opened(store, "Long", at=15_000, size=(200, 110)) as person:
        await show_only(person, "rare")
        assert person.session.list.count == 100
        assert sum("❯ user" in line for line in person.lines[2:]) == 100
