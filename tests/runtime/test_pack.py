"""Packs: the index, and the manifests of packed sessions; what of them is damaged is named and hurts nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from runtime.errors import Corrupt, SessionNotFound, StoreError
from runtime.manifest import with_check
from runtime.pack import INDEX_NAME, PackIndex, PackReader
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import add_session, ids, new_store, story
from tests.support.whole import numbered

LISTED = "000000.sessions.zst"
MAGIC = zstandard.FRAME_HEADER
SESSIONS = [f"sesn_{number}" for number in range(5)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one pack of five sessions."""
    store = new_store(tmp_path / "store")
    for number, session_id in enumerate(SESSIONS):
        add_session(store, session_id, [story(0, 3 + number)], title=f"number {number}")
    assert maintain(store, many=1).packed == 5
    return Store(store.root)


def test_an_index_survives_being_written(tmp_path: Path) -> None:
    assert PackIndex.load(tmp_path) == PackIndex()
    index = PackIndex(["000001"], {}, [], 2)
    index.retire("sessions/sesn_1", 5)
    index.retire("sessions/sesn_1", 6)
    index.bury("sesn_2", ["000001"])
    index.bury("sesn_2", ["000000"], deleted=True)
    index.bury("sesn_3", [])
    index.save(tmp_path)
    found = PackIndex.load(tmp_path)
    assert (found.packs, found.next, found.retired) == (["000001"], 2, [{"path": "sessions/sesn_1", "at_us": 5}])
    assert found.gone == {"sesn_2": {"packs": ["000000", "000001"], "deleted": True}}
    assert found.is_retired("sessions/sesn_1") and not found.is_retired("sessions/sesn_2")
    assert found.buried("sesn_2", "000001") and not found.buried("sesn_1", "000001")
    found.keep("sessions/sesn_1")
    assert not found.is_retired("sessions/sesn_1")


def test_every_flipped_bit_of_the_index_is_noticed(store: Store) -> None:
    path = store.packs_folder / INDEX_NAME
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.raises(Corrupt) as caught:
            Store(store.root).session_ids()
        assert caught.value.file == str(path)
    path.write_bytes(with_check({"schema": 99}))
    with pytest.raises(StoreError, match="newer version"):
        PackIndex.load(store.packs_folder)


def test_a_reader_of_packs_sees_a_swap_at_once(store: Store) -> None:
    reader = PackReader(store.packs_folder)
    assert [pack for _, pack in reader.sessions()] == ["000000"] * 5
    held = reader.index()
    assert reader.index() is held, "not read again when nothing changed"
    for number in range(3):
        store.delete(SESSIONS[number])
        assert sorted(found for found, _ in reader.sessions()) == SESSIONS[number + 1 :]
        assert reader.find(SESSIONS[number]) is None


def test_the_newest_entry_of_a_session_counts(store: Store) -> None:
    with store.writer("sesn_1") as log:
        log.append(story(4, 1))
        log.seal()
    index = PackIndex.load(store.packs_folder)
    maintain(store, many=1)
    assert store.packs.find("sesn_1") != index.packs[0]
    assert ids(store, "sesn_1") == numbered((0, 5))
    assert sorted(store.session_ids()) == SESSIONS


def test_a_packed_session_is_what_it_was(store: Store) -> None:
    for number, session_id in enumerate(SESSIONS):
        manifest = store.manifest(session_id)
        assert manifest.title == f"number {number}" and manifest.totals().events == 3 + number
        with store.reader(session_id) as reader:
            rows = reader.rows(0, reader.count)
            assert [row.seq for row in rows] == list(range(3 + number)) == [entry.seq for entry in reader.entries()]
            assert {row.session_id for row in rows} == {session_id}
        assert store.verify(session_id) == 3 + number


def test_a_damaged_entry_hurts_its_session_only(store: Store) -> None:
    path = store.packs_folder / LISTED
    first, _, frames = path.read_bytes().partition(b"\n")
    lines = zstandard.ZstdDecompressor().decompress(frames).replace(b"number 2", b"Number 2")
    path.write_bytes(first + b"\n" + zstandard.ZstdCompressor().compress(lines))
    again = Store(store.root)
    with pytest.raises(Corrupt) as caught:
        again.manifest("sesn_2")
    assert (caught.value.session_id, caught.value.file) == ("sesn_2", LISTED)
    assert [again.verify(name) for name in SESSIONS if name != "sesn_2"] == [3, 4, 6, 7]
    summaries = {summary.session_id: summary for summary in again.summaries()}
    assert sorted(summaries) == SESSIONS
    assert [name for name in SESSIONS if summaries[name].damage] == ["sesn_2"]
    assert "not those that were written" in str(summaries["sesn_2"].damage)


