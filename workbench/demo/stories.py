"""Stories of the demo in which things go as they should, one function each (`workbench.demo.trouble` has the others).

flaky_seek      a clean bug fix in two turns
stalled         an hour of good work, a 36-minute stall, and then the same mistake over and over
reviewers       a lead with three reviewers on threads of their own, and an outcome that is graded
hostile         a 2 MB payload, and text that tries to act on the terminal
denied          the agent asks first, and a person says no
imported        what a transcript of another tool looks like once it is here
watching        still open: its turn is not over
"""

from __future__ import annotations

from runtime.clock import derived_id
from runtime.event import Json
from workbench.demo.script import OPUS, SONNET, Call, Script, bash, edit, moment, read


def flaky_seek() -> Script:
    """A clean bug fix."""
    s = Script("flaky seek", moment("2026-03-02T09:14:07Z"), OPUS)
    s.user("test_seek in tests/test_io.py fails about one run in ten. Find out why and fix it.")
    s.step(
        "I'll run the test a number of times first, to see the failure itself.",
        bash(
            "for i in $(seq 20); do pytest -q tests/test_io.py::test_seek || break; done",
            _SEEK_FAILS,
            14.2,
            is_error=True,
        ),
        think="One in ten smells of time or order. I need the failing assertion before I guess.",
    )
    s.step(
        "The position is one short, and only sometimes: something else moves the file while we read.",
        read("src/io/window.py", _WINDOW_BEFORE),
        bash(
            "git log --oneline -5 -- src/io/window.py",
            "9a1f0c2 read windows ahead of the cursor\n51d07e4 window: cache pages\n",
        ),
        think="`seek` then `read` on a shared handle. The read-ahead thread came in with 9a1f0c2; that is the race.",
    )
    s.step(
        "Two threads share one file handle: the read-ahead can move it between our `seek` and our `read`. "
        "`os.pread` takes the position with it, so nothing shared is left.",
        edit(
            "src/io/window.py",
            "        self.file.seek(start)\n        return self.file.read(size)",
            "        return os.pread(self.file.fileno(), size, start)",
        ),
        edit("src/io/window.py", "import threading\n", "import os\nimport threading\n"),
    )
    s.step(
        "",
        bash(
            "for i in $(seq 200); do pytest -q tests/test_io.py::test_seek || break; done; echo done",
            "200 × 1 passed\ndone\n",
            141.6,
        ),
        bash(
            "pytest -q",
            "........................................................................ [100%]\n412 passed in 31.07s\n",
            31.4,
        ),
    )
    s.step(
        "Fixed. 200 runs without a failure, and the whole suite passes. "
        "The cause was a race on the file position between `seek` and `read`."
    )
    s.idle()
    s.wait(194)
    s.user("Nice. Add a test that fails without the fix, every time.")
    s.step(
        "I'll make the race certain: a handle whose position another thread moves between the two calls.",
        edit("tests/test_io.py", "def test_seek(", _SEEK_TEST + "\n\ndef test_seek("),
        bash(
            "git stash push src/io/window.py && pytest -q tests/test_io.py -k moved; git stash pop",
            "F\n1 failed in 0.21s\nDropped refs/stash@{0}\n",
            1.9,
        ),
        bash("pytest -q tests/test_io.py", "..................\n18 passed in 1.12s\n", 1.4),
    )
    s.step("Done: `test_read_when_position_moved` fails every time on the old code and passes on the new.")
    s.idle()
    return s


_SEEK_FAILS = """.......F
=================================== FAILURES ===================================
__________________________________ test_seek ___________________________________
tests/test_io.py:88: in test_seek
    assert window.read(4096, 16) == expected[4096:4112]
E   AssertionError: assert b'\\x10\\x11\\x12\\x13\\x14' == b'\\x00\\x01\\x02\\x03\\x04'
=========================== short test summary info ============================
FAILED tests/test_io.py::test_seek - AssertionError
1 failed in 0.34s
"""
_WINDOW_BEFORE = '''import threading


class Window:
    """Pages of a file, read ahead of the cursor."""

    def __init__(self, file, page=65536):
        self.file, self.page = file, page
        self.pages = {}
        self.ahead = threading.Thread(target=self._read_ahead, daemon=True)

    def read(self, start, size):
        self.file.seek(start)
        return self.file.read(size)
'''
_SEEK_TEST = """def test_read_when_position_moved(tmp_path):
    window = Window(moved_between_calls(tmp_path / "bytes"))
    assert window.read(4096, 16) == EXPECTED[4096:4112]
"""


