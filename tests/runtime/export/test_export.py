"""Exports: what is written restores the same session, byte for byte; what is damaged or cut off is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import zstandard

from runtime.errors import Corrupt, ExportDamaged
from runtime.event import Draft, encode
from runtime.export.contents import Ranges, citations
from runtime.export.detect import is_export
from runtime.export.lines import write_lines
from runtime.export.restore import restore
from runtime.export.shared import Mask, Names, open_shared, share
from runtime.export.table import write_table
from runtime.ingest.paths import import_paths
from runtime.manifest import Manifest
from runtime.segment import Entry, genesis, line_of, link
from runtime.sources.archive import SourceArchive
from runtime.sources.forget import forget
from runtime.store import Store
from tests.support.builders import THREAD, message, story

Write = Callable[[Store, list[str], Path], object]


def as_lines(store: Store, session_ids: list[str], path: Path) -> None:
    with open(path, "wb") as file:
        for session_id in session_ids:
            write_lines(store, session_id, file.write)


def as_zstd(store: Store, session_ids: list[str], path: Path) -> None:
    as_lines(store, session_ids, path)
    path.write_bytes(zstandard.compress(path.read_bytes()))


WAYS = [
    pytest.param(as_lines, id="jsonl"),
    pytest.param(as_zstd, id="jsonl.zst"),
    pytest.param(write_table, id="parquet"),
]

ODD = [
    Draft(
        {"id": "sevt_a", "type": "user.message"},
        THREAD,
        None,
        {},
        b'{\n  "id": "sevt_a",\n "type":"user.message" , "n": 1.50}\n',
    ),
    Draft({"id": "sevt_b", "type": "import.odd"}, THREAD, -5, {"note": "é\u2028\u202e\x7f", "result": {"n": 0.1}}),
    Draft(
        {"id": "sevt_c", "type": "import.odd", "text": "\x00\x1b]52;c;x\x07 \ud800"},
        "sthr_é",
        1 << 55,
        {"person": True},
    ),
    Draft({"id": "sevt_b", "type": "import.odd", "again": True}, THREAD, 7, {"supersedes": 1}),
    Draft({"id": "sevt_d", "type": "agent.message", "content": "x" * 3_000_000}, THREAD, 8),
]


def session(
    store: Store, session_id: str = "sesn_one", drafts: list[Draft] | None = None, *, seal: bool = False
) -> str:
    """A session of ``drafts``, left open unless it is to be sealed."""
    manifest = Manifest(
        session_id, created_us=17, title="a \u202e title", source={"native_id": "n"}, agent={"name": "a"},
        environment={"e": 1}, about={"cwd": "/x", "reward": 0.5}, parent={"session_id": "sesn_zero", "seq": 3},
    )  # fmt: skip
    with store.create(manifest) as log:
        log.append(story(0, 20) + ODD if drafts is None else drafts)
        if seal:
            log.seal()
            log.append([message(900)])
    return session_id


def the_same(one: Store, other: Store, session_id: str) -> None:
    """Rows (chain included), payloads, extras and the manifest's words are the same, and hold."""
    assert one.verify(session_id) == other.verify(session_id)
    with one.reader(session_id) as left, other.reader(session_id) as right:
        assert left.table().equals(right.table())
        for ours, theirs in zip(left.entries(), right.entries(), strict=True):
            assert ours._replace(chain=b"") == theirs._replace(chain=b"")
        for name in ("session_id", "created_us", "title", "source", "agent", "environment", "about", "parent"):
            assert getattr(left.manifest, name) == getattr(right.manifest, name)


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store(tmp_path / "here").prepare()


@pytest.fixture
def there(tmp_path: Path) -> Store:
    return Store(tmp_path / "there").prepare()


# ── round trips ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("seal", [False, True])
def test_a_session_comes_back_the_same(write: Write, seal: bool, here: Store, there: Store, tmp_path: Path) -> None:
    session(here, seal=seal)
    path = tmp_path / "export"
    write(here, ["sesn_one"], path)
    assert is_export(str(path), path.read_bytes()[:65536])
    [restored] = restore(there, path)
    assert (restored.new, restored.present, restored.refused) == (25 + seal, 0, None)
    the_same(here, there, "sesn_one")


