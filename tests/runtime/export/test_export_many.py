"""Many sessions written out at once: what they share of their sources is read once, and the bytes are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.export.lines import write_lines
from runtime.ingest.paths import import_paths
from runtime.sealed import PayloadFile
from runtime.sources import archive
from runtime.sources.archive import SourceArchive, stored_text
from runtime.store import Store
from tests.support.transcripts import write_transcripts
from workbench.__main__ import main

SESSIONS = 30


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Small sessions of one import: in one pack, their sources in a few frames, each of many sessions."""
    store = Store(tmp_path / "store").prepare()
    import_paths(store, write_transcripts(tmp_path / "in", range(SESSIONS), exchanges=12), processes=1)
    assert len(store.packs.index().packs) == 1 and len(store.session_ids()) == SESSIONS
    return store


def alone(store: Store, session_id: str) -> bytes:
    """A session's export, by itself."""
    parts: list[bytes] = []
    write_lines(store, session_id, parts.append)
    return b"".join(parts)


def test_frames_are_read_once_for_all_sessions(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Into files and into a pipe alike; the pack they lean on is opened once for all of it."""
    frames = sum(len(volume["frames"]) for volume in SourceArchive(store).volumes().values())
    expected = {session_id: alone(store, session_id) for session_id in sorted(store.session_ids())}
    made, opened = list[int](), list[Path]()
    dictionary = archive.dictionary

    class Counted(PayloadFile):
        def __init__(self, path: Path, session_id: str) -> None:
            opened.append(path)
            super().__init__(path, session_id)

    def counting(ranges, text):  # type: ignore[no-untyped-def]
        made.append(len(ranges))
        return dictionary(ranges, text)

    monkeypatch.setattr(archive, "dictionary", counting)
    monkeypatch.setattr(archive, "PayloadFile", Counted)
    root = ["--store", str(store.root)]
    assert main(["export", "--all", "-o", str(tmp_path / "out"), *root]) == 0
    assert len(made) == frames and sum(made) >= SESSIONS and len(opened) == 1
    assert {path.stem: path.read_bytes() for path in (tmp_path / "out").iterdir()} == expected
    made.clear()
    capfdbinary.readouterr()
    assert main(["export", "--all", *root]) == 0
    assert len(made) == frames and capfdbinary.readouterr().out == b"".join(expected.values())


def test_what_a_frame_leans_on_is_found_wherever_it_is(store: Store) -> None:
    """In a pack, in a folder that follows on from one, deleted and not yet swept: always what `stored_text` gives."""
    archive = SourceArchive(store)
    ranges = [tuple(range) for volume in archive.volumes().values() for frame in volume["frames"] for range in frame[3]]
    assert len(ranges) >= SESSIONS
    said = [stored_text(store, *range) for range in ranges]
    assert [archive._said(*range) for range in ranges] == said and all(said)
    woken, deleted = ranges[0][0], ranges[-1][0]
    with store.reader(woken) as reader:
        again = reader.entry(0).draft()
    with store.writer(woken) as log:
        log.append([again._replace(payload={**again.payload, "id": "sevt_new"}, raw=None)])
    store.delete(deleted)
    assert [archive._said(*range) for range in ranges] == said
    with store.reader(woken) as reader:
        stop = reader.count
    assert SourceArchive(store)._said(woken, 0, stop) == stored_text(store, woken, 0, stop)


def test_a_pack_that_is_gone_is_named_by_whoever_reads_it(store: Store) -> None:
    """As a reader names it, with the session."""
    archive = SourceArchive(store)
    session_id = store.session_ids()[0]
    assert archive._said(session_id, 0, 3)
    for path in store.packs_folder.glob("*.payload.parquet"):
        path.write_bytes(b"PAR1 nothing of the kind PAR1")
    with pytest.raises(Exception, match=session_id):
        SourceArchive(store)._said(session_id, 0, 3)
