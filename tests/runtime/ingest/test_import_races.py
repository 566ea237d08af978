"""What others do to sessions and files in the very middle of an import: nothing is lost, halved or made untrue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import SessionNotFound
from runtime.importers.record import session_id_of
from runtime.importers.source import FileSource
from runtime.ingest import driver
from runtime.ingest.driver import Ingest, Report
from runtime.ingest.landing import Landing
from runtime.ingest.paths import import_paths
from runtime.ingest.watch import Watch
from runtime.sources.archive import SourceArchive, check_frames
from runtime.sources.volume import VolumeWriter
from runtime.store import Store
from tests.support.surviving import everything
from tests.support.transcripts import native_id, transcript

VICTIM, OTHER = 3, 4


def session_of(seed: int) -> str:
    """The id of the session that a transcript becomes."""
    return session_id_of("claude_code", native_id(seed, 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two transcripts; the first is the one something happens to."""
    path = tmp_path / "in"
    path.mkdir()
    for seed in (VICTIM, OTHER):
        (path / f"{seed}.jsonl").write_bytes(transcript(seed, 30))
    return path


def whole(store: Store) -> bool:
    """Whether every session holds, and every source can be read back."""
    counts = [store.verify(session_id) for session_id in store.session_ids()]
    return all(counts) and list(check_frames(SourceArchive(store))) == []


def same_as_fresh(store: Store, folder: Path) -> bool:
    """Whether the store says what one says into which the folder was imported at once."""
    fresh = Store(folder.parent / "fresh")
    import_paths(fresh, [folder], processes=1)
    return everything(store) == everything(fresh)


def cites_truly(store: Store, seed: int, data: bytes) -> bool:
    """Whether each record that the session of ``seed`` cites is what ``data`` says at that place."""
    archive = SourceArchive(store)
    with store.reader(session_of(seed)) as reader:
        cited = [item for seq in range(reader.count) for item in reader.extra(seq)["source"]]
    assert len(cited) > 50
    return all(archive.record(source, at, size) == data[at : at + size] for source, at, size, _ in cited)


# ── a session is deleted while it is being imported ──────────────────────────────────────────────────────────────────


def deleted_at(
    monkeypatch: pytest.MonkeyPatch, store: Store, owner: type, name: str, *, after: bool, call: int = 0
) -> list[str]:
    """Delete the victim around the given call of a method; what is returned says when that was done."""
    method: Callable[..., Any] = getattr(owner, name)
    done: list[str] = []
    calls = 0

    def delete() -> None:
        if not done and store.exists(session_of(VICTIM)):
            store.delete(session_of(VICTIM))
            done.append(name)

    def meddling(self: Any, *args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > call and not after:
            delete()
        answer = method(self, *args, **named)
        if calls > call and after:
            delete()
        return answer

    monkeypatch.setattr(owner, name, meddling)
    return done


SEAMS = {
    "before its new events are written": (Landing, "land", False, 0),
    "between two parts of its file": (Landing, "land", False, 1),
    "after its events, before its sources": (Landing, "land", True, 0),
    "while its sources are pressed": (VolumeWriter, "_compressed", True, 0),
    "after its sources, before the ledger": (VolumeWriter, "publish", True, 0),
    "after all of it": (Ingest, "_write_ledger", True, 0),
}


@pytest.mark.parametrize("seam", SEAMS)
@pytest.mark.parametrize("begun", [False, True], ids=["new", "known before"])
@pytest.mark.parametrize("commit_bytes", [4_000, 48_000_000], ids=["in parts", "at once"])
def test_a_session_deleted_in_the_middle_of_its_import_is_gone_or_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seam: str, begun: bool, commit_bytes: int
) -> None:
    """Nobody else's events are lost, nothing half is left behind, and the next import has everything."""
    store = Store(tmp_path / "store").prepare()
    if begun:
        (folder / f"{VICTIM}.jsonl").write_bytes(transcript(VICTIM, 10))
        import_paths(store, [folder], processes=1)
        (folder / f"{VICTIM}.jsonl").write_bytes(transcript(VICTIM, 30))
    owner, name, after, call = SEAMS[seam]
    with monkeypatch.context() as patched:
        patched.setattr(driver, "COMMIT_BYTES", commit_bytes)
        done = deleted_at(patched, store, owner, name, after=after, call=call)
        report = import_paths(store, [folder], processes=1)
    assert store.exists(session_of(OTHER)) and whole(store)
    if store.exists(session_of(VICTIM)):
        assert same_as_fresh(store, folder)
    else:
        assert done
    assert len(report.rejected) == report.failed <= 1
    again = import_paths(store, [folder], processes=1)
    assert again.failed == 0 and same_as_fresh(store, folder) and whole(store)
    assert cites_truly(store, VICTIM, (folder / f"{VICTIM}.jsonl").read_bytes())
    assert cites_truly(store, OTHER, (folder / f"{OTHER}.jsonl").read_bytes())


