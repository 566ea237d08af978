"""Following is a state, and nothing but keys and the log changes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.view.session.follow import Follow, State


def test_a_live_session_is_followed_until_somebody_looks_up() -> None:
    """Then what comes is counted, and nothing moves."""
    follow = Follow(100, live=True, in_turn=True)
    assert follow.state is State.FOLLOWING and follow.grown(110) and follow.new == 0
    follow.hold()
    assert follow.state is State.HELD
    assert not follow.grown(324)
    assert follow.new == 214
    follow.resume()
    assert follow.state is State.FOLLOWING and follow.new == 0


def test_without_a_writer_a_turn_is_lost_or_over() -> None:
    """Which of the two depends on whether the last turn ended."""
    assert Follow(5, live=False, in_turn=True).state is State.LOST
    assert Follow(5, live=False, in_turn=False).state is State.ENDED


def test_a_session_that_is_woken_does_not_take_the_cursor_along() -> None:
    """Somebody reads in the middle; a writer comes back."""
    follow = Follow(5, live=False, in_turn=False)
    follow.hold()
    follow.live = True
    assert follow.state is State.HELD and not follow.grown(9) and follow.new == 4


def test_every_state_has_a_glyph_of_its_own() -> None:
    """No state is told by colour alone."""
    assert len({state.glyph for state in State}) == len(State) == len({state.words for state in State})


STEPS = st.lists(st.sampled_from(["hold", "resume", "grow", "die", "wake"]), max_size=30)


@given(STEPS)
def test_the_cursor_moves_only_while_following(steps: list[str]) -> None:
    """Whatever happens in whatever order: new events take the cursor along exactly in the one state."""
    follow, count = Follow(10, live=True, in_turn=True), 10
    for step in steps:
        if step == "hold":
            follow.hold()
        elif step == "resume":
            follow.resume()
        elif step == "grow":
            before, count = follow.state, count + 3
            assert follow.grown(count) == (before is State.FOLLOWING)
        else:
            follow.live = step == "wake"
        assert follow.count == count
        assert 0 <= follow.new <= count - 10
        assert (follow.new == 0) or not follow.at_tail
