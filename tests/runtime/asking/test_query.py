"""Asking the log: the views say what was written, wherever it is kept; and nothing else can be reached."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest

from runtime.asking.query import Query
from runtime.errors import QueryError
from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import add_session, new_store, story
from tests.support.work import START_US, Work


def ask(store: Store, sql: str, **options: object) -> list[tuple[object, ...]]:
    """All rows of one query."""
    with Query(store) as query:
        return list(query.run(sql, **options).rows())  # type: ignore[arg-type]


def one(store: Store, sql: str) -> tuple[object, ...]:
    """The only row of one query."""
    rows = ask(store, sql)
    assert len(rows) == 1
    return rows[0]


def rows_of(store: Store) -> list[tuple[object, ...]]:
    """Every row of every session, read the ordinary way."""
    found: list[tuple[object, ...]] = []
    for session_id in store.session_ids():
        with store.reader(session_id) as reader:
            found.extend(tuple(row) for row in reader.rows(0, reader.count))
    return sorted(found)


COLUMNS = (
    "session_id, seq, id, type, thread_id, time_us, turn, refers_to, name, model, is_error, duration_us, input_tokens, "
    "output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, summary, payload_bytes, "
    "supersedes, chain"
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Sessions sealed, packed, packed and woken, open, sealed and open, and one deleted from its pack."""
    store = new_store(tmp_path)
    for name in ("packed", "woken", "deleted"):
        add_session(store, f"sesn_{name}", [story(0, 40)])
    maintain(store, many=1)
    assert len(store.packs.index().packs) == 1
    store.delete("sesn_deleted")
    with store.writer("sesn_woken") as log:
        log.append(story(40, 5))
    add_session(store, "sesn_sealed", [story(0, 30), story(30, 7)])
    with store.create(Manifest("sesn_open")) as log:
        log.append(story(0, 11))
    with store.create(Manifest("sesn_both")) as log:
        log.append(story(0, 20))
        log.seal()
        log.append(story(20, 3))
    return store


def test_event_rows_are_the_rows_of_every_session_that_counts(store: Store) -> None:
    """Sealed, packed, woken and open rows are all there, each once; a deleted session's rows in its pack are not."""
    assert sorted(ask(store, f"SELECT {COLUMNS} FROM event_rows")) == rows_of(store)
    assert one(store, "SELECT count(DISTINCT session_id) FROM event_rows") == (5,)


def test_payloads_are_byte_for_byte_what_was_stored(store: Store) -> None:
    """Payload and extra of every event, from files, packs and open segments."""
    expected = []
    for session_id in store.session_ids():
        with store.reader(session_id) as reader:
            expected += [
                (session_id, entry.seq, entry.payload.decode(), entry.extra.decode()) for entry in reader.entries()
            ]
    assert sorted(ask(store, "SELECT session_id, seq, payload, extra FROM payloads")) == sorted(expected)


def test_a_query_can_be_held_to_some_sessions(store: Store) -> None:
    """What is not asked about is not there, not even out of the same pack."""
    with Query(store, sessions=["sesn_packed", "sesn_open"]) as query:
        counts = list(query.run("SELECT session_id, count(*) FROM event_rows GROUP BY ALL ORDER BY ALL").rows())
        assert counts == [("sesn_open", 11), ("sesn_packed", 40)]
        assert [row[0] for row in query.run("SELECT DISTINCT session_id FROM payloads ORDER BY 1").rows()] == [
            "sesn_open",
            "sesn_packed",
        ]
        assert list(query.run("SELECT session_id FROM sessions ORDER BY 1").rows()) == [
            ("sesn_open",),
            ("sesn_packed",),
        ]


def test_a_session_made_anew_after_deletion_is_not_mixed_with_its_past(store: Store) -> None:
    """Rows of the old one are still in the pack; they do not count."""
    add_session(store, "sesn_deleted", [story(0, 4)])
    assert one(store, "SELECT count(*) FROM event_rows WHERE session_id = 'sesn_deleted'") == (4,)
    assert one(store, "SELECT count(*) FROM payloads WHERE session_id = 'sesn_deleted'") == (4,)


def test_an_empty_store_can_be_asked(tmp_path: Path) -> None:
    """Every relation is there and empty."""
    with Query(Store(tmp_path / "none")) as query:
        for relation in query.relations():
            if relation.name != "prices":
                assert list(query.run(f"SELECT * FROM {relation.name}").rows()) == [], relation.name