def test_a_session_deleted_while_its_file_is_followed_comes_back_whole_when_the_file_grows(
    folder: Path, tmp_path: Path
) -> None:
    """Not with its newest lines alone."""
    store = Store(tmp_path / "store").prepare()
    watch = Watch(store, [folder])
    watch.begin()
    path = folder / f"{VICTIM}.jsonl"
    path.write_bytes(transcript(VICTIM, 31))
    assert sum(change.events for change in watch.tick()) > 0
    store.delete(session_of(VICTIM))
    assert watch.tick() == [] and not store.exists(session_of(VICTIM))
    path.write_bytes(transcript(VICTIM, 32))
    changes = watch.tick()
    assert {change.session_id for change in changes} == {session_of(VICTIM)}
    assert same_as_fresh(store, folder)
    path.write_bytes(transcript(VICTIM, 33))
    assert sum(change.events for change in watch.tick()) > 0
    watch.close()
    assert whole(store) and cites_truly(store, VICTIM, path.read_bytes())


# ── a file is cut short or replaced between being looked at and being read ───────────────────────────────────────────


def changed_before_reading(monkeypatch: pytest.MonkeyPatch, path: Path, change: Callable[[], object]) -> None:
    """``change`` happens once, after everything was found out about the file and before its first byte is read."""
    pieces, left = FileSource._pieces, [change]

    def late(self: FileSource) -> Any:
        if self.path == str(path) and left:
            left.pop()()
        yield from pieces(self)

    monkeypatch.setattr(FileSource, "_pieces", late)


def replaced(path: Path, data: bytes) -> None:
    """Put other bytes in the file's place, as an editor does."""
    beside = path.with_name("beside.tmp")
    beside.write_bytes(data)
    beside.rename(path)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda grown: grown[: len(grown) // 4],
    "cut within a line": lambda grown: grown[: len(grown) // 4 + 30],
    "emptied": lambda grown: b"",
    "another session's": lambda grown: transcript(9, 60),
    "another session's, as long": lambda grown: (transcript(9, 60) * 2)[: len(grown)],
}


def says_so(report: Report, path: Path) -> bool:
    """Whether the report has the file as the only one that failed, in words."""
    told = [item["reason"] for item in report.rejected if item["path"] == str(path)]
    return report.failed == 1 and "changed while it was being read" in told[-1]


@pytest.mark.parametrize("commit_bytes", [4_000, 48_000_000], ids=["in parts", "at once"])
@pytest.mark.parametrize("what", CHANGES)
def test_a_file_read_again_and_changed_under_the_reader_makes_nothing_untrue(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, commit_bytes: int
) -> None:
    """What its events cited before, they cite still; and the next import takes what it says by then."""
    store, path = Store(tmp_path / "store").prepare(), folder / f"{VICTIM}.jsonl"
    import_paths(store, [folder], processes=1)
    before, grown = path.read_bytes(), transcript(VICTIM, 45)
    path.write_bytes(grown)
    with monkeypatch.context() as patched:
        patched.setattr(driver, "COMMIT_BYTES", commit_bytes)
        changed_before_reading(patched, path, lambda: replaced(path, CHANGES[what](grown)))
        report = import_paths(store, [folder], processes=1)
    assert says_so(report, path)
    assert whole(store) and cites_truly(store, VICTIM, grown) and grown.startswith(before)
    again = import_paths(store, [folder], processes=1)
    assert again.failed == 0 and whole(store) and cites_truly(store, VICTIM, grown)
    if "another" in what:
        assert cites_truly(store, 9, path.read_bytes())
    assert not store.exists(session_of(8))
    with pytest.raises(SessionNotFound):
        store.verify(session_of(8))
