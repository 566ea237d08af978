"""Two sequences aligned: nothing is lost, nothing stands in both that does not, and it always comes to an end."""

from __future__ import annotations

import random
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from workbench.view.comparing.alignment import _Aligner, aligned

FEW = st.lists(st.sampled_from("abcdef"), max_size=30)


def common(left: list[int], right: list[int]) -> int:
    """The most that two sequences can have in common, counted the slow way."""
    row = [0] * (len(right) + 1)
    for each in left:
        before = row
        row = [0]
        for index, other in enumerate(right):
            row.append(before[index] + 1 if each == other else max(before[index + 1], row[-1]))
    return row[-1]


@given(FEW, FEW)
def test_runs_are_the_same_on_both_sides_and_in_order(left: list[str], right: list[str]) -> None:
    """They rise on both sides, do not overlap, and hold the same."""
    x = y = 0
    for a, b, length in aligned(left, right):
        assert length > 0 and a >= x and b >= y and (a > x or b > y or not x)
        assert left[a : a + length] == right[b : b + length]
        x, y = a + length, b + length
    assert x <= len(left) and y <= len(right)


@given(st.lists(st.sampled_from([1, 2, 3]), max_size=20), st.lists(st.sampled_from([1, 2, 3]), max_size=20))
def test_in_a_piece_as_much_as_possible_is_kept(left: list[int], right: list[int]) -> None:
    """Where every line occurs again and again, the shortest way is found."""
    runs = _Aligner(left, right).shortest(0, len(left), 0, len(right))
    assert sum(length for _, _, length in runs) == common(left, right)
    assert all(left[a : a + length] == right[b : b + length] for a, b, length in runs)


@given(FEW)
def test_what_is_the_same_is_one_run(side: list[str]) -> None:
    """However often its lines occur."""
    assert aligned(side, list(side)) == ([(0, 0, len(side))] if side else [])


@given(FEW, FEW, FEW, FEW)
def test_an_inserted_line_does_not_cascade(before: list[str], after: list[str], one: list[str], two: list[str]) -> None:
    """What stands around a change stays the same."""
    left, right = [*before, "1", *one, "2", *after], [*before, "1", *two, "2", *after]
    assert sum(length for _, _, length in aligned(left, right)) >= len(before) + len(after) + 2


def test_nothing_in_common_and_hundred_thousand_lines_take_a_moment() -> None:
    """Neither what repeats endlessly nor what never does can keep anybody waiting."""
    chance = random.Random(1)
    left = [chance.choice("abcde") for _ in range(100_000)]
    right = [chance.choice("abcde") for _ in range(100_000)]
    started = process_time()
    runs = aligned(left, right)
    assert all(left[a] == right[b] for a, b, _ in runs)
    assert aligned([f"l{index}" for index in range(100_000)], [f"r{index}" for index in range(100_000)]) == []
    assert process_time() - started < 5
