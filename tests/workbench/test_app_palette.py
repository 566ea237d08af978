"""The palette over any screen: what it offers, and that what is chosen is done where the key would have done it."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.color import Color

from runtime.store import Store
from tests.support.driver import Person, errand, opened
from tests.support.screens import TextScreen
from workbench import keys
from workbench.app import WorkbenchApp
from workbench.screens.palette import PaletteScreen
from workbench.screens.search import SearchScreen

SIZES = [(80, 24), (120, 32), (200, 60)]
BY_SIZE = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
BILLING = "Move the billing exports"


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


def offered(person: Person) -> list[str]:
    """The names of what is to choose from."""
    assert isinstance(person.app.screen, PaletteScreen)
    return [match.command.name for match in person.app.screen.list.matches]


@BY_SIZE
@errand
async def test_the_palette_over_a_session(demo_store: Store, text: SnapshotAssertion, size: tuple[int, int]) -> None:
    """Above the line that is typed into; what is below it is still seen."""
    async with opened(demo_store, BILLING, at=0, size=size) as person:
        await person.press(":")
        await person.types("zoom")
        assert person.screen == text


@errand
async def test_nothing_is_called_so(demo_store: Store, text: SnapshotAssertion) -> None:
    """Says so, and how to get back; enter does nothing but that."""
    async with opened(demo_store, BILLING, at=0, size=(80, 24)) as person:
        before = person.screen
        await person.press(":")
        await person.types("qqqq")
        assert person.screen == text
        await person.press("enter")
        assert person.screen == before


@errand
async def test_it_offers_what_can_be_done_here_and_everywhere(demo_store: Store) -> None:
    """Of the screen below it first; what other screens can do is not among it, nor is the palette itself."""
    async with opened(demo_store, BILLING) as person:
        await person.press("ctrl+p")
        names = offered(person)
        here = [key.id.partition(".")[2].replace("_", " ") for key in keys.at("session")]
        assert set(here) <= set(names) and names[0] in here
        assert {"search all", "help", "quit", "half down", "theme workbench-light"} <= set(names)
        assert "palette" not in names and "reverse" not in names
        await person.press("escape", "q", ":")
        assert "reverse" in offered(person) and "next error" not in offered(person)


@errand
async def test_what_is_chosen_is_done_by_whoever_does_it_for_its_key(demo_store: Store) -> None:
    """A screen's part, the list that has the focus, the app."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.press("e")
        first = person.cursor
        await person.press("g", ":")
        await person.types("err")
        await person.press("enter")
        assert person.cursor == first
        await person.press(":")
        await person.types("bottom")
        await person.press("enter")
        assert person.cursor == person.session.source.count - 1
        await person.press(":")
        await person.types("all sessions")
        await person.press("enter")
        assert isinstance(person.app.screen, SearchScreen)
        await person.press("escape")
        assert person.session.list.has_focus


@errand
async def test_one_can_look_through_it(demo_store: Store) -> None:
    """With the arrows, which leave what was typed alone."""
    async with opened(demo_store, BILLING, at=5) as person:
        await person.press(":")
        await person.types("error")
        assert offered(person)[:2] == ["next error", "previous error"]
        await person.press("down", "ctrl+n", "up", "ctrl+p", "down", "pagedown", "pageup", "down")
        person.sees(":error")
        await person.press("enter")
        assert "✗" in person.lines[0]
        person.sees("there is no error before this one") if person.cursor == 5 else person.sees_cursor_on(
            person.event.type, error=True
        )


@pytest.mark.parametrize(
    ("typed", "seq", "said"),
    [("12", 12, "12 / "), ("1,2", 12, "12 / "), ("99999999", None, "there is no event 99,999,999")],
)
@errand
async def test_a_number_is_an_event(demo_store: Store, typed: str, seq: int | None, said: str) -> None:
    """In a session, and nothing else is offered."""
    async with opened(demo_store, BILLING, at=3) as person:
        await person.press(":")
        await person.types(typed)
        assert offered(person) == [f"event {typed}"]
        await person.press("enter")
        assert person.cursor == (person.session.source.count - 1 if seq is None else seq)
        person.sees(said)


