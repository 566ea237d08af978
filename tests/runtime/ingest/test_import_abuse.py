"""Files as they should not be: each is reported by name (and line), the rest is imported, the exit code says so."""

from __future__ import annotations

import builtins
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.importers.discover import Found, discover
from runtime.importers.source import FileSource
from runtime.ingest.driver import Report
from runtime.ingest.paths import import_paths
from runtime.store import Store
from tests.support.crashes import killed
from tests.support.hostile import encoded, line
from tests.support.inspect_logs import archived, document, sample
from workbench.__main__ import main

GOOD = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good transcript, named so that it is read last."""
    path = tmp_path / "transcripts"
    path.mkdir()
    transcript(path / f"{GOOD}.jsonl", GOOD, 3)
    return path


def transcript(path: Path, session: str, count: int, first: int = 0) -> Path:
    """A transcript of ``count`` messages."""
    lines = [line(number, session, uuid=f"{session[:8]}-{number}") for number in range(first, first + count)]
    path.write_bytes(b"".join(encoded(value) + b"\n" for value in lines))
    return path


def uuid(digit: int) -> str:
    """A session's id made of one digit."""
    return GOOD.replace("9", str(digit))


def good_is_there(store: Store, report: Report) -> bool:
    """Whether the good transcript was imported, and holds."""
    found = [item for item in report.sessions if GOOD in item["path"]]
    return len(found) == 1 and found[0]["events"] == store.verify(found[0]["session_id"]) == 3


def reasons(report: Report) -> dict[str, list[str]]:
    """By file name, why things were rejected."""
    told: dict[str, list[str]] = {}
    for item in report.rejected:
        told.setdefault(os.path.basename(item["path"]), []).append(item["reason"])
    return told


# ── files that are cut off, empty, or no files ───────────────────────────────────────────────────────────────────────


def test_a_line_cut_off_is_held_back_and_taken_when_it_is_whole(store: Store, folder: Path) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 4)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    report = import_paths(store, [folder])
    [item] = report.rejected
    assert item["path"] == str(path) and item["line"] == 4 and "incomplete" in item["reason"] and report.failed == 0
    assert good_is_there(store, report) and report.events == 6
    path.write_bytes(whole)
    report = import_paths(store, [folder])
    assert (report.events, report.rejected, report.unchanged) == (1, [], 1)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97, 0.999])
def test_documents_and_archives_cut_off_are_reported(store: Store, folder: Path, share: float) -> None:
    for name, data in (("log.json", document(sample(1))), ("log.eval", archived(sample(1)))):
        (folder / name).write_bytes(data[: int(len(data) * share)])
    report = import_paths(store, [folder / "log.json", folder / "log.eval", folder])
    assert good_is_there(store, report)
    assert {"log.json", "log.eval"} <= {os.path.basename(item["path"].split("!")[0]) for item in report.rejected}


def test_empty_files_are_passed_over_in_folders_and_refused_by_name(store: Store, folder: Path) -> None:
    (folder / f"{uuid(1)}.jsonl").touch()
    (folder / "blank.jsonl").write_text("\n \n\n")
    report = import_paths(store, [folder])
    assert good_is_there(store, report) and report.failed == 0 and report.rejected == []
    assert sorted(map(os.path.basename, report.unrecognised)) == [f"{uuid(1)}.jsonl", "blank.jsonl"]
    report = import_paths(store, [folder / f"{uuid(1)}.jsonl"])
    assert report.failed == 1 and reasons(report) == {f"{uuid(1)}.jsonl": ["is empty"]}


def test_a_folder_named_like_a_file_is_a_folder(store: Store, folder: Path) -> None:
    (folder / "x.jsonl").mkdir()
    transcript(folder / "x.jsonl" / f"{uuid(1)}.jsonl", uuid(1), 2)
    report = import_paths(store, [folder / "x.jsonl", folder])
    assert report.events == 5 and report.rejected == [] and good_is_there(store, report)


