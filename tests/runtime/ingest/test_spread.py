"""Files on their way to whoever is free: what comes of them does not depend on who that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.ingest.driver import Ingest
from runtime.ingest.paths import import_paths
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


def test_files_of_one_session_are_imported_together_wherever_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of a session's beginning in another folder makes nothing of its own, whoever is quicker."""
    folder = tmp_path / "in"
    for name, exchanges in (("a", 2), ("b", 6), ("c", 4)):
        for seed in (1, 2):
            path = folder / name / f"{native_id(seed, 0)}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(transcript(seed, exchanges))
    monkeypatch.setattr("runtime.ingest.workers.WORTH_SHARING_BYTES", 1)
    monkeypatch.setattr("runtime.ingest.workers.LARGEST_SHARE_BYTES", 1)
    monkeypatch.setattr("runtime.ingest.workers.SMALLEST_SHARE_BYTES", 1)
    shared, alone = Store(tmp_path / "shared"), Store(tmp_path / "alone")
    reports = [import_paths(store, [folder], processes=count) for store, count in ((shared, 2), (alone, 1))]
    assert [report.files for report in reports] == [6, 6] and reports[0].events == reports[1].events
    assert everything(shared) == everything(alone)


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
