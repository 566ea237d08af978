"""The commands that read: what they print for people, for programs, and never to a terminal."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.asking.query import PUBLIC
from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import add_session, new_store, request_end
from tests.support.work import Work
from workbench.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
EVIL = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x9b31m"


class Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three sessions: one that works, one that fails, one that is evil and still open."""
    store = new_store(tmp_path / "store")
    fine = Work("fine", "o4-mini").ask("fix the flaky test").use("bash", "4 passed", command="pytest -q").say("done")
    fine.ask("thanks").say("welcome")
    add_session(
        store,
        "sesn_fine0000000000000001",
        [fine.drafts],
        title="fix the flaky test",
        source={"format": "codex", "native_id": "n1"},
    )
    bad = Work("bad", start_us=1_796_000_000_000_000).ask("break it").use("bash", "boom", failed=True, command="false")
    bad.request(tokens=(1_000, 50, 20_000, 300))
    add_session(
        store, "sesn_bad00000000000000002", [bad.drafts], title="break it", about={"cwd": "/home/somebody/project"}
    )
    maintain(store, many=1)
    evil = Work("evil", start_us=1_797_000_000_000_000).ask(EVIL)
    with store.create(Manifest("sesn_evil0000000000000003", title=EVIL)) as log:
        log.append(evil.drafts)
    return store


def run(store: Store, *words: str) -> int:
    """One command on ``store``."""
    return main([*words, "--store", str(store.root)])


def lines(text: str) -> list[Any]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def on_terminal(monkeypatch: pytest.MonkeyPatch, store: Store, *words: str) -> str:
    """What a terminal gets to see of one command."""
    terminal = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", terminal)
        assert run(store, *words) == 0
    return terminal.getvalue()


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sessions_are_listed_newest_first_in_aligned_columns(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """A header, a line each; numbers right, titles whole."""
    assert run(store, "sessions") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "session",
        "started",
        "took",
        "turns",
        "events",
        "errors",
        "tokens",
        "cost",
        "model",
        "from",
        "title",
    ]
    assert [row.split()[0] for row in rows] == [
        "sesn_evil0000000000000003",
        "sesn_bad00000000000000002",
        "sesn_fine0000000000000001",
    ]
    assert "$0.00  claude-haiku-4-5" in rows[1] and rows[1].endswith("break it")
    assert re.search(r"11s +2 +12 +330 +\$0\.00  o4-mini +codex +fix the flaky test$", rows[2]), rows[2]
    assert "live" in rows[0]


