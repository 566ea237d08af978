"""SQL without an app: a query while it is written, what is offered, what comes of it, and what is kept."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.asking.query import Column, Query
from runtime.store import Store
from workbench.kept.queries import HISTORY, LARGEST_FILE, LONGEST, SAVED, Queries
from workbench.view.sql.answer import Answer, Trouble, Way, is_number, text_of, trouble, way
from workbench.view.sql.asking import Asking
from workbench.view.sql.desk import Desk
from workbench.view.sql.draft import Draft, is_blank, is_whole, laid_out, pieces
from workbench.view.sql.grid import GAP, Grid
from workbench.view.sql.library import Kind, item_line, items
from workbench.view.sql.starts import STARTS, of_session
from workbench.view.sql.vocabulary import KEYWORDS, Words, coloured, offer
from workbench.view.text import line_text, line_width, shown, width

WORDS = Words(
    {"sessions": ["session_id", "title", "tokens"], "events": ["session_id", "seq", "summary", "type"]},
    {"events.seq": "BIGINT"},
    {"events": "Each event once."},
    {"finding": ["error_loop", "stall"], "type": ["agent.message", "user.message"]},
    ["sum", "sqrt", "strlen"],
)
ODD = st.text(st.sampled_from("ab '\"();-*/\n\x1b,.é漢"), max_size=40)

# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(ODD)
def test_the_pieces_of_a_query_are_the_query(text: str) -> None:
    """Whatever was typed: nothing is lost, so what is coloured is what is run."""
    assert "".join(piece for piece, _ in pieces(text)) == text
    assert line_text(coloured(text)) == text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("select 1;", True), ("select 1", False), ("select 1; -- done", True), ("select ';", False),
        ("select ';'", False), ("select ';';", True), ("select 1 -- ;", False), ("select (1;", False),
        ("select '--' ;\n", True), ("select /* ; */ 1", False), ('select ";";', True), ("", False),
    ],
)  # fmt: skip
def test_a_query_is_whole_when_it_ends_with_a_semicolon_of_its_own(text: str, whole: bool) -> None:
    """One in a string, a comment or a bracket ends nothing."""
    assert is_whole(text) is whole


def test_a_query_of_nothing_but_comments_is_no_query() -> None:
    """There is nothing to run."""
    assert is_blank(" -- select 1\n ;") and not is_blank("select")


def test_what_is_typed_goes_where_the_caret_is_and_can_be_undone() -> None:
    """A word at a time, as long as nothing else was done in between."""
    draft = Draft("select from events")
    draft.place(0, 7)
    for character in "seq ":
        draft.type(character)
    assert draft.text == "select seq from events" and draft.column == 11
    draft.rub_out_word()
    assert draft.text == "select from events"
    for expected in ("select seq from events", "select seqfrom events", "select from events"):
        assert draft.undo() and draft.text == expected
    assert not draft.undo()


def test_the_caret_goes_up_and_down_over_lines_and_says_where_there_are_none() -> None:
    """What is beyond them is history."""
    draft = Draft("select\n  seq\nfrom events")
    assert (draft.line, draft.column) == (2, 11)
    assert draft.move_lines(-1) and (draft.line, draft.column) == (1, 5)
    assert draft.move_lines(-1) and not draft.move_lines(-1)
    draft.line_end()
    draft.newline()
    assert draft.lines[1] == ""
    draft.place(2, 99)
    draft.newline()
    assert draft.lines[3] == "  ", "a new line begins as far in as the one before"


def test_nothing_that_acts_on_a_terminal_gets_into_a_query() -> None:
    """Pasted text brings its lines, and no more than a query may have."""
    draft = Draft()
    draft.type("a\x1b]52;c;eA==\x07\tb\r\nc\u202e")
    assert draft.text == "a]52;c;eA==  b\nc"
    draft.type("x" * 30_000)
    assert len(draft.text) == 20_000


@given(ODD, st.integers(2, 12))
def test_rows_of_a_query_hold_all_of_it_and_fit(text: str, cells: int) -> None:
    """Each character is in one row, line ends in none; none is wider than there is room."""
    rows = laid_out(text, cells)
    held = [at for start, stop in rows for at in range(start, stop)]
    assert held == [at for at, character in enumerate(text) if character != "\n"]
    for start, stop in rows:
        assert stop - start <= 1 or sum(width(shown(character)) for character in text[start:stop]) <= cells


# ── offering ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("select s| from events", ["session_id", "seq", "summary", "sessions"]),
        ("select * from e", ["events"]),
        ("select * from events join s", ["sessions"]),
        ("select e.s| from events as e", ["session_id", "seq", "summary"]),
        ("select e.| from events e", ["session_id", "seq", "summary", "type"]),
        ("select sq", ["sqrt"]),
        ("SEL", ["SELECT"]),
        ("select * from findings where finding = 's", ["stall'"]),
        ("select * from findings where finding in ('stall', 'err", ["error_loop'"]),
        ("select * from events where type = '", ["agent.message'", "user.message'"]),
        ("select * from events where summary = 's", []),
        ("select seq| from events", []),
        ("select 1 ", []),
        ("-- se", []),
        ("select x.s", []),
    ],
)
def test_what_is_offered_is_what_could_stand_there(text: str, first: list[str]) -> None:
    """Columns of the views that are named come first, of whatever part of the query they are asked in."""
    before, _, after = text.partition("|")
    assert offer(WORDS, before + after, len(before)).words[: len(first)] == first
    if not first:
        assert offer(WORDS, before + after, len(before)).words == []


def test_tab_takes_what_is_offered_one_after_the_other(tmp_path: Path) -> None:
    """Round and round, with the prefix as it was; whatever else is typed ends that."""
    desk = Desk(Queries(tmp_path / "kept.json"))
    desk.words = WORDS
    desk.draft.replace("select s from events")
    desk.draft.place(0, 8)
    taken = []
    for _ in range(5):
        assert desk.complete()
        taken.append(desk.draft.text.removeprefix("select ").removesuffix(" from events"))
    assert taken == ["session_id", "seq", "summary", "sessions", "select"]
    found, chosen = desk.offered()
    assert chosen == 4 and found.words[4] == "select"
    desk.draft.type(" ")
    assert desk.offered()[0].words == [] and not desk.complete()


def test_every_keyword_that_is_offered_means_something_to_duckdb() -> None:
    """None is a word of another database's."""
    with duckdb.connect() as to:
        known = {row[0] for row in to.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
        known |= {row[0] for row in to.execute("SELECT function_name FROM duckdb_functions()").fetchall()}
    assert [word for word in KEYWORDS if word not in known | {"coalesce"}] == []


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


def _grid(columns: dict[str, str], rows: list[tuple[Any, ...]]) -> Grid:
    return Grid(Answer("", [Column(*each) for each in columns.items()], rows, False, 0.034, []))


def test_columns_stand_side_by_side_numbers_at_their_right_and_null_is_faint() -> None:
    """A heading over each, in the same cells."""
    grid = _grid({"name": "VARCHAR", "n": "BIGINT"}, [("bash", 5), (None, 12_345), ("漢字", None)])
    grid.lay_out(30)
    assert line_text(grid.heading(30)) == "name      n"
    assert [line_text(grid.line(row, 30)) for row in range(3)] == ["bash      5", "NULL  12345", "漢字   NULL"]
    assert grid.line(1, 30)[0] == ("NULL", "faint") and grid.line(1, 30)[2] == ("12345", "text")
    assert grid.line(0, 30, current=True)[0] == ("bash", "accent")


@given(
    st.lists(st.tuples(st.text(max_size=60), st.none() | st.integers(), st.binary(max_size=9)), max_size=6),
    st.integers(1, 100), st.lists(st.integers(-1, 3), max_size=5),
)  # fmt: skip
def test_no_line_is_wider_than_there_is_room_whatever_is_in_it(
    rows: list[tuple[Any, ...]], cells: int, goes: list[int]
) -> None:
    """And the current column is always in sight; nothing that acts on a terminal is."""
    grid = _grid({"a\x1b": "VARCHAR", "b": "BIGINT", "c": "BLOB"}, rows)
    grid.lay_out(cells)
    for column in goes:
        grid.show_column(column, cells)
        heading = grid.heading(cells)
        assert line_width(heading) <= cells and any(role == "accent" for _, role in heading)
        for row in range(len(rows)):
            line = grid.line(row, cells)
            assert line_width(line) <= cells and shown(line_text(line)) == line_text(line)


def test_what_is_long_is_cut_so_that_more_is_in_sight_and_sliding_shows_the_rest() -> None:
    """Columns are slid over as a whole; how many are beyond the edge is said."""
    columns = {f"c{n}": "VARCHAR" for n in range(6)}
    grid = _grid(columns, [tuple("x" * 100 for _ in columns)])
    grid.lay_out(100)
    assert grid.widths == [40] * 6 and grid.beyond(100) == "3 ▸"
    grid.show_column(3, 100)
    assert grid.column == 3 and grid.first == 2 and grid.beyond(100) == "◂ 2  1 ▸"
    grid.show_column(99, 100)
    assert grid.column == 5 and grid.first == 4
    assert grid.column_at(0, 100) == 4 and grid.column_at(40 + GAP, 100) == 5 and grid.column_at(99, 100) is None


def test_values_are_written_as_a_person_reads_them() -> None:
    """Whole, for what is copied is what is written."""
    assert text_of(None) == "NULL" and text_of(0.1 + 0.2) == "0.3" and text_of(b"\x01\xff") == "01ff"
    assert text_of(datetime(2026, 3, 2, 9, 14)) == "2026-03-02 09:14:00"
    assert text_of(datetime(2026, 3, 2, 9, 14, 0, 5_000)) == "2026-03-02 09:14:00.005"
    assert text_of([1, "a"]) == "[1, 'a']" and text_of(True) == "True"


def test_numbers_are_told_from_what_only_has_numbers_in_it() -> None:
    """Lists of them, and intervals, read like text."""
    kinds = ["BIGINT", "HUGEINT", "UINTEGER", "DOUBLE", "DECIMAL(18,3)"]
    assert all(is_number(Column("n", kind)) for kind in kinds)
    others = ["INTERVAL", "BIGINT[]", "STRUCT(a INTEGER)", "VARCHAR", "MAP(VARCHAR, INTEGER)", "BOOLEAN"]
    assert not any(is_number(Column("n", kind)) for kind in others)


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sql", "says", "wrong"),
    [
        ("select * fro events", 'column 14: syntax error at or near "events"', "events"),
        ("select\n  tipe\nfrom events", 'line 2, column 3: there is no column "tipe"; perhaps "ti', "tipe"),
        ("select * from evnts", "column 15: there is no view evnts; perhaps", "evnts"),
        ("select nope(1)", "column 8: there is no function nope; perhaps", "nope"),
        ("select a.seq, b.seq, zork from events a join events b using (id)", "column 22: there is no column", "zork"),
        ("select 'a", "column 8: unterminated string literal", "'a"),
        ("drop table events", "only SELECT can be run on the log, which is read-only; this is DROP.", ""),
        ("select 1; select 2", "one SELECT at a time can be run; these are 2 statements.", ""),
        ("select * from read_csv('/etc/passwd')", "the query reached outside the log", ""),
        (
            f"select '{'x' * 300}', seq frm events where seq > {'1' * 300}",
            'column 320: syntax error at or near "events"', "events",
        ),
    ],
)  # fmt: skip
def test_what_duckdb_says_is_one_calm_line_that_points_at_the_place(
    demo_store: Store, sql: str, says: str, wrong: str
) -> None:
    """Where a place is known, the caret can go there."""
    with Query(demo_store) as query, pytest.raises(Exception) as raised:
        list(query.run(sql).rows())
    found = trouble(sql, str(raised.value))
    assert found.says.startswith(says) and "\n" not in found.says and "LINE" not in found.says, found.says
    assert (found.at is not None and sql[found.at :].startswith(wrong)) if wrong else found.at is None


