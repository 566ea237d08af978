"""One session for a colleague: masked, in one file, which `workbench open FILE` shows without importing it.

What is masked: secrets (`runtime.secrets`), home folders and user names (`Names`), in payloads, extras and the header.
What is left out: original sources and blobs, whose bytes nobody could mask without unmaking what refers to them.
Masking changes what events say, so the file has a chain of its own.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import zstandard

from runtime.errors import ImportRefused, SessionNotFound
from runtime.event import decode, encode
from runtime.export.contents import Contents
from runtime.export.detect import is_export
from runtime.files import output_file
from runtime.manifest import Manifest
from runtime.secrets import begins, is_escaped, masked_bytes, secrets_in
from runtime.segment import Entry, genesis, line_of, link
from runtime.sources.archive import SourceArchive
from runtime.store import Store

BATCH_BYTES = 256 * 1024
"""So much is looked through at once: a look costs the same for a short text as for a page."""


class Shared(NamedTuple):
    """What was written."""

    path: Path
    events: int
    masked: Counter[str]
    """How many of each kind: kinds of secrets, ``home-folder``, ``user-name``."""


def share(store: Store, session_id: str, seq: int | None, path: Path) -> Shared:
    """Write the session, masked, to ``path``; it opens at event ``seq`` (the last, if None)."""
    with store.reader(session_id) as reader:
        if seq is not None and not 0 <= seq < reader.count:
            raise SessionNotFound(f"session {session_id} has events 0 to {reader.count - 1}; there is no {seq}.")
        contents = Contents(store, SourceArchive(store), reader)
        mask = Mask(Names.of(reader.manifest))
        header = contents.header("share")
        pack = zstandard.ZstdCompressor(level=9, write_checksum=True)
        with tempfile.TemporaryFile() as body:
            chain = genesis(session_id)
            with pack.stream_writer(body, closefd=False) as packed:
                for batch in _batches(contents.entries()):
                    mask.look_at(b"\n".join([entry.payload + entry.extra for entry in batch]))
                    for entry in batch:
                        masked = _masked(entry, chain, mask)
                        chain = masked.chain
                        packed.write(line_of(masked))
                end = {"workbench": "end", "session_id": session_id, "lines": header["events"] + 1, "missing": []}
                packed.write(encode(end) + b"\n")
            header["source"] = {**header["source"], "redacted": True}
            line = encode(header)
            mask.look_at(line)
            masked_header = decode(mask(line))
            said = {"chain": chain.hex(), "seq": seq, "masked": mask.counts, "by": _version()}
            with output_file(path) as file:
                file.write(pack.compress(encode({**masked_header, **said}) + b"\n"))
                body.seek(0)
                shutil.copyfileobj(body, file)
    return Shared(path, header["events"], mask.counts)


def open_shared(path: Path) -> tuple[Store, str, int | None]:
    """A shared file (or an export) in a store that goes with its last user; its session, and where to look."""
    from runtime.export.restore import restore  # a reader of exports; those who write need none

    with open(path, "rb") as file:
        if not is_export(str(path), file.read(4096)):
            raise ImportRefused(f"{path} was not written by `workbench share` or `export`; `import` takes transcripts.")
    root = tempfile.mkdtemp(prefix="workbench-shared-")
    store = Store(root).prepare()
    weakref.finalize(store, shutil.rmtree, root, ignore_errors=True)
    found = restore(store, path)
    if not found:
        raise ImportRefused(f"{path}: there is no session in it.")
    seq = found[0].header.get("seq")
    return store, found[0].session_id, seq if type(seq) is int and 0 <= seq < found[0].count else None


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    held = 0
    for entry in entries:
        batch.append(entry)
        held += len(entry.payload)
        if held > BATCH_BYTES:
            yield batch
            batch, held = [], 0
    yield batch


def _masked(entry: Entry, chain: bytes, mask: Mask) -> Entry:
    """``entry`` as it is shared, behind ``chain``."""
    payload, extra = mask(entry.payload), b""
    if entry.extra:
        said = {key: value for key, value in decode(entry.extra).items() if key != "source"}
        extra = mask(encode(_without_blobs(said))) if said else b""
    event_id = entry.id if payload is entry.payload else decode(payload)["id"]
    after = link(chain, event_id, entry.time_us, entry.thread_id, payload, extra)
    return entry._replace(id=event_id, payload=payload, extra=extra, chain=after)


def _without_blobs(value: object) -> object:
    """``value`` with what names a blob saying that it was left out."""
    if isinstance(value, dict):
        return {("left_out" if key == "blob" else key): _without_blobs(part) for key, part in value.items()}
    return [_without_blobs(part) for part in value] if isinstance(value, list) else value


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes a fifth of what an import's process starts in

    try:
        return f"workbench {version('agent-session-workbench')}"
    except PackageNotFoundError:
        return "workbench"


# ── masking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Mask:
    """Masks secrets and names, and counts what it masked."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._holds_secrets = True
        self.counts: Counter[str] = Counter()

    def look_at(self, data: bytes) -> None:
        """What is masked next is a part of ``data``: where there is no secret in all of it, none is in its parts."""
        self._holds_secrets = next(secrets_in(data), None) is not None

    def __call__(self, data: bytes) -> bytes:
        """``data`` masked; the same object where there was nothing to mask."""
        if self._holds_secrets:
            data, counts = masked_bytes(data)
            self.counts += counts
        return self._names.masked(data, self.counts)