def reviewers() -> Script:
    """Threads, and an outcome."""
    s = Script("parser review", moment("2026-03-04T08:30:00Z"), OPUS)
    s.user(
        "Review the parser rewrite on branch `parser-2`: correctness, speed, and whether a newcomer could maintain it."
    )
    outcome = derived_id("outc", s.session_id)
    s.event(
        "user.define_outcome",
        {
            "description": "A review that names every defect with file and line",
            "rubric": {
                "type": "text",
                "content": "- Every defect has a file and a line\n- Speed is measured, not guessed\n",
            },
            "outcome_id": outcome,
            "max_iterations": 3,
        },
    )
    s.step(
        "Three questions, three reviewers. I'll give each one its own thread.",
        bash(
            "git diff --stat main...parser-2",
            " src/parser.py   | 412 +++---\n src/tokens.py   |  88 ++\n tests/test_parser.py | 203 +++\n",
        ),
        think="Correctness, speed and readability need different eyes; none depends on another.",
    )
    threads = {name: s.delegate(name, task) for name, task in _REVIEWS.items()}
    for turn in range(6):
        for name, thread in threads.items():
            with s.within(thread):
                s.step("", *_review_calls(name, turn), think=f"Look at {name}, part {turn + 1}.")
    for name, thread in threads.items():
        with s.within(thread):
            s.step(_FOUND[name])
        s.report(name, thread, _FOUND[name])
    s.step("All three are in.\n\n" + "\n".join(f"- {text}" for text in _FOUND.values()))
    for iteration, verdict in enumerate(("needs_revision", "satisfied")):
        _evaluate(s, outcome, iteration, verdict)
        if verdict == "needs_revision":
            s.step(
                "The speed finding lacked its measurement; here it is: 41.2 MB/s before, 38.7 MB/s after, "
                "median of nine runs."
            )
    s.idle()
    return s


_REVIEWS = {
    "correctness": "Read src/parser.py on parser-2 for behaviour that differs from main. File and line for each.",
    "speed": "Measure the parser on bench/corpus, both branches, and say what changed and why.",
    "newcomer": "Read the rewrite as somebody new to it. Where do you have to guess?",
}
_FOUND = {
    "correctness": "src/parser.py:217 drops a trailing comma that main accepts.",
    "speed": "The tokenizer copies each slice; src/tokens.py:41 costs six per cent.",
    "newcomer": "`Mode` in src/parser.py:33 is set in four places; a table would say it once.",
}


def _review_calls(name: str, turn: int) -> list[Call]:
    start = 40 * turn + 1
    body = "\n".join(f"{line:>5}  {'    ' * (line % 3)}token = self.take({line})" for line in range(start, start + 40))
    if name == "speed":
        line = f"run {turn + 1}: main 41.{turn} MB/s   parser-2 38.{9 - turn} MB/s\n"
        return [bash(f"python -m bench parser --run {turn + 1}", line, 6.5)]
    if name == "correctness" and turn == 3:
        return [
            bash(
                "python -c \"import parser2; parser2.parse('[1, 2,]')\"",
                "ParseError: unexpected ] at 7\n",
                0.2,
                is_error=True,
            )
        ]
    return [Call("read", {"file_path": "src/parser.py", "view_range": [start, start + 39]}, body, 0.03)]


def _evaluate(s: Script, outcome: str, iteration: int, verdict: str) -> None:
    """One round of grading."""
    start = s.event("span.outcome_evaluation_start", {"iteration": iteration, "outcome_id": outcome})
    s.wait(4)
    s.event("span.outcome_evaluation_ongoing", {"iteration": iteration, "outcome_id": outcome})
    s.wait(5)
    usage = {
        "input_tokens": 5_120,
        "output_tokens": 210,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
    }
    explained = "Both criteria are met." if verdict == "satisfied" else "Speed is claimed, but no measurement is shown."
    s.event(
        "span.outcome_evaluation_end",
        {
            "explanation": explained, "iteration": iteration, "outcome_evaluation_start_id": start,
            "outcome_id": outcome, "result": verdict, "usage": usage,
        },
        {"duration_us": 9_000_000},
    )  # fmt: skip


