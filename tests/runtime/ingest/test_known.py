"""What a session knows: the same as a dictionary would, whatever of it was set aside."""

from __future__ import annotations

from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from runtime.ingest.known import Known, known_in
from runtime.segment import Entry

ids = st.integers(0, 30).map(lambda number: f"sevt_{number}")
batches = st.lists(st.lists(st.tuples(ids, st.integers(0, 1 << 62)), max_size=8), max_size=12)


@given(batches=batches, asked=st.lists(ids, max_size=10, unique=True))
@example(
    batches=[[("sevt_1", 5)] * 3, [("sevt_2", 1), ("sevt_3", 1), ("sevt_4", 1)], [("sevt_1", 6)]], asked=["sevt_1"]
)
def test_what_was_noted_last_is_known(batches: list[list[tuple[str, int]]], asked: list[str]) -> None:
    known, model, seq = Known(), dict[str, tuple[int, int]](), 0
    with mock.patch("runtime.ingest.known.MANY", 2):
        for batch in batches:
            known.recall([event_id for event_id, _ in batch])
            for event_id, digest in batch:
                assert known.get(event_id) == model.get(event_id)
                known.note(event_id, -1, digest)
                known.place(event_id, seq)
                model[event_id] = seq, digest
                seq += 1
        known.recall(asked)
        assert {event_id: known.get(event_id) for event_id in asked} == {key: model.get(key) for key in asked}


def test_what_is_not_at_hand_is_little() -> None:
    """However long a session is, only so many of its events are held one by one."""
    with mock.patch("runtime.ingest.known.MANY", 10):
        known = known_in(Entry(seq, f"sevt_{seq}", None, "", b"{}", b"", b"") for seq in range(1_000))
        assert len(known._at_hand) <= 11
        known.recall(["sevt_3", "sevt_999", "sevt_1000"])
        seqs = [found and found[0] for found in map(known.get, ("sevt_3", "sevt_999", "sevt_1000"))]
        assert seqs == [3, 999, None]


def test_what_others_said_is_known_but_has_no_place_here() -> None:
    """The nearest of them that says it counts; what is said here comes first; theirs only, not what they took over."""
    with mock.patch("runtime.ingest.known.MANY", 1):
        here, near, far, farther = Known(), Known(), Known(), Known()
        for number, (known, said) in enumerate([(near, "ab"), (far, "abc"), (farther, "d"), (here, "a")]):
            for event_id in said:
                known.note(event_id, 7, number)
        far.take_over([farther])
        here.take_over([near, far])
        here.recall(list("abcd"))
        assert [here.get(event_id) for event_id in "abcd"] == [(7, 3), (-1, 0), (-1, 1), None]
        assert here.resumes and not near.resumes
