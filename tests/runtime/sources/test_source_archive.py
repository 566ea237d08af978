"""Sources that are damaged: what is read back is what was read, or an error; and one file costs only what is in it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from runtime.errors import Corrupt, WorkbenchError
from runtime.ingest.paths import import_paths
from runtime.sources.archive import INDEX, SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import new_store
from tests.support.transcripts import write_transcripts


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two transcripts."""
    return write_transcripts(tmp_path / "transcripts", range(2))


@pytest.fixture
def store(tmp_path: Path, files: list[Path]) -> Store:
    """A store into which each came with a volume and a ledger of its own."""
    store = new_store(tmp_path / "store")
    for path in files:
        import_paths(store, [path])
    return store


def indexes(store: Store, kind: str) -> list[Path]:
    """The indexes of its volumes (``v``), or its ledgers (``l``), oldest first."""
    return sorted(store.sources_folder.glob(f"{kind}_*{INDEX}"))


def test_a_flipped_bit_in_a_frame_never_gives_other_bytes(store: Store, files: list[Path]) -> None:
    [entry] = [entry for path, entry in SourceArchive(store).ledger().items() if path == str(files[0])]
    [volume] = [name for name, one in SourceArchive(store).volumes().items() if entry.source_id in one["sources"]]
    path = store.sources_folder / f"{volume}.frames"
    whole, refused = path.read_bytes(), 0
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            assert SourceArchive(store).whole(entry.source_id) == files[0].read_bytes()
        except Corrupt as error:
            assert error.file == str(path)
            refused += 1
    assert refused > len(whole) // 7 * 0.9, "there are few bits that mean nothing"


def test_a_damaged_volume_costs_only_its_own_sources(store: Store, files: list[Path], tmp_path: Path) -> None:
    lost, kept = SourceArchive(store).ledger()[str(files[0])], SourceArchive(store).ledger()[str(files[1])]
    damaged = indexes(store, "v")[0]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    archive = SourceArchive(store)
    assert [file for file, _ in check_frames(archive)] == [str(damaged)]
    assert archive.record(kept.source_id, 0, kept.bytes) == files[1].read_bytes()
    with pytest.raises(Corrupt) as refused:
        archive.record(lost.source_id, 0, 10)
    assert refused.value.file == str(damaged)
    more = write_transcripts(tmp_path / "transcripts", range(2, 3))
    assert len(import_paths(store, more).sessions) == 1, "and others can be imported"
    store.delete(next(iter(kept.sessions)))
    assert maintain(store, grace_us=0).problems == [] and damaged.exists()


def test_what_is_cut_short_in_a_damaged_volume_is_not_taken_from_the_file(store: Store, files: list[Path]) -> None:
    """An older volume knows how the file began; what the file says today is not what was read then."""
    source_id = SourceArchive(store).ledger()[str(files[0])].source_id
    before = files[0].stat().st_size
    with files[0].open("ab") as file:
        file.write(files[1].read_bytes())
    import_paths(store, files)
    newest = indexes(store, "v")[-1]
    newest.write_bytes(newest.read_bytes()[:-9])
    archive = SourceArchive(store)
    assert archive.record(source_id, 0, 10) == files[0].read_bytes()[:10]
    with pytest.raises(WorkbenchError, match=newest.name):
        archive.record(source_id, before, 10)


def test_a_damaged_ledger_is_named_and_brings_nothing_twice(store: Store, files: list[Path]) -> None:
    damaged = indexes(store, "l")[0]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    assert [file for file, _ in check_frames(SourceArchive(store))] == [str(damaged)]
    report = import_paths(store, files)
    assert (report.events, report.unchanged, report.rejected) == (0, 1, [])
    store.delete(next(iter(store.session_ids())))
    assert maintain(store, grace_us=0).problems == []
    assert damaged.exists(), "it may be mended yet"


def test_the_ledger_of_a_file_of_which_nothing_came_is_kept_too(tmp_path: Path) -> None:
    """In a store without any sources: there is no folder for them yet."""
    path, store = tmp_path / "log.eval", Store(tmp_path / "store")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("_journal/start.json", "{}")
    assert len(import_paths(store, [path]).rejected) == 1
    assert list(SourceArchive(store).ledger()) == [str(path)] and indexes(store, "v") == []