def test_words_of_duckdb_that_quote_the_log_cannot_act_on_a_terminal() -> None:
    """An error may have a value in it."""
    assert trouble("select 1", "the query cannot be run: Could not convert '\x1b[2J' to INT32").says == (
        "Could not convert '\\x1b[2J' to INT32"
    )


# ── where a row leads ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("columns", "row", "column", "expected"),
    [
        (["session_id", "seq"], ("sesn_1", 7), 0, Way("sesn_1", 7)),
        (["seq", "session_id", "end_seq"], (7, "sesn_1", 9), 2, Way("sesn_1", 9)),
        (["session_id", "result_seq", "seq"], ("sesn_1", 9, 7), 0, Way("sesn_1", 7)),
        (["session_id", "last_seq"], ("sesn_1", None), 1, Way("sesn_1")),
        (["session", "n"], ("1ab", 7), 1, Way("1ab")),
        (["id", "session_id"], ("sevt_9", "sesn_1"), 0, Way("sesn_1", None, "sevt_9")),
        (["id"], ("sevt_9",), 0, Way("", None, "sevt_9")),
        (["session_id", "seq", "parent"], ("sesn_1", 7, "sesn_2"), 2, Way("sesn_2")),
        (["a", "b"], (3, "sesn_1"), 0, Way("sesn_1")),
        (["model", "n"], ("opus", 3), 0, None),
        (["session_id", "seq"], (None, 3), 0, None),
        (["session_id", "seq"], ("sesn_1", -1), 0, Way("sesn_1")),
    ],
)
def test_a_row_leads_to_the_session_and_the_event_it_names(
    columns: list[str], row: tuple[Any, ...], column: int, expected: Way | None
) -> None:
    """What the cursor is on counts most; a column called seq next."""
    assert way([Column(name, "") for name in columns], row, column) == expected


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_queries_outlive_the_app_in_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    """What was run again is last again, and there once."""
    path = tmp_path / "state" / "queries.json"
    queries = Queries(path)
    for text in ("select 1;", "select 2;", "select 1; "):
        queries.ran(text)
    assert queries.save("  the\n first ", "select 1;") == ""
    again = Queries(path)
    assert again.history == ["select 2;", "select 1;"] and again.saved == {"the first": "select 1;"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and os.listdir(path.parent) == ["queries.json"]
    again.forget("the first")
    assert Queries(path).saved == {}


def test_two_apps_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """Each reads what the other wrote before it writes."""
    one, other = Queries(tmp_path / "q.json"), Queries(tmp_path / "q.json")
    one.ran("select 1")
    other.ran("select 2")
    one.save("a", "select 3")
    other.save("b", "select 4")
    assert Queries(tmp_path / "q.json").history == ["select 1", "select 2"]
    assert set(Queries(tmp_path / "q.json").saved) == {"a", "b"}


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    """In number, and in length; what does not fit is said."""
    path = tmp_path / "q.json"
    path.write_text(json.dumps({"history": [f"select {n}" for n in range(HISTORY + 50)]}))
    queries = Queries(path)
    assert len(queries.history) == HISTORY and queries.history[-1] == f"select {HISTORY + 49}"
    queries.ran("select 'one more'")
    assert len(queries.history) == HISTORY and queries.history[0] == "select 51"
    queries.ran("x" * (LONGEST + 1))
    assert queries.history[-1] == "select 'one more'"
    assert "20,001" in queries.save("long", "x" * (LONGEST + 1)) and queries.save(" \n", "select 1") != ""
    path.write_text(json.dumps({"saved": {f"q{n}": "select 1" for n in range(SAVED)}}))
    assert "delete one first" in queries.save("another", "select 1") and queries.save("q7", "select 2") == ""


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"\xff\xfe", b'{"history": [', b"[" * 100_000, b"{}" + b" " * LARGEST_FILE]
)
def test_a_torn_or_odd_file_is_put_aside_and_not_lost(tmp_path: Path, data: bytes) -> None:
    """And what comes next is kept as ever."""
    path = tmp_path / "queries.json"
    path.write_bytes(data)
    queries = Queries(path)
    assert queries.history == [] and "made no sense" in queries.problem
    assert (tmp_path / "queries.json.damaged").read_bytes() == data
    queries.ran("select 1")
    assert Queries(path).history == ["select 1"] and Queries(path).problem == ""


