"""Filters, facets and orders on the screen, at three sizes."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from runtime.store import Store
from tests.support.builders import add_session, message
from tests.support.driver import errand, opened, session_called
from tests.support.screens import TextScreen

SIZES = [(80, 24), (120, 32), (200, 60)]
BY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
REVIEW = "Review the parser"


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


@BY_SIZE
@errand
async def test_a_filtered_session(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Only what passes, and how much of all that is."""
    async with opened(demo_store, REVIEW, at=0, size=size) as person:
        await person.press("&")
        await person.types("type:tool_use -tool:bash")
        await person.press("enter")
        assert person.screen == text


@BY_SIZE
@errand
async def test_facets(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """What there is to choose from."""
    async with opened(demo_store, REVIEW, at=0, size=size) as person:
        await person.press("F", "j")
        assert person.screen == text


@BY_SIZE
@errand
async def test_sessions_by_another_column(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """The heading says by which, and which way round."""
    async with opened(demo_store, size=size) as person:
        await person.press("s", "S", "/")
        await person.types("events>10")
        await person.press("enter")
        assert person.screen == text


@errand
async def test_a_filter_of_sessions_that_makes_no_sense(demo_store: Store) -> None:
    """While it is typed, what is whole of it counts; then it is said what would do."""
    async with opened(demo_store) as person:
        await person.press("/")
        await person.types("model:claude cost>")
        shown = len(person.sessions.list.lines)
        assert shown == sum("claude" in line.model for line in person.sessions.lines) > 0
        await person.press("enter")
        person.sees("cost> needs dollars such as 0.5 after it")
        await person.press("/")
        person.sees("/model:claude cost>")
        await person.press("escape")
        assert len(person.sessions.list.lines) == len(person.sessions.lines)


@errand
async def test_sorting_shows_the_top_and_what_comes_keeps_to_it(demo_store: Store) -> None:
    """The one with the most errors is under the cursor; looking again does not change the order."""
    async with opened(demo_store) as person:
        await person.press("j", "j")
        while person.sessions.order.column != "errors":
            await person.press("s")
        errors = [line.errors for line in person.sessions.list.lines]
        assert errors == sorted(errors, reverse=True) and errors[0] > 0 and person.sessions.list.cursor == 0
        await person.press("S", "ctrl+r")
        assert [line.errors for line in person.sessions.list.lines] == errors[::-1]


@BY_SIZE
@errand
async def test_sessions_selected_and_forked(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Forks stand under their parent, some folded away; what is selected comes to something below."""
    parent = session_called(demo_store, "Upgrade the web")
    for name, under in (("One", parent), ("Two", "sesn_one"), ("Three", parent)):
        facts = {"title": f"{name} more try", "parent": {"session_id": under}}
        add_session(demo_store, f"sesn_{name.lower()}", [[message(0)]], **facts)
    async with opened(demo_store, size=size) as person:
        await person.press("G", "k", "z", "g", "j", "space", "j", "space")
        assert person.screen == text


@BY_SIZE
@errand
async def test_facets_of_sessions(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Where they come from, what became of them, what was found in them."""
    async with opened(demo_store, size=size) as person:
        await person.press("F", "j")
        assert person.screen == text


@errand
async def test_asking_how_to_write_sessions(demo_store: Store, text: SnapshotAssertion) -> None:
    """The usual way stands there already; without it, the ways there are."""
    async with opened(demo_store, size=(100, 12)) as person:
        await person.press("X", "ctrl+u")
        assert person.screen == text
