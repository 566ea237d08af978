"""A store of every kind of session, and whether all of it is there."""

from __future__ import annotations

from pathlib import Path

from runtime.clock import now_us
from runtime.errors import SessionNotFound
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.support.builders import add_session, ids, message, new_store, story

Expected = dict[str, list[str]]
"""By session, the ids of its events in order."""


def numbered(*ranges: tuple[int, int]) -> list[str]:
    """Ids of events by number."""
    return [f"sevt_{number:06d}" for first, stop in ranges for number in range(first, stop)]


def mixed_store(folder: Path) -> tuple[Store, Expected]:
    """A store in which everything waits for upkeep: to be sealed, packed, unpacked, rewritten, collected, removed."""
    store = new_store(folder)
    for number in range(6):
        add_session(store, f"sesn_packed_{number}", [story(0, 5 + number)])
    assert maintain(store, many=1).packed == 6
    expected = {f"sesn_packed_{number}": numbered((0, 5 + number)) for number in range(6)}
    store.delete("sesn_packed_0")
    del expected["sesn_packed_0"]
    with store.writer("sesn_packed_1") as log:
        log.append(story(6, 3))
        log.seal()
    with store.writer("sesn_packed_2") as log:
        log.append(story(7, 2))
    expected["sesn_packed_1"] += numbered((6, 9))
    expected["sesn_packed_2"] += numbered((7, 9))
    for number in range(3):
        add_session(store, f"sesn_small_{number}", [story(0, 4), story(4, 2)])
        expected[f"sesn_small_{number}"] = numbered((0, 6))
    add_session(store, "sesn_deleted", [story(0, 4)])
    store.delete("sesn_deleted")
    named, lost = store.blobs.put(b"named"), store.blobs.put(b"not named")
    with_blob = message(0)._replace(extra={"result": {"blob": named}})
    add_session(store, "sesn_blob", [[with_blob]])
    expected["sesn_blob"] = numbered((0, 1))
    assert store.blobs.names() == sorted([named, lost])
    return store, expected


def packed_store(folder: Path) -> Store:
    """A store with one packed session of eight events."""
    store = new_store(folder)
    add_session(store, "sesn_1", [story(0, 8)], title="before")
    maintain(store, many=1)
    return store


def a_day(store: Store, acknowledged: list[str]) -> None:
    """What a session may go through, noting each event that was acknowledged."""

    def took(numbers: range) -> None:
        acknowledged.extend(f"sevt_{number:06d}" for number in numbers)

    with store.writer("sesn_1") as log:
        took(log.append(story(8, 2)))
        log.seal()
        took(log.append(story(10, 1)))
        log.describe(title="a day")
    with store.writer("sesn_1") as log:
        log._seal_rows = 3
        took(log.append(story(11, 4)))
        log.settle()
        assert log.append_sealed([story(15, 5)]) == 5
        took(range(15, 20))
        took(log.append(story(20, 1)))


def check_day(store: Store, acknowledged: list[str]) -> None:
    """Whatever became of that day: what was acknowledged is there, and the session goes on."""
    found = ids(store, "sesn_1")
    assert found[: len(acknowledged)] == acknowledged
    assert found == numbered((0, len(found))), "at most what was about to be acknowledged comes besides"
    assert store.verify("sesn_1") == len(found)
    with store.writer("sesn_1") as log:
        assert log.next_seq == len(found)
        log.append(story(len(found), 3))
    assert maintain(store, idle_us=-(10**9), many=1).problems == []
    assert ids(store, "sesn_1") == numbered((0, len(found) + 3)) and store.verify("sesn_1") == len(found) + 3


def check_whole(store: Store, expected: Expected) -> None:
    """Every session is there once, with each of its events once, and nothing else is."""
    assert sorted(store.session_ids()) == sorted(expected)
    summaries = list(store.summaries())
    assert sorted(summary.session_id for summary in summaries) == sorted(expected)
    assert [summary.damage for summary in summaries if summary.damage] == []
    for session_id, said in expected.items():
        assert ids(store, session_id) == said, session_id
        assert store.verify(session_id) == len(said)
        assert store.summary(session_id).sums.events == len(said)
    assert list(store.verify_packs()) == []
    for gone in ("sesn_deleted", "sesn_packed_0"):
        try:
            store.reader(gone)
            raise AssertionError(f"{gone} is there again")
        except SessionNotFound:
            pass


def check_tidy(store: Store, expected: Expected) -> None:
    """After enough upkeep, nothing is left that nobody needs."""
    later = now_us() + 3 * GRACE_US
    for _ in range(3):
        report = maintain(store, now_us=later, many=1)
        assert report.problems == []
        later += 2 * GRACE_US
    check_whole(store, expected)
    index = store.packs.index()
    assert (index.gone, index.retired) == ({}, [])
    found = {str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()}
    kinds = ("sessions.zst", "rows.parquet", "payload.parquet")
    wanted = {"packs/index.json", *(f"packs/{pack}.{kind}" for pack in index.packs for kind in kinds)}
    assert {path for path in found if not path.startswith("blobs/")} == wanted
    assert [store.blobs.get(name) for name in store.blobs.names()] == [b"named"]
