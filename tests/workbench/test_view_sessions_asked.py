"""What is asked of a store because no manifest says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.event import Draft
from runtime.store import Store
from tests.support.builders import (
    START_US,
    THREAD,
    add_session,
    message,
    new_store,
    status,
    tool_result,
    tool_use,
)
from workbench.view.filter.sessions import Known
from workbench.view.lane import Lane
from workbench.view.sessions.asked import Asked
from workbench.view.sessions.course import Course, course, of_reader

SECOND = 1_000
"""Of the numbers of events, which are milliseconds."""


def graded(number: int, verdict: str) -> Draft:
    """A grader's verdict."""
    payload = {
        "id": f"sevt_{number:06d}", "type": "span.outcome_evaluation_end", "result": verdict,
        "outcome_evaluation_start_id": "sevt_x",
    }  # fmt: skip
    return Draft(payload, THREAD, START_US + number * 1_000, {"name": verdict})


def failed(number: int) -> Draft:
    """What a harness says when it cannot go on."""
    payload = {"id": f"sevt_{number:06d}", "type": "session.error", "error": {"type": "unknown_error"}}
    return Draft(payload, THREAD, START_US + number * 1_000)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One session that was graded, one that failed, one whose tool fails three times running, one that says nothing."""
    store = new_store(tmp_path)
    idle = [status(3, "idle", "end_turn"), message(3 + 60 * SECOND), status(4 + 60 * SECOND, "running")]
    add_session(store, "sesn_graded", [[message(1), graded(2, "needs_revision"), *idle, graded(99_000, "satisfied")]])
    add_session(store, "sesn_failed", [[message(1), status(2, "running"), failed(3)]])
    uses = [part for n in (1, 3, 5) for part in (tool_use(n, "bash"), tool_result(n + 1, n, is_error=True))]
    add_session(store, "sesn_loop", [uses])
    add_session(store, "sesn_plain", [[message(1)]])
    return store


class Answers:
    """An `Asked` whose lane's results arrive when a test says so."""

    def __init__(self, store: Store) -> None:
        self.calls: list[Callable[[], None]] = []
        self.failed: list[Exception] = []
        self.came = 0
        self.asked = Asked(store)
        self.lane = Lane("asked", self.calls.append, self.failed.append)
        self.asked.start(self.lane, self._came)

    def _came(self) -> None:
        self.came += 1

    def arrive(self) -> None:
        """What is under way comes back."""
        self.lane._pool.submit(lambda: None).result()
        while self.calls:
            self.calls.pop(0)()


def test_each_thing_is_asked_once_and_only_when_it_is_wanted(store: Store) -> None:
    """The verdict, idle time and failure; the tools; the findings."""
    answers = Answers(store)
    assert answers.asked.missing([]) is False and answers.asked.known == Known()
    assert answers.asked.missing(["findings"]) and answers.asked.missing(["findings", "tools"])
    answers.arrive()
    answers.arrive()  # tools were wanted while findings were being asked
    known = answers.asked.known
    assert known.courses is None and known.tools == {"sesn_loop": frozenset({"bash"})}
    assert known.findings == {"sesn_loop": frozenset({"error_loop", "never_succeeds"})}
    assert "stall" in answers.asked.finding_names
    assert answers.asked.missing(["courses"])
    answers.arrive()
    courses = answers.asked.known.courses
    assert courses is not None and courses["sesn_graded"] == Course("satisfied", 60 * 1_000_000)
    assert courses["sesn_failed"] == Course(failed=True) and courses["sesn_plain"] == Course()
    assert not answers.asked.missing(["courses", "tools", "findings"]) and answers.came == 3 and not answers.failed
    answers.lane.close()


def test_a_session_says_of_itself_what_the_store_says_of_it(store: Store) -> None:
    """The lines in sight read rows, a filter asks in SQL: both come to the same."""
    answers = Answers(store)
    answers.asked.missing(["courses"])
    answers.arrive()
    for session_id in store.session_ids():
        with store.reader(session_id) as reader:
            assert of_reader(reader) == (answers.asked.known.courses or {}).get(session_id, Course()), session_id
    answers.lane.close()


def test_what_changed_is_asked_anew_and_nothing_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is known; what is gone is forgotten."""
    answers = Answers(store)
    answers.asked.changed(["sesn_plain"])
    answers.asked.missing(["tools"])
    answers.arrive()
    assert answers.asked.known.tools == {"sesn_loop": frozenset({"bash"})}
    monkeypatch.setattr("workbench.view.sessions.asked.SHARE", 0)
    answers.asked._due = 0
    with store.writer("sesn_plain") as log:
        log.append([tool_use(9, "grep")])
    store.delete("sesn_loop")
    answers.asked.changed(["sesn_plain", "sesn_loop"])
    answers.asked.tick()
    answers.arrive()
    assert answers.asked.known.tools == {"sesn_plain": frozenset({"grep"})} and answers.asked.known.courses is None
    answers.lane.close()


def test_what_is_being_asked_ends_with_the_screen(store: Store) -> None:
    """No answer comes, nothing is asked any more."""
    answers = Answers(store)
    answers.asked.close()
    assert answers.asked.missing(["findings"]) and not answers.calls and answers.asked.known.findings is None
    answers.lane.close()


def test_a_failure_is_over_when_somebody_goes_on() -> None:
    """And a time of nobody's makes no idle time."""
    assert course([("session.error", None, 1)]).failed
    assert not course([("session.error", None, 1), ("user.message", None, 2)]).failed
    assert course([("session.status_idle", "retries_exhausted", 1)]).failed
    rows = [("session.status_idle", "end_turn", None), ("user.message", None, 5)]
    assert course(rows) == course([]) == Course()
    assert course([("span.outcome_evaluation_end", "\x1b[2J", 1)]).verdict == r"\x1b[2J"
