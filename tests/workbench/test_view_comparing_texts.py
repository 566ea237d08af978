"""Two texts held against each other, and two events: what is said of them, how it is drawn."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Draft
from tests.support.builders import START_US, THREAD, add_session, message, new_store, tool_result, tool_use
from workbench.view.comparing.divergence import Outcome, first_divergence
from workbench.view.comparing.events import TwoEvents, columns_apart, read_both, told
from workbench.view.comparing.texts import MOST_SHOWN, Pair, as_text, differences, drawn, paired, word_by_word
from workbench.view.session.standing import Standing
from workbench.view.text import line_text, line_width

LINES = st.lists(st.sampled_from(["", "a", "b", "def f():", "    return 1", "    return 2", "x" * 50]), max_size=14)
HOSTILE = st.lists(st.text(max_size=30), max_size=6)


def texts(pairs: list[Pair], cells: int = 80) -> list[str]:
    """A comparison as it is drawn."""
    return [line_text(line).rstrip() for line in drawn(pairs, cells).lines]


@given(LINES, LINES)
def test_nothing_is_lost(left: list[str], right: list[str]) -> None:
    """Either text can be put together again from the pairs."""
    pairs = paired(left, right)
    assert [pair.left for pair in pairs if pair.left is not None] == left
    assert [pair.right for pair in pairs if pair.right is not None] == right
    assert (differences(pairs) == 0) == (left == right)


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_put_together_are_the_lines(left: str, right: str) -> None:
    """And what does not differ is the same on both sides."""
    ours, theirs = word_by_word(left, right)
    assert "".join(text for text, _ in ours) == left and "".join(text for text, _ in theirs) == right
    same = ["".join(text for text, differs in side if not differs) for side in (ours, theirs)]
    assert same[0] == same[1]


def test_only_the_words_that_differ_stand_out() -> None:
    """Never a part of a word."""
    ours, theirs = word_by_word("the cat sat", "the car sat")
    assert ours == [("the ", False), ("cat", True), (" sat", False)]
    assert theirs == [("the ", False), ("car", True), (" sat", False)]


@given(HOSTILE, HOSTILE, st.integers(20, 200))
def test_nothing_hostile_leaves_its_cells(left: list[str], right: list[str], cells: int) -> None:
    """Control characters are shown, and no line is wider than the pane."""
    for line in drawn(paired(left, right), cells).lines:
        assert line_width(line) <= cells
        assert all(unicodedata.category(character) != "Cc" for character in line_text(line))


def test_a_line_that_was_changed_stands_beside_what_it_became() -> None:
    """However many others were put before it."""
    pairs = paired(["a", "timeout = 60", "z"], ["a", "new", "other", "timeout = 600", "z"])
    assert Pair("timeout = 60", "timeout = 600") in pairs and Pair(None, "new") in pairs


def test_what_is_equal_is_folded_and_what_goes_stands_above_what_comes() -> None:
    """In narrow terminals."""
    left = [f"line {number}" for number in range(30)]
    right = [*left[:15], "else", *left[16:]]
    assert texts(paired(left, right)) == [
        "⋯ 12 equal ⋯", "  line 12", "  line 13", "  line 14", "- line 15", "+ else", "  line 16", "  line 17",
        "  line 18", "⋯ 11 equal ⋯",
    ]  # fmt: skip


def test_in_wide_terminals_both_stand_beside_each_other() -> None:
    """Also where a line takes more than one."""
    found = texts(paired(["same", "short one"], ["same", "short " + "word " * 20]), 120)
    assert found[0].startswith("  same") and found[0].endswith("│   same")
    assert found[1].startswith("- short one") and "│ + short word" in found[1]
    assert found[2].lstrip().startswith("│     word")


def test_places_are_where_differences_are() -> None:
    """To go from one to the next."""
    left, right = ["a", *"11111111", "b"], ["A", *"11111111", "B"]
    lines, places = drawn(paired(left, right), 80)
    assert [[line_text(line) for line in lines[low:high]] for low, high in places] == [["- a", "+ A"], ["- b", "+ B"]]


def test_what_is_too_much_is_counted() -> None:
    """And copied all the same."""
    pairs = paired([f"l{number}" for number in range(9_000)], [f"r{number}" for number in range(9_000)])
    lines, places = drawn(pairs, 80)
    assert len(lines) == 2 * MOST_SHOWN + 1 and len(places) == 1
    assert line_text(lines[-1]) == "… 5,000 more lines in which they differ — y copies all"
    assert as_text(pairs).count("\n") == 18_000


def test_one_endless_line_takes_a_moment_and_is_shown_in_part() -> None:
    """Five megabytes, one character of which is another."""
    left = "x y " * 1_300_000
    started = process_time()
    lines, _ = drawn(paired([left], [left[:2_000_000] + "HERE" + left[2_000_000:]]), 80)
    text = "".join(line_text(line) for line in lines)
    assert "HERE" in text and "equal ⋯" in text and len(text) < 5_000
    assert process_time() - started < 3


def test_a_copy_is_what_other_programs_understand() -> None:
    """Signs in the first column."""
    assert as_text(paired(["a", "b"], ["a", "c"])) == " a\n-b\n+c\n"


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def both(tmp_path: Path, *drafts: Draft) -> TwoEvents:
    """The first two of some events."""
    store = new_store(tmp_path)
    with store.reader(add_session(store, "sesn_a", [drafts])) as reader:
        return read_both(reader, 0, 1)


def test_two_calls_are_compared_as_text_and_as_json(tmp_path: Path) -> None:
    """Keys in order, so that only what was given differs."""
    two = both(tmp_path, tool_use(0, command="ls", cwd="/"), tool_use(1, cwd="/", command="ls -l"))
    assert [pair for pair in two.pairs(raw=False) if not pair.same][0] == Pair("$ ls", "$ ls -l")
    changed = [pair for pair in two.pairs(raw=True) if not pair.same]
    assert [pair.right for pair in changed] == ['  "id": "sevt_000001",', '    "command": "ls -l",']
    assert two.cut == ""


def test_lines_within_a_string_are_lines(tmp_path: Path) -> None:
    """A file that was written is one string of JSON, and compared line by line all the same."""
    two = both(tmp_path, tool_use(0, content="a\nb\nc"), tool_use(1, content="a\nB\nc"))
    changed = [pair for pair in two.pairs(raw=True) if not pair.same]
    assert [(pair.left or "").strip() for pair in changed] == ['"id": "sevt_000000",', "b\\n"]


def test_of_what_is_too_large_the_beginning_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is said."""
    monkeypatch.setattr("workbench.view.comparing.events.COMPARED_CHARACTERS", 2048)
    two = both(tmp_path, message(0, "x\n" * 3_000), message(1, "x\n" * 3_000 + "y"))
    assert two.cut == "only the first 2.0 KiB of each are compared"
    assert not [pair for pair in two.pairs(raw=False) if not pair.same and "y" in (pair.right or "")[:1]]
    assert all("y" != (pair.right or "").strip() for pair in two.pairs(raw=True))


