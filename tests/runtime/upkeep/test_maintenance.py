"""Upkeep: does what is due and nothing else, loses nothing wherever it is cut short, and never fails a reader."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runtime.clock import now_us
from runtime.errors import MaintenanceBusy, SessionNotFound
from runtime.manifest import Manifest
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, IDLE_US, MANY, maintain
from tests.support.builders import START_US, add_session, ids, message, new_store, story
from tests.support.crashes import dying_at
from tests.support.whole import check_tidy, check_whole, mixed_store, numbered


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return new_store(tmp_path / "store")


def packs(store: Store) -> list[str]:
    """The packs that count."""
    return list(store.packs.index().packs)


# ── what is due ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_writes_to_is_sealed_after_ten_minutes(store: Store) -> None:
    with store.create(Manifest("sesn_idle")) as log:
        log.append(story(0, 3))
    with store.create(Manifest("sesn_empty")):
        pass
    now = now_us()
    assert maintain(store, now_us=now + IDLE_US // 2).sealed == 0
    assert maintain(store, now_us=now + IDLE_US * 2).sealed == 1
    assert [segment.kind for segment in store.manifest("sesn_idle").segments] == ["sealed"]
    assert ids(store, "sesn_idle") == numbered((0, 3))
    assert maintain(store, now_us=now + IDLE_US * 2).sealed == 0


def test_what_has_a_writer_is_left_to_it(store: Store) -> None:
    with store.create(Manifest("sesn_live")) as log:
        log.append(story(0, 3))
        report = maintain(store, now_us=now_us() + IDLE_US * 2, many=1)
        assert (report.sealed, report.packed, report.problems) == (0, 0, [])
        log.append(story(3, 1))
        log.seal()
        assert maintain(store, many=1).packed == 0
        log.append(story(4, 1))
    assert ids(store, "sesn_live") == numbered((0, 5))


def test_small_sessions_wait_until_they_are_many(store: Store) -> None:
    for number in range(MANY - 1):
        add_session(store, f"sesn_{number:03d}", [story(0, 2)])
    assert maintain(store).packed == 0 and packs(store) == []
    add_session(store, "sesn_last", [story(0, 2)])
    assert maintain(store).packed == MANY
    assert packs(store) == ["000000"]
    assert len(store.session_ids()) == MANY == len(list(store.summaries()))
    assert all(not summary.live and summary.sums.events == 2 for summary in store.summaries())


def test_large_sessions_stay_as_they_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.upkeep.packing.SMALL_ROWS", 50)
    monkeypatch.setattr("runtime.upkeep.packing.SMALL_BYTES", 10_000)
    add_session(store, "sesn_rows", [story(0, 51)])
    add_session(store, "sesn_bytes", [[message(0, "x" * 10_000)]])
    add_session(store, "sesn_small", [story(0, 50)])
    assert maintain(store, many=1).packed == 1
    assert store.packs.find("sesn_small") == "000000"


def test_packs_have_a_largest_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.upkeep.packing.PACK_SESSIONS", 3)
    for number in range(8):
        add_session(store, f"sesn_{number}", [story(0, 2)])
    assert maintain(store, many=1).packed == 8
    assert [len(store.packs.lines(pack)) for pack in packs(store)] == [3, 3, 2]
    monkeypatch.setattr("runtime.upkeep.packing.PACK_ROWS", 10)
    monkeypatch.setattr("runtime.upkeep.packing.PACK_SESSIONS", 100)
    for number in range(4):
        add_session(store, f"sesn_more_{number}", [story(0, 4)])
    maintain(store, many=1)
    assert [len(store.packs.lines(pack)) for pack in packs(store)] == [3, 3, 2, 2, 2]


def test_many_small_packs_become_one(store: Store) -> None:
    for number in range(8):
        add_session(store, f"sesn_{number}", [story(0, number + 1)])
        assert maintain(store, many=1).packed == 1
    assert packs(store) == ["000008"]
    assert sorted(store.session_ids()) == [f"sesn_{number}" for number in range(8)]
    assert [ids(store, f"sesn_{number}") for number in range(8)] == [numbered((0, n + 1)) for n in range(8)]
    assert list(store.verify_packs()) == []


def test_a_damaged_session_is_not_packed_and_does_not_stop_the_rest(store: Store) -> None:
    for name in ("sesn_a", "sesn_bad", "sesn_z"):
        add_session(store, name, [story(0, 20)])
    path = store.folder("sesn_bad") / "000000.payload.parquet"
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    report = maintain(store, many=1)
    assert report.packed == 2
    assert len(report.problems) == 1 and "sesn_bad" in report.problems[0]
    assert path.read_bytes() == damaged


def test_one_at_a_time_does_upkeep(store: Store) -> None:
    with store.exclusively("upkeep"), pytest.raises(MaintenanceBusy, match="try again"):
        maintain(store)
    assert maintain(store).problems == []


# ── packed, woken, packed again ──────────────────────────────────────────────────────────────────────────────────────


def test_a_woken_session_goes_back_into_a_pack_whole(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 4)], title="kept", about={"cwd": "/x"})
    add_session(store, "sesn_2", [story(0, 4)])
    maintain(store, many=1)
    with store.writer("sesn_1") as log:
        assert log.next_seq == 4
        log.append(story(4, 3))
        log.seal()
    assert [(s.kind, s.count) for s in store.manifest("sesn_1").segments] == [("pack", 4), ("sealed", 3)]
    report = maintain(store, many=1)
    assert (report.packed, report.rewritten) == (1, 1)
    manifest = store.manifest("sesn_1")
    assert [(s.kind, s.count) for s in manifest.segments] == [("pack", 7)]
    assert (manifest.title, manifest.about, manifest.created_us) == ("kept", {"cwd": "/x"}, START_US)
    assert ids(store, "sesn_1") == numbered((0, 7)) and ids(store, "sesn_2") == numbered((0, 4))
    assert store.verify("sesn_1") == 7


def test_a_pack_that_a_live_session_leans_on_is_left_alone_this_time(store: Store) -> None:
    for name in ("sesn_woken", "sesn_gone", "sesn_stays"):
        add_session(store, name, [story(0, 4)])
    maintain(store, many=1)
    store.delete("sesn_gone")
    with store.writer("sesn_woken") as log:
        log.append(story(4, 1))
        assert maintain(store).rewritten == 0
        log.append(story(5, 1))
        assert ids(store, "sesn_woken") == numbered((0, 6))
    assert maintain(store).rewritten == 1
    assert [(s.kind, s.first) for s in store.manifest("sesn_woken").segments] == [("sealed", 0), ("open", 4)]
    assert ids(store, "sesn_woken") == numbered((0, 6)) and ids(store, "sesn_stays") == numbered((0, 4))
    with store.writer("sesn_woken") as log:
        log.append(story(6, 1))
    assert store.verify("sesn_woken") == 7


def test_files_of_a_woken_sessions_old_life_stay_an_hour_and_go(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 4)])
    old = store.folder("sesn_1") / "000000.rows.parquet"
    maintain(store, many=1)
    with store.writer("sesn_1") as log:
        log.append(story(4, 2))
        assert old.exists(), "a query may still read it"
        log.seal()
        assert log.manifest.segments[-1].name == "000001"
        maintain(store, now_us=now_us() + 2 * GRACE_US)
        assert old.exists(), "its session is being written to: another time"
    maintain(store, now_us=now_us() + 2 * GRACE_US, many=9)
    assert not old.exists()
    assert ids(store, "sesn_1") == numbered((0, 6))


def test_who_writes_while_a_pack_is_written_keeps_its_folder(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being read for a pack and the pack's publication, one session grows, one is deleted, one is busy."""
    import runtime.upkeep.packing as packing

    for name in ("sesn_busy", "sesn_gone", "sesn_grows", "sesn_quiet"):
        add_session(store, name, [story(0, 4)])
    write_pack, held = packing.write_pack, []

    def meanwhile(*args: object) -> object:
        done = write_pack(*args)  # type: ignore[arg-type]
        if not held:
            with store.writer("sesn_grows") as log:
                log.append(story(4, 2))
            store.delete("sesn_gone")
            held.append(store.writer("sesn_busy"))
        return done

    with monkeypatch.context() as patched:
        patched.setattr(packing, "write_pack", meanwhile)
        report = maintain(store, many=1)
    assert (report.packed, report.problems) == (1, [])
    held[0].append(story(4, 1))
    held[0].close()
    expected = {"sesn_quiet": 4, "sesn_grows": 6, "sesn_busy": 5}
    assert {name: len(ids(store, name)) for name in store.session_ids()} == expected
    maintain(store, now_us=now_us() + 2 * GRACE_US, many=1)
    assert {name: len(ids(store, name)) for name in store.session_ids()} == expected
    assert {name: store.verify(name) for name in expected} == expected


