"""What must not happen twice, or under another's name: races, resumed histories, deleted and replaced files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from runtime.importers.discover import discover
from runtime.importers.record import session_id_of
from runtime.ingest import driver as ingest
from runtime.ingest.driver import Ingest
from runtime.ingest.paths import import_paths
from runtime.ingest.watch import Watch
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from tests.support.surviving import citations
from tests.support.transcripts import native_id, transcript, write_transcripts


def ids(store: Store, session_id: str) -> list[str]:
    """The id of every row of a session."""
    with store.reader(session_id) as reader:
        return [row.id for row in reader.rows(0, reader.count)]


def cites_what_it_says(store: Store) -> bool:
    """Whether every cited record still is what stands in the file at that place."""
    archive = SourceArchive(store)
    for path, places in citations(store).items():
        data = Path(path).read_bytes()
        for source_id, offset, size in places:
            if archive.record(source_id, offset, size) != data[offset : offset + size]:
                return False
    return list(check_frames(archive)) == []


def test_two_imports_of_one_large_file_at_once_write_each_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both commit in the middle of the file, in turn; neither writes what the other has written meanwhile."""
    monkeypatch.setattr(ingest, "COMMIT_BYTES", 4_000)
    (path,) = write_transcripts(tmp_path / "in", range(1), exchanges=40)
    store = Store(tmp_path / "store")
    (found,) = discover([path])
    first, second = Ingest(store), Ingest(store)
    reading = [one.commit for one in (first, second)]

    def commit_then_let_the_other_read(*, partly: bool = False) -> None:
        reading[0](partly=partly)
        if not second.report.files:
            second.file(found)

    monkeypatch.setattr(first, "commit", commit_then_let_the_other_read)
    first.file(found)
    first.finish()
    second.finish()
    (session_id,) = store.session_ids()
    assert max(Counter(ids(store, session_id)).values()) == 1
    assert cites_what_it_says(store)


def resumed(seed: int, exchanges: int, own: int) -> bytes:
    """A session that begins with a copy of session ``seed``'s lines under its own id, and goes on by ``own`` more."""
    whole = transcript(seed, exchanges + own)
    return whole.replace(native_id(seed, 0).encode(), native_id(900 + seed, 0).encode())


@pytest.mark.parametrize("together", [True, False], ids=["in one import", "one after the other"])
def test_a_resumed_session_does_not_count_its_copied_history_again(tmp_path: Path, together: bool) -> None:
    """Nor when it grows later, nor whichever of the two has the smaller id."""
    folder = tmp_path / "in"
    originals = write_transcripts(folder, range(12), exchanges=5)
    for path in originals:
        path.write_bytes(transcript(originals.index(path), 5))
    store = Store(tmp_path / "store")
    if not together:
        import_paths(store, [folder], processes=1)
    for seed in range(12):
        (folder / f"{native_id(900 + seed, 0)}.jsonl").write_bytes(resumed(seed, 5, 2))
    import_paths(store, [folder], processes=1)
    for seed in range(12):
        (folder / f"{native_id(900 + seed, 0)}.jsonl").write_bytes(resumed(seed, 5, 3))
    import_paths(store, [folder], processes=1)
    for seed in range(12):
        old = ids(store, session_id_of("claude_code", native_id(seed, 0)))
        new = ids(store, session_id_of("claude_code", native_id(900 + seed, 0)))
        assert len(old) == len(set(old)) and len(new) == len(set(new))
        assert not set(old) & set(new) and len(new) < len(old)


def test_what_was_deleted_and_comes_back_can_be_read_back(tmp_path: Path) -> None:
    """Its frames leaned on what it said when it was deleted; they are written anew."""
    (path,) = write_transcripts(tmp_path / "in", range(1), exchanges=30)
    data, store = path.read_bytes(), Store(tmp_path / "store")
    for size in (len(data) // 3, len(data) // 2, len(data)):
        path.write_bytes(data[:size])
        import_paths(store, [path])
    (session_id,) = store.session_ids()
    store.delete(session_id)
    import_paths(store, [path])
    assert store.session_ids() == [session_id]
    assert cites_what_it_says(store)


def test_a_source_never_stands_for_other_bytes(tmp_path: Path) -> None:
    """A file replaced by another session's, and that session deleted: what is left cites what it was made of."""
    from runtime.upkeep.maintenance import maintain

    path, store = tmp_path / "run.jsonl", Store(tmp_path / "store")
    first, second = transcript(1, 12), transcript(2, 12)
    path.write_bytes(first)
    import_paths(store, [path])
    path.write_bytes(second)
    import_paths(store, [path])
    store.delete(session_id_of("claude_code", native_id(2, 0)))
    maintain(store, grace_us=0)
    import_paths(store, [path])
    archive = SourceArchive(store)
    with store.reader(session_id_of("claude_code", native_id(1, 0))) as reader:
        for seq in range(reader.count):
            for source_id, offset, size, _ in reader.extra(seq)["source"]:
                assert archive.record(source_id, offset, size) == first[offset : offset + size]


def test_one_damaged_session_does_not_keep_others_from_being_imported(tmp_path: Path) -> None:
    """A flipped byte in one manifest; another folder's transcripts come in all the same."""
    store = Store(tmp_path / "store")
    import_paths(store, write_transcripts(tmp_path / "one", range(1)))
    manifest = next(store.sessions_folder.glob("sesn_*/manifest.json"))
    damaged = bytearray(manifest.read_bytes())
    damaged[40] ^= 1
    manifest.write_bytes(damaged)
    report = import_paths(store, write_transcripts(tmp_path / "two", range(5, 8)))
    assert len(report.sessions) == 3 and not report.rejected


def test_a_followed_file_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    """Renamed over, as editors and syncs do, in the middle of being followed."""
    path, store = tmp_path / "in" / "run.jsonl", Store(tmp_path / "store")
    path.parent.mkdir()
    path.write_bytes(transcript(1, 6))
    watch = Watch(store, [path.parent])
    watch.begin()
    path.write_bytes(transcript(1, 9))
    assert sum(change.events for change in watch.tick()) > 0
    beside = path.with_name("other.tmp")
    beside.write_bytes(transcript(2, 20))
    beside.rename(path)
    watch.tick()
    watch.close()
    archive, second = SourceArchive(store), transcript(2, 20)
    with store.reader(session_id_of("claude_code", native_id(2, 0))) as reader:
        assert reader.count > 60
        for seq in range(reader.count):
            for source_id, offset, size, _ in reader.extra(seq)["source"]:
                assert archive.record(source_id, offset, size) == second[offset : offset + size]


def test_following_locks_nobody_out(tmp_path: Path) -> None:
    """Between two ticks the session can be written by others, and what they wrote is not written again."""
    path, store = tmp_path / "in" / "run.jsonl", Store(tmp_path / "store")
    path.parent.mkdir()
    path.write_bytes(transcript(1, 6))
    watch = Watch(store, [path.parent])
    watch.begin()
    for exchanges in (8, 10, 12):
        path.write_bytes(transcript(1, exchanges))
        watch.tick()
        import_paths(store, [path])
    watch.close()
    (session_id,) = store.session_ids()
    assert max(Counter(ids(store, session_id)).values()) == 1
    assert cites_what_it_says(store)