@pytest.mark.parametrize("write", WAYS)
def test_several_sessions_travel_together_and_a_second_time_changes_nothing(
    write: Write, here: Store, there: Store, tmp_path: Path
) -> None:
    names = [session(here, f"sesn_{n}", story(0, n)) for n in (1, 2, 1030)] + [session(here, "sesn_none", [])]
    write(here, names, tmp_path / "export")
    assert [item.new for item in restore(there, tmp_path / "export")] == [1, 2, 1030, 0]
    before = {path: path.stat().st_mtime_ns for path in (there.root / "sessions").rglob("*")}
    again = restore(there, tmp_path / "export")
    assert [(item.new, item.present) for item in again] == [(0, 1), (0, 2), (0, 1030), (0, 0)]
    assert {path: path.stat().st_mtime_ns for path in (there.root / "sessions").rglob("*")} == before
    for name in names[:3]:
        the_same(here, there, name)


def test_lines_are_the_logs_own(here: Store, tmp_path: Path) -> None:
    """What stands on disk in an open segment stands in the export, character for character."""
    session(here)
    as_lines(here, ["sesn_one"], tmp_path / "x")
    on_disk = (here.root / "sessions/sesn_one/000000.jsonl").read_bytes().splitlines()
    assert (tmp_path / "x").read_bytes().splitlines()[1:-1] == on_disk
    header = json.loads((tmp_path / "x").read_bytes().splitlines()[0])
    assert header["events"] == 25 and header["chain"] == json.loads(on_disk[-1])["chain"]


def test_a_table_is_for_everybody(here: Store, tmp_path: Path) -> None:
    """DuckDB reads it as it is: types, times, payloads as JSON."""
    session(here)
    write_table(here, ["sesn_one"], tmp_path / "x.parquet")
    with duckdb.connect() as connection:
        found = connection.sql(
            f"select type, count(*), max(payload->>'$.content[0].text') from '{tmp_path}/x.parquet'"
            " where session_id = 'sesn_one' and type = 'user.message' and payload like '%content%' group by type"
        ).fetchall()
    with here.reader("sesn_one") as reader:
        rows = [row for row in reader.rows(0, reader.count) if row.type == "user.message"]
    assert found[0][:2] == ("user.message", len(rows) - 1) and found[0][2].startswith("message")


@pytest.mark.parametrize("write", WAYS)
def test_blobs_that_events_name_travel(write: Write, here: Store, there: Store, tmp_path: Path) -> None:
    name = here.blobs.put(b"\x00 a request " * 100)
    unnamed = here.blobs.put(b"somebody else's")
    drafts = [message(n)._replace(extra={"request": {"blocks": [{"blob": name}]}}) for n in range(3)]
    session(here, drafts=drafts)
    write(here, ["sesn_one"], tmp_path / "x")
    restore(there, tmp_path / "x")
    the_same(here, there, "sesn_one")
    assert there.blobs.get(name) == b"\x00 a request " * 100 and there.blobs.names() == [name] != unnamed


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def transcript(path: Path, session_id: str, texts: list[str]) -> Path:
    """Claude Code's, of messages."""
    lines = []
    for number, text in enumerate(texts):
        uuid = f"{session_id[:8]}-0000-4000-8000-{number:012d}"
        lines.append(
            {
                "type": "user", "uuid": uuid, "parentUuid": None, "isSidechain": False, "sessionId": session_id,
                "version": "2.0.0", "cwd": "/home/alice/work", "timestamp": f"2026-03-01T10:00:{number:02d}.000Z",
                "message": {"role": "user", "content": text},
            }
        )  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


ONE, TWO = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"


def records_of(store: Store, session_id: str) -> list[bytes]:
    """The original records of every event, as ``event --source`` reads them."""
    archive = SourceArchive(store)
    with store.reader(session_id) as reader:
        return [
            archive.record(*cited, session_id)
            for seq in range(reader.count)
            for cited in citations(reader.extra(seq))  # type: ignore[arg-type]
        ]