def test_a_session_woken_while_its_pack_is_rewritten_stays_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import runtime.upkeep.packing as packing

    for name in ("sesn_a", "sesn_b", "sesn_gone"):
        add_session(store, name, [story(0, 4)])
    maintain(store, many=1)
    store.delete("sesn_gone")
    write_pack = packing.write_pack

    def meanwhile(*args: object) -> object:
        done = write_pack(*args)  # type: ignore[arg-type]
        with store.writer("sesn_a") as log:
            log.append(story(4, 2))
        return done

    with monkeypatch.context() as patched:
        patched.setattr(packing, "write_pack", meanwhile)
        assert maintain(store).rewritten == 0
    assert packs(store) == ["000000"]
    assert not list(store.packs_folder.glob("000001*"))
    for _ in range(2):
        maintain(store, now_us=now_us() + 2 * GRACE_US)
        assert ids(store, "sesn_a") == numbered((0, 6)) and ids(store, "sesn_b") == numbered((0, 4))


# ── deleted ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("packed", [False, True])
def test_a_deleted_session_is_gone_at_once_and_its_bytes_after_an_hour(store: Store, packed: bool) -> None:
    secret = "a secret that must leave the disk"
    add_session(store, "sesn_gone", [[message(0, secret * 100)]])
    add_session(store, "sesn_stays", [story(0, 4)])
    if packed:
        maintain(store, many=1)
    store.delete("sesn_gone")
    assert store.session_ids() == ["sesn_stays"] and not store.exists("sesn_gone")
    with pytest.raises(SessionNotFound):
        store.delete("sesn_gone")
    with store.reader("sesn_gone", buried=True) as reader:
        assert reader.count == 1
    now = now_us()
    maintain(store, now_us=now)
    maintain(store, now_us=now + GRACE_US + 10**9)
    for path in store.root.rglob("*.parquet"):
        import pyarrow.parquet as pq

        assert b"sesn_gone" not in path.read_bytes()
        assert all(secret not in str(value) for value in pq.read_table(path).to_pylist())
    assert store.packs.index().gone == {}
    assert ids(store, "sesn_stays") == numbered((0, 4))