def test_what_is_not_there_does_not_keep_the_rest_from_being_imported(store: Store, folder: Path) -> None:
    report = import_paths(store, ["/no/such/thing", folder, folder / "nor this"])
    assert good_is_there(store, report) and report.failed == 2
    assert [(item["path"], item["line"], item["reason"]) for item in report.rejected] == [
        ("/no/such/thing", None, "there is no such file or folder"),
        (str(folder / "nor this"), None, "there is no such file or folder"),
    ]


def test_links_that_loop_or_lead_nowhere_end(store: Store, folder: Path) -> None:
    (folder / "up").symlink_to(folder)
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    (folder / "gone.jsonl").symlink_to(folder / "nothing")
    (folder / "same.jsonl").symlink_to(folder / f"{GOOD}.jsonl")
    report = import_paths(store, [folder, folder / "self.jsonl", folder / "gone.jsonl"])
    assert report.events == 3 and report.failed == 2
    told = reasons(report)
    assert "symbolic links" in told["self.jsonl"][0] and told["gone.jsonl"] == ["there is no such file or folder"]


def test_pipes_sockets_and_devices_are_never_opened(store: Store, folder: Path) -> None:
    """Opening a pipe that nobody writes to would wait for ever; a device would never end."""
    os.mkfifo(folder / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as listener:
        there = os.getcwd()
        os.chdir(folder)  # a socket's path is short
        listener.bind("socket.jsonl")
        os.chdir(there)
        report = import_paths(store, [folder, folder / "pipe.jsonl", folder / "socket.jsonl", "/dev/zero"])
    assert good_is_there(store, report) and report.failed == 3
    assert {reason for told in reasons(report).values() for reason in told} == {
        "is not a file but a pipe, a socket or a device"
    }


def test_odd_names_are_only_names(store: Store, folder: Path) -> None:
    names = [
        "new\nline.jsonl",
        "\x1b]0;x\x07.jsonl",
        "-rf.jsonl",
        " .jsonl",
        "*.jsonl",
        "x" * 240 + ".jsonl",
        ".hidden.jsonl",
    ]
    for digit, name in enumerate(names):
        transcript(folder / name, uuid(digit), 1)
    transcript(Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.jsonl")), uuid(8), 1)
    report = import_paths(store, [folder])
    assert report.events == len(names) + 1 + 3 and report.rejected == [] and good_is_there(store, report)
    assert import_paths(store, [folder]).unchanged == len(names) + 2


# ── files that cannot be read ────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_and_a_folder_without_permission_are_reported(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root nothing is forbidden, so the system's answer is made up."""
    secret = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 2)
    (folder / "closed").mkdir()
    opened, scanned = builtins.open, os.scandir

    def forbidding(call: Callable[..., Any], forbidden: Path) -> Callable[..., Any]:
        def answer(path: Any, *rest: Any, **more: Any) -> Any:
            if path == str(forbidden):
                raise PermissionError(13, "Permission denied", path)
            return call(path, *rest, **more)

        return answer

    monkeypatch.setattr(builtins, "open", forbidding(opened, secret))
    monkeypatch.setattr(os, "scandir", forbidding(scanned, folder / "closed"))
    report = import_paths(store, [folder])
    monkeypatch.undo()
    assert good_is_there(store, report) and report.failed == 2
    assert reasons(report) == {
        f"{uuid(1)}.jsonl": ["cannot be read: Permission denied"],
        "closed": ["cannot be read: Permission denied"],
    }
    assert import_paths(store, [folder]).events == 2


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that opens and cannot be read")
def test_a_file_that_fails_when_it_is_read_is_reported(store: Store, folder: Path) -> None:
    (folder / "mem.jsonl").symlink_to("/proc/self/mem")
    report = import_paths(store, [folder])
    assert good_is_there(store, report)
    assert report.unrecognised == [str(folder / "mem.jsonl")] or "cannot be read" in reasons(report)["mem.jsonl"][0]


def after_first_piece(monkeypatch: pytest.MonkeyPatch, path: Path, act: Callable[[], None]) -> None:
    """``act`` when the first piece of the file at ``path`` has been read."""
    pieces = FileSource._pieces

    def acting(self: FileSource) -> Iterator[bytes]:
        for number, piece in enumerate(pieces(self)):
            yield piece
            if number == 0 and self.path == str(path):
                act()

    monkeypatch.setattr(FileSource, "_pieces", acting)
    monkeypatch.setattr("runtime.importers.source.PIECE_BYTES", 1000)


def failing() -> None:
    raise OSError(5, "Input/output error")


def test_a_disk_that_fails_in_the_middle_of_a_file_is_reported_and_tried_again(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 50)
    after_first_piece(monkeypatch, path, failing)
    report = import_paths(store, [folder])
    monkeypatch.undo()
    assert good_is_there(store, report) and report.failed == 1
    assert reasons(report)[path.name] == ["cannot be read any further: Input/output error"]
    session = next(item for item in report.sessions if item["path"] == str(path))
    again = import_paths(store, [folder])
    assert again.events + session["events"] == 50 and again.failed == 0 and again.rejected == []


# ── files that change under our eyes ─────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_vanishes_before_it_is_read_is_reported(store: Store, folder: Path) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 2)
    report = import_paths(store, [folder], progress=lambda done, total, at: path.unlink(missing_ok=True))
    assert good_is_there(store, report) and report.failed == 1
    assert reasons(report) == {path.name: ["cannot be read: No such file or directory"]}


def test_a_file_that_vanishes_while_it_is_read_is_read_to_its_end(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 50)
    after_first_piece(monkeypatch, path, path.unlink)
    report = import_paths(store, [folder])
    assert good_is_there(store, report) and report.events == 53 and report.failed == 0


def test_a_file_that_grows_while_it_is_read_is_read_as_far_as_it_went(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 50)
    more = transcript(folder.parent / "more", uuid(1), 5, first=50).read_bytes()
    after_first_piece(monkeypatch, path, lambda: path.write_bytes(path.read_bytes() + more))
    report = import_paths(store, [folder])
    monkeypatch.undo()
    assert report.events == 53 and report.failed == 0 and report.rejected == []
    assert import_paths(store, [folder]).events == 5


@pytest.mark.parametrize("kept", [0, 3])
def test_a_file_that_is_rewritten_while_it_is_read_is_reported_and_read_again_later(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 50)
    other = transcript(folder.parent / "other", uuid(1), kept, first=100).read_bytes()
    after_first_piece(monkeypatch, path, lambda: path.write_bytes(other))
    report = import_paths(store, [folder])
    monkeypatch.undo()
    assert good_is_there(store, report) and report.failed == 1
    assert "changed while it was being read" in reasons(report)[path.name][-1]
    again = import_paths(store, [folder])
    assert again.events == kept and again.failed == 0
    assert all(store.verify(session_id) > 0 for session_id in store.session_ids())


def test_a_file_cut_short_before_it_is_read_is_what_it_is_then(store: Store, folder: Path) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 50)
    short = path.read_bytes()[:-30]
    report = import_paths(store, [folder], progress=lambda done, total, at: path.write_bytes(short))
    assert good_is_there(store, report) and report.events == 52
    assert "incomplete" in reasons(report)[path.name][0]
    assert import_paths(store, [folder]).events == 0