def test_every_relation_has_the_columns_it_announces(store: Store) -> None:
    """And gives its first row without reading to the end; no view hangs under a LIMIT."""
    with Query(store) as query:
        for relation in query.relations():
            result = query.run(f"SELECT * FROM {relation.name} LIMIT 1", seconds=20)
            assert result.columns == relation.columns, relation.name
            assert len(list(result.rows())) <= 1
            assert relation.about


def test_events_show_each_id_once_as_it_stands(tmp_path: Path) -> None:
    """A row that a later one replaces is in event_rows only; the later one's content counts."""
    store, work = new_store(tmp_path), Work("a").ask().say("first")
    again = work.drafts[2]
    payload = {**again.payload, "content": [{"type": "text", "text": "second"}]}
    add_session(store, "sesn_a", [work.drafts, [Draft(payload, again.thread_id, again.time_us, {"supersedes": 2})]])
    assert one(store, "SELECT count(*), count(DISTINCT id) FROM event_rows") == (5, 4)
    assert one(store, "SELECT count(*), count(DISTINCT id) FROM events") == (4, 4)
    assert one(store, "SELECT seq, summary FROM events WHERE type = 'agent.message'") == (4, "second")


def test_times_are_numbers_and_timestamps(tmp_path: Path) -> None:
    """``time`` is ``time_us`` in UTC; what no calendar has is NULL and spoils nothing."""
    store, work = new_store(tmp_path), Work("a").ask()
    work.drafts.append(work.drafts[0]._replace(payload={"id": "sevt_x", "type": "import.x.y"}, time_us=1 << 61))
    add_session(store, "sesn_a", [work.drafts])
    found = ask(store, "SELECT time_us, epoch_us(time), typeof(time) FROM events ORDER BY seq")
    assert found == [(START_US, START_US, "TIMESTAMP"), (1 << 61, None, "TIMESTAMP")]
    assert one(store, "SELECT turn, events, epoch_us(ended) FROM turns") == (1, 2, START_US)


def test_tool_uses_are_joined_with_their_results(tmp_path: Path) -> None:
    """Each once, with or without a result."""
    store = new_store(tmp_path)
    work = (
        Work("a")
        .ask()
        .use("bash", "fine", command="ls -la", takes=9)
        .use("edit", "no such file", failed=True, path="x")
    )
    work.request({"kind": "agent.tool_use", "name": "bash", "input": {"command": "sleep 9"}})
    add_session(store, "sesn_a", [work.drafts])
    assert ask(
        store, "SELECT name, input, result, is_error, duration_us, seq, result_seq FROM tool_uses ORDER BY seq"
    ) == [
        ("bash", "ls -la", "fine", False, 11_000_000, 2, 4),
        ("edit", "x", "no such file", True, 2_000_000, 6, 8),
        ("bash", "sleep 9", None, None, None, 10, None),
    ]


def test_model_requests_and_what_they_cost(tmp_path: Path) -> None:
    """Start joined with end, tokens, price of the day; cached for an hour costs more; unknown stays unknown."""
    store = new_store(tmp_path)
    work = (
        Work("a")
        .ask()
        .request(tokens=(1_000_000, 100_000, 2_000_000, 300_000))
        .request(tokens=(0, 0, 0, 1_000_000), hour=400_000)
    )
    work.model = "somebody/else"
    work.request(tokens=(5, 5, 0, 0))
    work.event("span.model_request_start")
    add_session(store, "sesn_a", [work.drafts])
    found = ask(
        store,
        "SELECT start_seq, end_seq, prompt_tokens, cost_usd, stop_reason, duration_us FROM model_requests ORDER BY seq",
    )
    haiku = [1 + 0.1 * 5 + 2 * 0.1 + 0.3 * 1.25, 0.6 * 1.25 + 0.4 * 2]
    assert found == [
        (1, 2, 3_300_000, pytest.approx(haiku[0]), "end_turn", 1_000_000),
        (3, 4, 1_000_000, pytest.approx(haiku[1]), "end_turn", 1_000_000),
        (5, 6, 5, None, "end_turn", 1_000_000),
        (7, None, None, None, None, None),
    ]
    assert one(store, "SELECT cost_usd FROM sessions") == (None,)
    assert one(store, "SELECT cost_usd, requests, input_tokens FROM turns") == (None, 3, 1_000_005)