@pytest.mark.parametrize("write", WAYS)
def test_original_records_travel_and_only_the_sessions_own(
    write: Write, here: Store, there: Store, tmp_path: Path
) -> None:
    path = tmp_path / "both.jsonl"
    one = transcript(tmp_path / "a", ONE, ["first of one", "x" * 2_000_000]).read_bytes()
    two = transcript(tmp_path / "b", TWO, ["first of two"]).read_bytes()
    last = transcript(tmp_path / "c", ONE, ["", "", "last of one"]).read_bytes().splitlines(True)[-1]
    path.write_bytes(one + two + last)
    report = import_paths(here, [path])
    first = next(item["session_id"] for item in report.sessions if item["events"] > 2)
    write(here, [first], tmp_path / "x")
    restore(there, tmp_path / "x")
    the_same(here, there, first)
    assert records_of(there, first) == records_of(here, first) != []
    frames = b"".join(
        SourceArchive(there).whole(name) for v in SourceArchive(there).volumes().values() for name in v["sources"]
    )
    assert b"first of one" in frames and b"last of one" in frames and b"first of two" not in frames
    assert restore(there, tmp_path / "x")[0].new == 0 and len(SourceArchive(there).volumes()) == 1


def test_the_same_path_on_two_machines_is_two_sources(here: Store, there: Store, tmp_path: Path) -> None:
    """A source is named by its path; a restored session has its own nonetheless, and keeps it when the other goes."""
    path = transcript(tmp_path / f"{ONE}.jsonl", ONE, ["said here", "and more"])
    first = import_paths(here, [path]).sessions[0]["session_id"]
    as_lines(here, [first], tmp_path / "x")
    transcript(path, TWO, ["said there, longer than what was said here", "x"])
    second = import_paths(there, [path]).sessions[0]["session_id"]
    restore(there, tmp_path / "x")
    assert b"said here" in records_of(there, first)[0] and b"said there" in records_of(there, second)[0]
    there.delete(second)
    forget(there, {second})
    assert records_of(there, first) == records_of(here, first)
    as_lines(there, [first], tmp_path / "y")
    further = Store(tmp_path / "further").prepare()
    restore(further, tmp_path / "y")
    assert records_of(further, first) == records_of(here, first)


def test_a_source_that_cannot_be_read_is_named_and_left_out(here: Store, there: Store, tmp_path: Path) -> None:
    path = transcript(tmp_path / f"{ONE}.jsonl", ONE, ["said here"])
    first = import_paths(here, [path]).sessions[0]["session_id"]
    for volume in here.sources_folder.glob("v_*.frames"):
        volume.write_bytes(b"\xff" * volume.stat().st_size)
    with open(tmp_path / "x", "wb") as file:
        assert write_lines(here, first, file.write).missing == [str(path)]
    write_table(here, [first], tmp_path / "y")
    for export in ("x", "y"):
        restore(there, tmp_path / export)
        the_same(here, there, first)
        assert SourceArchive(there).volumes() == {}


def test_ranges_add_up() -> None:
    ranges = Ranges()
    assert ranges.add(10, 20) == [(10, 20)]
    assert ranges.add(21, 30) == [(20, 30)]  # the line end between two records is filled
    assert ranges.add(40, 50) == [(40, 50)] and ranges.add(5, 60) == [(5, 10), (30, 40), (50, 60)]
    assert list(ranges) == [(5, 60)] and ranges.add(7, 9) == [] and ranges.add(3, 3) == []
    assert list(ranges.pieces(20)) == [[(5, 20)], [(25, 20)], [(45, 15)]]


# ── growing, parting ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("write", WAYS)
def test_a_grown_session_brings_its_new_events(write: Write, here: Store, there: Store, tmp_path: Path) -> None:
    session(here)
    write(here, ["sesn_one"], tmp_path / "early")
    restore(there, tmp_path / "early")
    with here.writer("sesn_one") as log:
        log.append(story(100, 5))
        log.describe(title="a better title")
    write(here, ["sesn_one"], tmp_path / "late")
    [late] = restore(there, tmp_path / "late")
    assert (late.present, late.new) == (25, 5)
    the_same(here, there, "sesn_one")
    [early] = restore(there, tmp_path / "early")
    assert (early.present, early.new, early.refused) == (25, 0, None)


@pytest.mark.parametrize("write", WAYS)
def test_another_history_is_refused_by_name_and_the_rest_is_restored(
    write: Write, here: Store, there: Store, tmp_path: Path
) -> None:
    session(here, drafts=story(0, 10))
    session(here, "sesn_two", story(0, 3))
    session(there, drafts=[*story(0, 7), message(999), *story(8, 2)])
    write(here, ["sesn_one", "sesn_two"], tmp_path / "x")
    one, two = restore(there, tmp_path / "x")
    assert one.refused is not None and "sesn_one" in one.refused and "event 7" in one.refused and one.new == 0
    assert two.new == 3 and there.verify("sesn_one") == 10


