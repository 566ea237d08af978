"""What a crash says, and what it never says."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from runtime.errors import Corrupt
from runtime.store import Store
from tests.support.driver import errand, opened
from workbench import crash
from workbench.app import WorkbenchApp
from workbench.screens.session.finding import Finding
from workbench.view.session.source import SessionSource

CANARY = "sk-ant-api03-" + "c4n4ry" * 12


def broken(self: Finding) -> None:
    """Goes wrong with something secret at hand."""
    prompt_of_a_person = CANARY + " local"
    raise KeyError(f"{CANARY} and {len(prompt_of_a_person)}")


@pytest.mark.filterwarnings("error")
def test_three_lines_and_a_report(
    demo_store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What happened, where the report is, how to get back; no values of variables in either, and no secret."""
    monkeypatch.setattr(Finding, "next_turn", broken)
    session_id = next(each.session_id for each in demo_store.summaries() if each.sums.errors > 9)
    app = WorkbenchApp(demo_store, SessionSource(demo_store, session_id), 7)

    async def keys(pilot: object) -> None:
        await pilot.press("]")  # type: ignore[attr-defined]

    app.run(headless=True, size=(120, 32), auto_pilot=keys)  # type: ignore[arg-type]
    printed = capfd.readouterr().err
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    assert app.return_code == 1
    assert len(lines) == 3
    assert lines[0].startswith("workbench stopped: KeyError in workbench/test_app_crash.py, line ")
    assert lines[2] == f"reopen     workbench open {session_id}:7 --store demo"
    path = Path(lines[1].removeprefix("report").strip())
    report = path.read_text()
    assert path.parent == crash.reports_folder()
    assert "broken" in report
    assert CANARY not in report + printed
    assert "local" not in report.replace("locals", "").split("Traceback")[0]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_report_that_cannot_be_written_is_no_second_crash(
    monkeypatch: pytest.MonkeyPatch, plain_surroundings: Path
) -> None:
    """The three lines say so."""
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    error = ValueError("x")
    assert crash.write_report(error) is None
    assert crash.last_words(error, None, "workbench open")[1] == "report     could not be written"


@errand
async def test_work_that_goes_wrong_does_not_end_the_app(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One calm line; everything else goes on."""
    async with opened(demo_store, "Fix the flaky", at=3) as person:

        def damaged(*_: object) -> None:
            raise Corrupt("sesn_x", 5, "000000.payload.parquet", "its bytes are not what was written")

        monkeypatch.setattr("workbench.view.session.finder.find_error_around", damaged)
        await person.press("e")
        person.sees("damaged: its bytes are not")
        await person.press("j")
        assert person.cursor == 4
        person.does_not_see("damaged")


@errand
async def test_a_bug_in_work_is_said_and_reported(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not our own kind of error: where it was, and where the report is."""
    async with opened(demo_store, "Fix the flaky", at=3) as person:
        monkeypatch.setattr("workbench.view.session.finder.find_error_around", lambda *_: 1 // 0)
        await person.press("e")
        person.sees("ZeroDivisionError in")
        assert len(list(crash.reports_folder().iterdir())) == 1
        await person.press("j")
        assert person.cursor == 4