def test_a_cost_has_a_plus_where_totals_cannot_say_it_all(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Long prompts cost more; of 300,000 tokens in two requests nobody can tell whether one was long."""
    asked = [request_end(number, tokens=(150_000, 0, 0, 0)) for number in range(2)]
    add_session(store, "sesn_long0000000000000004", [asked], title="long")
    assert run(store, "sessions", "--filter", "long") == 0
    assert "  $0.90+  claude-sonnet-4-5" in capsys.readouterr().out


def test_sessions_as_json_carry_every_total(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a session, numbers as numbers, times in microseconds."""
    assert run(store, "sessions", "--json", "--filter", "BREAK somebody") == 0
    (found,) = lines(capsys.readouterr().out)
    assert found["session_id"] == "sesn_bad00000000000000002" and found["about"] == {"cwd": "/home/somebody/project"}
    assert (found["turns"], found["events"], found["errors"], found["tool_uses"], found["requests"]) == (1, 7, 1, 1, 2)
    assert found["tokens"] == 1_100 + 60 + 20_000 + 300 and found["duration_us"] == 6_000_000
    assert (
        found["cost_at_least_usd"] == pytest.approx(0.0011 + 0.0003 + 0.002 + 0.000375)
        and found["cost_is_exact"] is True
    )


def test_sessions_can_be_sorted_filtered_and_limited(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """By any column; the rest is counted on stderr."""
    assert run(store, "sessions", "--json", "--sort", "errors", "--limit", "1") == 0
    told = capsys.readouterr()
    assert [item["title"] for item in lines(told.out)] == ["break it"]
    assert run(store, "sessions", "--sort", "title", "--filter", "fix") == 0
    told = capsys.readouterr()
    assert "fix the flaky test" in told.out and "break it" not in told.out
    assert run(store, "sessions", "--filter", "no such thing") == 0
    told = capsys.readouterr()
    assert told.out == "" and "no sessions like that" in told.err


def test_a_terminal_sees_nothing_that_acts_on_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, summaries, payloads, hits, rows: every command, every form."""
    evil = "sesn_evil"
    for words in (
        ["sessions"], ["sessions", "--json"],
        ["events", evil], ["events", evil, "--json"], ["events", evil, "--payload"],
        ["event", evil, "0"], ["event", evil, "0", "--extra"], ["search", "owned"], ["search", "owned", "--json"],
        ["sql", "SELECT title, summary FROM sessions JOIN events USING (session_id)"],
        ["sql", "SELECT payload FROM payloads"],
        ["sql", "SELECT title FROM sessions", "--json"],
    ):  # fmt: skip
        shown = on_terminal(monkeypatch, store, *words)
        assert "owned" in shown or words[-1] == "--extra", words
        assert all(character == "\n" or character.isprintable() for character in shown), words


def test_a_damaged_session_is_listed_and_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are listed as ever."""
    folder = store.sessions_folder / "sesn_evil0000000000000003"
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes().replace(b"schema", b"schemo"))
    assert run(store, "sessions") == 0
    told = capsys.readouterr()
    assert "damaged" in told.out and "break it" in told.out and "manifest.json" in told.err


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_are_a_line_each(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Seq, time, how long, type, what."""
    assert run(store, "events", "sesn_bad") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["seq", "time", "took", "event", "what"]
    assert [row.split()[0] for row in rows] == [str(seq) for seq in range(7)]
    assert re.match(r"  2    \+0:02\.0          ▸ agent\.tool_use +bash  false$", rows[2]), rows[2]
    assert re.match(r"  6    \+0:06\.0          ◆ span\.model_request_end +claude-haiku-4-5  21\.3k→50$", rows[6]), (
        rows[6]
    )


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        (["--type", "agent.tool_*"], [2, 4]),
        (["--type", "span.*", "--limit", "2"], [1, 3]),
        (["--errors"], [4]),
        (["--from", "5"], [5, 6]),
        (["--from", "2", "--to", "3"], [2, 3]),
        (["--turn", "2"], []),
        (["--thread", "main"], list(range(7))),
        (["--thread", "other"], []),
        (["--limit", "0"], list(range(7))),
    ],
)
def test_events_can_be_chosen(
    store: Store, capsys: pytest.CaptureFixture[str], words: list[str], seqs: list[int]
) -> None:
    """By type, error, turn, thread, range; all at once."""
    assert run(store, "events", "sesn_bad", "--json", *words) == 0
    assert [item["seq"] for item in lines(capsys.readouterr().out)] == seqs


def test_events_leave_out_what_was_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each id once, as it stands."""
    store, work = new_store(tmp_path), Work("a").ask().say("first")
    again = work.drafts[2]
    add_session(
        store, "sesn_a", [work.drafts, [Draft(again.payload, again.thread_id, again.time_us, {"supersedes": 2})]]
    )
    assert run(store, "events", "a", "--json") == 0
    assert [item["seq"] for item in lines(capsys.readouterr().out)] == [0, 1, 3, 4]


def test_payloads_are_printed_as_stored(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """One a line; with --json, inside the row; line ends within a payload are folded away."""
    store_payload = orjson.dumps(Work("x").ask("a").drafts[0].payload, option=orjson.OPT_INDENT_2)
    with store.writer("sesn_evil0000000000000003") as log:
        log.append([Work("x").ask("a").drafts[0]._replace(raw=store_payload)])
    assert run(store, "events", "sesn_bad", "--payload") == 0
    with store.reader("sesn_bad00000000000000002") as reader:
        assert capsys.readouterr().out.encode() == b"".join(entry.payload + b"\n" for entry in reader.entries())
    assert run(store, "events", "sesn_evil", "--payload", "--from", "1") == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and json.loads(out) == orjson.loads(store_payload)
    assert run(store, "events", "sesn_bad", "--payload", "--json", "--errors") == 0
    (row,) = lines(capsys.readouterr().out)
    assert row["payload"]["type"] == row["type"] == "agent.tool_result" and "chain" not in row


# ── event ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_is_printed_byte_for_byte(store: Store, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """No line end is added, and evil is passed on as it is: stdout is no terminal here."""
    with store.reader("sesn_evil0000000000000003") as reader:
        payload, extra = reader.payload(0), reader.entry(0).extra
    assert run(store, "event", "sesn_evil", "0") == 0
    assert capfdbinary.readouterr().out == payload
    assert run(store, "event", "sesn_evil", "0", "--extra") == 0
    assert capfdbinary.readouterr().out == extra


def test_an_event_on_a_terminal_is_indented(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And still the same JSON."""
    shown = on_terminal(monkeypatch, store, "event", "sesn_bad", "2")
    assert shown.count("\n") > 5
    with store.reader("sesn_bad00000000000000002") as reader:
        assert json.loads(shown) == json.loads(reader.payload(2))


def test_the_original_record_of_an_import(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """--source gives the bytes of the file, spacing and all; what was not imported has none, and says so."""
    from runtime.ingest.paths import import_paths

    line = (
        b'{"type":"user",  "message":{"role":"user","content":"hello"},"uuid":"u1","sessionId":"s1",'
        b'"timestamp":"2026-01-01T00:00:00Z","cwd":"/x","version":"2.0.0"}'
    )
    path = tmp_path / "s1.jsonl"
    path.write_bytes(line + b"\n")
    store = new_store(tmp_path / "store")
    import_paths(store, [str(path)])
    (session_id,) = store.session_ids()
    assert run(store, "event", session_id, "0", "--source") == 0
    assert capfdbinary.readouterr().out == line
    add_session(store, "sesn_mine", [Work("a").ask().drafts])
    assert run(store, "event", "mine", "0", "--source") == 1
    assert b"was not imported" in capfdbinary.readouterr().err


def test_an_event_that_is_not_there_is_refused_in_words(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """With how many there are; likewise a session."""
    assert run(store, "event", "sesn_bad", "7") == 1
    assert "has events 0 to 6; there is no 7" in capsys.readouterr().err
    assert run(store, "events", "sesn_nobody") == 1
    assert "no session 'sesn_nobody'" in capsys.readouterr().err


# ── search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_search_prints_each_event_with_what_stands_around(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Session, seq, excerpt; how many, on stderr."""
    assert run(store, "search", "flaky") == 0
    told = capsys.readouterr()
    assert told.out == "sesn_fine0000000000000001        0  fix the flaky test\n"
    assert told.err == "1 event\n"


def test_search_as_json_says_where_the_match_stands(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Pattern, case, regex, sessions and limit."""
    assert run(store, "search", "BOOM", "sesn_bad", "-i", "--json") == 0
    (hit,) = lines(capsys.readouterr().out)
    assert (hit["session_id"], hit["seq"], hit["column"]) == ("sesn_bad00000000000000002", 4, "payload")
    assert hit["excerpt"][slice(*hit["match"])] == "boom"
    for words, count in (
        (["BOOM"], 0),
        (["boom", "-s"], 1),
        (["-e", r"bo+m|passed"], 2),
        (["-e", r"bo+m|passed", "--limit", "1"], 1),
        (["boom", "sesn_fine"], 0),
    ):
        assert run(store, "search", "--json", *words) == 0
        assert len(lines(capsys.readouterr().out)) == count, words
    assert run(store, "search", "-e", "(") == 1
    assert "not a regular expression" in capsys.readouterr().err


# ── sql ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sql_prints_a_table_for_people(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers to the right, nulls as nothing, long texts cut."""
    assert run(store, "sql", "SELECT * FROM (VALUES ('a', 1, NULL), ('bb', 22, 0.5)) t(name, count, share)") == 0
    assert capsys.readouterr().out.splitlines() == ["name  count  share", "a         1", "bb       22    0.5"]
    assert (
        run(store, "sql", "SELECT repeat('x', 500) AS long, TIMESTAMP '2026-01-02 03:04:05' AS time, [1, 2] AS list")
        == 0
    )
    (row,) = capsys.readouterr().out.splitlines()[1:]
    assert "x…" in row and row.endswith("2026-01-02 03:04:05  [1, 2]") and len(row) < 140


def test_sql_prints_json_lines_for_programs(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row, every type; the query may come from stdin."""
    huge = "170141183460469231731687303715884105727"
    sql = f"SELECT 1 AS a, 2 AS a, 'x' AS b, NULL AS c, {huge} AS huge, [1] AS list, 'ab'::BLOB AS blob"
    monkeypatch.setattr(sys, "stdin", io.StringIO(sql))
    assert run(store, "sql", "-", "--json") == 0
    assert lines(capsys.readouterr().out) == [
        {
            "a": 1,
            "a_2": 2,
            "b": "x",
            "c": None,
            "huge": huge,
            "list": [1],
            "blob": "6162",
        }
    ]
    assert run(store, "sql", "SELECT range FROM range(1000)", "--json") == 0
    assert len(lines(capsys.readouterr().out)) == 1000


def test_sql_limits_what_people_see_and_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Two hundred rows unless asked otherwise."""
    assert run(store, "sql", "SELECT range FROM range(1000)") == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 201 and "the first 200 rows" in told.err
    assert run(store, "sql", "SELECT range FROM range(1000)", "--limit", "3") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_sql_without_a_query_says_what_can_be_asked(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Every relation, what it shows, and its columns."""
    assert run(store, "sql") == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == list(PUBLIC)
    assert run(store, "sql", "--json") == 0
    assert {item["view"]: "session_id" in item["columns"] for item in lines(capsys.readouterr().out)} == {
        name: name != "prices" for name in PUBLIC
    }


def test_sql_that_is_wrong_is_refused_in_words(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, or 2 for what is no query; stderr says why, no traceback."""
    for query, code, told in (
        ("SELECT x FROM events", 1, "not found"),
        ("FROM read_text('/etc/passwd')", 1, "outside the log"),
        ("DROP TABLE x", 2, "only SELECT"),
        ("SELECT 1; SELECT 2", 2, "2 statements"),
        ("", 2, "it is empty"),
        (" ; -- nothing", 2, "it is empty"),
    ):
        assert run(store, "sql", query) == code
        error = capsys.readouterr().err
        assert told in error and (code == 1 or error.count("\n") == 1)
    assert run(store, "sql", "SELECT count(*) FROM range(10_000_000_000) a, range(100) b", "--seconds", "0.1") == 1
    assert "took more than 0.1 s" in capsys.readouterr().err


def test_sql_names_a_finding_that_cannot_be_used(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr; the others are there."""
    (store.root / "findings").mkdir()
    (store.root / "findings" / "mine.sql").write_text("SELECT nothing")
    assert run(store, "sql", "SELECT count(*) FROM findings") == 0
    assert "mine.sql" in capsys.readouterr().err


ABOUT_TO_ASK = """
import sys
from runtime.asking.query import Result
from workbench.__main__ import main
begin = Result.begin
def begun(self, parameters):
    print("running", file=sys.stderr, flush=True)
    begin(self, parameters)
Result.begin = begun
sys.exit(main(sys.argv[1:]))
"""


def test_sql_is_interrupted_by_ctrl_c(store: Store) -> None:
    """At once, with a word and 130, though the query would take hours and has not given a row."""
    words = ["sql", "SELECT count(*) FROM range(100_000_000_000)", "--seconds", "600", "--store", str(store.root)]
    with subprocess.Popen(
        [sys.executable, "-c", ABOUT_TO_ASK, *words],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr is not None and process.stderr.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "workbench: interrupted\n")


def test_sql_that_does_not_stop_when_its_time_is_up_is_ended(store: Store) -> None:
    """DuckDB says nothing for longer than it may: the command says so and ends with 1."""
    deaf = "import runtime.asking.query as q, workbench.commands.sql as c\nc.GRACE_S = 0.1\n"
    deaf += "import threading\n"
    deaf += "q.Result.begin = lambda self, parameters: threading.Event().wait()\n"
    deaf += "import sys; from workbench.__main__ import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", deaf, "sql", "SELECT 1", "--seconds", "0.1", "--store", str(store.root)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and done.stderr == (
        "workbench: the query took more than 0.1 s and did not stop when it was told to, so the command was ended.\n"
    )


# ── the shell ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (["sessions"], ["duckdb", "textual", "anthropic"]),
        (["events", "sesn_bad"], ["duckdb", "textual", "anthropic"]),
        (["event", "sesn_bad", "0"], ["duckdb", "textual", "anthropic"]),
        (["search", "boom"], ["duckdb", "textual", "anthropic"]),
        (["sql", "SELECT 1"], ["textual", "anthropic"]),
    ],
)
def test_a_command_imports_what_it_needs_and_leaves_stderr_alone(
    store: Store, words: list[str], forbidden: list[str]
) -> None:
    """So that it starts at once, in a process of its own."""
    code = (
        "import sys; from workbench.__main__ import main; main(sys.argv[1:])\n"
        f"print([name for name in {forbidden!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--store", str(store.root)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr
    assert done.returncode == 0 and "Traceback" not in done.stderr and "nanobind" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error(store: Store) -> None:
    """``workbench … | head -1``."""
    command = (
        f"{sys.executable} -m workbench sql 'SELECT range FROM range(1000000)' --json --store '{store.root}' | head -1"
    )
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == '{"range":0}\n' and done.stderr == "" and done.returncode == 0
