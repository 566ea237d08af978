"""Files on their way to whoever is free: where what was found may be cut, and that nothing waits for the last of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.importers.discover import Found, discover, in_subtrees
from runtime.ingest.driver import Ingest
from runtime.ingest.paths import import_paths
from runtime.ingest.spread import Spread
from runtime.ingest.workers import Workers
from runtime.store import Store
from tests.support.surviving import everything
from tests.support.transcripts import native_id, transcript


def laid_out(folder: Path, *names: str) -> Path:
    """Transcripts, one at each of ``names``."""
    for seed, name in enumerate(names, 1):
        path = folder / name.replace("ID", native_id(seed, 0))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(transcript(seed, 2) if name.endswith("jsonl") else b"words\n")
    return folder


def cuts(*paths: Path) -> list[int]:
    """How many files there are in each part."""
    return [len(part) for part in in_subtrees(discover(paths), paths)]


def test_projects_below_a_folder_are_parts_of_their_own(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, "b/ID.jsonl", "b/deeper/ID.jsonl", "a/ID.jsonl", "readme.txt", "c/ID.jsonl")
    assert cuts(folder) == [1, 1, 2, 1]
    assert cuts(folder / "a", folder / "b") == [1, 2]


def test_what_belongs_together_is_not_cut(tmp_path: Path) -> None:
    """A folder's own transcripts have subagents below it; files that were named may belong to each other."""
    folder = laid_out(tmp_path / "in", "ID.jsonl", "x/agent-1.jsonl", "y/agent-2.jsonl", "ID.jsonl")
    other = laid_out(tmp_path / "other", "p/ID.jsonl", "q/ID.jsonl")
    assert cuts(folder) == [4] and cuts(folder, other) == [4, 1, 1]
    assert cuts(folder, other / "p", next((other / "q").iterdir())) == [6]
    assert cuts(tmp_path / "in" / "x" / "agent-1.jsonl") == [1]


def test_nothing_is_lost_by_cutting(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, "ID.jsonl", "a/ID.jsonl", "a/b/ID.jsonl", "c.txt", "d/e/f/ID.jsonl")
    found = list(discover([folder]))
    assert [item for part in in_subtrees(found, [folder]) for item in part] == found
    assert list(in_subtrees([], [folder])) == []


def test_others_begin_before_everything_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = laid_out(tmp_path / "in", *(f"{name}/ID.jsonl" for name in "abcdef"))
    monkeypatch.setattr("runtime.ingest.workers.WORTH_SHARING_BYTES", 1)
    monkeypatch.setattr("runtime.ingest.spread.LARGEST_SHARE_BYTES", 1)
    store, given = Store(tmp_path / "store").prepare(), list[list[Found]]()
    with Workers(2, print) as workers:
        spread = Spread(store, None, None, workers)
        workers.expect(100)
        workers.expect(100)
        for part in in_subtrees(discover([folder]), [folder]):
            spread.offer([part])
            given.append(part)
            if len(given) == 2:
                assert len(spread._tasks) == 2, "both are given away while more is being found"
        report = spread.finish()
    import_paths(Store(tmp_path / "alone").prepare(), [folder], processes=1)
    assert len(given) == 6 and report.files == 6
    assert everything(store) == everything(Store(tmp_path / "alone"))


@pytest.mark.parametrize(("worth", "bulk"), [(1, True), (1 << 40, False)])
def test_what_is_much_is_compressed_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth: int, bulk: bool
) -> None:
    """Whether or not there are other processes to share it with."""
    folder, given = laid_out(tmp_path / "in", "ID.jsonl"), list[object]()

    class Noted(Ingest):
        def __init__(self, *args: Any, **more: Any) -> None:
            given.append(more["bulk"])
            super().__init__(*args, **more)

    monkeypatch.setattr("runtime.ingest.spread.WORTH_SHARING_BYTES", worth)
    monkeypatch.setattr("runtime.ingest.spread.Ingest", Noted)
    import_paths(Store(tmp_path / "store"), [folder], processes=1)
    assert given == [bulk]
