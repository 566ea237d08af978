"""The store: one door to sessions, wherever each is kept and whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime.clock import now_us
from runtime.errors import Corrupt, MaintenanceBusy, SessionBusy, SessionNotFound, StoreError
from runtime.manifest import FILE_NAME, Manifest
from runtime.store import UPKEEP, Store, default_root
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.support.builders import START_US, add_session, ids, new_store, story
from tests.support.crashes import dying_at
from tests.support.whole import a_day, check_day, numbered, packed_store

WRITER = """
import sys
from runtime.store import Store
with Store(sys.argv[1]).writer(sys.argv[2]) as log:
    print(log.next_seq, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return new_store(tmp_path / "store")


def test_an_empty_store_has_no_sessions(tmp_path: Path) -> None:
    store = Store(tmp_path / "nowhere")
    assert store.session_ids() == [] and list(store.summaries()) == [] and not store.exists("sesn_1")
    assert not store.root.exists(), "looking makes nothing"
    with pytest.raises(SessionNotFound, match="workbench sessions"):
        store.reader("sesn_1")


def test_where_a_store_lives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_STORE", str(tmp_path / "here"))
    assert default_root() == Store().root == tmp_path / "here"
    monkeypatch.delenv("WORKBENCH_STORE")
    assert default_root().name == "workbench"


def test_everything_in_it_is_its_owners_alone(store: Store) -> None:
    before = os.umask(0)
    try:
        add_session(store, "sesn_1", [story(0, 3)])
        with store.writer("sesn_1") as log:
            log.append(story(3, 1))
        store.blobs.put(b"x")
        add_session(store, "sesn_2", [story(0, 3)])
        maintain(store, many=1)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(os.stat(path).st_mode) for path in store.root.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(os.stat(path).st_mode) for path in [store.root, *store.root.rglob("*")] if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_session_is_made_once(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    with pytest.raises(StoreError, match="there is a session sesn_1 already"):
        store.create(Manifest("sesn_1"))
    with store.writer("sesn_1") as log:
        assert log.next_seq == 3


@pytest.mark.parametrize(
    "odd",
    ["", "x", "sesn_../../etc", "/etc/passwd", "../sesn_1", "sesn_a/b", "sesn_\0", "sesn_\n", "sesn_" + "x" * 300],
)
def test_what_is_no_id_of_a_session_never_becomes_a_path(store: Store, odd: str) -> None:
    for door in (store.reader, store.writer, store.manifest, store.delete, store.lock, store.summary):
        with pytest.raises(SessionNotFound):
            door(odd)  # type: ignore[operator]
    with pytest.raises(SessionNotFound):
        store.create(Manifest(odd))
    assert not store.exists(odd)


def test_a_session_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    for name in ("sesn_abc1", "sesn_abc2", "sesn_b"):
        add_session(store, name, [story(0, 1)])
    assert [store.resolve(name) for name in ("sesn_abc1", "abc1", "b", "sesn_b")] == [
        "sesn_abc1", "sesn_abc1", "sesn_b", "sesn_b",
    ]  # fmt: skip
    with pytest.raises(SessionNotFound, match="the beginning of 2 sessions"):
        store.resolve("abc")
    with pytest.raises(SessionNotFound, match="no session 'zzz'"):
        store.resolve("zzz")


def test_another_process_is_refused_too(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.root), "sesn_1"], stdin=-1, stdout=-1, text=True, cwd=Path.cwd()
    )
    assert child.stdout is not None and child.stdout.readline() == "3\n"
    with pytest.raises(SessionBusy, match="sesn_1 has another writer"):
        store.writer("sesn_1")
    with pytest.raises(SessionBusy):
        store.delete("sesn_1")
    assert ids(store, "sesn_1") == numbered((0, 3))
    child.kill()
    child.communicate()
    with store.writer("sesn_1") as log:
        assert log.next_seq == 3


def test_a_writer_waits_for_upkeep_and_not_for_another_writer(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    held, found = store.lock("sesn_1", note=UPKEEP), []

    def write() -> None:
        with store.writer("sesn_1") as log:
            found.append(log.next_seq)

    waiting = threading.Thread(target=write)
    waiting.start()
    waiting.join(0.05)
    assert found == []
    with pytest.raises(SessionBusy):
        store.lock("sesn_1", note=UPKEEP)
    held.release()
    waiting.join(10)
    assert found == [3]


def test_a_failed_opening_lets_the_lock_go(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    path = store.folder("sesn_1") / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    for _ in range(2):
        with pytest.raises(Corrupt, match="session sesn_1"):
            store.writer("sesn_1")
    path.write_bytes(whole)
    store.writer("sesn_1").close()
    assert list(store.locks_folder.iterdir()) == []


def test_a_damaged_session_hides_no_other(store: Store) -> None:
    for name in ("sesn_a", "sesn_manifest", "sesn_open", "sesn_z"):
        add_session(store, name, [story(0, 3)], title=name)
    with store.writer("sesn_open") as log:
        log.append(story(3, 2))
    (store.folder("sesn_manifest") / FILE_NAME).write_bytes(b"{}")
    path = store.folder("sesn_open") / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"output", b"outpot"))
    summaries = {summary.session_id: summary for summary in store.summaries()}
    assert sorted(summaries) == sorted(store.session_ids()) == ["sesn_a", "sesn_manifest", "sesn_open", "sesn_z"]
    assert {name for name, summary in summaries.items() if summary.damage} == {"sesn_manifest", "sesn_open"}
    assert summaries["sesn_open"].manifest.title == "sesn_open" and "event 3" in str(summaries["sesn_open"].damage)
    assert summaries["sesn_z"].sums.events == 3
    for name, seq in (("sesn_manifest", None), ("sesn_open", 3)):
        with pytest.raises(Corrupt) as caught:
            store.verify(name)
        assert (caught.value.session_id, caught.value.seq) == (name, seq)


