"""Lines and the chain: what is written is what is read, and any byte that changes is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import Corrupt
from runtime.event import Draft
from runtime.intake import accepted, chained, write_sealed
from runtime.manifest import Segment
from runtime.schema import PAYLOADS, ROWS
from runtime.sealed import PayloadFile, entries_of, read_rows
from runtime.segment import (
    GROUP,
    Entry,
    entry_of,
    genesis,
    line_of,
    link,
    payload_table,
    read_open,
    rows_table,
)
from tests.support.builders import message, story

SESSION = "sesn_segment"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 62), 1 << 62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
blanks = st.sampled_from([(",", ":"), (", ", ": "), (",\n", ":"), (" ,\r\n\t", " : ")])


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Anything that may be appended."""
    payload = {"id": draw(texts), "type": draw(texts), **draw(st.dictionaries(texts, json_values, max_size=4))}
    extra = draw(st.dictionaries(texts, json_values, max_size=3))
    time_us = draw(st.none() | st.integers(-(1 << 62), 1 << 62))
    raw = None
    if draw(st.booleans()):
        raw = json.dumps(payload, separators=draw(blanks), ensure_ascii=draw(st.booleans())).encode()
    return Draft(payload, draw(texts), time_us, extra, raw)


@given(st.lists(drafts(), max_size=5))
def test_lines_say_what_was_appended(appended: list[Draft]) -> None:
    entries, _ = chained(genesis(SESSION), 0, appended)
    for entry, draft in zip(entries, appended):
        line = line_of(entry)
        assert line.endswith(b"\n") and line.count(b"\n") == 1
        assert entry_of(line[:-1]) == entry
        assert json.loads(line)["seq"] == entry.seq
        payload, extra = accepted(draft)
        assert (entry.payload, entry.extra) == (payload, extra)
        assert entry.draft() == draft._replace(raw=payload)


@pytest.mark.parametrize(
    "payload",
    [
        '{"id":"sevt_1","type":"x","text":"lone \\ud800 surrogate"}',
        '{"id":"sevt_1","type":"x","number":12345678901234567890123}',
        '{"id":"sevt_1","type":"x","number":NaN,"other":-Infinity}',
        '{"id":"sevt_1","type":"x","id":"sevt_1"}',
        ' \t{"id":"sevt_1",\n"type":"x"}\r\n',
        '{"id":"sevt_1","type":"x","payload":{"payload_text":"}"},"extra":"}"}',
        '{"id":"sevt_1","type":"x","deep":' + "[" * 1000 + "]" * 1000 + "}",
    ],
)
def test_json_as_found_in_the_wild_survives(payload: str, tmp_path: Path) -> None:
    [entry], _ = chained(
        genesis(SESSION), 0, [Draft({"id": "sevt_1", "type": "x"}, "sthr_1", 5, {"n": 1}, payload.encode())]
    )
    accepted(entry.draft())
    path = tmp_path / "000000.jsonl"
    path.write_bytes(line_of(entry))
    assert read_open(path, SESSION, 0, genesis(SESSION)) == ([entry], len(line_of(entry)))
    assert entry.payload == payload.encode()


def test_an_event_with_a_lone_surrogate_is_written_and_read(tmp_path: Path) -> None:
    draft = Draft(
        {"id": "sevt_1", "type": "agent.tool_use", "name": "\udc00", "input": {"command": "echo \ud800"}}, "sthr_1", 5
    )
    entries, _ = chained(genesis(SESSION), 0, [draft, message(1, "half a \ud83d pair")])
    path = tmp_path / "000000.jsonl"
    path.write_bytes(b"".join(map(line_of, entries)))
    assert read_open(path, SESSION, 0, genesis(SESSION))[0] == entries
    sealed = write_sealed(tmp_path, SESSION, "000000", entries, 0, False)
    assert read_rows(tmp_path / "000000.rows.parquet", SESSION, sealed).column("summary").to_pylist() == [
        "echo ·", "half a · pair",
    ]  # fmt: skip


def test_every_flipped_bit_of_a_line_is_noticed(tmp_path: Path) -> None:
    draft = Draft({"id": "sevt_1", "type": "user.message", "n": 10}, "sthr_1", 1795, {"name": "bash", "n": [1, 20]})
    with_blanks = draft._replace(
        payload={**draft.payload, "id": "sevt_2"}, raw=b'{"id":"sevt_2",\n"type":"user.message"}'
    )
    entries, _ = chained(genesis(SESSION), 100, [draft, with_blanks])
    path, chain = tmp_path / "000000.jsonl", genesis(SESSION)
    for entry in entries:
        line = line_of(entry)
        for place in range(len(line) - 1):
            for bit in range(8):
                damaged = bytearray(line)
                damaged[place] ^= 1 << bit
                path.write_bytes(damaged)
                with pytest.raises(Corrupt) as caught:
                    read_open(path, SESSION, entry.seq, chain)
                    pytest.fail(f"bit {bit} of byte {place} of {line!r}")
                assert (caught.value.session_id, caught.value.seq, caught.value.file) == (SESSION, entry.seq, str(path))
        chain = entry.chain


