"""Following goes on whatever happens to one file: it is said once, in words, and that file is taken again."""

from __future__ import annotations

import builtins
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import StoreError
from runtime.importers.claude_code import ClaudeCodeReader
from runtime.importers.record import session_id_of
from runtime.ingest import landing
from runtime.ingest.marks import EXPECTED_S
from runtime.ingest.paths import import_paths
from runtime.ingest.watch import QUIET_S, SCAN_S, Watch
from runtime.log import FileLog
from runtime.sources.archive import SourceArchive
from runtime.store import FOLLOWED, Store
from tests.support.surviving import everything
from tests.support.transcripts import native_id, transcript

ROOT = Path(__file__).resolve().parents[3]
FAILING, FINE = 3, 4


class Followed:
    """A folder of two transcripts that is being followed; what is said of it; a clock that is moved by hand."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.now, self.said = tmp_path / "in", 1_000.0, list[str]()
        self.store = Store(tmp_path / "store").prepare()
        self.folder.mkdir()
        for seed in (FAILING, FINE):
            self.write(seed, 6)
        self.watch = Watch(self.store, [self.folder], clock=lambda: self.now, trouble=self._hear)

    def _hear(self, path: str, error: Exception) -> None:
        self.said.append(f"{path}: {error}")

    def path(self, seed: int) -> Path:
        """Where the transcript is."""
        return self.folder / f"{seed}.jsonl"

    def write(self, seed: int, exchanges: int) -> None:
        """Let a transcript be so long."""
        self.path(seed).write_bytes(transcript(seed, exchanges))

    def tick(self, *, later: float = 0.0) -> set[str]:
        """The sessions that have news."""
        self.now += later
        return {change.session_id for change in self.watch.tick()}

    def is_whole(self) -> bool:
        """Whether the store says what one says into which everything was imported at once."""
        fresh = Store(self.folder.parent / "fresh")
        import_paths(fresh, [self.folder], processes=1)
        return everything(self.store) == everything(fresh)


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def session_of(seed: int) -> str:
    """The id of the session that a transcript becomes."""
    return session_id_of("claude_code", native_id(seed, 0))


def unreadable(patched: pytest.MonkeyPatch, path: Path) -> None:
    """Nobody may open the file any more (root may; so the system's answer is made up)."""
    opened = builtins.open

    def asking(name: Any, *rest: Any, **more: Any) -> Any:
        if name == str(path):
            raise PermissionError(errno.EACCES, "Permission denied", name)
        return opened(name, *rest, **more)

    patched.setattr(builtins, "open", asking)


def disk_full(patched: pytest.MonkeyPatch, path: Path) -> None:
    """Nothing more can be written to the failing file's session."""
    append: Callable[..., Any] = FileLog.append

    def full(log: FileLog, drafts: Any) -> Any:
        if log.session_id == session_of(FAILING):
            raise StoreError("the disk is full: nothing more can be written")
        return append(log, drafts)

    patched.setattr(FileLog, "append", full)
    patched.setattr(FileLog, "append_sealed", full)


def broken_reader(patched: pytest.MonkeyPatch, path: Path) -> None:
    """A bug, at the end of the failing file."""
    end = ClaudeCodeReader.end

    def stumbling(self: ClaudeCodeReader) -> Any:
        if native_id(FAILING, 0) in self.facts:
            raise KeyError("a bug")
        return end(self)

    patched.setattr(ClaudeCodeReader, "end", stumbling)


def broken_writing(patched: pytest.MonkeyPatch, path: Path) -> None:
    """A bug of ours, where the events of the failing file are about to be written."""
    news = landing.news

    def stumbling(items: Any, session: tuple[str, str], *rest: Any) -> Any:
        if session[1] == native_id(FAILING, 0):
            raise RuntimeError("a bug")
        return news(items, session, *rest)

    patched.setattr(landing, "news", stumbling)


TROUBLES = {
    "Permission denied": unreadable,
    "the disk is full": disk_full,
    "please report that: KeyError: 'a bug'": broken_reader,
    "please report that: RuntimeError: a bug": broken_writing,
}


@pytest.mark.parametrize("words", TROUBLES)
@pytest.mark.parametrize("new", [False, True], ids=["growing", "new"])
def test_an_error_in_one_file_is_said_once_and_the_others_are_followed_on(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, words: str, new: bool
) -> None:
    """It is taken again when it changes; and then everything is there."""
    if new:
        followed.path(FAILING).unlink()
    followed.watch.begin()
    with monkeypatch.context() as patched:
        TROUBLES[words](patched, followed.path(FAILING))
        followed.write(FAILING, 7)
        followed.write(FINE, 7)
        assert session_of(FINE) in followed.tick(later=SCAN_S)
        for exchanges in (8, 9):
            followed.write(FAILING, exchanges)
            followed.write(FINE, exchanges)
            assert session_of(FINE) in followed.tick(later=SCAN_S)
        followed.tick(later=QUIET_S)
        followed.tick(later=QUIET_S)
    assert len(followed.said) == 1 and words in followed.said[0]
    assert followed.said[0].startswith(str(followed.path(FAILING)))
    followed.write(FAILING, 10)
    followed.tick(later=SCAN_S)
    followed.watch.close()
    assert len(followed.said) == 1 and followed.is_whole()
    assert all(followed.store.verify(session_id) for session_id in followed.store.session_ids())


def test_a_file_that_could_not_be_read_is_taken_when_it_may_be_read(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its permissions change, its bytes do not."""
    with monkeypatch.context() as patched:
        unreadable(patched, followed.path(FAILING))
        followed.watch.begin()
        assert followed.tick(later=SCAN_S) == set() and len(followed.said) == 1
    os.chmod(followed.path(FAILING), 0o640)
    assert followed.tick(later=SCAN_S) == {session_of(FAILING)}
    assert followed.is_whole()


def test_what_was_told_by_the_import_before_is_not_told_again(followed: Followed) -> None:
    """A line that cannot be understood; the next one like it is news."""
    path = followed.path(FAILING)
    path.write_bytes(transcript(FAILING, 6) + b"no json\n")
    report = import_paths(followed.store, [followed.folder], processes=1)
    watch = Watch(followed.store, [followed.folder], trouble=followed._hear, told=report.rejected)
    watch.begin()
    assert len(report.rejected) == 1 and followed.said == []
    path.write_bytes(transcript(FAILING, 6) + b"no json\nno json\n")
    watch.tick()
    watch.tick()
    watch.close()
    assert len(followed.said) == 1 and followed.said[0].startswith(f"{path}:26: not JSON")


def test_a_followed_file_that_is_written_over_in_its_place_is_read_anew(followed: Followed) -> None:
    """The same file, larger than before, with other bytes from its beginning on."""
    followed.watch.begin()
    path = followed.path(FAILING)
    followed.write(FAILING, 7)
    assert followed.tick() == {session_of(FAILING)}
    other = transcript(9, 30)
    with open(path, "r+b") as file:
        file.write(other)
        file.truncate()
    assert followed.tick() == {session_of(9)}
    followed.watch.close()
    archive = SourceArchive(followed.store)
    with followed.store.reader(session_of(9)) as reader:
        cited = [item for seq in range(reader.count) for item in reader.extra(seq)["source"]]
    assert len(cited) > 100
    assert all(archive.whole(source)[at : at + size] == other[at : at + size] for source, at, size, _ in cited)


def marked(locks: Path) -> set[str]:
    """The sessions that others can see are being followed."""
    return {path.name.removesuffix(FOLLOWED) for path in locks.iterdir() if path.name.endswith(FOLLOWED)}


def test_a_session_is_marked_as_followed_for_as_long_as_more_is_to_be_expected(followed: Followed) -> None:
    """Whoever looks at it sees that it is live, though nobody holds its log open; an old file is not."""
    old = followed.path(FINE)
    os.utime(old, (1_000_000_000, 1_000_000_000))
    followed.watch.begin()
    locks = followed.store.locks_folder
    assert marked(locks) == {session_of(FAILING)}
    followed.write(FINE, 8)
    assert followed.tick() == {session_of(FINE)}
    assert marked(locks) == {session_of(FAILING), session_of(FINE)}
    followed.tick(later=EXPECTED_S + 1)
    assert marked(locks) == set()
    followed.write(FINE, 9)
    followed.tick()
    assert marked(locks) == {session_of(FINE)}
    followed.watch.close()
    assert list(locks.iterdir()) == []


def test_ctrl_c_ends_following_with_a_word_and_zero(followed: Followed) -> None:
    """In a process of its own, interrupted as soon as it says that it follows."""
    words = ["import", "--watch", str(followed.folder), "--store", str(followed.store.root)]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None and process.stderr.readline() == "following; ctrl+c ends it\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 0 and err == "followed to here: 0 new events\n"
    assert "new events in 2 sessions, from 2 files" in out


def test_a_search_that_takes_long_is_not_begun_again_at_once(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders in which looking for new files takes seconds are not looked through all the time."""
    searched: list[float] = []

    def slow(*_: object, **__: object) -> list[object]:
        searched.append(followed.now)
        followed.now += 2.0
        return []

    monkeypatch.setattr("runtime.ingest.watch.discover", slow)
    for _ in range(60):
        followed.tick(later=1.0)
    assert len(searched) == 3 and searched[1] - searched[0] >= 20
