"""Readers: whatever happens to a session under them, they go on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runtime.clock import now_us
from runtime.errors import Corrupt
from runtime.log import FileLog
from runtime.manifest import FILE_NAME, Manifest
from runtime.reader import KEPT_BLOCKS, KEPT_FILES, LogReader
from runtime.schema import ROWS
from runtime.segment import GROUP
from runtime.store import Store
from runtime.upkeep.maintenance import GRACE_US, maintain
from tests.support.builders import START_US, add_session, message, new_store, story

SESSION = "sesn_read"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return new_store(tmp_path / "store")


def written(store: Store) -> FileLog:
    """The writer of a new session."""
    return store.create(Manifest(SESSION, created_us=START_US))


def all_of(reader: LogReader) -> list[str]:
    """Ids by rows, which must be those by payloads."""
    found = [row.id for row in reader.rows(0, reader.count)]
    assert found == [entry.id for entry in reader.entries()] == reader.table(columns=["id"]).column(0).to_pylist()
    return found


def open_files() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))


def test_a_reader_that_polls_late_counts_turns_right(store: Store) -> None:
    """It last saw ten rows of a segment that since took a thousand, was sealed, and is followed by another."""
    with written(store) as log:
        log.append(story(0, 10))
        with store.reader(SESSION) as reader:
            log.append(story(10, 1_000))
            log.seal()
            log.append(story(1_010, 5))
            assert reader.poll() == 1_015
            late = reader.rows(0, 1_015)
        with store.reader(SESSION) as fresh:
            assert late == fresh.rows(0, 1_015)


def test_a_reader_lets_go_of_segments_that_were_sealed(store: Store) -> None:
    with written(store) as log, store.reader(SESSION) as reader:
        log.append(story(0, 2))
        reader.poll()
        before = open_files()
        for number in range(12):
            log.append(story(2 + number, 1))
            log.seal()
            reader.poll()
        assert open_files() <= before
        assert len(all_of(reader)) == 14


def test_a_reader_keeps_few_segments_at_hand(store: Store) -> None:
    add_session(store, SESSION, [story(10 * number, 10) for number in range(KEPT_BLOCKS + 2)])
    with store.reader(SESSION) as reader:
        assert len(all_of(reader)) == 10 * (KEPT_BLOCKS + 2)
        assert (len(reader._tables), len(reader._payload_files)) == (KEPT_BLOCKS, KEPT_FILES)
        assert sum(file._group is not None for file in reader._payload_files.values()) == 1


def test_reading_on_while_other_segments_are_looked_at(store: Store) -> None:
    """A long read of one segment is not cut off by its file leaving the cache."""
    add_session(store, SESSION, [story(0, 2 * GROUP.rows), *(story(3_000 + n, 1) for n in range(KEPT_FILES + 2))])
    with store.reader(SESSION) as reader:
        entries = reader.entries(0, 2 * GROUP.rows)
        found = [next(entries).id]
        for seq in range(2 * GROUP.rows, reader.count):
            assert reader.entry(seq).id == f"sevt_{3_000 + seq - 2 * GROUP.rows:06d}"
        found += [entry.id for entry in entries]
        assert found == [f"sevt_{number:06d}" for number in range(2 * GROUP.rows)]


def test_reading_on_while_what_is_read_is_sealed(store: Store) -> None:
    with written(store) as log, store.reader(SESSION) as reader:
        log.append(story(0, 10))
        reader.poll()
        entries = reader.entries()
        found = [next(entries).id for _ in range(3)]
        log.seal()
        log.append(story(10, 5))
        reader.poll()
        assert found + [entry.id for entry in entries] == [f"sevt_{number:06d}" for number in range(10)]


def test_a_failed_write_that_was_seen_is_unseen_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are visible before they are durable: a reader may see a line that is taken back."""
    with written(store) as log, store.reader(SESSION) as reader:
        log.append(story(0, 2))
        real, seen = os.write, []

        def unsynced(descriptor: int, data: bytes) -> int:
            real(descriptor, data)
            seen.append(reader.poll())
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", unsynced)
            with pytest.raises(Exception, match="disk is full"):
                log.append([message(77, "x" * 50), message(78)])
        assert seen == [4]
        assert reader.poll() == 2
        log.append([message(2), message(3, "y" * 90), message(4)])
        assert reader.poll() == 5
        assert all_of(reader) == ["sevt_000000", "sevt_000001", "sevt_000002", "sevt_000003", "sevt_000004"]


