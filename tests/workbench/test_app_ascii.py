"""A terminal that has ASCII alone, or no colours: every screen says the same there, in the same columns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from syrupy.assertion import SnapshotAssertion

from runtime.store import Store
from tests.support.driver import Person, errand
from tests.support.screens import TextScreen
from tests.support.terminal import Terminal, workbench
from workbench.app import WorkbenchApp
from workbench.kept import settings
from workbench.kept.settings import Settings
from workbench.picture import settle
from workbench.view import glyphs
from workbench.view.glyphs import in_ascii
from workbench.view.text import shown, width

ROOT = Path(__file__).resolve().parents[2]
BILLING = "Move the billing exports"


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compares a screen with its text file."""
    return snapshot.use_extension(TextScreen)


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environment", "ascii"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.utf8"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": ""}, False),
    ],
)
def test_the_locale_decides_where_nobody_says(environment: dict[str, str], ascii: bool) -> None:
    """As it does for other programs; who says nothing has UTF-8. Whoever says something gets that."""
    assert Settings().on_terminal(environment).ascii is ascii
    assert Settings(ascii=True).on_terminal({"LANG": "C.UTF-8"}).ascii is True
    assert Settings(ascii=False).on_terminal({"LC_ALL": "C"}).ascii is False
    assert settings.takes_unicode(environment) is not ascii


# ── twins ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_character_of_ours_has_a_twin() -> None:
    """Whatever the app's modules could draw: a new glyph is to be added to `TWINS`."""
    missing = {
        f"{character} in {path.relative_to(ROOT)}"
        for folder in ("view", "widgets", "screens")
        for path in (ROOT / "workbench" / folder).rglob("*.py")
        if path.name not in ("text.py", "kitty.py")  # what is never drawn; what is drawn over
        for said in _strings(path)
        for character in said
        if not character.isascii() and character not in glyphs.TWINS and in_ascii(character) == "?"
    }
    assert missing == set()


def _strings(path: Path) -> Iterator[str]:
    """Text in a module, other than what it says of itself."""
    tree = ast.parse(path.read_text())
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


def test_a_twin_is_one_printable_character_of_ascii() -> None:
    """So that no column moves."""
    for character, twin in glyphs.TWINS.items():
        assert width(character) == 1 and len(twin) == 1 and twin.isascii() and twin.isprintable(), character


def test_what_differs_in_glyphs_differs_in_ascii() -> None:
    """Events of different types, and states of sessions, among each other."""
    events = {*glyphs._GLYPHS.values(), glyphs.ERROR}
    assert len({in_ascii(glyph) for glyph in events}) == len(events)
    states = (glyphs.FOLLOWING, glyphs.HELD, glyphs.LOST, glyphs.ENDED, glyphs.DELETED, glyphs.WAITING, glyphs.FAILED)
    assert len({in_ascii(glyph) for glyph in states}) == len(states)


def test_bars_of_the_timeline_grow_in_ascii_too() -> None:
    """And the lowest of them is not nothing."""
    assert in_ascii("▁▂▃▄▅▆▇█") == ".:-==+*#"


@given(some.text())
def test_any_text_takes_as_many_cells_in_ascii(raw: str) -> None:
    """What has no twin is a letter it begins with, or question marks."""
    line = shown(raw)
    found = in_ascii(line)
    assert found.isascii() and len(found) == width(line) and (found == line) == line.isascii()


def test_letters_stay_readable() -> None:
    """As far as ASCII goes."""
    assert in_ascii("é→ü 日本 ｆｕ e\u0301") == "e>u ???? f u  e"


# ── in the app ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _screens(store: Store, size: tuple[int, int], *keys: str) -> list[str]:
    """What is on the screen after each of ``keys``."""
    found: list[str] = []
    app = WorkbenchApp(store, settings=Settings(ascii=True))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        person = Person(app, pilot)
        for key in keys:
            await person.press(*key.split())
            found.append(person.screen)
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 32), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
@errand
async def test_nothing_but_ascii_is_drawn(demo_store: Store, size: tuple[int, int]) -> None:
    """Lists, payloads with anything in them, timelines, borders, scroll bars, prompts, help."""
    keys = (
        "j",
        "space",
        "/ a escape",
        "enter",
        "e",
        "j",
        "r",
        "tab G",
        "T",
        "& o escape",
        "?",
        "escape q",
        "j enter g",
    )
    for screen in await _screens(demo_store, size, *keys):
        beyond = {character for character in screen if not character.isascii()}
        assert beyond == set(), screen


@errand
async def test_a_session_in_ascii(demo_store: Store, text: SnapshotAssertion) -> None:
    """Looked at: everything is where it is otherwise."""
    assert (await _screens(demo_store, (100, 24), "/ b i l l i n g enter", "enter e"))[-1] == text


@errand
async def test_without_colours_the_list_says_everything(
    demo_store: Store, text: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``NO_COLOR``: cursor, selection, order, states and errors each have a glyph."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = WorkbenchApp(demo_store)
    async with app.run_test(size=(120, 14)) as pilot:
        await settle(pilot)
        person = Person(app, pilot)
        await person.press("j", "space")
        for glyph in ("▌", glyphs.SELECTED, glyphs.DOWNWARD, glyphs.LOST, glyphs.ERROR):
            person.sees(glyph)
        assert person.screen == text


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
@errand
async def test_the_terminals_own_colours_and_no_others(demo_store: Store, theme: str) -> None:
    """In the ``ansi-*`` themes no colour is named that the terminal could not have chosen itself."""
    app = WorkbenchApp(demo_store, settings=Settings(theme=theme))
    async with app.run_test(size=(120, 32)) as pilot:
        await settle(pilot)
        person = Person(app, pilot)
        assert app.theme == theme
        await person.press("enter", "e", "tab")
        styles = [style for strip in app.screen._compositor.render_strips() for _, style, _ in strip if style]
        colours = {colour for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert {colour.name for colour in colours if colour.triplet} == set()


def test_a_terminal_that_is_not_of_utf_8_gets_ascii_without_being_asked(demo_store: Store, tmp_path: Path) -> None:
    """Byte for byte, from the first frame to the last; another terminal gets the glyphs."""
    words = workbench("open", "--store", str(demo_store.root))
    for locale, plain in (("C", True), ("C.UTF-8", False)):
        terminal = Terminal(words, environment={"LC_ALL": locale, "XDG_STATE_HOME": str(tmp_path / "state")})
        terminal.read(20, 1.5)
        for keys in (b"\r", b"e", b"?", b"\x1b", b"q", b"q"):
            terminal.press(keys)
        assert terminal.end(20) == 0
        assert terminal.written.isascii() is plain
        assert b"sessions" in terminal.written
