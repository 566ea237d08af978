"""Find every session where a tool failed three times running, and hand those over."""

from __future__ import annotations

from pathlib import Path

from runtime.asking.query import Query
from runtime.store import Store
from tests.support.builders import add_session, message, tool_result, tool_use
from tests.support.driver import Person, errand, opened


def titles(person: Person) -> set[str]:
    """What is shown."""
    return {line.title for line in person.sessions.list.lines}


async def filter_by(person: Person, text: str) -> None:
    """Press ``/``, type, press enter."""
    await person.press("/")
    await person.types(text)
    await person.press("enter")


def looping(store: Store) -> set[str]:
    """The same, asked in SQL."""
    with Query(store) as query:
        sql = "SELECT DISTINCT title FROM findings JOIN sessions USING (session_id) WHERE finding = 'error_loop'"
        return {title for (title,) in query.run(sql).rows()}


@errand
async def test_find_every_session_where_a_tool_failed_three_times_running(demo_store: Store) -> None:
    """One filter names them; from each, the first of its errors is a key away."""
    expected = looping(demo_store)
    assert 0 < len(expected) < len(list(demo_store.session_ids()))
    async with opened(demo_store) as person:
        await filter_by(person, "finding:error_loop")
        assert titles(person) == expected
        person.sees(f"{len(expected)} of 7 sessions")
        await person.press("enter", "g", "e")
        assert person.event.is_error
        await person.press("q")
        assert titles(person) == expected


@errand
async def test_facets_lead_there_without_knowing_the_word(demo_store: Store) -> None:
    """``F`` counts what the sessions have; enter shows only these, and ``esc`` all again."""
    async with opened(demo_store, size=(120, 60)) as person:
        await person.press("F")
        person.sees("facets   of the sessions that are shown")
        at = next(index for index, line in enumerate(person.lines) if "error_loop" in line)
        await person.press(*"j" * (at - 1), "enter")
        person.sees("/finding:error_loop")
        assert titles(person) == looping(demo_store)
        await person.press("escape")
        assert len(titles(person)) == 7


@errand
async def test_the_ones_that_are_found_are_written_for_a_colleague(demo_store: Store, tmp_path: Path) -> None:
    """All of them selected with one key, what they cost together below, and each in a masked file."""
    expected = looping(demo_store)
    async with opened(demo_store) as person:
        await filter_by(person, "finding:error_loop")
        await person.press("a")
        person.sees(f"{len(expected)} selected   $")
        await person.press("X")
        await person.types("share over")
        await person.press("enter")
        person.sees("secrets and names masked, in over")
        assert len(list((tmp_path / "over").glob("*.share"))) == len(expected)


@errand
async def test_more_sessions_like_this_one_and_by_what_became_of_them(demo_store: Store) -> None:
    """``*`` for where it comes from, words for a verdict and a tool; the list can be in order of idle time."""
    async with opened(demo_store, size=(200, 60)) as person:
        await person.press("*")
        person.sees("/source:workbench")
        assert titles(person) == {line.title for line in person.sessions.lines if line.source == "workbench"}
        assert "Upgrade the web framework" not in titles(person)
        await person.press("escape")
        await filter_by(person, "verdict:satisfied")
        assert titles(person) == {"Review the parser rewrite"}
        await person.press("escape")
        await filter_by(person, "tool:no_such_tool")
        person.sees("No session has these words.")
        await person.press("escape")
        while person.sessions.order.column != "idle":
            await person.press("s")
        idle = [person.sessions.narrowing.courses[line.session_id].idle_us for line in person.sessions.list.lines]
        known = [value for value in idle if value is not None]
        assert idle[: len(known)] == sorted(known, reverse=True) and known


@errand
async def test_a_finding_that_does_not_exist_is_told(demo_store: Store) -> None:
    """With the names of those that do."""
    async with opened(demo_store, size=(200, 30)) as person:
        await filter_by(person, "finding:eror_loop")
        person.sees("no finding is called eror_loop: there are cache_miss, cost_spike, empty_reply, error_loop")


@errand
async def test_one_that_begins_to_fail_while_one_looks_comes_by_itself(demo_store: Store) -> None:
    """What changed is asked again; nothing else is."""
    async with opened(demo_store) as person:
        await filter_by(person, "finding:error_loop")
        before = titles(person)
        uses = [part for n in (1, 3, 5) for part in (tool_use(n, "bash"), tool_result(n + 1, n, is_error=True))]
        add_session(demo_store, "sesn_new", [[message(0), *uses]], title="Fails and fails")
        await person.wait_until(lambda: titles(person) == before | {"Fails and fails"})