def test_odd_parts_of_a_file_are_left_out(tmp_path: Path) -> None:
    """The rest is what it was."""
    path = tmp_path / "q.json"
    saved = {"a": 1, "b": "select 2", "": "x", " c": "y"}
    path.write_text(json.dumps({"history": ["select 1", 2, None, "", "select 1"], "saved": saved}))
    queries = Queries(path)
    assert queries.history == ["select 1"] and queries.saved == {"b": "select 2"} and queries.problem == ""


def test_where_nothing_can_be_written_that_is_said_and_the_queries_are_there_until_the_end(tmp_path: Path) -> None:
    """A folder that is a file, for instance."""
    (tmp_path / "state").write_text("")
    queries = Queries(tmp_path / "state" / "queries.json")
    queries.ran("select 1")
    assert queries.history == ["select 1"] and "cannot be" in queries.problem and "Not a directory" in queries.problem


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_goes_back_and_comes_forward_to_what_lay_aside(tmp_path: Path) -> None:
    """A query from history that was changed is a new one."""
    desk = Desk(Queries(tmp_path / "q.json"))
    for text in ("select 1;", "select 2;", "select 3;"):
        desk.queries.ran(text)
    desk.draft.replace("select half")
    seen = []
    while desk.older():
        seen.append(desk.draft.text)
    assert seen == ["select 3;", "select 2;", "select 1;"]
    while desk.newer():
        seen.append(desk.draft.text)
    assert seen[3:] == ["select 2;", "select 3;", "select half"]
    assert desk.older() and desk.older()
    desk.draft.type(" -- changed")
    assert desk.older() and desk.draft.text == "select 3;"
    assert desk.newer() and desk.draft.text == "select 2; -- changed"


