"""The contract of the seam `SessionLog`: what must hold however a log came to be as it is.

A way is a function from a fresh store to an `Under`: a log with some history, and how it takes drafts. Every test of
`LogContract` runs on every way.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runtime.errors import LogError, PayloadTooLarge, Sealed, SessionBusy, StoreError
from runtime.event import MAX_PAYLOAD_BYTES, Draft, RowBuilder
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.segment import genesis, link
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import START_US, message, new_store, story

SESSION = "sesn_under_test"


@dataclass
class Under:
    """A log under test."""

    store: Store
    log: FileLog
    take: Callable[[FileLog, Sequence[Draft]], range]
    """How it takes drafts: `FileLog.append`, or that and more."""
    history: list[Draft] = field(default_factory=list)
    """What was in it from the start, and what `append` added."""

    def append(self, drafts: Sequence[Draft]) -> range:
        """Append ``drafts`` in this log's way."""
        seqs = self.take(self.log, drafts)
        self.history.extend(drafts)
        return seqs

    def next_story(self, count: int) -> list[Draft]:
        """Drafts whose ids nobody has yet."""
        return story(self.log.next_seq, count)

    def reopened(self) -> None:
        """Let the writer go and take another."""
        self.log.close()
        self.log = self.store.writer(SESSION)

    def ids(self) -> list[str]:
        """The ids of all events, as a new reader sees them."""
        with self.store.reader(SESSION) as reader:
            return [entry.id for entry in reader.entries()]

    def said(self) -> list[str]:
        """The ids of all events that were acknowledged."""
        return [draft.payload["id"] for draft in self.history]


def _sealing(log: FileLog, drafts: Sequence[Draft]) -> range:
    seqs = log.append(drafts)
    log.seal()
    return seqs


def _sealed_straight(log: FileLog, drafts: Sequence[Draft]) -> range:
    first = log.next_seq
    return range(first, first + log.append_sealed([drafts] if drafts else []))


def fresh(folder: Path) -> Under:
    """A new log."""
    store = new_store(folder)
    return Under(store, store.create(Manifest(SESSION, created_us=START_US)), FileLog.append)


def sealed_after_every_append(folder: Path) -> Under:
    """A log that is sealed whenever something was appended."""
    return Under(*_parts(fresh(folder)), _sealing)


def sealed_straight_away(folder: Path) -> Under:
    """A log that is written with `FileLog.append_sealed` only."""
    return Under(*_parts(fresh(folder)), _sealed_straight)


def in_tiny_segments(folder: Path) -> Under:
    """A log whose segments are sealed after three events, beside the writer."""
    under = fresh(folder)
    under.log._seal_rows = 3
    return under


def packed_and_woken(folder: Path) -> Under:
    """A log whose first events are in a pack, and that was written to since."""
    under = fresh(folder)
    under.append(story(0, 8))
    under.log.seal()
    under.log.close()
    assert maintain(under.store, many=1).packed == 1
    under.log = under.store.writer(SESSION)
    under.append(story(8, 2))
    return under


def reopened_after_a_crash(folder: Path) -> Under:
    """A log whose writer was killed in the middle of a line."""
    under = fresh(folder)
    under.append(story(0, 5))
    segment = under.log.manifest.segments[-1].name
    under.log.close()
    with open(under.log.folder / f"{segment}.jsonl", "ab") as file:
        file.write(b'{"seq":5,"chain":"9f1c0a7be2d4588e1b6f3a0c47d2e915","time_us":1795')
    under.log = under.store.writer(SESSION)
    return under


def _parts(under: Under) -> tuple[Store, FileLog]:
    return under.store, under.log


WAYS = [
    fresh, sealed_after_every_append, sealed_straight_away, in_tiny_segments, packed_and_woken, reopened_after_a_crash,
]  # fmt: skip


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch, *, after_bytes: int = 0) -> Iterator[None]:
    """A disk that takes ``after_bytes`` more bytes and then is full."""
    write, left = os.write, [after_bytes]

    def refusing(descriptor: int, data: bytes) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = write(descriptor, bytes(data)[: left[0]])
        left[0] -= taken
        return taken

    def unsynced(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refusing)
        patched.setattr(os, "fsync", unsynced)
        yield