@pytest.mark.parametrize("damage", ["a frame lost", "a frame flipped", "its end cut", "the first line", "gone"])
def test_a_damaged_list_of_sessions_is_named(store: Store, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so are the sessions it listed; those in other frames, and in folders, are as they were."""
    monkeypatch.setattr("runtime.pack.MANIFESTS", 2)
    store.delete("sesn_4")
    maintain(store)
    add_session(store, "sesn_own", [story(0, 2)])
    path = max(store.packs_folder.glob("*.sessions.zst"))
    first, _, rest = path.read_bytes().partition(b"\n")
    second = rest.index(MAGIC, 1)
    if damage == "gone":
        path.unlink()
    else:
        flipped = rest[: second // 2] + bytes([rest[second // 2] ^ 4]) + rest[second // 2 + 1 :]
        left = {
            "a frame lost": (first, rest[second:]), "a frame flipped": (first, flipped),
            "its end cut": (first, rest[:-3]), "the first line": (b"{}", rest),
        }  # fmt: skip
        path.write_bytes(b"\n".join(left[damage]))
    again = Store(store.root)
    [problem] = again.verify_packs()
    assert problem.file == str(path)
    damaged = {summary.session_id for summary in again.summaries() if summary.damage}
    lost = {"its end cut": {"sesn_2", "sesn_3"}, "the first line": set(), "gone": set()}
    assert damaged == lost.get(damage, {"sesn_0", "sesn_1"})
    if damage == "gone":
        with pytest.raises(SessionNotFound, match="sessions.zst is damaged; it may have been in there"):
            again.manifest("sesn_1")
    else:
        well = {f"sesn_{number}": 3 + number for number in range(4) if f"sesn_{number}" not in damaged}
        assert {name: again.verify(name) for name in well} == well
    assert again.verify("sesn_own") == 2


def test_every_flipped_byte_of_a_list_of_sessions_is_found(store: Store) -> None:
    """No session is lost from sight by it, and none is shown as something else."""
    path = store.packs_folder / LISTED
    whole, was = path.read_bytes(), {name: store.manifest(name) for name in SESSIONS}
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        again = Store(store.root)
        assert [problem.file for problem in again.verify_packs()] == [str(path)], place
        assert sorted(again.session_ids()) == SESSIONS, place
        for summary in again.summaries():
            assert summary.damage or summary.manifest == was[summary.session_id], place


@pytest.mark.parametrize("what", ["rows", "payload"])
def test_any_flipped_byte_of_a_packs_files_is_found(store: Store, what: str) -> None:
    path = store.packs_folder / f"000000.{what}.parquet"
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        problems = list(Store(store.root).verify_packs())
        assert [problem.file for problem in problems] == [str(path)], place


def test_a_damaged_pack_is_not_rewritten(store: Store) -> None:
    path = store.packs_folder / "000000.payload.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    store.delete("sesn_0")
    report = maintain(store)
    assert report.rewritten == 0 and any(str(path) in problem for problem in report.problems)
    path.write_bytes(whole)
    assert maintain(store).rewritten == 1
    assert sorted(store.session_ids()) == SESSIONS[1:]


def test_the_manifests_of_another_pack_are_not_taken_for_its_own(tmp_path: Path) -> None:
    """Files that changed places are whole; the line about the pack says which it is."""
    store = new_store(tmp_path)
    for name in ("sesn_a", "sesn_b"):
        add_session(store, name, [story(0, 5)])
        maintain(store, many=1)
    first, second = (store.packs_folder / f"{pack}.sessions.zst" for pack in store.packs.index().packs)
    first.write_bytes(second.read_bytes())
    store = Store(store.root)
    assert [error.file for error in store.verify_packs()] == [str(first)]
    assert sorted(store.session_ids()) == ["sesn_a", "sesn_b"]
    with pytest.raises(Corrupt, match="sesn_a"):
        store.reader("sesn_a")
    assert store.verify("sesn_b") == 5
