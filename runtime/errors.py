"""Everything that can go wrong on the ground floor and above it, as one tree.

    WorkbenchError
    ├── StoreError                  the store as a whole
    │   ├── SessionNotFound         no session by that id, or several by that prefix
    │   ├── SessionBusy             another writer holds the session
    │   └── MaintenanceBusy         another process packs, deletes or collects
    ├── LogError                    one session's log
    │   ├── Corrupt                 bytes that are not what was written: session, seq, file
    │   ├── Sealed                  the log was closed; nothing more can be appended
    │   └── PayloadTooLarge         over 64 MiB
    ├── ImportRefused               a file that cannot be imported at all, and why
    │   └── ExportDamaged           an export that is not what was written: file, line
    └── QueryError                  SQL that is wrong, too long or out of bounds
        └── NotASelect              no query, or several, or one that would change something

A message says what happened, to what, and what to do about it.
"""

from __future__ import annotations


class WorkbenchError(Exception):
    """Base of the tree; its text is fit to be shown to the user as it is."""


class StoreError(WorkbenchError):
    """The store cannot do what was asked."""


class SessionNotFound(StoreError):
    """No session by that id (or more than one by that prefix)."""


class SessionBusy(StoreError):
    """Another writer holds the session's lock."""


class MaintenanceBusy(StoreError):
    """Another process holds the store-wide maintenance lock."""


class LogError(WorkbenchError):
    """One session's log cannot do what was asked."""


class Corrupt(LogError):
    """Bytes in the log are not the bytes that were written."""

    def __init__(self, session_id: str, seq: int | None, file: str, what: str) -> None:
        self.session_id, self.seq, self.file, self.what = session_id, seq, file, what
        where = f"event {seq}" if seq is not None else "the segment"
        super().__init__(f"session {session_id}: {where} in {file} is damaged: {what}")

    def __reduce__(self) -> tuple[type, tuple[str, int | None, str, str]]:
        return type(self), (self.session_id, self.seq, self.file, self.what)


class Sealed(LogError):
    """The log was closed; nothing more can be appended through this writer."""


class PayloadTooLarge(LogError):
    """An event's payload is over the limit of 64 MiB."""


class ImportRefused(WorkbenchError):
    """A file cannot be imported at all."""


class ExportDamaged(ImportRefused):
    """An exported session is not what was written; nothing of it is taken in."""

    def __init__(self, path: object, line: int | None, what: str) -> None:
        self.path, self.line, self.what = path, line, what
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{where}: the export is damaged: {what}")

    def __reduce__(self) -> tuple[type, tuple[object, int | None, str]]:
        return type(self), (self.path, self.line, self.what)


class QueryError(WorkbenchError):
    """SQL that is wrong, took too long, or reached outside the store."""


class NotASelect(QueryError):
    """What was asked is not one query that only reads."""