def test_prices_follow_the_day_and_the_length_of_the_prompt(tmp_path: Path) -> None:
    """A model whose price changed is priced by when it was asked, one with a dearer long context by how much."""
    store = new_store(tmp_path)
    before, after = 1_749_000_000_000_000, 1_750_000_000_000_000  # 2025-06-04, 2025-06-15
    for name, start_us in (("sesn_old", before), ("sesn_new", after)):
        add_session(
            store, name, [Work(name, "o3", start_us=start_us).ask().request(tokens=(1_000_000, 0, 0, 0)).drafts]
        )
    long = (
        Work("long", "anthropic/claude-sonnet-4.5")
        .ask()
        .request(tokens=(200_000, 0, 0, 0))
        .request(tokens=(200_001, 0, 0, 0))
    )
    add_session(store, "sesn_long", [long.drafts])
    found = ask(store, "SELECT session_id, cost_usd FROM model_requests ORDER BY session_id, seq")
    assert [row[1] for row in found] == pytest.approx([0.6, 1.200006, 2, 10])
    assert dict(ask(store, "SELECT session_id, cost_usd FROM sessions"))["sesn_long"] == pytest.approx(1.800006)


def test_sessions_add_up(store: Store) -> None:
    """Totals of the view are the sums over the events, for every kind of session."""
    counted = """
        SELECT session_id, count(*), count(*) FILTER (is_error), max(turn),
               count(*) FILTER (type = 'span.model_request_end'), coalesce(sum(input_tokens), 0),
               coalesce(sum(cache_write_tokens), 0), min(time_us), max(time_us)
        FROM events GROUP BY session_id ORDER BY session_id"""
    listed = """
        SELECT session_id, events, errors, turns, requests, input_tokens, cache_write_tokens, first_us, last_us
        FROM sessions ORDER BY session_id"""
    assert ask(store, listed) == ask(store, counted)
    assert ask(store, "SELECT session_id FROM sessions WHERE live ORDER BY 1") == [
        ("sesn_both",),
        ("sesn_open",),
        ("sesn_woken",),
    ]


def test_a_session_whose_requests_were_replaced_is_counted_anew(tmp_path: Path) -> None:
    """A request end that a fuller one replaced is not counted twice."""
    store, work = new_store(tmp_path), Work("a").ask().request(tokens=(10, 1, 0, 0))
    end = work.drafts[-1]
    payload = {**end.payload, "model_usage": {"input_tokens": 10, "output_tokens": 7}}
    add_session(
        store, "sesn_a", [work.drafts, [Draft(payload, end.thread_id, end.time_us, {**end.extra, "supersedes": 2})]]
    )
    assert one(store, "SELECT events, requests, input_tokens, output_tokens FROM sessions") == (3, 1, 10, 7)


def test_turns_threads_and_outcomes(tmp_path: Path) -> None:
    """Turns with their words, threads with their names, outcomes with their last verdict."""
    store = new_store(tmp_path)
    work = Work("a").ask("one").say("done one").ask("two").use("bash", command="ls")
    work.event("user.interrupt")
    work.event("session.thread_created", session_thread_id="sthr_sub", agent_name="explorer")
    work.thread = "sthr_sub"
    work.say("found it")
    work.thread = "sthr_main"
    work.event("user.define_outcome", description="tests pass")
    for result in ("needs_revision", "satisfied"):
        start = work.event("span.outcome_evaluation_start")
        work.event(
            "span.outcome_evaluation_end",
            outcome_evaluation_start_id=start,
            result=result,
            explanation=f"it is {result}",
        )
    add_session(store, "sesn_a", [work.drafts])
    assert ask(store, "SELECT turn, prompt, answer, tool_uses, interrupted FROM turns ORDER BY turn") == [
        (1, "one", "done one", 0, False),
        (2, "two", "found it", 1, True),
    ]
    assert ask(store, "SELECT thread_id, agent, events, requests FROM threads ORDER BY first_seq") == [
        ("sthr_main", None, 16, 2),
        ("sthr_sub", "explorer", 3, 1),
    ]
    assert one(store, "SELECT outcome, evaluations, verdict, explanation FROM outcomes") == (
        "tests pass",
        2,
        "satisfied",
        "it is satisfied",
    )


