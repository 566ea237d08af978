"""An import that goes on beside the app, in a process of its own: keys wait for nothing, and it can be ended.

    Arrival(store, paths, watch=…)     the app's side: starts the process and listens to it on a thread
    python -c '… main()'               the other side: imports, and writes a line of JSON about each step

The process ends with the app: it reads from a pipe that nobody writes to, until the app's end of it is closed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.view import words
from workbench.view.text import shown

HOME = str(Path(__file__).resolve().parents[1])
TOLD_SECONDS = 0.1

_OTHER_SIDE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from workbench.arriving import main; main()"
"""Not ``-m``: that would look for the package in the folder one is in first, where anything may lie."""


class Arrival:
    """An import under way, as the app sees it. ``changed`` is called, on a thread, when there is something to say."""

    def __init__(
        self, store: str, paths: Sequence[str], *, watch: bool = False, changed: Callable[[], None] = lambda: None
    ) -> None:
        self.watch, self._changed = watch, changed
        self.done = self.total = 0
        """Bytes read, and to be read."""
        self.events = 0
        """New ones, where the paths are followed."""
        self.report: dict[str, Any] | None = None
        """What was imported, when it was."""
        self.error = ""
        self.ended = False
        self._stopped = False
        plan = json.dumps({"store": store, "paths": list(paths), "watch": watch})
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _OTHER_SIDE, HOME, plan], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, name="arrival", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                self._hear(json.loads(line))
            except (ValueError, TypeError, AttributeError):
                continue  # somebody was killed in the middle of a line
            self._changed()
        code = self._process.wait()
        if code and not self._stopped and not self.error:
            self.error = f"the import ended before its time (exit code {code}); `workbench import` would go on with it"
        self.ended = True
        self._changed()

    def _hear(self, told: dict[str, Any]) -> None:
        self.done, self.total = told.get("done", self.done), told.get("total", self.total)
        self.report, self.error = told.get("report", self.report), told.get("error", self.error)
        self.events += told.get("events", 0)

    def stop(self) -> None:
        """End it. What it has written stays; to import again goes on with the rest."""
        if not self.ended and not self._stopped:
            self._stopped = True
            self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> bool:
        """Until it has ended; False if it takes longer."""
        self._listener.join(seconds)
        return self.ended

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def words(self) -> str:
        """How it stands, while it goes on."""
        if self.report is not None:
            new = f" · {words.count(self.events, 'new event')}" if self.events else ""
            return f"following what was imported{new}" if self.watch else ""
        share = f" {100 * self.done // self.total} % of {words.size(self.total)}" if self.total else " …"
        return f"importing{share}"

    def outcome(self) -> tuple[str, str]:
        """What came of it, in a line, and the role of that."""
        if self.error:
            return shown(self.error), "error"
        report = self.report
        if report is None:
            return "the import was ended; to import again goes on with the rest", "text"
        said = f"{words.count(report['events'], 'event')} in {words.count(report['sessions'], 'session')} imported"
        rejected = report["rejected"]
        if rejected:
            first = shown(report["first"])
            return f"{said}; {rejected:,} rejected, the first: {first}", "error"
        return said, "text"


# ── the other side ───────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Import what the first argument says; tell of it on stdout."""
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    try:
        _work(**json.loads(sys.argv[1]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        from runtime.errors import WorkbenchError

        known = isinstance(error, (WorkbenchError, OSError))
        _tell(error=str(error) if known else f"the import failed, please report that: {type(error).__name__}: {error}")
        raise SystemExit(1) from None


def _work(store: str, paths: list[str], watch: bool) -> None:
    from time import monotonic

    from runtime.ingest.paths import import_paths
    from runtime.ingest.watch import follow
    from runtime.store import Store

    last = 0.0

    def progress(done: int, total: int, path: str) -> None:
        nonlocal last
        if monotonic() - last >= TOLD_SECONDS:
            last = monotonic()
            _tell(done=done, total=total)

    report = import_paths(Store(store), paths, progress=progress)
    first = report.rejected[0] if report.rejected else {}
    place = f"{first.get('path')}:{first['line']}" if first.get("line") else first.get("path")
    _tell(
        report={
            "events": report.events, "sessions": len({item["session_id"] for item in report.sessions}),
            "rejected": len(report.rejected), "first": f"{place}: {first.get('reason')}" if first else "",
        }
    )  # fmt: skip
    if watch:
        trouble = lambda path, error: _tell(error=f"{path}: {error}")
        for change in follow(Store(store), paths, trouble=trouble, told=report.rejected):
            _tell(events=change.events)


def _tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def _end_with_the_app() -> None:
    """The app's end of the pipe is closed, by it or by its death."""
    while os.read(0, 1):  # not by way of `sys.stdin`: its lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGINT)