class LogContract:
    """What every log must do; a subclass says which logs by a fixture ``under``."""

    def test_events_get_the_next_seqs_in_order(self, under: Under) -> None:
        first = under.log.next_seq
        assert under.append(under.next_story(3)) == range(first, first + 3)
        assert under.append(under.next_story(1)) == range(first + 3, first + 4)
        assert under.log.next_seq == first + 4

    def test_what_append_returned_for_is_there_for_whoever_looks(self, under: Under) -> None:
        for size in (1, 5, 2):
            under.append(under.next_story(size))
            assert under.ids() == under.said()

    def test_appending_nothing_is_nothing(self, under: Under) -> None:
        before = under.log.next_seq
        assert under.append([]) == range(before, before)
        assert under.ids() == under.said()

    def test_a_payload_comes_back_byte_for_byte(self, under: Under) -> None:
        raw = '{"id": "sevt_raw",\n "type": "user.message",\t"content": "ünïcode ☃ \\ud83d\\ude00 \\u0000"}  '.encode()
        draft = Draft({"id": "sevt_raw", "type": "user.message"}, 'sthr_"{q}"', None, {}, raw)
        [seq] = under.append([draft])
        with under.store.reader(SESSION) as reader:
            entry = reader.entry(seq)
            assert (entry.payload, entry.thread_id, entry.time_us) == (raw, 'sthr_"{q}"', None)
            assert reader.payload(seq) == raw

    def test_extras_come_back(self, under: Under) -> None:
        extra = {"name": "bash", "result": {"exit_code": 1, "note": '}\n"{'}, "source": [["src_1", 0, 10, 1]]}
        [seq] = under.append([message(under.log.next_seq)._replace(extra=extra)])
        with under.store.reader(SESSION) as reader:
            assert reader.extra(seq) == extra

    def test_rows_are_a_function_of_payloads(self, under: Under) -> None:
        under.append(under.next_story(20))
        with under.store.reader(SESSION) as reader:
            builder, rows = RowBuilder(SESSION), reader.rows(0, reader.count)
            drafts = [entry.draft() for entry in reader.entries()]
            sizes = [len(entry.payload) for entry in reader.entries()]
            assert rows == [
                builder.row(seq, draft, size, row.chain)
                for seq, (draft, size, row) in enumerate(zip(drafts, sizes, rows))
            ]
            assert reader.table().to_pylist() == [row._asdict() for row in rows]

    def test_the_chain_links_every_event_to_those_before(self, under: Under) -> None:
        under.append(under.next_story(7))
        under.append(under.next_story(1))
        with under.store.reader(SESSION) as reader:
            chain = genesis(SESSION)
            for entry, row in zip(reader.entries(), reader.rows(0, reader.count), strict=True):
                chain = link(chain, entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra)
                assert chain.startswith(row.chain)
        assert under.store.verify(SESSION) == len(under.history)

    def test_windows_are_slices_of_the_whole(self, under: Under) -> None:
        under.append(under.next_story(11))
        with under.store.reader(SESSION) as reader:
            count, whole = reader.count, reader.rows(0, reader.count)
            entries = list(reader.entries())
            for start in range(-1, count + 1):
                for stop in (start, start + 1, start + 4, count, count + 9):
                    window = whole[max(0, start) : max(0, stop)]
                    assert reader.rows(start, stop) == window, (start, stop)
                    assert reader.table(start, stop, ["seq"]).column(0).to_pylist() == [row.seq for row in window]
                    assert list(reader.entries(start, stop)) == entries[max(0, start) : max(0, stop)]

    def test_a_polling_reader_sees_each_event_once_and_in_order(self, under: Under) -> None:
        under.append(under.next_story(1))
        with under.store.reader(SESSION) as reader:
            seen = reader.rows(0, reader.count)
            for size in (2, 1, 9, 4):
                under.append(under.next_story(size))
                count = reader.poll()
                seen += reader.rows(len(seen), count)
            under.log.seal()
            assert reader.poll() == len(seen)
            assert [row.id for row in seen] == under.said()
            assert reader.rows(0, len(seen)) == seen

    def test_turns_go_on_across_segments_and_writers(self, under: Under) -> None:
        for size in (4, 3, 5):
            under.append(under.next_story(size))
            under.reopened()
        builder = RowBuilder(SESSION)
        turns = [builder.row(0, draft, 0, b"").turn for draft in under.history]
        with under.store.reader(SESSION) as reader:
            assert [row.turn for row in reader.rows(0, reader.count)] == turns

    def test_many_threads_append_each_event_once(self, under: Under) -> None:
        taken: dict[int, list[range]] = {}
        start = threading.Barrier(8)

        def write(number: int) -> None:
            start.wait()
            mine = [message(number * 1_000 + step) for step in range(6)]
            taken[number] = [under.take(under.log, [mine[0], mine[1]]), *(under.take(under.log, [d]) for d in mine[2:])]

        before, threads = under.ids(), [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = under.ids()
        assert found[: len(before)] == before and len(found) == len(before) + 48
        for number, seqs in taken.items():
            flat = [seq for part in seqs for seq in part]
            assert flat == sorted(flat)
            if under.take is FileLog.append:
                assert [found[seq] for seq in flat] == [f"sevt_{number * 1_000 + step:06d}" for step in range(6)]
        assert under.store.verify(SESSION) == len(found)

    def test_a_second_writer_is_refused_until_the_first_lets_go(self, under: Under) -> None:
        with pytest.raises(SessionBusy, match=SESSION):
            under.store.writer(SESSION)
        under.reopened()
        assert under.append(under.next_story(1)).start == len(under.history) - 1

    def test_a_closed_log_takes_nothing(self, under: Under) -> None:
        under.append(under.next_story(2))
        under.log.close()
        for refused in (lambda: under.log.append(story(0, 1)), under.log.seal, lambda: under.log.describe(title="no")):
            with pytest.raises(Sealed, match="open the session again"):
                refused()
        under.log.close()
        assert under.ids() == under.said()

    def test_another_writer_goes_on_where_the_last_one_stopped(self, under: Under) -> None:
        for _ in range(3):
            under.append(under.next_story(4))
            under.reopened()
            assert under.log.next_seq == len(under.history)
        assert under.ids() == under.said()
        assert under.store.verify(SESSION) == len(under.history)

    def test_sealing_again_or_sealing_nothing_changes_nothing(self, under: Under) -> None:
        under.log.seal()
        under.append(under.next_story(2))
        under.log.seal()
        segments = under.log.manifest.segments
        under.log.seal()
        assert under.log.manifest.segments == segments
        assert all(segment.kind != "open" for segment in segments)
        assert under.ids() == under.said()

    @pytest.mark.parametrize(
        "bad",
        [
            Draft({"type": "user.message"}, "sthr_1", 0),
            Draft({"id": 7, "type": "user.message"}, "sthr_1", 0),
            Draft({"id": "sevt_1", "type": None}, "sthr_1", 0),
            Draft({"id": "sevt_\ud800", "type": "user.message"}, "sthr_1", 0),
            Draft({"id": "sevt_1", "type": "user.message"}, "sthr_\udfff", 0),
            Draft({"id": "sevt_1", "type": "user.message"}, "sthr_1", 1 << 63),
            Draft({"id": "sevt_1", "type": "user.message"}, "sthr_1", 1.5),  # type: ignore[arg-type]
        ],
    )
    def test_a_draft_that_cannot_be_stored_takes_its_batch_with_it(self, under: Under, bad: Draft) -> None:
        under.append(under.next_story(1))
        with pytest.raises(LogError, match="cannot be stored"):
            under.take(under.log, [*under.next_story(2), bad])
        assert under.log.next_seq == len(under.history)
        under.append(under.next_story(1))
        assert under.ids() == under.said()
        assert under.store.verify(SESSION) == len(under.history)

    def test_a_payload_over_the_limit_is_refused_by_name(self, under: Under) -> None:
        huge = b'{"id":"sevt_huge","type":"user.message","content":"%b"}' % (b"x" * MAX_PAYLOAD_BYTES)
        with pytest.raises(PayloadTooLarge, match=r"sevt_huge .*67,108,\d\d\d bytes; the limit is 67,108,864"):
            under.take(under.log, [Draft({"id": "sevt_huge", "type": "user.message"}, "sthr_1", 0, {}, huge)])
        under.append(under.next_story(1))
        assert under.ids() == under.said()

    @pytest.mark.parametrize("after_bytes", [0, 10, 900])
    def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(
        self, under: Under, monkeypatch: pytest.MonkeyPatch, after_bytes: int
    ) -> None:
        under.append(under.next_story(2))
        with full_disk(monkeypatch, after_bytes=after_bytes):
            for _ in range(2):
                with pytest.raises(StoreError, match=rf"disk is full.*{SESSION}"):
                    under.take(under.log, under.next_story(9))
        assert under.ids() == under.said()
        under.append(under.next_story(3))
        assert under.ids() == under.said()
        under.reopened()
        assert under.store.verify(SESSION) == len(under.history)

    def test_after_an_interrupted_write_nothing_acknowledged_is_lost(
        self, under: Under, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        under.append(under.next_story(2))

        def interrupted(descriptor: int, data: bytes) -> int:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", interrupted)
            patched.setattr(os, "fsync", lambda _: interrupted(0, b""))
            with pytest.raises(KeyboardInterrupt):
                under.take(under.log, under.next_story(2))
        under.append(under.next_story(2))
        assert under.ids() == under.said()
        assert under.store.verify(SESSION) == len(under.history)

    def test_what_the_manifest_says_can_change_and_stays(self, under: Under) -> None:
        under.log.describe(title="a new title", about={"cwd": "/x"})
        under.append(under.next_story(1))
        under.reopened()
        assert under.store.manifest(SESSION).title == "a new title"
        assert under.store.manifest(SESSION).about == {"cwd": "/x"}

    def test_totals_are_those_of_all_rows(self, under: Under) -> None:
        from runtime.manifest import sums_of

        under.append(under.next_story(14))
        with under.store.reader(SESSION) as reader:
            assert under.store.summary(SESSION).sums == sums_of(reader.rows(0, reader.count))
