"""What looks wrong is found, at the event where it does; what is fine is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.asking.query import Query
from runtime.asking.views import FINDINGS, SQL, finding_files, first_comment
from runtime.store import Store
from tests.support.builders import add_session, new_store
from tests.support.work import Work

NAMES = {path.stem for path in (SQL / "findings").glob("*.sql")}


@pytest.fixture(autouse=True)
def nobody_elses_findings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The configuration directory of whoever runs the tests is none of their business."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setattr("runtime.asking.views.platformdirs.user_config_dir", lambda name: str(folder))


def found_in(tmp_path: Path, work: Work) -> list[tuple[str, int, list[int], str, str]]:
    """What is found in one session: finding, seq, other seqs, severity, what it says."""
    store = new_store(tmp_path)
    add_session(store, "sesn_a", [work.drafts])
    with Query(store) as query:
        rows = list(query.run("SELECT * EXCLUDE (session_id) FROM findings ORDER BY finding, seq").rows())
        assert query.problems == []
        return rows  # type: ignore[return-value]


def test_nothing_is_found_in_a_session_in_which_all_is_well(tmp_path: Path) -> None:
    """Several turns, tools that fail once, a cache that works, a person who takes an hour to answer."""
    work = Work("a")
    for turn in range(4):
        work.ask(f"do {turn}").use("bash", command=f"ls {turn}").use("edit", failed=turn == 2, path=f"f{turn}")
        work.request({"kind": "agent.message", "content": []}, tokens=(10, 20, 9_000, 500)).wait(3600)
    assert found_in(tmp_path, work) == []


def test_an_error_loop(tmp_path: Path) -> None:
    """Three failures of a tool running, whatever else was used in between; not two, nor with a success among them."""
    work = Work("a").ask()
    for failed in (True, True, False, True, True):
        work.use("fine_after_all", failed=failed, n=len(work.drafts))
    seqs = []
    for number in range(3):
        seqs.append(len(work.drafts) + 1)
        work.use("flaky", f"boom {number}", failed=True, n=number).use("other", n=number)
    work.use("flaky", "well", n=9)
    assert found_in(tmp_path, work) == [
        ("error_loop", seqs[0], seqs[1:], "medium", "flaky failed 3 times in a row, last with: boom 2")
    ]


def test_a_tool_that_never_succeeds(tmp_path: Path) -> None:
    """All of its uses failed, in whatever thread; a loop too where they were one after another in one."""
    work = Work("a").ask()
    for number in range(4):
        work.thread = f"sthr_{number % 2}"
        work.use("broken", "no", failed=True, n=number)
    found = found_in(tmp_path, work)
    assert [(row[0], row[3]) for row in found] == [("never_succeeds", "high")]
    assert found[0][4] == "all 4 uses of broken failed, last with: no"
    assert len(found[0][2]) == 3


def test_a_repeated_call(tmp_path: Path) -> None:
    """The same input four times, blanks aside; not where only the summary is the same."""
    work, seqs = Work("a").ask(), []
    for number in range(4):
        work.use("edit", path="same.py", old=f"line {number}")
        seqs.append(len(work.drafts) + 1)
        work.use("bash", "same output", command="make test" + " " * number + "\n" * number)
    found = found_in(tmp_path, work)
    assert [(row[0], row[1], row[2], row[3]) for row in found] == [("repeated_call", seqs[0], seqs[1:], "medium")]
    assert "bash was called 4 times with the same input and the same result: make test" == found[0][4]


def test_a_repeated_call_with_other_results_matters_less(tmp_path: Path) -> None:
    """Running the tests after each change is what one does."""
    work = Work("a").ask()
    for number in range(5):
        work.use("bash", f"{number} failed", command="make test")
    assert [(row[0], row[3]) for row in found_in(tmp_path, work)] == [("repeated_call", "low")]


def test_stalls_say_what_was_waited_for(tmp_path: Path) -> None:
    """A tool, the model, a person's permission: five minutes or more, within a turn."""
    work = Work("a").ask().use("build", takes=290).use("build", takes=400, target="all").wait(2000).say("hm")
    use = work.event("agent.tool_use", name="rm", input={"path": "/"})
    work.event("session.status_idle", stop_reason={"type": "requires_action", "event_ids": [use]})
    work.wait(500).event("user.tool_confirmation", tool_use_id=use, result="deny")
    assert [(row[0], row[3], row[4]) for row in found_in(tmp_path, work)] == [
        ("stall", "medium", "waited 6.7 min for the tool build"),
        ("stall", "high", "waited 33.4 min for the model"),
        ("stall", "low", "waited 8.4 min for a person"),
    ]


def test_a_cost_spike(tmp_path: Path) -> None:
    """A request far dearer than is usual in its session, and dear at all."""
    work = Work("a", "claude-opus-4-1").ask()
    for _ in range(5):
        work.request({"kind": "agent.message", "content": []}, tokens=(2_000, 100, 0, 0))
    work.request({"kind": "agent.message", "content": []}, tokens=(100_000, 4_000, 0, 0))
    found = found_in(tmp_path, work)
    assert [(row[0], row[1], row[3]) for row in found] == [("cost_spike", len(work.drafts) - 1, "high")]
    assert found[0][4] == "cost $1.80, 48 times the median of this session: 100000 tokens in, 4000 out"