@errand
async def test_what_cannot_be_done_says_why(demo_store: Store) -> None:
    """In its line; and once more where one is told such things, if it is chosen all the same."""
    async with opened(demo_store, BILLING, at=3) as person:
        await person.press(":")
        await person.types("follow")
        person.sees("nobody writes to this session now")
        await person.press("escape", ":")
        await person.types("next hit")
        person.sees("nothing was searched for: / searches")
        await person.press("enter")
        assert person.cursor == 3
        assert "nothing was searched for: / searches" in person.lines[-1]
        await person.press("/")
        await person.types("ledger")
        await person.press("enter", ":")
        await person.types("next hit")
        person.sees("to the next place found")


@errand
async def test_the_list_in_any_order(demo_store: Store) -> None:
    """Without going through all the columns before it; the one that it is in order of is not to be had again."""
    async with opened(demo_store) as person:
        await person.press(":")
        await person.types("sort started")
        person.sees("it is in this order")
        for _ in "started":
            await person.press("backspace")
        await person.types("errors")
        assert offered(person) == ["sort by errors"]
        await person.press("enter")
        errors = [line.errors for line in person.sessions.list.lines]
        assert errors == sorted(errors, reverse=True) and errors[0] > 0


@errand
async def test_other_colours(demo_store: Store) -> None:
    """At once; the ones there are now are not to be had again."""
    async with opened(demo_store) as person:
        await person.press(":")
        await person.types("theme light")
        assert offered(person)[0] == "theme workbench-light"
        await person.press("enter")
        assert person.app.theme == "workbench-light"
        await person.press(":")
        await person.types("workbench-light")
        person.sees("these are the colours now")


@pytest.mark.parametrize("name", ["workbench-light", "workbench-dark", "textual-light"])
@errand
async def test_colours_of_the_environment(demo_store: Store, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Hold from the first frame on, whatever Textual makes of the same variable."""
    monkeypatch.setenv("TEXTUAL_THEME", name)
    monkeypatch.setattr(WorkbenchApp.theme, "_default", name)
    async with opened(demo_store) as person:
        assert person.app.theme == name
        wanted = person.app.get_css_variables()["background"]
        assert person.app.screen.styles.background == Color.parse(wanted)


@errand
async def test_keys_that_come_faster_than_the_palette_are_not_lost(demo_store: Store) -> None:
    """Typed in one breath."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.pilot.press(":", "1", "2", "enter")
        await person.wait()
        assert person.cursor == 12


@errand
async def test_a_click_chooses(demo_store: Store) -> None:
    """Once to put the cursor there, twice to do it; what is typed then still counts."""
    async with opened(demo_store, BILLING, at=0) as person:
        await person.press(":")
        await person.types("error")
        await person.pilot.click("#commands", offset=(5, 1))
        await person.wait()
        screen = person.app.screen
        assert isinstance(screen, PaletteScreen) and screen.list.cursor == 1
        await person.press("backspace", *"r")
        person.sees(":error")
        await person.pilot.click("#commands", offset=(5, 0), times=2)
        await person.wait()
        assert person.event.is_error


@errand
async def test_what_is_typed_before_it_is_there_is_typed_into_it(demo_store: Store) -> None:
    """However fast: 5 would lead to SQL, 0 would zoom, and enter would do what stands first."""
    async with opened(demo_store, BILLING) as person:
        await person.presses_at_once(*":50", "enter")
        assert person.cursor == 50
        await person.presses_at_once(*("space" if c == " " else c for c in ":next error"), "enter")
        assert person.event.is_error
        assert person.session.scrubbing.bar.timeline.zoom(-1, person.cursor) != "", "something was zoomed"


@errand
async def test_quitting_from_it(demo_store: Store) -> None:
    """As from anywhere."""
    async with opened(demo_store, BILLING) as person:
        await person.press(":", "ctrl+q")
        assert person.app._exit


def test_every_key_of_the_palette_has_somebody_who_does_it() -> None:
    """The line that is typed into hands them on."""
    for key in keys.at("palette"):
        assert callable(getattr(PaletteScreen, f"action_{key.action}")), key.id
