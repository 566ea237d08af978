"""Something was said somewhere, in some session: find it, look around there, come back to what else was found."""

from __future__ import annotations

from runtime.store import Store
from tests.support.driver import Person, errand, opened
from workbench.screens.search import SearchScreen


async def look_for(person: Person, text: str) -> SearchScreen:
    """Press ``ctrl+f``, type, press enter."""
    await person.press("ctrl+f")
    await person.types(text)
    await person.press("enter")
    assert isinstance(person.app.screen, SearchScreen)
    return person.app.screen


@errand
async def test_find_who_else_had_this_trouble(demo_store: Store) -> None:
    """From the list to a hit, on from there with ``n``, back with ``q``, and into the next session."""
    async with opened(demo_store) as person:
        results = await look_for(person, "failed")
        headings = [group.about.title for group in results.list.results.groups]
        assert len(headings) > 1
        for title in headings:
            person.sees(title)

        await person.press("]", "]", "k")  # the last of the second session
        line = results.list.cursor
        group, found = results.list.results.at(line)
        assert found is not None and group.about.title == headings[1]

        await person.press("enter")
        assert (person.session.source.session_id, person.cursor) == (group.session_id, found.seq)
        person.sees(f"/failed   {group.events} of {group.events} events")
        marked = [text for each in person.session.reading.text._lines for text, role in each if role == "hit"]
        assert marked and {text.lower() for text in marked} == {"failed"}

        await person.press("n")
        assert person.cursor != found.seq
        person.sees(f"1 of {group.events} events, around the end")
        await person.press("N")
        assert person.cursor == found.seq

        await person.press("q")
        assert person.app.screen is results and results.list.cursor == line
        assert sum(each.startswith("▌") for each in person.lines) == 1
        await person.press("[", "[")
        assert results.list.cursor == 0


@errand
async def test_narrow_it_to_what_went_wrong(demo_store: Store) -> None:
    """With the words that filters have, in front; asked again, they can be edited."""
    async with opened(demo_store) as person:
        results = await look_for(person, "fail")
        everything = results.list.results.events
        await person.press("ctrl+f", "home")
        await person.types("is:error ")
        await person.press("enter")
        only_errors = results.list.results
        assert 0 < only_errors.events < everything
        for line in range(only_errors.lines):
            _, found = only_errors.at(line)
            results.list.put_cursor(line)
            await person.wait()
            assert found is None or "✗" in next(each for each in person.lines if each.startswith("▌"))


@errand
async def test_a_search_of_ones_own_in_a_session_that_was_found(demo_store: Store) -> None:
    """The one that led there does not stand in the way of leaving; another ends first, as always."""
    async with opened(demo_store) as person:
        await look_for(person, "ledger")
        await person.press("enter", "/")
        await person.types("required")
        await person.press("enter")
        person.sees("/required")
        await person.press("q")
        person.does_not_see("/required")
        assert person.session.source.manifest.title is not None
        await person.press("q")
        assert isinstance(person.app.screen, SearchScreen)
