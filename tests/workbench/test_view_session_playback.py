"""Playing back: on which event one is, while a clock that the test holds goes on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.view.session.playback import BEHIND_SECONDS, MOMENT_SECONDS, SAID_SECONDS, SPEEDS, Playback, speed_for
from workbench.view.text import line_text

SECOND_US = 1_000_000


class Film:
    """Events with their times in seconds; some may not be here yet."""

    def __init__(self, *seconds: float | None) -> None:
        self.seconds = list(seconds)
        self.late: set[int] = set()

    def after(self, seq: int, step: int) -> int | None:
        """The next of them."""
        return seq + step if 0 <= seq + step < len(self.seconds) else None

    def here(self, seq: int) -> bool:
        """Whether it came."""
        return seq not in self.late

    def time_us(self, seq: int) -> int | None:
        """When it happened."""
        seconds = self.seconds[seq]
        return None if seconds is None else round(seconds * SECOND_US)


def playing(film: Film, speed: int = 1) -> Playback:
    """Played from the moment 0 on."""
    playback = Playback(film)
    playback.play(0.0, lambda: speed)
    return playback


def test_events_come_when_they_came() -> None:
    """At the recorded times, as often as one looks; several at once if one looks seldom."""
    film = Film(0, 1, 1.05, 4)
    playback = playing(film)
    assert [playback.tick(0, now) for now in (0.0, 0.5, 0.9)] == [0, 0, 0]
    assert playback.tick(0, 1.0) == 1
    assert playback.tick(1, 1.1) == 2
    assert playback.tick(2, 3.9) == 2 and playback.playing
    assert playback.tick(2, 4.0) == 3
    assert playback.tick(3, 4.1) == 3 and not playback.playing, "after the last there is nothing to wait for"


def test_faster_is_sooner_and_what_is_left_of_a_wait_shrinks_with_it() -> None:
    """Half way through ten seconds, twice as fast: another two and a half."""
    playback = playing(Film(0, 10, 20))
    assert playback.tick(0, 5.0) == 0
    playback.change(1, 5.0, lambda: 1)
    assert playback.speed == 2
    assert playback.tick(0, 7.4) == 0 and playback.tick(0, 7.6) == 1
    for _ in range(20):
        playback.change(1, 8.0, lambda: 1)
    assert playback.speed == SPEEDS[-1]
    for _ in range(20):
        playback.change(-1, 8.0, lambda: 1)
    assert playback.speed == 1


def test_a_time_in_which_nothing_happened_is_cut_to_a_moment_and_said() -> None:
    """Thirty-six minutes of nothing; a minute less a second is waited for."""
    playback = playing(Film(0, 36 * 60, 36 * 60 + 59))
    assert playback.tick(0, MOMENT_SECONDS - 0.1) == 0
    assert line_text(playback.badge(0.1)) == "▷ 1×   "
    assert playback.tick(0, MOMENT_SECONDS) == 1
    assert line_text(playback.badge(MOMENT_SECONDS)) == "skipped 36m   ▷ 1×   "
    assert "skipped" not in line_text(playback.badge(MOMENT_SECONDS + SAID_SECONDS))
    assert playback.tick(1, MOMENT_SECONDS + 58) == 1


def test_at_a_thousand_times_nothing_need_be_skipped() -> None:
    """Two minutes are an eighth of a second: nothing is said of them."""
    playback = playing(Film(0, 120), 1_000)
    assert playback.tick(0, 0.1) == 0 and playback.tick(0, 0.12) == 1
    assert "skipped" not in line_text(playback.badge(0.12))


def test_what_is_not_here_yet_is_waited_for_without_missing_anything() -> None:
    """A page comes late: the wait for its first event is over, that for its second begins."""
    film = Film(0, 1, 2)
    film.late = {1, 2}
    playback = playing(film)
    assert playback.tick(0, 5.0) == 0 and playback.playing
    film.late = set()
    assert playback.tick(0, 5.1) == 0, "a second after it could have begun to be waited for"
    assert playback.tick(0, 6.0) == 1 and playback.tick(1, 7.0) == 2


def test_a_clock_that_goes_back_and_events_without_a_time_take_no_time() -> None:
    """And once it is where it was, it goes on from there."""
    playback = playing(Film(0, 5, 3, None, 6))
    assert playback.tick(0, 4.9) == 0
    assert playback.tick(0, 5.0) == 3
    assert playback.tick(3, 5.9) == 3 and playback.tick(3, 6.0) == 4


def test_who_could_not_keep_up_does_not_hurry_after() -> None:
    """The terminal stood still for ten seconds: at most one of them is made up for."""
    playback = playing(Film(*range(30)))
    there = playback.tick(0, 10.0)
    assert there <= 2 + BEHIND_SECONDS
    assert playback.tick(there, 10.0 + BEHIND_SECONDS) > there


def test_by_default_it_takes_about_a_minute() -> None:
    """As far as there is such a speed."""
    assert [speed_for(seconds * SECOND_US) for seconds in (0, 10, 70, 100, 290, 3_600, 5 * 3_600, 10**9)] == [
        1, 1, 1, 2, 5, 100, 1_000, 1_000,
    ]  # fmt: skip


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.none(), st.floats(0, 500)), min_size=1, max_size=40),
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["", "", "", ">", "<", "late", "space"])), max_size=60),
)
def test_it_only_ever_goes_on_and_comes_to_the_end(
    seconds: list[float | None], steps: list[tuple[float, str]]
) -> None:  # fmt: skip
    """Whatever the times and the keys, and however far apart the ticks."""
    film = Film(*seconds)
    playback, now, seq = playing(film), 0.0, 0
    for passed, key in steps:
        now += passed
        film.late = {seq + 1} if key == "late" else set()
        if key in ("<", ">"):
            playback.change(1 if key == ">" else -1, now, lambda: 1)
        elif key == "space":
            playback.pause()
            playback.play(now, lambda: 1)
        there = playback.tick(seq, now) if playback.playing else seq
        assert there >= seq and film.after(there - 1, 1) == there
        seq = there
    film.late = set()
    if playback.playing:
        for _ in range(2_000):
            now += 60
            seq = playback.tick(seq, now)
    assert seq == len(seconds) - 1 and not playback.playing