def test_a_comparison_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    """And is made when it is asked for again."""
    two = both(tmp_path, tool_use(0), tool_use(1, command="pwd"))
    assert two.pairs(False, lambda: False) == []
    assert [pair.right for pair in two.pairs(False) if not pair.same] == ["$ pwd"]


def test_columns_that_differ_are_named(tmp_path: Path) -> None:
    """With both values; number and time always differ, and are said elsewhere."""
    two = both(tmp_path, tool_use(0, "bash"), tool_use(1, "edit"))
    left, right = two.left.row, two.right.row
    assert columns_apart(left, right, {}) == "name bash → edit"
    assert columns_apart(left, left, {}) == ""
    assert columns_apart(left, right._replace(is_error=True, duration_us=2_000_000), {}) == (
        "name bash → edit   outcome no error → error   took none → 2.0s"
    )
    assert line_text(told(left, "-", START_US)).startswith("- 0  ▸ agent.tool_use  bash  +0:00.0  ")


# ── where they part ──────────────────────────────────────────────────────────────────────────────────────────────────


def parted(tmp_path: Path, drafts: list[Draft], left: int, right: int, standing: Standing | None = None) -> Outcome:
    """Where what followed two of some events differs."""
    store = new_store(tmp_path)
    with store.reader(add_session(store, "sesn_a", [drafts[: len(drafts) // 2], drafts[len(drafts) // 2 :]])) as reader:
        return first_divergence(reader, left, right, standing or Standing())


def turn(start: int, *commands: str) -> list[Draft]:
    """A person asks, and these commands are run."""
    drafts = [message(start, f"ask {start}", person=True)]
    for command in commands:
        number = start + len(drafts)
        drafts += [tool_use(number, command=command), tool_result(number + 1, number)]
    return drafts


def test_the_first_other_command_is_where_they_part(tmp_path: Path) -> None:
    """However its blanks are set."""
    drafts = [*turn(0, "ls", "cat a", "rm"), *turn(7, "ls", "cat   a\n", "mv")]
    outcome = parted(tmp_path, drafts, 0, 7)
    assert outcome == Outcome(5, 12, "after 4 equal steps 5 and 12 differ: input")


def test_an_error_where_the_other_had_none_is_a_difference(tmp_path: Path) -> None:
    """Though the call was the same."""
    drafts = [*turn(0, "ls"), *turn(3, "ls")]
    drafts[5] = tool_result(5, 4, is_error=True)
    assert parted(tmp_path, drafts, 0, 3) == Outcome(2, 5, "after 1 equal step 2 and 5 differ: outcome")


def test_another_thread_in_between_and_what_only_keeps_account_are_no_difference(tmp_path: Path) -> None:
    """Steps are counted in the mark's own thread."""
    drafts = [*turn(0, "ls", "pwd"), *turn(5, "ls", "pwd")]
    thought = {"id": "sevt_t", "type": "agent.thinking"}
    drafts.insert(7, Draft(thought, THREAD, START_US))
    drafts.insert(8, tool_use(99, command="elsewhere")._replace(thread_id="sthr_other"))
    assert parted(tmp_path, drafts, 0, 5) == Outcome(
        None, None, "they never differ: 4 steps after each mark are the same, then what follows 5 ends"
    )


def test_a_mark_at_the_end_has_nothing_after_it(tmp_path: Path) -> None:
    """Which is said."""
    outcome = parted(tmp_path, turn(0, "ls"), 0, 2)
    assert outcome == Outcome(None, None, "nothing follows the mark at 2 in its thread")


def test_what_was_replaced_is_no_step(tmp_path: Path) -> None:
    """Only what stands is compared."""
    drafts = [*turn(0, "ls"), *turn(3, "old", "ls")]
    assert parted(tmp_path / "a", drafts, 0, 3).left == 1
    assert parted(tmp_path / "b", drafts, 0, 3, Standing({4: 6, 5: 7})).left is None


def test_without_colours_signs_say_which_words_changed() -> None:
    """Within a line that both have; a line that one of them has alone has its sign in front."""
    lines = drawn([Pair("wait 60 s", "wait 600 s"), Pair("gone", None)], 100, signs=True).lines
    assert [line_text(line) for line in lines] == ["- wait [-60-] s", "- gone", "+ wait {+600+} s"]