def test_numbers_too_large_for_64_bits_are_ints(store: Store) -> None:
    """Sums come out as whole numbers, not as decimals."""
    (total,) = one(store, "SELECT sum(time_us::HUGEINT * 1000) FROM events")
    assert type(total) is int and total > 1 << 64


def test_results_come_as_they_are_read(store: Store) -> None:
    """Columns at once; rows by the batch, however many there are; what is not read is let go of."""
    with Query(store) as query:
        result = query.run("SELECT range AS n FROM range(100_000_000_000)", seconds=20)
        assert [tuple(column) for column in result.columns] == [("n", "BIGINT")]
        rows = result.rows()
        assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]
        result.close()
        assert list(query.run("SELECT ? + 1 AS n, ? AS name", [41, "x"]).rows()) == [(42, "x")]
        assert query.run("SELECT 1 AS a UNION ALL SELECT 2").table().column("a").to_pylist() == [1, 2]


def test_a_store_in_a_folder_with_an_odd_name(tmp_path: Path) -> None:
    """Quotes, brackets and stars in the path are nothing special."""
    store = new_store(tmp_path / "it's [a] *store* key=1")
    add_session(store, "sesn_a", [story(0, 6)])
    assert one(store, "SELECT count(*) FROM event_rows JOIN payloads USING (session_id, seq)") == (6,)