def test_a_line_longer_than_one_read_is_taken_in(store: Store) -> None:
    with written(store) as log, store.reader(SESSION) as reader:
        log.append([message(0), message(1, "x" * 9_000_000), message(2)])
        assert reader.poll() == 3
        assert len(reader.payload(1)) > 9_000_000


def test_a_reader_of_a_session_follows_it_through_its_whole_life(store: Store) -> None:
    """Open, sealed, packed, its folder gone, woken, sealed, packed again: one reader, opened at the start."""
    now, said = now_us(), []
    with written(store) as log, store.reader(SESSION) as reader:

        def look() -> None:
            assert reader.poll() == len(said)
            assert all_of(reader) == said

        for number in range(2):
            log.append(story(number * 10, 10))
            said += [f"sevt_{number * 10 + step:06d}" for step in range(10)]
            look()
        log.seal()
        look()
        log.close()
        for life in (2, 3):
            assert maintain(store, many=1, now_us=now).packed == 1
            look()
            now += GRACE_US + 1
            assert maintain(store, now_us=now_us() + GRACE_US + 1).problems == []
            assert not store.folder(SESSION).exists()
            look()
            with store.writer(SESSION) as woken:
                look()
                woken.append(story(life * 10, 10))
                said += [f"sevt_{life * 10 + step:06d}" for step in range(10)]
                look()
                woken.seal()
                look()


def test_an_old_reader_finds_its_session_where_it_went(store: Store) -> None:
    """It never polls, and everything it knew the place of is gone."""
    add_session(store, SESSION, [story(0, 10), story(10, 10)])
    with store.reader(SESSION) as reader, store.reader(SESSION) as other:
        assert maintain(store, many=1).packed == 1
        maintain(store, now_us=now_us() + GRACE_US + 1)
        assert not store.folder(SESSION).exists()
        assert reader.payload(15) == other.entry(15).payload
        assert all_of(reader) == [f"sevt_{number:06d}" for number in range(20)]
        assert other.text(0, 20) == reader.text(0, 20)


def test_a_reader_of_a_session_that_was_deleted_keeps_what_it_has(store: Store) -> None:
    add_session(store, SESSION, [story(0, 10)])
    with store.reader(SESSION) as reader:
        store.delete(SESSION)
        assert reader.poll() == 10 and len(all_of(reader)) == 10
        assert maintain(store).removed == 0
        assert reader.poll() == 10 and len(all_of(reader)) == 10


def test_a_session_made_anew_under_its_old_name_is_another(store: Store) -> None:
    with written(store) as log:
        log.append(story(0, 3))
    with store.reader(SESSION) as reader:
        store.delete(SESSION)
        with written(store) as log:
            log.append([message(100 + number, "quite other text") for number in range(5)])
            assert reader.poll() == 5
            assert all_of(reader) == [f"sevt_{100 + number:06d}" for number in range(5)]


def test_text_is_the_same_wherever_it_is_kept(store: Store) -> None:
    with written(store) as log:
        log.append(story(0, 30))
        with store.reader(SESSION) as reader:
            texts = [reader.text(3, 17)]
            log.seal()
            reader.poll()
            texts.append(reader.text(3, 17))
        log.append(story(30, 1))
    with store.reader(SESSION) as reader:
        texts.append(reader.text(3, 17))
        entries = list(reader.entries(3, 17))
        texts.append(b"".join([entry.payload for entry in entries] + [entry.extra for entry in entries]))
    assert len(set(texts)) == 1 and texts[0]


def test_there_is_no_event_before_the_first_or_after_the_last(store: Store) -> None:
    add_session(store, SESSION, [story(0, 3)])
    with store.reader(SESSION) as reader:
        for seq in (-1, 3, 99):
            with pytest.raises(IndexError, match=f"events 0 to 2; there is no {seq}"):
                reader.entry(seq)
        assert reader.rows(3, 9) == [] and reader.rows(2, 1) == [] and len(reader.table(9, 99)) == 0


def test_a_session_without_events_can_be_read(store: Store) -> None:
    with written(store), store.reader(SESSION) as reader:
        assert reader.count == reader.poll() == 0
        assert reader.rows(0, 10) == [] and list(reader.entries()) == [] and reader.verify() == 0
        assert reader.table().schema == pa.schema(reader.table().schema)


@pytest.mark.parametrize("what", ["rows", "payload"])
def test_a_missing_file_is_named(store: Store, what: str) -> None:
    add_session(store, SESSION, [story(0, 3), story(3, 3)])
    path = store.folder(SESSION) / f"000001.{what}.parquet"
    path.unlink()
    with store.reader(SESSION) as reader:
        assert len(reader.rows(0, 3)) == 3 and len(reader.payload(2)) > 0
        with pytest.raises(Corrupt, match="the file is missing") as caught:
            reader.rows(3, 4) if what == "rows" else reader.payload(3)
        assert (caught.value.session_id, caught.value.file) == (SESSION, str(path))