def test_a_cache_miss(tmp_path: Path) -> None:
    """A long prompt of which far less came from the cache than is usual; the first of a thread is none."""
    work = Work("a").ask().request({"kind": "agent.message", "content": []}, tokens=(20_000, 1, 0, 0))
    for _ in range(5):
        work.request({"kind": "agent.message", "content": []}, tokens=(1_000, 1, 19_000, 0))
    work.request({"kind": "agent.message", "content": []}, tokens=(18_000, 1, 2_000, 0))
    assert [(row[0], row[1], row[4]) for row in found_in(tmp_path, work)] == [
        ("cache_miss", len(work.drafts) - 1, "read 10 % of its 20000 prompt tokens from the cache, where 95 % is usual")
    ]


def test_cut_off_empty_and_interrupted(tmp_path: Path) -> None:
    """By the stop reason, by what came of a request, by the person."""
    work = Work("a").ask().request({"kind": "agent.message", "content": []}, stop="max_tokens")
    work.request({"kind": "agent.thinking"}, tokens=(10, 3, 0, 0))
    work.event("user.interrupt")
    assert [(row[0], row[1], row[3], row[4]) for row in found_in(tmp_path, work)] == [
        ("empty_reply", 6, "medium", "the model replied with nothing (3 tokens out)"),
        ("interrupted", 7, "low", "interrupted in turn 1"),
        ("truncated", 3, "high", "the reply was cut off after 10 tokens (max_tokens)"),
    ]


# ── findings of the user's own ───────────────────────────────────────────────────────────────────────────────────────

RUDE = """-- Somebody swore.
SELECT session_id, seq, []::BIGINT[] AS other_seqs, 'low' AS severity, 'swore: ' || summary AS says
FROM events WHERE summary LIKE '%damn%'
"""


def store_with(tmp_path: Path, **files: str) -> Store:
    """A store with one session, and findings of its own."""
    store = new_store(tmp_path / "store")
    add_session(store, "sesn_a", [Work("a").ask("damn it").say("sorry").drafts])
    (store.root / "findings").mkdir()
    for name, text in files.items():
        (store.root / "findings" / f"{name}.sql").write_text(text)
    return store


def test_users_add_findings_to_their_store(tmp_path: Path) -> None:
    """A file in ``findings/`` is one more finding, beside ours."""
    store = store_with(tmp_path, rude=RUDE)
    with Query(store) as query:
        assert list(query.run("SELECT finding, seq, says FROM findings").rows()) == [("rude", 0, "swore: damn it")]
    assert set(finding_files(store)) == NAMES | {"rude"}


def test_users_add_findings_to_their_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for every store; a store's own file of that name wins, and ours can be replaced."""
    folder = tmp_path / "config"
    monkeypatch.setattr("runtime.asking.views.platformdirs.user_config_dir", lambda name: str(folder))
    (folder / "findings").mkdir(parents=True)
    (folder / "findings" / "rude.sql").write_text(RUDE)
    (folder / "findings" / "interrupted.sql").write_text(RUDE.replace("swore", "in place of ours"))
    store = store_with(tmp_path, rude=RUDE.replace("swore", "in this store"))
    with Query(store) as query:
        assert list(query.run("SELECT finding, says FROM findings ORDER BY 1").rows()) == [
            ("interrupted", "in place of ours: damn it"),
            ("rude", "in this store: damn it"),
        ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 AS seq",
        "SELECT * FROM no_such_table",
        "DROP TABLE findings",
        RUDE + "; DROP TABLE findings",
        "SELEC",
        RUDE.replace("summary LIKE '%damn%'", "summary::INTEGER > 0"),
        RUDE.replace("FROM events", "FROM read_text('/etc/passwd')"),
    ],
)
def test_a_finding_that_fails_spoils_nothing_and_is_named(tmp_path: Path, text: str) -> None:
    """The others are there; the problem says which file."""
    store = store_with(tmp_path, bad=text, rude=RUDE)
    with Query(store) as query:
        assert [row[0] for row in query.run("SELECT finding FROM findings").rows()] == ["rude"]
        assert len(query.problems) == 1 and "bad.sql" in query.problems[0]


def test_a_finding_ends_where_its_file_ends(tmp_path: Path) -> None:
    """A comment on the last line, a semicolon after it: both are fine."""
    store = store_with(tmp_path, rude=RUDE.rstrip() + " -- that is all", other=RUDE.rstrip() + ";\n")
    with Query(store) as query:
        assert [row[0] for row in query.run("SELECT finding FROM findings ORDER BY 1").rows()] == ["other", "rude"]


def test_findings_can_be_held_to_a_session(tmp_path: Path) -> None:
    """What another session did is not found."""
    store = store_with(tmp_path, rude=RUDE)
    add_session(store, "sesn_b", [Work("b").ask("damn it too").drafts])
    with Query(store, sessions=["sesn_b"]) as query:
        assert list(query.run("SELECT session_id FROM findings").rows()) == [("sesn_b",)]


def test_findings_have_the_columns_they_announce_and_say_what_they_find(tmp_path: Path) -> None:
    """Also where there is nothing to find."""
    with Query(new_store(tmp_path)) as query:
        result = query.run("SELECT * FROM findings")
        assert ", ".join(f"{column.name} {column.type}" for column in result.columns) == FINDINGS
    assert NAMES and all(first_comment((SQL / "findings" / f"{name}.sql").read_text()) for name in NAMES)