# ── what cannot be asked ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("COPY (SELECT 1) TO '{outside}/out.csv'", "this is COPY"),
        ("COPY (SELECT 1) TO '{packs}/out.csv'", "this is COPY"),
        ("ATTACH '{outside}/other.db'", "this is ATTACH"),
        ("INSTALL httpfs", "read-only"),
        ("LOAD httpfs", "read-only"),
        ("SET memory_limit = '64GB'", "this is SET"),
        ("SET lock_configuration = false", "this is SET"),
        ("PRAGMA enable_profiling", "read-only"),
        ("CALL enable_logging()", "this is CALL"),
        ("CREATE TABLE t AS SELECT 1", "this is CREATE"),
        ("DROP VIEW events", "this is DROP"),
        ("INSERT INTO findings SELECT 1", "this is INSERT"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO '{outside}/out.csv'", "this is EXPLAIN"),
        ("EXPORT DATABASE '{outside}/all'", "this is EXPORT"),
        ("SELECT 1; DROP VIEW events", "2 statements"),
        ("", "it is empty"),
        ("SELECT * FROM read_text('/etc/passwd')", "outside the log"),
        ("SELECT * FROM read_csv('/etc/passwd')", "outside the log"),
        ("SELECT * FROM '{outside}/secret.csv'", "outside the log"),
        ("SELECT * FROM read_text('{packs}/../runtime.db')", "outside the log"),
        ("SELECT * FROM read_text('{root}/runtime.db')", "outside the log"),
        ("SELECT * FROM glob('/etc/*')", "outside the log"),
        ("SELECT * FROM read_parquet('https://example.com/x.parquet')", "outside the log"),
        ("SELECT * FROM read_parquet('s3://bucket/x.parquet')", "outside the log"),
        ("SELECT * FROM enable_logging(storage = 'file', storage_path = '{outside}')", "outside the log"),
        ("SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')", "outside the log"),
        ("SELECT secret FROM here_it_is", "does not exist"),
        ("SELECT nothing FROM events", "not found"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_nothing_but_the_log_can_be_reached(
    store: Store, tmp_path_factory: pytest.TempPathFactory, sql: str, told: str
) -> None:
    """Every way out of the store, and every change to anything, is refused in words."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.csv").write_text("secret\n1\n")
    (store.root / "runtime.db").write_text("keys")
    here_it_is = {"secret": [1]}  # noqa: F841  # a variable of ours is not a table
    before = sorted(path for path in store.root.rglob("*"))
    with Query(store) as query, pytest.raises(QueryError, match=told):
        list(query.run(sql.format(outside=outside, packs=store.packs_folder, root=store.root)).rows())
    assert sorted(path.name for path in outside.iterdir()) == ["secret.csv"]
    assert sorted(path for path in store.root.rglob("*")) == before


def test_a_query_is_stopped_in_time(store: Store) -> None:
    """After its seconds, with a word about it; the next one runs."""
    with Query(store) as query:
        with pytest.raises(QueryError, match=r"more than 0\.2 s"):
            list(query.run("SELECT count(*) FROM range(10_000_000_000) a, range(100) b", seconds=0.2).rows())
        assert list(query.run("SELECT 1").rows()) == [(1,)]


def test_a_query_is_stopped_when_it_needs_too_much_memory(store: Store) -> None:
    """Nothing is spilled to disk either."""
    with Query(store, memory="50MB") as query, pytest.raises(QueryError, match="more memory"):
        list(query.run("SELECT list(range) FROM range(100_000_000)").rows())


def test_a_query_can_be_interrupted_from_another_thread(store: Store) -> None:
    """Whatever runs stops, and says that it was interrupted."""
    with Query(store) as query:
        timer = threading.Timer(0.2, query.interrupt)
        timer.start()
        with pytest.raises(QueryError, match="was interrupted"):
            list(query.run("SELECT count(*) FROM range(10_000_000_000) a, range(100) b", seconds=60).rows())
        timer.join()


def test_threads_may_ask_at_once(store: Store) -> None:
    """Relations are made once, whoever needs them first."""
    answers: list[object] = []
    with Query(store) as query:

        def count() -> None:
            answers.extend(
                query.run("SELECT count(*) FROM tool_uses JOIN model_requests USING (session_id, turn)").rows()
            )

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 4 and len(set(answers)) == 1


def test_what_was_written_later_is_seen_by_a_later_query(tmp_path: Path) -> None:
    """A query shows the store as it was when it was first asked."""
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_a")) as log, Query(store) as early:
        log.append(story(0, 5))
        assert list(early.run("SELECT count(*) FROM event_rows").rows()) == [(5,)]
        log.append(story(5, 5))
        assert list(early.run("SELECT count(*) FROM event_rows").rows()) == [(5,)]
        assert list(early.run("SELECT count(*) FROM payloads").rows()) == [(5,)]
        assert one(store, "SELECT count(*) FROM event_rows") == (10,)


def test_asking_leaves_no_words_on_stderr(store: Store) -> None:
    """DuckDB's bindings complain at exit about what was not let go of; there is nothing to complain about."""
    code = (
        "import sys; from runtime.store import Store; from runtime.asking.query import Query\n"
        "with Query(Store(sys.argv[1])) as query: print(list(query.run('SELECT count(*) FROM events').rows()))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code, str(store.root)], cwd=root, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout.startswith("[(")


def test_about_is_json_that_can_be_asked(tmp_path: Path) -> None:
    """Facts of a session's source."""
    store = new_store(tmp_path)
    add_session(
        store,
        "sesn_a",
        [story(0, 2)],
        about={"cwd": "/home/x", "reward": 1},
        source={"format": "codex", "native_id": "n"},
    )
    assert one(store, "SELECT about ->> '$.cwd', format, native_id FROM sessions") == ("/home/x", "codex", "n")
    assert orjson.loads(str(one(store, "SELECT about FROM sessions")[0])) == {"cwd": "/home/x", "reward": 1}


def test_what_is_damaged_is_left_out_by_name(store: Store) -> None:
    """A session that cannot be listed is not missed in silence; a pack that cannot be opened is a plain error."""
    whole = len(rows_of(store))
    add_session(store, "sesn_damaged", [story(0, 3)])
    path = store.folder("sesn_damaged") / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"count":3', b'"count":4'))
    with Query(store) as query:
        assert list(query.run("SELECT count(*) FROM event_rows").rows()) == [(whole,)]
        assert len(query.problems) == 1 and str(path) in query.problems[0]
    [pack] = store.packs.index().packs
    (store.packs_folder / f"{pack}.rows.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(QueryError, match=rf"{pack}.rows.parquet cannot be read .*`workbench verify`"):
        ask(store, "SELECT count(*) FROM event_rows")


def test_moments_that_python_has_no_words_for_stop_nothing(store: Store) -> None:
    with Query(store) as query:
        sql = "SELECT 1, unnest([TIMESTAMPTZ '290000-01-01 00:00:00+00', TIMESTAMPTZ '2026-01-01 00:00:00+00']) AS at"
        rows = list(query.run(sql).rows())
    assert rows[0] == (1, "a time that is out of range") and rows[1][1].year == 2026


def test_half_a_character_is_no_query(store: Store) -> None:
    with Query(store) as query, pytest.raises(QueryError, match="half a character"):
        query.run("SELECT '\ud800'")