@given(drafts(), drafts(), st.binary(min_size=1, max_size=3))
def test_the_chain_covers_everything_that_is_truth(one: Draft, other: Draft, more: bytes) -> None:
    [a], [b] = chained(genesis(SESSION), 0, [one])[0], chained(genesis(SESSION), 0, [other])[0]
    same = (a.id, a.time_us, a.thread_id, a.payload, a.extra) == (b.id, b.time_us, b.thread_id, b.payload, b.extra)
    assert (a.chain == b.chain) == same
    parts = (a.id, a.time_us, a.thread_id, a.payload, a.extra)
    chain = link(genesis(SESSION), *parts)
    assert link(genesis("sesn_other"), *parts) != chain
    assert link(genesis(SESSION), a.id, a.time_us, a.thread_id, a.payload + more, a.extra) != chain
    assert link(genesis(SESSION), a.id, a.time_us, a.thread_id, a.payload, a.extra + more) != chain
    assert link(genesis(SESSION), a.id, (a.time_us or 0) + 1, a.thread_id, a.payload, a.extra) != chain
    assert link(genesis(SESSION), a.id, a.time_us, a.thread_id + "x", a.payload, a.extra) != chain


def test_bytes_moved_between_payload_and_extra_change_the_chain() -> None:
    assert link(b"", "i", 0, "t", b'{"a":1}', b'{"b":2}') != link(b"", "i", 0, "t", b'{"a":1}{', b'"b":2}')


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b"7", b'"text"', b"\xff\xfe", b"{" * 5000, b"[" * 100_000, line_of(
        Entry(0, "a", 0, "t", b'{"id":"a"}', b"", b"\0" * 16)
    )[:-2]],
)  # fmt: skip
def test_what_is_no_line_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a line of a log"):
        entry_of(line)


def test_a_torn_line_is_left_out_and_a_bad_whole_one_is_not(tmp_path: Path) -> None:
    entries, _ = chained(genesis(SESSION), 0, story(0, 3))
    path, lines = tmp_path / "000000.jsonl", [line_of(entry) for entry in entries]
    whole = b"".join(lines[:2])
    for cut in range(len(lines[2])):
        path.write_bytes(whole + lines[2][:cut])
        assert read_open(path, SESSION, 0, genesis(SESSION)) == (entries[:2], len(whole))
    for bad in (lines[0] + lines[2], lines[1] + lines[2], lines[0] + b"\n" + lines[1], lines[0] + lines[0]):
        path.write_bytes(bad)
        with pytest.raises(Corrupt):
            read_open(path, SESSION, 0, genesis(SESSION))


# ── sealed ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def sealed(folder: Path, appended: list[Draft]) -> tuple[list[Entry], Segment]:
    """``appended`` as a sealed segment called 000000."""
    entries, _ = chained(genesis(SESSION), 0, appended)
    return entries, write_sealed(folder, SESSION, "000000", entries, 0, False, appended)


def test_a_sealed_segment_gives_back_what_went_in(tmp_path: Path) -> None:
    entries, segment = sealed(tmp_path, story(0, 50))
    file = PayloadFile(tmp_path / "000000.payload.parquet", SESSION)
    found = [e for table in file.tables(0, 50) for e in entries_of(table, SESSION, 0, file.path)]
    assert [entry._replace(chain=b"") for entry in entries] == found
    assert segment.chain == entries[-1].chain.hex()
    table = read_rows(tmp_path / "000000.rows.parquet", SESSION, segment)
    assert table.schema == ROWS and table.column("id").to_pylist() == [entry.id for entry in entries]
    assert read_rows(tmp_path / "000000.rows.parquet", SESSION, segment, ["turn", "seq"]).column_names == [
        "turn",
        "seq",
    ]


def test_row_groups_of_payloads_are_small_enough_to_read_one_at_a_time(tmp_path: Path) -> None:
    many = [message(number) for number in range(GROUP.rows + 10)]
    large = [message(5_000 + number, "x" * (GROUP.bytes // 3)) for number in range(7)]
    sealed(tmp_path, many + large)
    metadata = pq.read_metadata(tmp_path / "000000.payload.parquet")
    sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert sizes[0] == GROUP.rows and sum(sizes) == GROUP.rows + 17 and max(sizes[2:]) <= 2


def test_tables_of_nothing_have_the_right_columns() -> None:
    assert rows_table([]).schema == ROWS and payload_table(SESSION, []).schema == PAYLOADS


@given(st.lists(drafts(), min_size=1, max_size=4))
def test_whatever_may_be_appended_can_be_sealed(
    tmp_path_factory: pytest.TempPathFactory, appended: list[Draft]
) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    entries, segment = sealed(folder, appended)
    file = PayloadFile(folder / "000000.payload.parquet", SESSION)
    [table] = file.tables(0, len(appended))
    assert [e._replace(chain=b"") for e in entries] == list(entries_of(table, SESSION, 0, file.path))
    assert len(read_rows(folder / "000000.rows.parquet", SESSION, segment)) == len(appended)


def test_other_tools_read_a_line_as_json() -> None:
    [entry], _ = chained(genesis(SESSION), 0, [message(1)])
    whole = orjson.loads(line_of(entry))
    assert whole["payload"] == message(1).payload and whole["payload_bytes"] == len(entry.payload)


def test_a_process_that_has_done_nothing_else_can_cut_row_groups() -> None:
    """What that takes is imported by who needs it, not by whoever happened to come before."""
    code = (
        "import pyarrow as pa; from runtime.segment import group_bounds; "
        "print(list(group_bounds(pa.chunked_array([[b'one', b'two']]))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[(0, 2)]\n", done.stderr
