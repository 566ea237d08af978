"""Packs: sealed segments of many small sessions, together, so that twenty thousand of them are a few files.

    packs/index.json                swapped atomically: which packs there are, what of them is gone, what is retired
          000003.rows.parquet       the rows of its sessions, one after another, as in a segment
          000003.payload.parquet    their payloads
          000003.sessions.zst       a line about the pack: how many sessions, the digests of its files; then zstd frames
                                    of 64 manifests each, a line a session, as it would stand in a folder of its own,
                                    with segments ``{"kind": "pack", "name": "000003", "row": …}``

    {"schema": 1, "packs": ["000002", "000003"], "next": 4,
     "gone": {"sesn_…": {"packs": ["000002"], "deleted": true}},
     "retired": [{"path": "sessions/sesn_…", "at_us": …}, {"path": "packs/000001.rows.parquet", "at_us": …}]}

A session is in its own folder, unless that is retired; else in the newest pack that has it and is not named by its
tombstone in ``gone`` (``deleted``: its sources are yet to be forgotten). What is ``retired``, folder or file, does
not count, and stays for an hour for readers that hold it. The index is changed under the store's maintenance lock
only; each swap of it is one step that readers see whole. A damaged frame of manifests costs its 64 sessions their
manifests, but none of them its name: the rows say who is in the pack.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from runtime.errors import Corrupt
from runtime.event import Json
from runtime.files import disk_errors_named, make_folder, write_whole
from runtime.manifest import Manifest, Segment, Sums, checked, session_in, with_check
from runtime.schema import SCHEMA_VERSION
from runtime.segment import write_payloads, write_rows

INDEX_NAME = "index.json"
MANIFESTS = 64
"""In a frame: together they take a fifth of what each takes alone."""
LISTED = "sessions.zst"
_MAGIC = b"\x28\xb5\x2f\xfd"


@dataclass(slots=True)
class PackIndex:
    """See the module's docstring."""

    packs: list[str] = field(default_factory=list)
    gone: dict[str, dict[str, Any]] = field(default_factory=dict)
    retired: list[dict[str, Any]] = field(default_factory=list)
    next: int = 0
    _paths: frozenset[str] | None = None

    @classmethod
    def load(cls, folder: Path) -> PackIndex:
        """The index in ``folder``; an empty one where there is none yet."""
        path = folder / INDEX_NAME
        try:
            whole = checked(path.read_bytes(), str(path))
            return cls(whole["packs"], whole["gone"], whole["retired"], whole["next"])
        except FileNotFoundError:
            if any(folder.glob(f"*.{LISTED}")):
                raise Corrupt("?", None, str(path), "the index of packs is missing") from None
            return cls()
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt("?", None, str(path), f"the index of packs cannot be read: {error}") from None

    def save(self, folder: Path) -> None:
        """Swap the index in ``folder`` for this one."""
        whole = {
            "schema": SCHEMA_VERSION, "packs": self.packs, "gone": self.gone, "retired": self.retired,
            "next": self.next,
        }  # fmt: skip
        with disk_errors_named("the index of packs"):
            write_whole(make_folder(folder) / INDEX_NAME, with_check(whole))

    def is_retired(self, path: str) -> bool:
        """Whether ``path``, relative to the store, does not count any more."""
        if self._paths is None:
            self._paths = frozenset(item["path"] for item in self.retired)
        return path in self._paths

    def retire(self, path: str, at_us: int) -> None:
        """From now on ``path`` does not count; it may be removed in an hour."""
        if not self.is_retired(path):
            self.retired.append({"path": path, "at_us": at_us})
            self._paths = None

    def keep(self, path: str) -> None:
        """``path`` counts (again)."""
        self.retired = [item for item in self.retired if item["path"] != path]
        self._paths = None

    def bury(self, session_id: str, packs: Iterable[str], *, deleted: bool = False) -> None:
        """A tombstone over the session's entries in ``packs``; ``deleted`` if the session is gone, sources and all."""
        known = self.gone.get(session_id, {"packs": []})
        stone = {**known, "packs": sorted({*known["packs"], *packs})}
        if deleted:
            stone["deleted"] = True
        if stone["packs"] or deleted:
            self.gone[session_id] = stone

    def buried(self, session_id: str, pack: str) -> bool:
        """Whether the session's entry in ``pack`` does not count."""
        stone = self.gone.get(session_id)
        return stone is not None and pack in stone["packs"]


