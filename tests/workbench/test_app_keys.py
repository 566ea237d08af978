"""The one table of keys, and that everything else is made from it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from runtime.store import Store
from tests.support.driver import errand, opened, session_called
from workbench import keys
from workbench.screens.search import SearchScreen
from workbench.screens.session import SessionScreen
from workbench.screens.sessions import SessionsScreen
from workbench.view.session.source import SessionSource
from workbench.widgets.line_pane import LinePane


def test_every_key_can_be_sent_by_every_terminal() -> None:
    """Plain characters, ctrl with a letter, and keys that have a name; no alt, no function keys, no ctrl+shift."""
    named = set("up down left right home end pageup pagedown enter tab escape space comma".split())
    for key in keys.KEYS:
        for name in key.keys:
            assert name in named or len(name) == 1 or re.fullmatch(r"ctrl\+[a-z]", name), f"{key.id}: {name}"


def test_no_key_means_two_things_in_one_place() -> None:
    """Moving and the app's own keys work everywhere, so they clash with anything."""
    for place in ("session", "sessions"):
        count = Counter(name for where in ("move", place, "app") for key in keys.at(where) for name in key.keys)
        assert [name for name, times in count.items() if times > 1] == []
    assert len({key.id for key in keys.KEYS}) == len(keys.KEYS)


@pytest.mark.parametrize(
    ("where", "owner"), [("move", LinePane), ("sessions", SessionsScreen), ("search", SearchScreen)]
)
def test_every_key_has_somebody_who_does_it(where: str, owner: type) -> None:
    """And what is done is written down nowhere else."""
    bound = {binding.id: binding for binding in owner.BINDINGS}  # type: ignore[attr-defined]
    assert set(bound) == {key.id for key in keys.at(where)}
    for key in keys.at(where):
        assert callable(getattr(owner, f"action_{key.action}")), key.id


def test_every_key_of_a_session_is_done_by_one_of_its_parts_alone(demo_store: Store) -> None:
    """Two that answer to the same name would leave it to chance who does it."""
    screen = SessionScreen(SessionSource(demo_store, session_called(demo_store, "Fix the flaky")))
    for key in keys.at("session"):
        doers = [part for part in (*screen.parts, screen) if callable(getattr(part, key.action, None))]
        assert len(doers) == 1, f"{key.id}: {doers}"
    assert {binding.id for binding in SessionScreen.BINDINGS} == {key.id for key in keys.at("session")}  # type: ignore[union-attr]
    screen.source.close()


def test_the_footer_gives_way_from_its_end_but_keeps_the_way_to_all_keys() -> None:
    """However narrow the terminal."""
    whole = keys.footer(200, "move", "session", "app")
    assert whole.startswith("j k move   e E error") and whole.endswith("? keys")
    for cells in range(200):
        line = keys.footer(cells, "move", "session", "app")
        assert line.endswith("? keys") and (len(line) <= cells or line == "? keys")


@errand
async def test_help_shows_the_whole_table_and_leaves_as_it_came(demo_store: Store) -> None:
    """From any screen, with any of the keys that lead back."""
    async with opened(demo_store, "Fix the flaky", size=(120, len(keys.help_lines()) + 4)) as person:
        before = person.screen
        for leave in ("escape", "q", "?", "enter"):
            await person.press("?")
            for key in keys.KEYS:
                person.sees(key.words)
            await person.press(leave)
            assert person.screen == before


@errand
async def test_ctrl_q_quits_from_anywhere(demo_store: Store) -> None:
    """From help on a session, too."""
    async with opened(demo_store, "Fix the flaky") as person:
        await person.press("?", "ctrl+q")
        assert person.app._exit
