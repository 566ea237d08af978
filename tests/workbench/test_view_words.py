"""Numbers, times and sizes in few characters."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.view import words

S, M, H = 1_000_000, 60_000_000, 3_600_000_000


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (None, ""), (0, "0ms"), (20_000, "20ms"), (95_000, "0.1s"), (4_200_000, "4.2s"), (9_949_000, "9.9s"),
        (9_950_000, "10s"), (59 * S, "59s"), (59_600_000, "1m00s"), (192 * S, "3m12s"),
        (36 * M + 11 * S, "36m11s"), (H, "1h00m"),
        (25 * H, "1d01h"), (-5 * S, "-5.0s"),
    ],
)  # fmt: skip
def test_duration(us: int | None, said: str) -> None:
    """Two units at most, and no more digits than one reads."""
    assert words.duration(us) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "+0:00.0"), (192_100_000, "+3:12.1"), (59 * M + 59_990_000, "+59:59.9"), (H + 3 * M + 12 * S, "+1:03:12"),
        (99 * H, "+99:00:00"), (100 * H, "+4d04h"), (-400_000, "-0:00.4"),
    ],
)  # fmt: skip
def test_since(at: int, said: str) -> None:
    """Time since a session's start, never wider than its column."""
    assert words.since(1_000 * S + at, 1_000 * S) == said
    assert len(said) <= 9


def test_since_where_nobody_knows() -> None:
    """No time, no words."""
    assert words.since(None, 0) == words.since(0, None) == ""


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (310, "310"),
        (12_400, "12.4k"),
        (99_949, "99.9k"),
        (390_123, "390k"),
        (999_960, "1.0M"),
        (5_000_000, "5.0M"),
    ],
)
def test_tokens(count: int, said: str) -> None:
    """Three digits."""
    assert words.tokens(count) == said


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 byte"), (412, "412 bytes"), (1_900, "1.9 KiB"), (2_200_000, "2.1 MiB")]
)
def test_size(count: int, said: str) -> None:
    """Bytes in the unit one thinks in."""
    assert words.size(count) == said


def test_count() -> None:
    """One is one."""
    assert [words.count(number, "event") for number in (0, 1, 2_000)] == ["0 events", "1 event", "2,000 events"]


def test_moment(plain_surroundings: object) -> None:
    """A time of day, or nothing."""
    assert words.moment(1_772_442_847_000_000) == "2026-03-02 09:14"
    assert words.moment(None) == "" == words.moment(10**30)


def test_times_after_another_and_of_the_clock(plain_surroundings: Path) -> None:
    """Both say nothing where nobody knows, and no number makes them fail."""
    assert [words.after(at, 5 * S) for at in (9_200_000, 5 * S, 4_980_000, None)] == ["+4.2s", "+0ms", "-20ms", ""]
    assert words.after(5, None) == ""
    assert words.clock(1_795_000_000_000_000, days=False) == "11:06:40"
    assert words.clock(1_795_000_000_000_000, days=True) == "18 11:06"
    assert words.clock(None, days=True) == "" == words.clock(10**30, days=True)