def denied() -> Script:
    """A question to a person, and the answer."""
    s = Script("disk space", moment("2026-03-06T11:20:00Z"), SONNET)
    s.user("The build machine is out of disk space. Free some.")
    s.step(
        "",
        bash(
            "df -h / && du -sh /var/* | sort -h | tail -4",
            "/dev/sda1  80G   80G  12M 100% /\n1.1G /var/log\n9.8G /var/cache\n41G  /var/artifacts\n",
            8.8,
        ),
    )
    call = bash("rm -rf /var/artifacts", "")
    (asked,) = s.request("The artifacts take up half the disk. I'd delete them.", [call], ask=True)
    s.idle({"type": "requires_action", "event_ids": [asked]})
    s.wait(67)
    s.event(
        "user.tool_confirmation",
        {"result": "deny", "tool_use_id": asked, "deny_message": "Releases are in there. Only caches."},
    )
    s.event("session.status_running")
    s.result(
        asked, Call("bash", {}, "A person denied this call: Releases are in there. Only caches.", 0.0, is_error=True)
    )
    s.step(
        "Understood: caches only.",
        bash("apt-get clean && rm -rf /var/cache/pip", "", 3.0),
        bash("df -h /", "/dev/sda1  80G   70G  9.8G  88% /\n"),
    )
    s.step("9.8 GB are free again. The artifacts are untouched.")
    s.idle()
    return s


def imported() -> Script:
    """A transcript from elsewhere: turns begin with a person's message, and bookkeeping is kept as such."""
    s = Script("imported", moment("2026-02-27T15:03:30Z"), SONNET)

    def person(text: str) -> None:
        s.wait(40)
        s.event("user.message", {"content": [{"type": "text", "text": text}]}, {"person": True})

    def kept(kind: str, record: Json) -> None:
        s.event(f"import.claude_code.{kind}", {"record": record})

    kept("summary", {"summary": "Upgrade the web framework", "leafUuid": "7f0a"})
    person("Upgrade the web framework to its next major version.")
    s.step(
        "I'll read its migration guide first.",
        Call("web_fetch", {"url": "https://example.com/migrate"}, "1. `app.route` is gone…\n", 1.7),
    )
    s.step("", *[edit(f"web/views/{name}.py", "@app.route(", "@app.get(") for name in ("home", "login", "search")])
    kept("file-history-snapshot", {"files": ["web/views/home.py", "web/views/login.py", "web/views/search.py"]})
    s.step(
        "",
        bash(
            "pytest -q web",
            "E   AttributeError: 'App' object has no attribute 'route'\n1 failed, 66 passed\n",
            9.1,
            is_error=True,
        ),
    )
    s.step(
        "One is left.",
        edit("web/views/admin.py", "@app.route(", "@app.get("),
        bash("pytest -q web", "67 passed in 8.90s\n", 9.0),
    )
    person("Good. Write the changelog line.")
    s.step("", edit("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n- Web framework 5\n"))
    s.step("Done.")
    return s


def watching() -> Script:
    """Still going on: only its beginning is in the store, the rest is written while somebody looks."""
    s = Script("release notes", moment("2026-03-09T10:00:00Z"), SONNET)
    s.user("Keep the release notes up to date: look at each merged change and add a line where a user would notice it.")
    for number in range(4_812, 5_212):
        kind = _CHANGES[number * 7 % len(_CHANGES)]
        s.step(
            "",
            bash(f"gh pr view {number} --json title,labels", f'{{"title":"{kind}","labels":["{number % 3}"]}}\n', 0.9),
        )
        if number % 3 == 0:
            s.step(
                f"#{number} is one that users notice.",
                edit("NOTES.md", "## Next\n", f"## Next\n- {kind} (#{number})\n"),
            )
        s.wait(21)
    s.step("That was the last one.")
    s.idle()
    return s


_CHANGES = (
    "Searching is three times as fast", "Tidy the build", "Fix a crash on empty input", "Explain the exit codes",
    "Rename a variable", "Open files by dragging them", "Update the licence year", "Keep the cursor when a file grows",
)  # fmt: skip