def test_a_missing_open_segment_is_named(store: Store) -> None:
    with written(store) as log:
        log.append(story(0, 3))
    path = store.folder(SESSION) / "000000.jsonl"
    path.unlink()
    with pytest.raises(Corrupt, match="the file is missing") as caught:
        store.reader(SESSION)
    assert (caught.value.session_id, caught.value.seq, caught.value.file) == (SESSION, 0, str(path))


def test_a_reader_needs_nothing_but_the_folder(store: Store, tmp_path: Path) -> None:
    add_session(store, SESSION, [story(0, 3)])
    elsewhere = tmp_path / "elsewhere" / SESSION
    shutil.copytree(store.folder(SESSION), elsewhere)
    with LogReader(elsewhere) as reader:
        assert reader.verify() == 3
    assert (elsewhere / FILE_NAME).exists()


def test_rows_one_by_one_and_as_a_table_are_the_same(tmp_path: Path) -> None:
    """Every column, whatever a block leaves out or keeps in a dictionary; sealed, packed beside others, or open."""
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_a", created_us=START_US)) as log:
        log.append(story(0, 40))
        log.seal()
        log.append(story(40, 30))
        log.seal()
        log.append(story(70, 5))
        with store.reader("sesn_a") as reader:
            for start, stop in ((0, 75), (3, 4), (39, 41), (60, 75), (74, 75), (10, 10)):
                table = reader.table(start, stop)
                assert table.schema.names == ROWS.names
                assert [tuple(row) for row in reader.rows(start, stop)] == [
                    tuple(row.values()) for row in table.to_pylist()
                ]


def test_rows_of_a_file_that_lacks_some_or_a_column(tmp_path: Path) -> None:
    """Rows that are not there are damage, named; a column that an older version did not have is empty."""
    store = new_store(tmp_path)
    add_session(store, "sesn_a", [story(0, 40)])
    path = store.sessions_folder / "sesn_a" / "000000.rows.parquet"
    whole = pq.read_table(path)
    older = {"workbench.schema": "0"}
    pq.write_table(whole.drop_columns(["supersedes"]).replace_schema_metadata(older), path)
    with store.reader("sesn_a") as reader:
        rows = reader.rows(0, 40)
    assert [row.supersedes for row in rows] == [None] * 40 and rows[7].id == whole.column("id")[7].as_py()
    pq.write_table(whole.slice(0, 30), path)
    with store.reader("sesn_a") as reader, pytest.raises(Corrupt, match="40 rows were sealed; some are missing"):
        reader.rows(0, 40)


def test_rows_of_another_segment_are_not_taken_for_its_own(tmp_path: Path) -> None:
    """Files that changed places are whole; what stands in them says whose they are."""
    store = new_store(tmp_path)
    for name in ("sesn_a", "sesn_b"):
        add_session(store, name, [story(0, 40), story(40, 40)])
    rows = store.sessions_folder / "sesn_a" / "000000.rows.parquet"
    whole = rows.read_bytes()
    for other in ("sesn_b/000000", "sesn_a/000001"):
        rows.write_bytes((store.sessions_folder / f"{other}.rows.parquet").read_bytes())
        for look in (lambda reader: reader.rows(0, 5), lambda reader: reader.table(columns=["type"])):
            with store.reader("sesn_a") as reader, pytest.raises(Corrupt, match="stands in its place") as refused:
                look(reader)
            assert refused.value.file == str(rows)
    rows.write_bytes(whole)
    assert store.verify("sesn_a") == 80


def test_a_column_whose_name_changed_is_not_taken_for_missing(tmp_path: Path) -> None:
    """A footer has no checksum: a flipped bit in it gives a column another name."""
    store = new_store(tmp_path)
    add_session(store, "sesn_a", [story(0, 40)])
    for what, column in (("rows", b"summary"), ("rows", b"model"), ("payload", b"thread_id")):
        path = store.sessions_folder / "sesn_a" / f"000000.{what}.parquet"
        whole = path.read_bytes()
        path.write_bytes(whole.replace(column, column[:-1] + b"~"))
        with store.reader("sesn_a") as reader, pytest.raises(Corrupt, match=column.decode()):
            list(reader.entries()) if what == "payload" else reader.rows(0, 5)
        path.write_bytes(whole)