def test_other_processes_report_as_much(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 2)
    odd = transcript(folder / f"{uuid(2)}.jsonl", uuid(2), 2)
    odd.write_bytes(odd.read_bytes() + b"[" * 5000 + b"\n")
    found: list[Found] = list(discover([folder]))
    gone.unlink()
    monkeypatch.setattr("runtime.ingest.paths.discover", lambda *_: iter(found))
    monkeypatch.setattr("runtime.ingest.workers.WORTH_SHARING_BYTES", 0)
    monkeypatch.setattr("runtime.ingest.workers.LARGEST_SHARE_BYTES", 1)
    report = import_paths(store, [folder], processes=2)
    assert good_is_there(store, report) and report.failed == 1 and report.events == 5
    assert (
        reasons(report)[gone.name] == ["cannot be read: No such file or directory"]
        and len(reasons(report)[odd.name]) == 1
    )


def test_a_process_that_is_killed_costs_nothing(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever called imports what it had been given."""
    for number in range(1, 5):
        transcript(folder / f"{uuid(number)}.jsonl", uuid(number), 2)
    monkeypatch.setattr("runtime.ingest.workers.WORTH_SHARING_BYTES", 0)
    monkeypatch.setattr("runtime.ingest.workers.LARGEST_SHARE_BYTES", 1)
    monkeypatch.setattr("runtime.ingest.spread._import_share", killed)
    told: list[int] = []
    report = import_paths(store, [folder], processes=2, progress=lambda done, total, at: told.append(done))
    assert good_is_there(store, report) and report.failed == 0 and report.events == 4 * 2 + 3
    assert told == sorted(told) and told[-1] == sum(path.stat().st_size for path in folder.rglob("*.jsonl"))


# ── values nobody would write ────────────────────────────────────────────────────────────────────────────────────────


def test_an_importer_that_stumbles_costs_one_record(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.importers.claude_code import ClaudeCodeReader

    read = ClaudeCodeReader.read

    def stumbling(self: ClaudeCodeReader, record: Any) -> Any:
        if b"stumble" in record.raw:
            raise KeyError("a bug")
        return read(self, record)

    monkeypatch.setattr(ClaudeCodeReader, "read", stumbling)
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 3)
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(lines[0] + encoded(line(9, uuid(1), stumble=1)) + b"\n" + b"".join(lines[1:]))
    report = import_paths(store, [folder])
    assert report.events == 6 and good_is_there(store, report)
    assert [(item["line"], item["reason"]) for item in report.rejected] == [
        (2, "the importer failed on it, please report that: KeyError: 'a bug'")
    ]


@pytest.mark.parametrize("depth", [200, 260, 500, 990, 1_020, 5_000, 200_000])
def test_what_nests_too_deeply_is_refused_by_line(store: Store, folder: Path, depth: int) -> None:
    path = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 2)
    deep = encoded(line(5, uuid(1), type="unheard of", deep="@")).replace(b'"@"', b"[" * depth + b"]" * depth)
    path.write_bytes(deep + b"\n" + path.read_bytes())
    report = import_paths(store, [folder])
    assert good_is_there(store, report) and report.events == (6 if depth < 250 else 5)
    assert [item["line"] for item in report.rejected] == ([] if depth < 250 else [1])
    assert all("nest" in item["reason"] or "deep" in item["reason"] for item in report.rejected)
    assert all(store.verify(session_id) for session_id in store.session_ids())


# ── the exit code ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_exit_codes(store: Store, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--store", str(store.root)]
    good, bad, missing = str(folder / f"{GOOD}.jsonl"), str(folder / "bad.txt"), str(folder / "missing")
    Path(bad).write_text("no transcript\n")
    partly = transcript(folder / f"{uuid(1)}.jsonl", uuid(1), 2)
    partly.write_bytes(partly.read_bytes() + b"garbage\n")
    assert (
        main(["import", str(folder), *root]) == 0
    )  # a folder may hold other things; a bad line is told, and no failure
    told = capsys.readouterr().out
    assert f"rejected {partly}:3: not JSON" in told and "1 files are no transcript" in told
    for words in ([bad], [missing], [good, missing], [good, bad], [missing, good]):
        assert main(["import", *words, *root]) == 1
        assert "rejected" in capsys.readouterr().out
    assert main(["import", good, "--json", *root]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 1
    assert main(["import", bad, "--format", "claude_code", *root]) == 1