def test_deleting_for_good_does_not_wait_an_hour(store: Store) -> None:
    for name in ("sesn_gone", "sesn_stays"):
        add_session(store, name, [story(0, 4)])
    maintain(store, many=1)
    store.delete("sesn_gone")
    assert maintain(store, grace_us=0).removed == 5
    assert packs(store) == ["000001"] and store.packs.index().retired == []
    assert sorted(path.name for path in store.root.rglob("*") if path.is_file()) == [
        "000001.payload.parquet", "000001.rows.parquet", "000001.sessions.zst", "index.json",
    ]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_a_session_may_come_again_after_it_was_deleted(store: Store, packed: bool) -> None:
    for life in range(3):
        add_session(store, "sesn_again", [story(life * 10, 5)])
        if packed:
            maintain(store, many=1)
        assert ids(store, "sesn_again") == numbered((life * 10, life * 10 + 5))
        store.delete("sesn_again")
        assert store.session_ids() == []
    add_session(store, "sesn_again", [story(90, 5)])
    for _ in range(3):
        maintain(store, now_us=now_us() + 2 * GRACE_US)
        assert ids(store, "sesn_again") == numbered((90, 95))


# ── leftovers and blobs ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_crashes_left_is_swept_after_an_hour(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 4)])
    add_session(store, "sesn_2", [story(0, 4)])
    maintain(store, many=3)
    folder = store.folder("sesn_1")
    left = [
        folder / ".manifest.json.77.0.new", folder / "000000.jsonl", folder / "000009.rows.parquet",
        store.packs_folder / ".000004.rows.parquet.77.3.new", store.locks_folder / "sesn_killed",
    ]  # fmt: skip
    for path in left:
        path.write_bytes(b"left")
    half_made, aside = store.sessions_folder / "sesn_half", store.sessions_folder / ".sesn_gone.123"
    for made in (half_made, aside):
        made.mkdir()
        (made / ".manifest.json.77.0.new").write_bytes(b"half")
    assert maintain(store).removed == 0
    assert all(path.exists() for path in left)
    report = maintain(store, now_us=now_us() + 2 * GRACE_US)
    assert report.problems == [] and not any(path.exists() for path in [*left, half_made, aside])
    assert ids(store, "sesn_1") == numbered((0, 4))


