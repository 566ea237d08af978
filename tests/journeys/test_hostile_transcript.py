"""A transcript made to do harm, through every door: it acts on no terminal, leaves no store, and stops nothing else.

Each command runs in a real terminal, and every byte that reached it is looked at.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.store import Store
from tests.support.hostile import ATTACKS, MARKS, SESSION, WORDS, write_transcript
from tests.support.terminal import ERASE_LINE, ROOT, Terminal, in_terminal, sequences, unfit, workbench


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """A store with the hostile transcript but for its largest lines, and its main session."""
    return imported(tmp_path_factory.mktemp("hostile"), large=False)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    """The same with lines of 20 and 50 MB, and one over the limit."""
    return imported(tmp_path_factory.mktemp("large"), large=True)


def imported(folder: Path, *, large: bool) -> tuple[Store, str]:
    path = write_transcript(folder / f"{SESSION}.jsonl", large=large)
    code, written = in_terminal("import", str(path), "--store", str(folder / "store"))
    told = plain(written, *ERASE_LINE)
    assert code == 0, told
    store = Store(folder / "store")
    assert {path.name for path in folder.iterdir()} == {path.name, "store"}
    return store, max(store.summaries(), key=lambda summary: summary.sums.events).session_id


def plain(written: bytes, *allowed: str) -> str:
    """What a plain command wrote: text, line ends, and nothing else."""
    found, text = sequences(written)
    assert set(found) <= set(allowed), set(found)
    assert unfit(text, *allowed) == set()
    assert "Traceback" not in text, text[-3000:]
    return text


def run(store: Store, *words: str, code: int = 0, progress: bool = False) -> str:
    """What a command writes to a terminal."""
    status, written = in_terminal(*words, "--store", str(store.root))
    text = plain(written, *(ERASE_LINE if progress else ()))
    assert status == code, text
    return text


def piped(store: Store, *words: str) -> bytes:
    """What a command writes to a pipe."""
    return subprocess.run(
        workbench(*words, "--store", str(store.root)), cwd=ROOT, stdout=subprocess.PIPE, check=True
    ).stdout


# ── what was taken in ────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_line_has_a_disposition_and_the_last_word_is_there(small: tuple[Store, str]) -> None:
    store, session_id = small
    path = next(store.root.parent.glob("*.jsonl"))
    lines = sum(1 for line in path.read_bytes().split(b"\n") if line.strip())
    again = json.loads(run(store, "import", str(path), "--json", progress=True).replace("\r", "").replace("\x1b[K", ""))
    assert again["events"] == 0 and again["records"] == lines == again["already_present"] + len(again["rejected"])
    reasons = {item["line"]: item["reason"] for item in again["rejected"]}
    for words in ("nests", "UTF-16", "not UTF-8", "not JSON", "not a JSON object", "incomplete"):
        assert any(words in reason for reason in reasons.values()), (words, reasons)
    assert not any("please report" in reason for reason in reasons.values()), reasons
    assert all(item["path"] == str(path) and item["line"] for item in again["rejected"])
    assert run(store, "search", "the last word", session_id, progress=True).count("the last word") == 1
    assert store.verify(session_id) > 300


def test_names_and_ids_lead_nowhere(small: tuple[Store, str]) -> None:
    """Whatever a session, an agent or a tool calls itself, everything stands in the store, under names of ours."""
    store, _ = small
    assert not Path("/tmp/pwned").exists()
    names = {path.name for path in store.root.rglob("*")}
    assert not any(name.startswith(("..", "~", "-")) or "pwned" in name or len(name) > 80 for name in names), names
    assert all(path.resolve().is_relative_to(store.root.resolve()) for path in store.root.rglob("*"))
    assert all(session_id.startswith("sesn_") and session_id[5:].isalnum() for session_id in store.session_ids())


def test_attacks_are_kept_as_they_are(small: tuple[Store, str]) -> None:
    """What may not reach a terminal is not lost: payloads and records have it, character for character."""
    store, session_id = small
    lines = piped(store, "events", session_id, "--payload").splitlines()
    said = {text for line in lines for text in strings(json.loads(line))}
    assert set(ATTACKS.values()) <= said
    seq = next(row.seq for row in rows(store, session_id) if "clipboard" in row.summary)
    record = piped(store, "event", session_id, str(seq), "--source")
    assert json.loads(record)["message"]["content"] == f"{WORDS} clipboard {ATTACKS['clipboard']}"


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(part)


def rows(store: Store, session_id: str) -> list:  # type: ignore[type-arg]  # rows
    with store.reader(session_id) as reader:
        return reader.rows(0, reader.count)


# ── what reaches a terminal ──────────────────────────────────────────────────────────────────────────────────────────


def test_reading_commands_write_text_and_nothing_else(small: tuple[Store, str]) -> None:
    store, session_id = small
    assert "innocent" in run(store, "events", session_id)
    for words in (
        ["sessions"], ["sessions", "--json"], ["events", session_id, "--json"], ["events", session_id, "--payload"],
        ["events", session_id, "--errors"], ["sql", "select * from sessions"], ["sql", "select * from tool_uses"],
        ["sql", "select * from events", "--json"], ["sql", "select name, summary from events limit 400"],
        ["verify"], ["info"],
        ["sql", "select '\x1b]52;c;x\x07' || chr(155)"],
    ):  # fmt: skip
        assert run(store, *words) != ""
    for words in (["search", "h4ck"], ["search", "pwned", "--json"], ["search", "-e", "1337"]):
        assert run(store, *words, progress=True) != ""


@pytest.mark.parametrize("name", ATTACKS)
def test_one_event_of_each_attack_is_shown_as_text(small: tuple[Store, str], name: str) -> None:
    store, session_id = small
    seq = next(row.seq for row in rows(store, session_id) if row.summary.startswith(f"{WORDS} {name}"))
    for words in (["event"], ["event", "--source"], ["event", "--extra"]):
        assert run(store, words[0], session_id, str(seq + len(words)), *words[1:]) != ""
    told = piped(store, "open", f"{session_id}:{seq}").decode()
    assert unfit(told) == set() and name in told


def test_errors_and_refusals_write_text_too(small: tuple[Store, str], tmp_path: Path) -> None:
    store, session_id = small
    attack = ATTACKS["title"] + ATTACKS["bidi"]
    run(store, "events", attack, code=1)
    run(store, "search", f"({attack}", "--regex", code=1)
    run(store, "search", attack, progress=True)
    run(store, "sql", f"select {attack}", code=1)
    run(store, "import", f"/no/such/{attack}", code=1, progress=True)
    run(store, "open", f"{attack}:3", code=1)
    odd = tmp_path / f"{ATTACKS['colour']}.jsonl"
    odd.write_text("no transcript")
    run(store, "import", str(odd), code=1, progress=True)
    (tmp_path / "\udcff\udcfe.jsonl").write_text(json.dumps({"type": "user", "sessionId": "x", "uuid": "y"}))
    run(store, "import", str(tmp_path), progress=True)
    run(store, "import", str(tmp_path), "--json", progress=True)
    run(store, "export", session_id, code=2)


def test_what_was_exported_and_shared_is_as_harmless(small: tuple[Store, str], tmp_path: Path) -> None:
    store, session_id = small
    other = Store(tmp_path / "other")
    for to in ("jsonl", "parquet"):
        run(store, "export", session_id, "--to", to, "-o", str(tmp_path / to))
        run(other, "import", str(tmp_path / to), progress=True)
    assert rows(other, session_id) == rows(store, session_id)
    run(store, "share", session_id, "-o", str(tmp_path / "x.share"))
    told = piped(store, "open", str(tmp_path / "x.share")).decode()
    assert unfit(told) == set() and WORDS in told


def test_the_app_shows_all_of_it_and_stays_whole(small: tuple[Store, str]) -> None:
    """The list, the payload of an attack, a search, help: sequences of the app's own, none of the transcript's."""
    store, session_id = small
    clipboard = next(row.seq for row in rows(store, session_id) if "clipboard" in row.summary)
    app(
        store,
        f"{session_id}:{clipboard}",
        [b"\t", b"\x04", b"\t", b"j", b"r", b"j", b"e", b"o", b"r", b"]", b"/pwned\r", b"n", b"?", b"\x1b", b"G", b"q"],
    )


def test_every_other_screen_is_as_harmless(small: tuple[Store, str]) -> None:
    """What it says is in titles, columns, excerpts, cells, names of commands and of files: none of it acts."""
    store, session_id = small
    clipboard = next(row.seq for row in rows(store, session_id) if "clipboard" in row.summary)
    app(
        store,
        f"{session_id}:{clipboard}",
        [
            b"m", b"MMM", b"MMM", b"t", b"tt", b"b", b"b", b"b", b"jjjj", b"d", b"rr", b"y", b"q",
            b"jjm", b"D", b"1", b"2", b"z", b"z", b"r\t", b"HHLL\r", b"\tr", b" ", b" ", b"F", b"\x1b",
            b"&is:error\r", b"\x1b", b")))", b":pwn", b"\x1b", b"X", b"\x1b",
            b"\x06pwned\r", b"jj", b"\r", b"nn", b"1",
            b"F", b"\x1b", b" ", b"a", b"y", b"\x1b", b"2", b";", b"\r", b"jjll", b"y", b"Y", b"1",
        ],
    )  # fmt: skip


def test_the_app_shows_large_lines(large: tuple[Store, str]) -> None:
    store, session_id = large
    seq = next(row.seq for row in rows(store, session_id) if row.payload_bytes > 45_000_000)
    app(store, f"{session_id}:{seq}", [b"\t", b"\x04", b"G", b"w", b"k", b"/last word\r", b"q"])


@pytest.mark.parametrize("name", ["clipboard", "colour", "c1", "bidi"])
def test_what_is_taken_along_is_as_harmless(small: tuple[Store, str], name: str) -> None:
    """A call and its result, laid out and raw: copied, edited and paged by programs that pass on what they get."""
    store, session_id = small
    seq = next(row.seq for row in rows(store, session_id) if row.summary.startswith(f"{WORDS} {name}"))
    use = next(row.seq for row in rows(store, session_id)[seq:] if row.type == "agent.tool_use")
    taken = app(
        store, f"{session_id}:{use}", [b"y", b"o", b"y", b"v", b"P", b"r", b"y", b"P", b"Y", b"o"],
        EDITOR="cat", VISUAL="", PAGER="cat",
    )  # fmt: skip
    assert len(taken) == 4
    assert all(re.fullmatch("[A-Za-z0-9+/]*={0,2}", data) for data in taken)
    assert "agent.tool_result" in base64.b64decode(taken[2]).decode()


def app(store: Store, target: str, keys: list[bytes], **environment: str) -> list[str]:
    """Open the app, play ``keys``, quit; look at every byte it wrote. What it had the terminal copy, in base64."""
    terminal = Terminal(workbench("open", target, "--store", str(store.root)), environment=environment)
    terminal.read(30, 1.5)
    for key in keys:
        terminal.press(key)
    terminal.press(b"\x11")
    assert terminal.end(20) == 0
    taken = re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", terminal.written)
    found, text = sequences(re.sub(rb"\x1b\]52;c;[^\x07]*\x07", b"", terminal.written))
    assert unfit(text) == set()
    assert "\x1b[?1049h" in found and "\x1b[?1049l" in found[-40:]
    assert not any(mark in sequence for mark in MARKS for sequence in found)
    assert WORDS.split()[1] in text
    return [data.decode() for data in taken]


# ── lines of megabytes ───────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_of_20_and_50_mb_are_taken_and_one_over_the_limit_is_refused_by_name(large: tuple[Store, str]) -> None:
    store, session_id = large
    sizes = [row.payload_bytes for row in rows(store, session_id) if row.payload_bytes > 1_000_000]
    assert [size // 1_000_000 for size in sizes] == [20, 50]
    path = next(store.root.parent.glob("*.jsonl"))
    told = run(store, "import", str(path), progress=True)
    assert "the limit is 67,108,864" in told
    assert len(max(run(store, "events", session_id).split("\n"), key=len)) < 400
    assert "the last word" in run(store, "search", "the last word", progress=True)
