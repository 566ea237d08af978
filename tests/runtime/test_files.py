"""Durable files: whole or not at all, private, and locks that one holder has."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime.errors import StoreError
from runtime.files import (
    Digested,
    FileLock,
    FileLocks,
    digest_of,
    disk_errors_named,
    make_folder,
    published,
    write_whole,
)

OTHER = """
import sys
from pathlib import Path
from runtime.files import FileLock
lock = FileLock(Path(sys.argv[1]), "upkeep")
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with published(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
        file.write(b" and half")
    assert path.read_bytes() == b"half and half"
    with pytest.raises(ZeroDivisionError), published(path) as file:
        file.write(b"other")
        raise ZeroDivisionError
    assert path.read_bytes() == b"half and half"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_files_and_folders_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = make_folder(tmp_path / "a" / "b")
        write_whole(folder / "file", b"secret")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(os.stat(path).st_mode) for path in (tmp_path / "a", folder, folder / "file")]
    assert modes == [0o700, 0o700, 0o600]
    assert make_folder(folder) == folder


def test_threads_may_publish_the_same_file_at_once(tmp_path: Path) -> None:
    path, start, failed = tmp_path / "file", threading.Barrier(4), []

    def write(number: int) -> None:
        start.wait()
        try:
            for _ in range(20):
                write_whole(path, bytes([number]) * 5_000)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(path.read_bytes())) == 1 and len(path.read_bytes()) == 5_000
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_digest_taken_while_writing_is_the_files(tmp_path: Path) -> None:
    with published(tmp_path / "file") as file:
        digested = Digested(file)
        digested.write(b"some ")
        digested.write(b"bytes")
        assert digested.tell() == 10
    assert digested.digest == digest_of(tmp_path / "file")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full: it could not be written. Nothing stored before is lost"),
        (errno.EDQUOT, "the disk is full: it"),
        (errno.EIO, "the disk failed: it could not be written (Input/output error)"),
        (errno.EROFS, "the disk failed: it"),
    ],
)
def test_errors_of_the_disk_are_told_in_words(number: int, words: str) -> None:
    with pytest.raises(StoreError) as caught, disk_errors_named("it"):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).startswith(words)
    assert isinstance(caught.value.__cause__, OSError)


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(PermissionError), disk_errors_named("it"):
        raise PermissionError(errno.EACCES, "no")


def test_one_at_a_time_holds_a_lock(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.acquire() and one.held
    assert not other.acquire() and not other.held
    one.release()
    one.release()
    assert other.acquire()
    assert other.note() == ""
    other.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_dies_with_its_process_and_its_note_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    child = subprocess.Popen([sys.executable, "-c", OTHER, str(path)], stdin=-1, stdout=-1, text=True, cwd=Path.cwd())
    assert child.stdout is not None and child.stdout.readline() == "True\n"
    lock = FileLock(path)
    assert not lock.acquire() and lock.note() == "upkeep"
    child.kill()
    child.communicate()
    assert lock.acquire(wait=True)
    assert lock.note() == ""
    lock.release()


def test_who_waits_gets_the_lock_when_it_is_let_go(tmp_path: Path) -> None:
    holders, together, turns = 0, 0, []
    path, start = tmp_path / "lock", threading.Barrier(6)

    def hold(number: int) -> None:
        nonlocal holders, together
        start.wait()
        for _ in range(20):
            lock = FileLock(path)
            assert lock.acquire(wait=True)
            holders += 1
            together = max(together, holders)
            turns.append(number)
            holders -= 1
            lock.release()

    threads = [threading.Thread(target=hold, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == 1 and len(turns) == 120


def test_many_locks_are_each_a_lock_to_others(tmp_path: Path) -> None:
    """Names of one file: whoever wants one of them finds it taken, and free when all are let go."""
    locks, more, other = FileLocks(tmp_path), FileLocks(tmp_path), FileLock(tmp_path / "a")
    assert locks.acquire("a") and locks.acquire("b")
    assert not other.acquire() and not more.acquire("b")
    locks.release_last()
    assert more.acquire("b")
    locks.release()
    assert other.acquire()
    assert not locks.acquire("a") and locks.acquire("c")
    for held in (locks, more, other):
        held.release()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_holder_of_many_locks_left_is_no_lock(tmp_path: Path) -> None:
    """Its names still share a file: taking one must not take the others."""
    (tmp_path / "own").touch()
    for name in ("a", "b", "c"):
        os.link(tmp_path / "own", tmp_path / name)
    first, second = FileLock(tmp_path / "a"), FileLock(tmp_path / "b")
    assert first.acquire() and second.acquire()
    many = FileLocks(tmp_path)
    assert many.acquire("c") and not many.acquire("a")
    for lock in (first, second, many):
        lock.release()
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_disk_on_which_no_file_can_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks and folders are the first things that anything needs."""
    held = FileLocks(tmp_path)
    assert held.acquire("first")

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("open", "mkdir", "link"):
        monkeypatch.setattr(os, name, full)
    with pytest.raises(StoreError, match="the disk is full: the lock upkeep could not be written"):
        FileLock(tmp_path / "upkeep").acquire()
    with pytest.raises(StoreError, match="the disk is full: the lock second could not be written"):
        held.acquire("second")
    with pytest.raises(StoreError, match="the disk is full: the folder .*sesn_1 could not be written"):
        make_folder(tmp_path / "sesn_1")
    monkeypatch.undo()
    held.release()
    assert list(tmp_path.iterdir()) == []