def test_what_is_being_written_is_not_swept(store: Store) -> None:
    """An open segment, a session just made, a pack that is written but not published."""
    with store.create(Manifest("sesn_open")) as log:
        log.append(story(0, 2))
        (store.packs_folder / "000005.rows.parquet").write_bytes(b"of somebody who holds a later name")
        maintain(store, now_us=now_us() + 2 * GRACE_US)
        log.append(story(2, 2))
    assert (store.packs_folder / "000005.rows.parquet").exists()
    assert ids(store, "sesn_open") == numbered((0, 4))


def test_blobs_that_nothing_names_are_collected(store: Store) -> None:
    kept, lost, fresh = (store.blobs.put(data) for data in (b"kept", b"lost", b"fresh"))
    add_session(store, "sesn_open", [])
    with store.writer("sesn_open") as log:
        log.append([message(0)._replace(extra={"result": {"parts": [{"blob": kept}]}})])
    add_session(store, "sesn_gone", [[message(0)._replace(extra={"result": {"blob": lost}})]])
    store.delete("sesn_gone")
    now = now_us()
    maintain(store, now_us=now + GRACE_US // 2)
    assert len(store.blobs.names()) == 3
    os.utime(store.blobs.path(fresh), (now / 1e6 + 5_000,) * 2)
    assert maintain(store, now_us=now + GRACE_US + 60_000_000).collected == 1
    assert store.blobs.names() == sorted([kept, fresh])
    assert store.verify("sesn_open") == 1


# ── cut short anywhere ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """A store in which everything waits for upkeep."""
    store, expected = mixed_store(tmp_path_factory.mktemp("mixed") / "store")
    return store.root, expected


def test_upkeep_of_everything_leaves_everything_there(
    template: tuple[Path, dict[str, list[str]]], tmp_path: Path
) -> None:
    store, expected = Store(shutil.copytree(template[0], tmp_path / "store")), template[1]
    check_whole(store, expected)
    assert maintain(store, now_us=now_us() + 2 * IDLE_US, many=1).problems == []
    check_whole(store, expected)
    check_tidy(store, expected)


@pytest.mark.parametrize("part", range(8))
def test_upkeep_that_dies_anywhere_loses_nothing(
    template: tuple[Path, dict[str, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """A sample of moments here; `python -m tests.soak --only steps` takes every one."""
    for last in range(3 + part * 4, 200, 37):
        store = Store(shutil.copytree(template[0], tmp_path / f"store_{last}"))
        with dying_at(monkeypatch, last) as steps:
            maintain(store, now_us=now_us() + 2 * GRACE_US, many=1)
        check_whole(Store(store.root), template[1])
        check_tidy(Store(store.root), template[1])
        if not steps.dead:
            break
    assert steps.count > 20