def test_a_deleted_session_can_be_restored(here: Store, tmp_path: Path) -> None:
    session(here)
    as_lines(here, ["sesn_one"], tmp_path / "x")
    here.delete("sesn_one")
    assert restore(here, tmp_path / "x")[0].new == 25
    assert here.verify("sesn_one") == 25


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def damaged(store: Store, path: Path) -> ExportDamaged:
    """The refusal of the export at ``path``, of which nothing was taken in."""
    with pytest.raises(ExportDamaged) as caught:
        restore(store, path)
    assert store.session_ids() == [] and store.blobs.names() == [] and SourceArchive(store).volumes() == {}
    assert str(path) in str(caught.value)
    return caught.value


def test_any_byte_that_changed_is_noticed(here: Store, there: Store, tmp_path: Path) -> None:
    """In any line of events: the line is named."""
    name = here.blobs.put(b"a blob")
    session(here, drafts=[*story(0, 5), message(7)._replace(extra={"request": {"blob": name}})])
    as_lines(here, ["sesn_one"], tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    ends = [at for at, byte in enumerate(data) if byte == 10]
    for at in range(ends[0] + 1, len(data), 7):
        for put in (b"x", b"0", b'"'):
            if data[at : at + 1] == put:
                continue
            (tmp_path / "y").write_bytes(data[:at] + put + data[at + 1 :])
            error = damaged(there, tmp_path / "y")
            assert error.line is not None and abs(error.line - 1 - sum(end < at for end in ends)) <= 2


def test_a_file_that_was_cut_off_is_noticed(here: Store, there: Store, tmp_path: Path) -> None:
    session(here, drafts=story(0, 5))
    as_lines(here, ["sesn_one"], tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    for size in (0, 1, 30, len(data) // 2, data.rfind(b"\n", 0, -1) + 1, len(data) - 1):
        (tmp_path / "y").write_bytes(data[:size])
        damaged(there, tmp_path / "y")
    (tmp_path / "y").write_bytes(zstandard.compress(data)[:-9])
    damaged(there, tmp_path / "y")
    write_table(here, ["sesn_one"], tmp_path / "z")
    (tmp_path / "y").write_bytes((tmp_path / "z").read_bytes()[:-20])
    assert not is_export(str(tmp_path / "y"), b"PAR1")


def test_lines_left_out_doubled_or_swapped_are_noticed(here: Store, there: Store, tmp_path: Path) -> None:
    session(here, drafts=story(0, 6))
    as_lines(here, ["sesn_one"], tmp_path / "x")
    head, *events, end = (tmp_path / "x").read_bytes().splitlines(True)
    for lines, line in (
        ([head, *events[:2], *events[3:], end], 4), ([head, *events[:3], *events[2:], end], 5),
        ([head, events[1], events[0], *events[2:], end], 2), ([head, *events[:-1], end], 7), ([*events, end], 1),
        ([head, *events, end, *events], 9), ([head, *events, b"\n", end], 8), ([head, head, *events, end], 2),
        ([head.replace(b'"events":6', b'"events":5'), *events, end], 8),
        ([head.replace(b"sesn_one", b"../../evil"), *events, end], 1),
        ([head.replace(b"sesn_one", b"sesn_two"), *events, end], 2),
        ([head.replace(b'"about":{', b'"about":7,"b":{'), *events, end], 1),
    ):  # fmt: skip
        (tmp_path / "y").write_bytes(b"".join(lines))
        assert damaged(there, tmp_path / "y").line == line


def forged(path: Path, payload: bytes, extra: bytes = b"", more: bytes = b"") -> Path:
    """An export of one event, made by somebody who knows how the chain goes."""
    event_id = "sevt_x"
    chain = link(genesis("sesn_x"), event_id, 1, THREAD, payload, extra)
    header = {
        "workbench": "session", "schema": 1, "session_id": "sesn_x", "created_us": None, "title": None, "source": {},
        "agent": {}, "environment": {}, "about": {}, "parent": None, "events": 1, "chain": chain.hex(),
    }  # fmt: skip
    lines = [encode(header) + b"\n", line_of(Entry(0, event_id, 1, THREAD, payload, extra, chain))]
    lines += [line + b"\n" for line in more.split(b"\n") if line]
    end = {"workbench": "end", "session_id": "sesn_x", "lines": len(lines), "missing": []}
    path.write_bytes(b"".join(lines) + encode(end) + b"\n")
    return path


ID = b'{"id":"sevt_x","type":"a.b"}'
ONE_BYTE = b'"zstd":"KLUv/SABCQAAYQ=="}'


@pytest.mark.parametrize(
    ("payload", "extra", "more"),
    [
        (b'{"id":"sevt_x"}', b"", b""), (b'{"id":"sevt_y","type":"a.b"}', b"", b""), (b'["sevt_x"]', b"", b""),
        (b'{"id":"sevt_x","type":5}', b"", b""), (ID, b"[1]", b""), (ID, b"5", b""),
        (b'{"id":"sevt_x","type":"a.b","d":' + b"[" * 2000 + b"]" * 2000 + b"}", b"", b""),
        (ID, b'{"request":{"blob":"' + b"a" * 64 + b'"}}', b""),
        (ID, b"", b'{"source":"s","path":"p","pieces":[[-5,1]],' + ONE_BYTE),
        (ID, b"", b'{"source":"s","path":"p","pieces":[[1125899906842624,1]],' + ONE_BYTE),
        (ID, b"", b'{"source":"s","path":"p","pieces":[[0,9]],' + ONE_BYTE),
        (ID, b"", b'{"blob":"' + b"a" * 64 + b'",' + ONE_BYTE), (ID, b"", b'{"blob":"x","zstd":"not base64"}'),
        (ID, b"", b'{"workbench":"teapot"}'),
    ],
)  # fmt: skip
def test_what_nobody_would_write_is_refused(
    payload: bytes, extra: bytes, more: bytes, there: Store, tmp_path: Path
) -> None:
    damaged(there, forged(tmp_path / "x", payload, extra, more))


def test_a_forged_citation_reads_no_file_of_this_machine(there: Store, tmp_path: Path) -> None:
    """A record that did not travel is not kept: it is never read from a path that the export names."""
    secret = tmp_path / "id_rsa"
    secret.write_text("the key")
    more = b'{"source":"src_1","path":"%b","pieces":[[0,1]],%b' % (str(secret).encode(), ONE_BYTE)
    cite = b'{"source":[["src_1",0,7,1],["src_2",0,7,1]]}'
    restore(there, forged(tmp_path / "x", ID, cite, more))
    written = []
    assert write_lines(there, "sesn_x", written.append).missing != []
    assert b"the key" not in b"".join(written)
    with pytest.raises(Exception, match="cannot be read|not kept"):
        SourceArchive(there).record("src_1", 0, 7, "sesn_x")


def test_a_small_file_does_not_fill_the_disk(there: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.export.lines.FREE_BYTES", 10_000)
    (tmp_path / "x").write_bytes(zstandard.compress(b'{"workbench":' * 5_000_000))
    assert "expands" in str(damaged(there, tmp_path / "x"))


def test_a_newer_schema_says_update(there: Store, tmp_path: Path) -> None:
    path = forged(tmp_path / "x", ID)
    path.write_bytes(path.read_bytes().replace(b'"schema":1', b'"schema":99'))
    with pytest.raises(Exception, match="update"):
        restore(there, path)


def test_a_damaged_session_does_not_travel(here: Store, tmp_path: Path) -> None:
    session(here, drafts=story(0, 30), seal=True)
    [path] = (here.root / "sessions/sesn_one").glob("*.payload.parquet")
    other = Store(tmp_path / "other").prepare()
    session(other, drafts=[message(n, "changed") for n in range(30)], seal=True)
    path.write_bytes(next((other.root / "sessions/sesn_one").glob("*.payload.parquet")).read_bytes())
    with pytest.raises(Corrupt, match="event 0"):
        as_lines(here, ["sesn_one"], tmp_path / "x")
    with pytest.raises(Corrupt):
        write_table(here, ["sesn_one"], tmp_path / "y")
    assert not (tmp_path / "y").exists()


def test_a_table_with_a_changed_byte_is_refused_or_says_the_same(here: Store, tmp_path: Path) -> None:
    """Some bytes of a Parquet file mean nothing (padding, statistics); none can change what is restored unseen."""
    session(here, drafts=story(0, 40))
    write_table(here, ["sesn_one"], tmp_path / "x")
    data = (tmp_path / "x").read_bytes()
    refused = 0
    for number, at in enumerate(range(0, len(data), max(1, len(data) // 150))):
        (tmp_path / "y").write_bytes(data[:at] + bytes([data[at] ^ 0x21]) + data[at + 1 :])
        there = Store(tmp_path / f"s{number}").prepare()
        try:
            restore(there, tmp_path / "y")
        except ExportDamaged:
            refused += 1
            assert there.session_ids() == []
        else:
            assert there.verify("sesn_one") == 40
            with here.reader("sesn_one") as one, there.reader("sesn_one") as two:
                assert one.table().equals(two.table())
    assert refused > 100


# ── sharing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

TOKEN = "ghp_" + "aB3" * 12


def shared_drafts() -> list[Draft]:
    blob = {"blob": "ab" * 32}
    return [
        message(0, f"use {TOKEN} in /home/alice/work as alice, not malice", person=True),
        message(1, "C:\\Users\\alice\\x and /Users/alice; -home-alice-work\n/root/x")._replace(
            extra={"note": TOKEN, "request": blob}
        ),
        Draft({"id": "sevt_m", "type": "agent.message", "content": "ok"}, THREAD, 3, {"source": [["src_x", 0, 9, 1]]}),
    ]


def test_a_shared_file_opens_masked_and_holds(here: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    manifest = Manifest(
        "sesn_s", title=f"use {TOKEN}", about={"cwd": "/home/alice/work"}, source={"format": "claude_code"}
    )
    with here.create(manifest) as log:
        log.append(shared_drafts())
    written = share(here, "sesn_s", 1, tmp_path / "x.share")
    assert written.masked == {"github-token": 3, "home-folder": 5, "user-name": 2}
    assert is_export(str(written.path), written.path.read_bytes()[:4096])
    text = zstandard.ZstdDecompressor().stream_reader(written.path.open("rb"), read_across_frames=True).read()
    assert TOKEN.encode() not in text and b"malice" in text and b"alice" not in text.replace(b"malice", b"")
    store, session_id, seq = open_shared(written.path)
    assert (session_id, seq, store.verify("sesn_s")) == ("sesn_s", 1, 3)
    with store.reader("sesn_s") as reader:
        assert "~/work as user, not malice" in reader.payload(0).decode() and "source" not in reader.extra(2)
        assert reader.manifest.title == "use [masked:github-token]" and reader.manifest.source["redacted"] is True
        assert reader.rows(0, 1)[0].summary.startswith("use [masked:github-token]")
    assert here.session_ids() == ["sesn_s"]
    with here.reader("sesn_s") as reader:
        assert TOKEN in reader.payload(0).decode()


def test_an_export_opens_like_a_shared_file_and_leaves_nothing_behind(here: Store, tmp_path: Path) -> None:
    session(here)
    as_lines(here, ["sesn_one"], tmp_path / "x")
    store, session_id, seq = open_shared(tmp_path / "x")
    root = store.root
    assert (session_id, seq, store.verify(session_id)) == ("sesn_one", None, 25) and root.exists()
    del store
    assert not root.exists()


@pytest.mark.parametrize("name", ["nick", "bob", "tina", "rob", "frank", "user1"])
def test_a_name_that_begins_like_an_escape_leaves_json_whole(name: str) -> None:
    """``\\n`` followed by ``ick`` is no Nick."""
    mask = Mask(Names({f"/home/{name}"}, {name}))
    for text in (f"\n{name[1:]}", f"\n{name}", f"\\{name}", f"/home/{name}/x", f"{name}'s", f"C:\\Users\\{name}"):
        for value in (text, json.dumps(text)):
            masked = json.loads(mask(json.dumps(value).encode()))
            assert mask(json.dumps(masked).encode()) == json.dumps(masked).encode()
            if text != f"\n{name[1:]}":
                assert name not in masked


def test_names_that_are_words_are_left_alone() -> None:
    mask = Mask(Names({"/root"}, {"root", "al"}))
    text = b'{"t":"the root of al of it /root/x /src/root/y ~/root"}'
    assert mask(text) == b'{"t":"the root of al of it ~/x /src/root/y ~/root"}' and mask.counts == {"home-folder": 1}