def test_the_query_that_was_just_run_is_not_the_one_before(tmp_path: Path) -> None:
    """Up leads on from it."""
    desk = Desk(Queries(tmp_path / "q.json"))
    for text in ("select 1;", "select 2;"):
        desk.queries.ran(text)
    desk.draft.replace("select 2;")
    assert desk.older() and desk.draft.text == "select 1;" and not desk.older()


def test_a_session_is_a_beginning_once_and_takes_nothing_away(tmp_path: Path) -> None:
    """What was being written is one step back in history."""
    desk = Desk(Queries(tmp_path / "q.json"))
    desk.draft.type("select unfinished")
    desk.turn_to("sesn_1'")
    assert "session_id = 'sesn_1'''" in desk.draft.text and desk.queries.history == ["select unfinished"]
    desk.draft.replace("select 5;")
    desk.turn_to("sesn_1'")
    assert desk.draft.text == "select 5;"
    desk.take(next(iter(STARTS.values())))
    desk.turn_to("sesn_2")
    assert desk.queries.history == ["select unfinished", "select 5;"], "what nobody wrote is not kept"


def test_the_library_has_views_with_columns_saved_queries_starts_and_history(tmp_path: Path) -> None:
    """The latest first."""
    queries = Queries(tmp_path / "q.json")
    queries.save("mine\x1b", "select 1;")
    queries.ran("select\n 2;")
    queries.ran("select 3;")
    found = items(WORDS, queries, {"events"})
    titles = [each.name for each in found if each.kind is Kind.HEADING]
    assert titles == ["views", "saved queries", "to start from", "history"]
    assert [each.name for each in found if each.kind is Kind.COLUMN] == list(WORDS.relations["events"])
    assert [each.name for each in found if each.kind is Kind.RECENT] == ["select 3;", "select 2;"]
    assert [each.text for each in found if each.kind is Kind.START] == list(STARTS.values())
    for each in found:
        assert width(line_text(item_line(each, 20))) <= 20 and line_text(item_line(each, 20)).isprintable()
    assert line_text(item_line(found[4], 20)) == "    seq       bigint"


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _OwnThread:
    """A lane that works where it is asked, so that a test needs not wait."""

    def run(self, work: Any, then: Any) -> None:
        then(work())

    def close(self, last: Any = lambda: None) -> None:
        last()