@dataclass(slots=True)
class Packed:
    """One session's share of a pack about to be written."""

    manifest: Manifest
    rows: pa.Table
    payloads: pa.Table
    chain: str
    """Hex, after its last event."""
    sums: Sums

    @property
    def bytes(self) -> int:
        """About how much memory it holds."""
        return int(self.payloads.nbytes + self.rows.nbytes)


def write_pack(folder: Path, name: str, parts: Sequence[Packed], *, bulk: bool = False) -> list[Manifest]:
    """Write the files of pack ``name``; the manifests of its sessions. Nothing counts before the index names the pack.

    With ``bulk``, it is one of many, and compressed quickly.
    """
    make_folder(folder)
    manifests, row = [], 0
    for part in parts:
        segment = Segment(name, "pack", 0, len(part.rows), part.chain, row, part.sums)
        manifests.append(replace(part.manifest, segments=[segment]))
        row += len(part.rows)
    with disk_errors_named(f"pack {name}"):
        table = pa.concat_tables([part.payloads for part in parts])
        payloads = write_payloads(folder / f"{name}.payload.parquet", [table], pack=True, bulk=bulk)
        table = pa.concat_tables([part.rows for part in parts])
        rows = write_rows(folder / f"{name}.rows.parquet", [table], pack=True, bulk=bulk)
        frames = b"".join(_frame(manifests[at : at + MANIFESTS]) for at in range(0, len(manifests), MANIFESTS))
        about = {
            "schema": SCHEMA_VERSION, "pack": name, "sessions": len(parts), "manifests": _digest(frames), "rows": rows,
            "payload": payloads,
        }  # fmt: skip
        write_whole(folder / f"{name}.{LISTED}", with_check(about) + b"\n" + frames)
    return manifests


def _frame(manifests: Iterable[Manifest]) -> bytes:
    lines = b"".join(manifest.to_json() + b"\n" for manifest in manifests)
    return zstandard.ZstdCompressor(level=9, write_checksum=True).compress(lines)


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _frames(data: bytes) -> Iterator[bytes]:
    """The lines of each zstd frame in ``data`` that can be read, those after a damaged one too."""
    while data:
        reading = zstandard.ZstdDecompressor().decompressobj()
        try:
            lines = reading.decompress(data)
            if reading.eof:
                yield lines
                data = reading.unused_data
                continue
        except zstandard.ZstdError:
            pass
        again = data.find(_MAGIC, 1)
        data = data[again:] if again > 0 else b""


def pack_files(name: str) -> list[str]:
    """The files of a pack, as paths relative to the store."""
    return [f"packs/{name}.{what}" for what in (LISTED, "rows.parquet", "payload.parquet")]


