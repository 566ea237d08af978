"""What the palette finds, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import keys
from workbench.view.palette import LONGEST_TYPED, Command, Match, command_line, ranked
from workbench.view.text import line_text, line_width

COMMANDS = [
    Command("next error", "to the next error", "e"),
    Command("previous error", "to the error before", "E"),
    Command("next turn", "to the next turn", "]"),
    Command("zoom in", "the timeline: closer around the cursor", "+"),
    Command("zoom out", "the timeline: further away", "-"),
    Command("yank", "copy the payload as it is shown, secrets masked", "y"),
    Command("wrap", "wrap the payload's long lines, or not", "w"),
    Command("raw", "the payload exactly as it is stored, and back", "r"),
    Command("reload", "look again which sessions there are", "ctrl+r"),
    Command("theme workbench-light", "other colours"),
]


def names(typed: str) -> list[str]:
    """What is found, in order."""
    return [match.command.name for match in ranked(COMMANDS, typed)]


def test_without_a_letter_everything_is_there_in_its_order() -> None:
    """So that one can look through it."""
    assert names("") == names("  ") == [command.name for command in COMMANDS]


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("err", "next error"),  # the beginning of a word
        ("nt", "next turn"),  # initials
        ("prev", "previous error"),
        ("error prev", "previous error"),  # words in any order
        ("ERR", "next error"),
        ("zo", "zoom out"),
        ("zi", "zoom in"),
        ("copy", "yank"),  # by what it says of itself
        ("masked", "yank"),
        ("raw", "raw"),  # a whole word before a part of one
        ("light", "theme workbench-light"),
        ("twl", "theme workbench-light"),
        ("w", "wrap"),  # a key
        ("E", "previous error"),
        ("ctrl+r", "reload"),
        ("+", "zoom in"),
    ],
)
def test_the_best_comes_first(typed: str, best: str) -> None:
    """Beginnings of words and initials before letters from anywhere, names before what is said of them."""
    assert names(typed)[0] == best


def test_all_that_is_typed_must_be_found() -> None:
    """And what is far worse than the best is not shown at all."""
    assert names("xyz") == names("error xyz") == []
    assert names("next err") == ["next error"]
    assert "yank" not in names("next error")


def test_what_has_to_come_first_does() -> None:
    """Whatever was typed: a number is that of an event, and nothing else has digits."""
    go = Command("event 12", "go there", first=True)
    assert [match.command for match in ranked([*COMMANDS, go], "12")] == [go]
    assert ranked([*COMMANDS, go], "err")[0].command == go


letters = st.text(st.sampled_from("abeint ror"), max_size=12)


@given(typed=letters, texts=st.lists(st.tuples(letters, letters), max_size=8))
def test_letters_that_stand_out_are_those_that_were_typed(typed: str, texts: list[tuple[str, str]]) -> None:
    """Each part of what was typed is there in its order, the same whenever it is asked, and none is found twice."""
    commands = [Command(name, words) for name, words in texts]
    found = ranked(commands, typed)
    assert found == ranked(commands, typed)
    assert len({match.number for match in found}) == len(found)
    for match in found:
        assert commands[match.number] == match.command
        standing_out = [match.command.text[place] for place in sorted(match.places)]
        for part in typed.split():
            rest = iter(standing_out)
            assert all(letter in rest for letter in part), (part, match)


def test_much_that_is_typed_costs_little() -> None:
    """The rest of it is not looked at."""
    command = Command("a" * 60, "b")
    assert ranked([command], "a" * LONGEST_TYPED + "zzz")[0].command == command


@pytest.mark.parametrize("cells", range(1, 120, 7))
def test_a_line_fits(cells: int) -> None:
    """However narrow; the key stays, and the reason why something cannot be done takes the place of its words."""
    match = Match(Command("next hit", "to the next place found", "n", "nothing was searched for"), 0, frozenset({0, 5}))
    line = command_line(match, cells)
    assert line_width(line) == cells
    assert line_text(line).endswith("n")
    if cells > 60:
        assert "nothing was searched for" in line_text(line) and "next place" not in line_text(line)


def test_what_was_typed_stands_out() -> None:
    """In the name, and in the words after it."""
    line = command_line(ranked(COMMANDS, "zoom closer")[0], 80)
    assert [text for text, role in line if role == "strong"] == ["zoom", "closer"]


def test_every_key_can_be_found_by_its_own_name() -> None:
    """The whole table, as the palette shows it."""
    commands = [Command(key.id.partition(".")[2].replace("_", " "), key.words, keys.shown(key)) for key in keys.KEYS]
    for command in commands:
        assert ranked(commands, command.name)[0].command.name == command.name
