"""Durable files: private to their owner, and either wholly there or not at all.

A file that others may read is written beside its place, synced, and renamed into it; the folder is synced after. What a
power cut leaves behind is then the old file or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from runtime.errors import StoreError

FILE_MODE = 0o600
FOLDER_MODE = 0o700


UNFINISHED = ".new"
"""How the names of files end that are being written; what a crash left of them may be swept."""

_turns = itertools.count()


def make_folder(path: Path) -> Path:
    """``path`` as a durable folder only its owner may enter, made with its parents where missing."""
    if not path.is_dir():
        make_folder(path.parent)
        with disk_errors_named(f"the folder {path}"):
            path.mkdir(mode=FOLDER_MODE, exist_ok=True)
            sync_folder(path.parent)
    return path


def sync_folder(path: Path) -> None:
    """Make the names in ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def published(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that appears at ``path``, whole, when the block ends well; nothing is left behind otherwise."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{next(_turns)}{UNFINISHED}")
    descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.rename(beside, path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        try:
            os.unlink(beside)
        except FileNotFoundError:
            pass
        raise


class Digested:
    """A file being written that keeps a hash of what went through it."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash = file, blake2b(digest_size=16)

    def write(self, data: bytes) -> int:
        """As a file's."""
        self._hash.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def flush(self) -> None:
        """As a file's."""
        self._file.flush()

    @property
    def digest(self) -> str:
        """`digest_of` the file, so far."""
        return self._hash.hexdigest()


def digest_of(path: Path) -> str:
    """blake2b (16 bytes, hex) over a file."""
    whole = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while data := file.read(1024 * 1024):
            whole.update(data)
    return whole.hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Publish ``data`` at ``path``."""
    with published(path) as file:
        file.write(data)


@contextmanager
def disk_errors_named(what: str) -> Iterator[None]:
    """Turn the system's errors about a full or failing disk into ours, naming ``what`` could not be written."""
    try:
        yield
    except OSError as error:
        told = named(error, what)
        if told is error:
            raise
        raise told from error


def named(error: OSError, what: str) -> Exception:
    """``error`` as one of ours if it is about a full or failing disk, naming ``what`` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            f"the disk is full: {what} could not be written. "
            "Nothing stored before is lost; free some space and try again."
        )
    if error.errno in (errno.EIO, errno.EROFS, errno.EFBIG):
        return StoreError(f"the disk failed: {what} could not be written ({error.strerror}).")
    return error


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """A file that the user named, to be written; it appears when the block ends well. `StoreError` where it cannot."""
    try:
        with disk_errors_named(str(path)), published(path) as file:
            yield file
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from error


class FileLock:
    """An advisory lock that dies with its process: a file under flock, unlinked when it is let go.

    Whoever gets the lock makes sure that the file it locked is still the one at the path; else it tries again. A
    ``note`` in the file tells others what the lock is held for."""

    def __init__(self, path: Path, note: str = "") -> None:
        self.path, self._note = path, note
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock; False if somebody else has it and ``wait`` was not asked for."""
        with disk_errors_named(f"the lock {self.path.name}"):
            return self._acquired(wait)

    def _acquired(self, wait: bool) -> bool:
        while True:
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                status = os.fstat(descriptor)
                same = os.stat(self.path).st_ino == status.st_ino
                if same and status.st_nlink > 1:  # left of somebody who was killed, and shared with other locks
                    same = False
                    os.unlink(self.path)
                if same:
                    if status.st_size:
                        os.ftruncate(descriptor, 0)  # a note may be left, likewise
                    if self._note:
                        os.write(descriptor, self._note.encode())
            except FileNotFoundError:
                same = False
            except BaseException as error:
                os.close(descriptor)
                if isinstance(error, BlockingIOError):
                    return False
                raise
            if same:
                self._descriptor = descriptor
                return True
            os.close(descriptor)

    def note(self) -> str:
        """What whoever holds the lock now says of it; empty if nobody does."""
        try:
            return self.path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def release(self) -> None:
        """Let go; harmless if the lock is not held."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                os.unlink(self.path)
            except FileNotFoundError:
                pass
            finally:
                os.close(descriptor)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None


class FileLocks:
    """Many locks in one folder, taken one by one and let go together; for others each is a `FileLock`.

    They are names of one file under flock: to make and remove a file for each of thousands of sessions takes a file
    system longer than to write the sessions.
    """

    def __init__(self, folder: Path) -> None:
        self._own = FileLock(folder / f".{os.getpid()}.{next(_turns)}.locks")
        self._paths: list[Path] = []

    def acquire(self, name: str) -> bool:
        """Take one more; False if somebody else has it."""
        with disk_errors_named(f"the lock {name}"):
            return self._acquired(name)

    def _acquired(self, name: str) -> bool:
        if not self._own.held:
            self._own.acquire()
        path = self._own.path.with_name(name)
        for _ in range(2):
            try:
                os.link(self._own.path, path)
            except FileExistsError:
                left = FileLock(path)
                if not left.acquire():
                    return False
                left.release()  # of somebody who was killed
            else:
                self._paths.append(path)
                return True
        return False

    def release_one(self, name: str) -> None:
        """Let go of this one, if it was taken."""
        path = self._own.path.with_name(name)
        if path in self._paths:
            self._paths.remove(path)
            path.unlink(missing_ok=True)

    def release_last(self) -> None:
        """Let go of the one that was taken last."""
        self._paths.pop().unlink(missing_ok=True)

    def release(self) -> None:
        """Let go of all of them."""
        while self._paths:
            self.release_last()
        self._own.release()