class PackReader:
    """The packs of a store as readers see them: the index, and each session's manifest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp: tuple[int, int, int, int] | None = None
        self._index = PackIndex()
        self._lines: dict[str, dict[str, bytes]] = {}
        self.damage: dict[str, Corrupt] = {}
        """Packs whose sessions cannot be listed, and why."""

    def index(self) -> PackIndex:
        """The index as it is now; read again only when it was swapped. Not to be changed: see `PackIndex.load`."""
        try:
            status = os.stat(self.folder / INDEX_NAME)
        except FileNotFoundError:
            return PackIndex.load(self.folder)
        stamp = status.st_ino, status.st_mtime_ns, status.st_size, status.st_ctime_ns
        if stamp != self._stamp:
            self._index, self._stamp = PackIndex.load(self.folder), stamp
            self._lines = {name: lines for name, lines in self._lines.items() if name in self._index.packs}
            self.damage.clear()
        return self._index

    def sessions(self, index: PackIndex | None = None) -> Iterator[tuple[str, str]]:
        """``(session id, pack)`` of every session in a pack that counts; the newest pack of a session wins."""
        index = self.index() if index is None else index
        seen: set[str] = set()
        for pack in reversed(index.packs):
            for session_id in self.lines(pack):
                if session_id not in seen and not index.buried(session_id, pack):
                    seen.add(session_id)
                    yield session_id, pack

    def find(self, session_id: str, index: PackIndex | None = None) -> str | None:
        """The pack that holds ``session_id``, or None."""
        index = self.index() if index is None else index
        for pack in reversed(index.packs):
            if session_id in self.lines(pack) and not index.buried(session_id, pack):
                return pack
        return None

    def find_buried(self, session_id: str, index: PackIndex) -> str | None:
        """The pack that still holds what was deleted."""
        return next(iter(reversed(self.holding(session_id, index))), None)

    def holding(self, session_id: str, index: PackIndex) -> list[str]:
        """Every pack with an entry of the session, whether it counts or not."""
        return [pack for pack in index.packs if session_id in self.lines(pack)]

    def manifest(self, session_id: str, pack: str) -> Manifest:
        """The manifest of a session in ``pack``."""
        file = f"{pack}.{LISTED}"
        try:
            return Manifest.from_json(self.lines(pack)[session_id], file)
        except Corrupt as error:
            raise Corrupt(session_id, None, error.file, error.what) from None

    def lines(self, pack: str) -> dict[str, bytes]:
        """The manifests of the sessions in ``pack``, unread; nothing for one that is damaged."""
        lines = self._lines.get(pack)
        if lines is None:
            try:
                lines = self._listed(pack)
            except Corrupt as error:
                self.damage[pack] = error
                lines = {}
            self._lines[pack] = lines
        return lines

    def _listed(self, pack: str) -> dict[str, bytes]:
        first, data = self._halves(pack)
        lines = {session_in(line): line for frame in _frames(data) for line in frame.split(b"\n")[:-1]}
        try:
            about = checked(first, pack)
            if about["pack"] != pack:
                lines.clear()  # another pack's
            whole = about["sessions"] == len(lines)
        except (ValueError, KeyError):
            whole = False
        return lines if whole else dict.fromkeys(self._in_rows(pack), b"") | lines

    def _in_rows(self, pack: str) -> list[str]:
        """Who is in ``pack``, as its rows say."""
        path = self.folder / f"{pack}.rows.parquet"
        try:
            column = pq.read_table(path, columns=["session_id"], page_checksum_verification=True).column(0)
        except (OSError, pa.ArrowException) as error:
            raise Corrupt("?", None, str(path), f"the sessions of a pack cannot be read: {error}") from None
        return column.unique().to_pylist()  # type: ignore[no-any-return]

    def _halves(self, pack: str) -> tuple[bytes, bytes]:
        """The line about ``pack``, and the frames after it."""
        path = self.folder / f"{pack}.{LISTED}"
        try:
            first, _, rest = path.read_bytes().partition(b"\n")
        except OSError as error:
            raise Corrupt("?", None, str(path), f"the manifests of a pack cannot be read: {error.strerror}") from None
        return first, rest

    def about(self, pack: str) -> Json:
        """What ``pack`` says of itself: ``sessions``, ``rows``, ``payload``. `Corrupt` where any of it is lost."""
        path = self.folder / f"{pack}.{LISTED}"
        first, frames = self._halves(pack)
        try:
            about, lines = checked(first, str(path)), self.lines(pack)
            whole = sum(map(bool, lines.values()))
            if about["pack"] != pack:
                raise ValueError(f"it is that of pack {about['pack']}")
            if not whole == len(lines) == about["sessions"]:
                raise ValueError(f"{whole} sessions where {about['sessions']} were packed")
            if _digest(frames) != about["manifests"]:
                raise ValueError("its bytes are not those that were written")
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt("?", None, str(path), f"what it says of the pack cannot be read: {error}") from None
        return about