_TOO_COMMON = frozenset(
    "root user users admin administrator ubuntu debian fedora centos alpine home runner node app apps dev test tests"
    " guest vagrant docker agent claude codex data work workspace git build builder jenkins default nobody public"
    " shared local python ec2-user azureuser sandbox model".split()
)
"""Names of users that say nothing of anybody, and are words that a transcript uses otherwise."""
_HOME = re.compile(r"(?:/home|/Users|[A-Za-z]:[\\/]Users)[\\/]([^/\\]+)")


class Names:
    """Home folders and user names to be masked: this machine's, and those of the folder the session worked in."""

    def __init__(self, homes: set[str], users: set[str]) -> None:
        patterns = [self._home_of(user) for user in users]
        patterns += [(f"{begins(home, '_.~-')}(?![A-Za-z0-9_-])", "home-folder") for home in homes if len(home) > 1]
        telling = [user for user in users if len(user) > 2 and user not in _TOO_COMMON]
        patterns += [(f"{begins(user)}(?![A-Za-z0-9])", "user-name") for user in telling]
        self._patterns = [(re.compile(pattern.encode()), kind) for pattern, kind in patterns]

    @classmethod
    def of(cls, manifest: Manifest) -> Names:
        """Those of this machine and of the session's own folder."""
        homes = {os.path.expanduser("~").rstrip("/"), os.environ.get("HOME", "").rstrip("/")}
        users = {match[1] for text in (*homes, *_texts(manifest.about)) if (match := _HOME.match(text))}
        try:
            users.add(getpass.getuser())
        except (KeyError, OSError):
            pass  # no name is known for whoever runs this
        return cls({home for home in homes if home.startswith("/")}, {user for user in users if user})

    @staticmethod
    def _home_of(user: str) -> tuple[str, str]:
        places = r"/(?:home|Users)/|[A-Za-z]:(?:\\+|/)Users(?:\\+|/)"
        return f"(?:{places}){re.escape(user)}(?![A-Za-z0-9_-])", "home-folder"

    def masked(self, data: bytes, counts: Counter[str]) -> bytes:
        """``data`` with homes as ``~`` and names as ``user``; what was masked is added to ``counts``."""
        for pattern, kind in self._patterns:
            if pattern.search(data):
                put = b"~" if kind == "home-folder" else b"user"
                parts: list[bytes] = []
                at = 0
                for match in pattern.finditer(data):
                    if not is_escaped(data, match.start()):
                        parts += data[at : match.start()], put
                        at = match.end()
                        counts[kind] += 1
                data = b"".join([*parts, data[at:]])
        return data


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)


__all__ = ["Mask", "Names", "Shared", "open_shared", "share"]