def _asked(store: Store, sql: str) -> Grid | Trouble:
    found: list[Grid | Trouble] = []
    asking = Asking(store)
    asking.start(_OwnThread(), found.append)  # type: ignore[arg-type]
    asking.run(sql)
    asking.close()
    return found[0]


@pytest.mark.parametrize("name", STARTS)
def test_every_query_to_start_from_runs_as_it_stands(demo_store: Store, name: str) -> None:
    """And leads somewhere, or counts something."""
    found = _asked(demo_store, STARTS[name])
    assert isinstance(found, Grid), found
    assert is_whole(STARTS[name]) and found.answer.rows


def test_tokens_per_model_and_day_are_what_the_events_say(demo_store: Store) -> None:
    """Summed here from rows read without DuckDB."""
    expected: dict[tuple[str, str], int] = {}
    for session_id in demo_store.session_ids():
        with demo_store.reader(session_id) as reader:
            for row in reader.rows(0, reader.count):
                if row.type == "span.model_request_end" and row.model and row.time_us is not None:
                    day = datetime.utcfromtimestamp(row.time_us / 1e6).date().isoformat()
                    expected[row.model, day] = expected.get((row.model, day), 0) + (row.output_tokens or 0)
    found = _asked(demo_store, STARTS["tokens per model per day"])
    assert isinstance(found, Grid)
    assert {(row[0], str(row[1])): row[4] for row in found.answer.rows} == expected


