"""Deleting what was imported: its sources go with it, everybody else's stay readable byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.clock import now_us
from runtime.errors import StoreError
from runtime.event import decode
from runtime.importers.discover import discover
from runtime.ingest.driver import Ingest
from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.support.builders import new_store
from tests.support.crashes import dying_at
from tests.support.transcripts import write_transcripts


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twelve transcripts."""
    return write_transcripts(tmp_path / "transcripts", range(12))


@pytest.fixture
def store(tmp_path: Path, files: list[Path]) -> Store:
    """A store that holds them."""
    store = new_store(tmp_path / "store")
    assert len(import_paths(store, files).sessions) == 12
    return store


def session_of(store: Store, path: Path) -> str:
    """The session that was imported from ``path``."""
    return next(s.session_id for s in store.summaries() if s.manifest.source["native_id"] == path.stem)


def records_of(store: Store, session_id: str) -> list[bytes]:
    """The original record that each event of a session cites first."""
    archive, found = SourceArchive(store), []
    with store.reader(session_id) as reader:
        for entry in reader.entries():
            source_id, offset, length, _ = decode(entry.extra)["source"][0]
            found.append(archive.record(source_id, offset, length))
    return found


def check_sources(store: Store, files: list[Path]) -> None:
    """Everything that is kept is what was read."""
    archive = SourceArchive(store)
    assert list(check_frames(archive)) == []
    kept = {
        source["path"]: source_id
        for volume in archive.volumes().values()
        for source_id, source in volume["sources"].items()
    }
    assert {path: archive.whole(source_id) for path, source_id in kept.items()} == {
        str(f): f.read_bytes() for f in files
    }


def everything_kept(store: Store) -> bytes:
    """All frames, as they were before they were compressed."""
    archive = SourceArchive(store)
    return b"".join(
        archive.frame(name, number)
        for name, volume in archive.volumes().items()
        for number in range(len(volume["frames"]))
    )


def test_the_sources_of_a_deleted_session_are_forgotten(store: Store, files: list[Path]) -> None:
    gone, left = [session_of(store, path) for path in files[:4]], [session_of(store, path) for path in files[4:]]
    before = {session_id: records_of(store, session_id) for session_id in left}
    for session_id in gone:
        store.delete(session_id)
    assert {session_id: records_of(store, session_id) for session_id in left} == before, "readable in between"
    report = maintain(store)
    assert (report.forgotten, report.problems) == (4, [])
    maintain(store, now_us=now_us() + 2 * GRACE_US)
    maintain(store, now_us=now_us() + 4 * GRACE_US)
    assert store.packs.index().gone == {}
    check_sources(store, files[4:])
    assert {session_id: records_of(store, session_id) for session_id in left} == before
    assert b"question 0 of 3:" not in everything_kept(store) and b"question 0 of 4:" in everything_kept(store)
    assert set(SourceArchive(store).ledger()) == {str(path) for path in files[4:]}


def test_what_was_deleted_can_be_imported_again(store: Store, files: list[Path]) -> None:
    session_id = session_of(store, files[0])
    before = records_of(store, session_id)
    store.delete(session_id)
    for upkeep in (False, True, True):
        report = import_paths(store, files)
        assert [item["session_id"] for item in report.sessions] == [session_id]
        assert records_of(store, session_id) == before
        store.delete(session_id)
        if upkeep:
            assert maintain(store, grace_us=0).problems == []
    check_sources(store, files[1:])


def test_an_import_that_began_before_sources_were_rewritten_ends_well(
    store: Store, files: list[Path], tmp_path: Path
) -> None:
    """It knows pieces by the names of volumes that are gone when it publishes."""
    ingest = Ingest(store)
    more = write_transcripts(tmp_path / "transcripts", range(20, 24))
    copy = tmp_path / "transcripts" / "copy" / files[5].name
    copy.parent.mkdir()
    copy.write_bytes(files[5].read_bytes())
    store.delete(session_of(store, files[0]))
    assert maintain(store, grace_us=0).forgotten == 1
    for group in [found for path in (*more, copy) for found in discover([path])]:
        ingest.file(group)
    ingest.finish()
    check_sources(store, [*files[1:], *more, copy])


def test_a_session_deleted_before_its_sources_were_written_takes_them_along(
    store: Store, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import has written a session's events; it is deleted; then the import writes the sources of all it read."""
    import runtime.sources.volume as volume

    more = write_transcripts(tmp_path / "transcripts", range(30, 33))
    real = volume.VolumeWriter.publish

    def meanwhile(self: volume.VolumeWriter, *args: object) -> None:
        store.delete(session_of(store, more[0]))
        assert maintain(store, grace_us=0).problems == []
        real(self, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(volume.VolumeWriter, "publish", meanwhile)
        import_paths(store, more)
    assert list(check_frames(SourceArchive(store))) == []
    for path in more[1:]:
        assert b"".join(dict.fromkeys(records_of(store, session_of(store, path))))


def test_a_session_without_sources_is_none_of_its_business(store: Store) -> None:
    before = {path.name: path.read_bytes() for path in store.sources_folder.iterdir()}
    maintain(store, now_us=now_us() + 2 * GRACE_US)
    assert {path.name: path.read_bytes() for path in store.sources_folder.iterdir()} == before
    with pytest.raises(StoreError, match="is not kept"):
        SourceArchive(store).whole("src_unknown")


def test_forgetting_may_be_cut_short_anywhere(
    store: Store, files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shutil

    for path in files[:3]:
        store.delete(session_of(store, path))
    for last in range(1, 200, 5):
        copy = Store(shutil.copytree(store.root, tmp_path / f"copy_{last}"))
        with dying_at(monkeypatch, last) as steps:
            maintain(copy)
        copy = Store(copy.root)
        assert list(check_frames(SourceArchive(copy))) == []
        for path in files[3:]:
            assert records_of(copy, session_of(copy, path))
        for hours in (0, 2, 4):
            assert maintain(copy, now_us=now_us() + hours * GRACE_US).problems == []
        check_sources(copy, files[3:])
        assert copy.packs.index().gone == {}
        if not steps.dead:
            break
    assert steps.count > 20
