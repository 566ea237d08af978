"""Stores as released versions left them: read whole, and gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.asking.query import Query
from runtime.asking.search import search
from runtime.schema import SCHEMA_VERSION
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import message
from tests.support.golden import GOLDEN, LAID_OUT, about, make

VERSIONS = sorted(int(path.name.removeprefix("schema-")) for path in GOLDEN.glob("schema-*"))


@pytest.fixture(params=VERSIONS, ids=lambda version: f"schema-{version}")
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, dict[str, dict[str, object]]]]:
    """A copy of a golden store, and what was true of it when it was made."""
    folder = GOLDEN / f"schema-{request.param}"
    shutil.copytree(folder / "store", tmp_path / "store")
    yield Store(tmp_path / "store"), json.loads((folder / "facts.json").read_text())


def test_every_version_has_its_store() -> None:
    assert VERSIONS == list(range(1, SCHEMA_VERSION + 1))


def test_it_is_read_as_it_was(golden: tuple[Store, dict[str, dict[str, object]]]) -> None:
    store, facts = golden
    assert sorted(store.session_ids()) == sorted(facts)
    assert {session_id: about(store, session_id) for session_id in facts} == facts
    assert list(store.verify_packs()) == [] and list(check_frames(SourceArchive(store))) == []
    with store.reader("sesn_odd") as reader:
        assert reader.payload(1) == LAID_OUT
        assert [row.supersedes for row in reader.rows(0, 6)] == [None] * 5 + [3]
    assert store.blobs.get(store.blobs.names()[0]) in (b"named", b"not named")


def test_it_is_asked_as_any_other(golden: tuple[Store, dict[str, dict[str, object]]]) -> None:
    store, facts = golden
    with Query(store) as query:
        counted = query.run("SELECT session_id, count(*) FROM event_rows GROUP BY 1").rows()
        assert dict(counted) == {session_id: said["events"] for session_id, said in facts.items()}
    hits = [hit for progress in search(store, "several lines ☃") for hit in progress.hits]
    assert [(hit.session_id, hit.seq) for hit in hits] == [("sesn_odd", 1)]


def test_records_of_its_imports_are_there_byte_for_byte(golden: tuple[Store, dict[str, dict[str, object]]]) -> None:
    store, facts = golden
    archive, records = SourceArchive(store), 0
    imported = [found for found in facts if store.manifest(found).source.get("format") == "claude_code"]
    assert len(imported) == 12
    for session_id in imported:
        with store.reader(session_id) as reader:
            for seq in range(reader.count):
                for source_id, offset, length, _ in reader.extra(seq)["source"]:
                    record = json.loads(archive.record(source_id, offset, length, session_id))
                    assert record["sessionId"] == store.manifest(session_id).source["native_id"]
                    records += 1
    assert records > 12 * 20


def test_it_is_gone_on_with(golden: tuple[Store, dict[str, dict[str, object]]]) -> None:
    """Today's writer and upkeep take over what they did not write."""
    store, facts = golden
    for session_id in ("sesn_packed_2", "sesn_packed_3", "sesn_odd"):
        with store.writer(session_id) as log:
            log.append([message(900)])
            log.seal()
    assert maintain(store, many=1).problems == []
    for session_id, said in facts.items():
        more = session_id in ("sesn_packed_2", "sesn_packed_3", "sesn_odd")
        assert store.verify(session_id) == int(str(said["events"])) + more


def test_what_is_written_now_is_of_the_newest_version(tmp_path: Path) -> None:
    """The newest golden store and one made just now say the same, chain for chain; else it is a new version."""
    make(tmp_path)
    now = json.loads((tmp_path / "facts.json").read_text())
    then = json.loads((GOLDEN / f"schema-{SCHEMA_VERSION}" / "facts.json").read_text())
    assert len(now) > 20 and now == then