def test_the_tools_that_failed_three_times_running_are_those_that_did(demo_store: Store) -> None:
    """Counted here one call after the other."""
    with Query(demo_store) as query:
        columns = "session_id, thread_id, name, seq, is_error"
        sql = f"SELECT {columns} FROM tool_uses WHERE is_error IS NOT NULL ORDER BY session_id, seq"
        calls = list(query.run(sql).rows())
    running: dict[tuple[str, str, str], list[int]] = {}
    expected = set()
    for session, thread, name, seq, is_error in [*calls, *[(*call[:3], 0, False) for call in calls]]:
        run = running.setdefault((session, thread, name), [])
        if is_error:
            run.append(seq)
            continue
        if len(run) >= 3:
            expected.add((session, run[0], name, len(run), run[-1]))
        run.clear()
    found = _asked(demo_store, STARTS["three failures running"])
    assert isinstance(found, Grid) and expected
    assert {row[:5] for row in found.answer.rows} == expected


def test_the_events_of_a_session_lead_to_each_of_them(demo_store: Store) -> None:
    """As a session's screen presets it."""
    session_id = next(iter(demo_store.session_ids()))
    found = _asked(demo_store, of_session(session_id))
    assert isinstance(found, Grid)
    with demo_store.reader(session_id) as reader:
        assert len(found.answer.rows) == reader.count
    assert way(found.answer.columns, found.answer.rows[3], 4) == Way(session_id, 3)


def test_an_answer_is_capped_and_says_so(demo_store: Store) -> None:
    """In rows, and in characters; one that just fits is whole."""
    found = _asked(demo_store, "select * from range(10001)")
    assert isinstance(found, Grid) and len(found.answer.rows) == 10_000
    assert found.answer.says().startswith("the first 10,000 rows, in ") and found.answer.more
    found = _asked(demo_store, "select * from range(10000)")
    assert isinstance(found, Grid) and found.answer.says().startswith("10,000 rows in ")
    found = _asked(demo_store, "select repeat('x', 10000000) from range(100)")
    assert isinstance(found, Grid) and len(found.answer.rows) == 4 and found.answer.more


def test_what_came_after_a_query_is_in_the_next_one(demo_store: Store) -> None:
    """While nothing changes, what DuckDB knows of the store is kept."""
    found: list[Grid | Trouble] = []
    asking = Asking(demo_store)
    asking.start(_OwnThread(), found.append)  # type: ignore[arg-type]
    asking.run("select count(*) from sessions")
    kept = asking._query
    asking.run("select count(*) from sessions")
    assert asking._query is kept
    demo_store.delete(next(iter(demo_store.session_ids())))
    asking.run("select count(*) from sessions")
    counts = [each.answer.rows[0][0] for each in found if isinstance(each, Grid)]
    assert counts[0] == counts[1] == counts[2] + 1
    asking.close()


def test_a_query_that_never_ends_is_stopped_from_another_thread(demo_store: Store) -> None:
    """Whether it has just begun or not; and the next one runs."""
    found: list[Grid | Trouble] = []
    asking = Asking(demo_store)
    asking.start(_OwnThread(), found.append)  # type: ignore[arg-type]
    endless = "select count(*) from range(1e12::bigint) where range % 7 = 3"
    for sql in (endless, "select sum(a.seq) from events a, events b, events c"):
        worker = threading.Thread(target=asking.run, args=(sql,))
        worker.start()
        while not asking.running:
            pass
        asking.interrupt()
        worker.join(20)
        assert not worker.is_alive() and not asking.running
    assert [each.stopped for each in found if isinstance(each, Trouble)] == [True, True]
    asking.run("select 1")
    assert isinstance(found[-1], Grid)
    asking.close()