def test_a_session_that_lost_its_manifest_is_not_lost_sight_of(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    path = store.folder("sesn_1") / FILE_NAME
    whole = path.read_bytes()
    path.unlink()
    assert store.session_ids() == ["sesn_1"] and [summary.damage is not None for summary in store.summaries()] == [True]
    for door in (store.reader, store.writer, store.manifest, store.verify):
        with pytest.raises(Corrupt, match="the manifest is missing") as caught:
            door("sesn_1")  # type: ignore[operator]
        assert (caught.value.session_id, caught.value.file) == ("sesn_1", str(path))
    with pytest.raises(StoreError, match="already"):
        store.create(Manifest("sesn_1"))
    maintain(store, now_us=now_us() + 10 * GRACE_US, many=1)
    path.write_bytes(whole)
    assert store.verify("sesn_1") == 3


def test_the_index_of_packs_is_not_lost_sight_of_either(store: Store) -> None:
    add_session(store, "sesn_1", [story(0, 3)])
    maintain(store, many=1)
    path = store.packs_folder / "index.json"
    whole = path.read_bytes()
    path.unlink()
    for again in (store, Store(store.root)):
        with pytest.raises(Corrupt, match="the index of packs is missing") as caught:
            again.session_ids()
        assert caught.value.file == str(path)
    path.write_bytes(whole)
    assert store.verify("sesn_1") == 3


def test_a_list_shows_each_session_once_whatever_is_packed_meanwhile(store: Store) -> None:
    for number in range(6):
        add_session(store, f"sesn_{number}", [story(0, 2)])
    listing = store.summaries()
    seen = [next(listing).session_id]
    assert maintain(store, many=1).packed == 6
    store.writer("sesn_3").close()
    seen += [summary.session_id for summary in listing]
    assert sorted(seen) == sorted(store.session_ids()) == [f"sesn_{number}" for number in range(6)]


def test_the_maintenance_lock_is_one(store: Store) -> None:
    with store.maintenance(), pytest.raises(MaintenanceBusy, match="try again when it is done"):
        with store.maintenance():
            pytest.fail("two hold it")
    with store.maintenance():
        pass


def test_an_index_that_could_not_be_changed_is_as_it_was(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.changing_index() as index:
        index.next = 77
        raise ZeroDivisionError
    assert store.packs.index().next == 0


# ── a writer that dies ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one packed session of eight events."""
    return packed_store(tmp_path_factory.mktemp("packed") / "store").root


@pytest.mark.parametrize("part", range(3))
def test_a_writer_that_dies_anywhere_loses_nothing_acknowledged(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    for last in range(1 + part * 4, 300, 13):
        store, acknowledged = Store(shutil.copytree(template, tmp_path / f"store_{last}")), numbered((0, 8))
        with dying_at(monkeypatch, last) as steps:
            a_day(store, acknowledged)
        check_day(Store(store.root), acknowledged)
        if not steps.dead:
            break
    assert len(acknowledged) == 21 and store.manifest("sesn_1").title == "a day"


@pytest.mark.parametrize("again", [False, True])
def test_making_or_deleting_a_session_may_be_cut_short_anywhere(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    add_session(store, "sesn_other", [story(0, 2)])
    if again:
        add_session(store, "sesn_1", [story(90, 2)])
        store.delete("sesn_1")
    for last in range(1, 100):
        copy, made = Store(shutil.copytree(store.root, tmp_path / f"copy_{last}")), []
        with dying_at(monkeypatch, last) as steps:
            with copy.create(Manifest("sesn_1", created_us=START_US)) as log:
                made += log.append(story(0, 3))
            copy.delete("sesn_1")
            made = ["gone"]
        copy = Store(copy.root)
        if made == ["gone"] or not copy.exists("sesn_1"):
            assert made in (["gone"], [], [0, 1, 2])
            with copy.create(Manifest("sesn_1")) as log:
                log.append(story(0, 3))
        with copy.writer("sesn_1") as log:
            if not made:
                log.append(story(log.next_seq, 3 - log.next_seq))
        assert ids(copy, "sesn_1") == numbered((0, 3)) and ids(copy, "sesn_other") == numbered((0, 2))
        assert copy.verify("sesn_1") == 3
        if not steps.dead:
            return
    pytest.fail("it never came to its end")
