"""An open segment whose end is gone: what its writer had closed cannot be less without being noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.errors import Corrupt
from runtime.store import Store
from tests.support.builders import add_session, new_store, story


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one session of six open events."""
    store = new_store(tmp_path / "store")
    add_session(store, "sesn_1", [])
    with store.writer("sesn_1") as log:
        log.append(story(0, 6))
    return store


def test_a_reader_refuses_an_open_segment_that_lost_its_end(store: Store) -> None:
    """Whole lines that are missing leave a file that is as it was a moment before; the manifest knows better."""
    path = store.folder("sesn_1") / "000000.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    with pytest.raises(Corrupt, match="4 events where there were 6") as refused:
        store.reader("sesn_1")
    assert (refused.value.session_id, refused.value.seq, refused.value.file) == ("sesn_1", 4, str(path))
    [summary] = store.summaries()
    assert "its end was cut off" in str(summary.damage)


def test_what_was_added_since_it_was_closed_may_be_torn(store: Store) -> None:
    path = store.folder("sesn_1") / "000000.jsonl"
    path.write_bytes(path.read_bytes() + b'{"seq":6,"chain":')
    with store.reader("sesn_1") as reader:
        assert reader.count == 6
