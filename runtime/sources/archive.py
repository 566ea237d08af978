"""What was imported, byte for byte: the original records that events cite, kept once.

    sources/v_….frames    zstd frames of about 512 KiB, one after another
            v_….json.zst  {"frames": [[offset, stored bytes, bytes, [["sesn_…", first seq, stop seq], …]], …],
                           "sources": {"src_…": {"path": "…", "sessions": ["sesn_…"],
                                                 "pieces": [["v_…", frame, start, bytes, "hash"], …]}}}
            l_….json.zst  the ledger: what became of each file that was read to its end

A record says again what its events say, so a frame is compressed with the payloads and extras of the events made of it
as its dictionary: it costs only what the events leave out. The ranges of events stand beside the frame, and reading it
reads them back. A source is cut into pieces of 1 MiB from its beginning; a piece with the same bytes as one that is
kept already is not kept again, so a file that grew costs its new end only, and three copies of a prefix cost one.

Volumes are written after the events they are compressed against, and the ledger last. A crash in between costs nothing:
the file counts as not imported, and the next import finds the events it already has and writes the rest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import zstandard

from runtime.clock import new_id
from runtime.errors import Corrupt, StoreError, WorkbenchError
from runtime.event import decode, encode
from runtime.files import disk_errors_named, make_folder, write_whole
from runtime.sealed import PayloadFile, text_of

if TYPE_CHECKING:
    from runtime.store import Store

Piece = tuple[str, int, int, int, str]
"""Volume, frame, start within it, bytes, hash of the bytes."""
Range = tuple[str, int, int]
"""Session, first seq, stop seq."""
KEPT_FRAMES = 8
INDEX = ".json.zst"


@dataclass(slots=True)
class LedgerEntry:
    """What became of one file: every record of it is cited by events, was already present, or was rejected."""

    path: str
    source_id: str
    generation: int
    """How often the file's old bytes were replaced, rather than added to."""
    format: str
    bytes: int
    digest: str
    """`digest_of` the whole file."""
    records: int
    cited: int
    present: int
    rejected: list[list[Any]] = field(default_factory=list)
    """``[offset, bytes, line, reason, member]`` each."""
    unknown: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    """Session ids, with how many events each got from this file in this import."""


class SourceArchive:
    """The sources of one store, for reading."""

    def __init__(self, store: Store, *, frames: int = KEPT_FRAMES) -> None:
        """``frames`` are kept in memory at most, half a megabyte each, of those that were read last."""
        self.store, self.folder, self._most = store, store.sources_folder, frames
        self._pack: PayloadFile | None = None
        self._volumes: dict[str, dict[str, Any]] = {}
        self._ledgers: dict[str, list[LedgerEntry]] = {}
        self._frames: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self.damage: dict[str, Corrupt] = {}
        """Volumes and ledgers that cannot be read, by name, and why: they cost what is in them, and nothing else."""

    def record(self, source_id: str, offset: int, length: int, session_id: str = "") -> bytes:
        """The bytes of a record, as they stood in the file. `StoreError` where the source was not kept.

        ``session_id`` is the session that cites it: one restored from an export has its records to itself.
        """
        found = self.describe(source_id, session_id)
        parts, start, missing = [], 0, length
        for volume, frame, at, size, _ in found["pieces"]:
            if start + size > offset and missing:
                low = offset + (length - missing) - start
                parts.append(self.frame(volume, frame)[at + low : at + min(size, low + missing)])
                missing -= len(parts[-1])
            start += size
        if missing:
            self._complain()
            parts.append(_from_file(found["path"], offset + length - missing, missing))
        return b"".join(parts)

    def whole(self, source_id: str) -> bytes:
        """All bytes of a source."""
        pieces = self.describe(source_id)["pieces"]
        return b"".join(self.frame(volume, frame)[at : at + size] for volume, frame, at, size, _ in pieces)

    def describe(self, source_id: str, session_id: str = "") -> dict[str, Any]:
        """The newest description of a source: its path, its sessions, its pieces."""
        found = own = None
        for volume in self.volumes().values():
            found = later(found, volume["sources"].get(source_id))
            own = later(own, volume["sources"].get(own_source(source_id, session_id)))
        found = own or found
        if found is None:
            self._complain()
            raise StoreError(f"the source {source_id} is not kept (a redacted import keeps none).")
        return found

    def _complain(self) -> None:
        """Raise for a volume that cannot be read: what is looked for may be in there."""
        for error in self.damage.values():
            raise error

    def volumes(self) -> dict[str, dict[str, Any]]:
        """Every volume that can be read by name, oldest first."""
        while True:
            names = sorted(path.name.removesuffix(INDEX) for path in self.folder.glob(f"v_*{INDEX}"))
            try:
                for name in names:
                    if name not in self._volumes and name not in self.damage:
                        self._load_volume(name)
            except FileNotFoundError:
                continue  # put together with others between the look and the read
            return {name: self._volumes[name] for name in names if name in self._volumes}

    def _load_volume(self, name: str) -> None:
        try:
            self._volumes[name] = _load(self.folder / f"{name}{INDEX}")
        except Corrupt as error:
            self.damage[name] = error

    def begins(self, source_id: str, path: str) -> bool:
        """Whether what is kept under ``source_id``, if anything, is what the file at ``path`` begins with now."""
        found = None
        for volume in self.volumes().values():
            found = later(found, volume["sources"].get(source_id))
        if found is None:
            return True
        with open(path, "rb") as file:
            return all(piece_hash(file.read(size)) == digest for _, _, _, size, digest in found["pieces"])

    def pieces(self) -> dict[str, Piece]:
        """Every piece that is kept, by hash."""
        known: dict[str, Piece] = {}
        for volume in self.volumes().values():
            for source in volume["sources"].values():
                for piece in source["pieces"]:
                    known.setdefault(piece[4], tuple(piece))
        return known

    def ledger(self) -> dict[str, LedgerEntry]:
        """By path, what became of each file when it was last read."""
        entries: dict[str, LedgerEntry] = {}
        for path in sorted(self.folder.glob(f"l_*{INDEX}")):
            if path.name not in self._ledgers:
                try:
                    self._ledgers[path.name] = [LedgerEntry(**item) for item in _load(path)]
                except FileNotFoundError:
                    return self.ledger()  # put together with others between the look and the read
                except Corrupt as error:
                    self.damage[path.name.removesuffix(INDEX)] = error
            for entry in self._ledgers.get(path.name, ()):
                entries[entry.path] = entry
        return entries

    def frame(self, volume: str, number: int) -> bytes:
        """The bytes of one frame."""
        held = self._frames.get((volume, number))
        if held is not None:
            self._frames.move_to_end((volume, number))
            return held
        path = self.folder / f"{volume}.frames"
        if volume in self.damage:
            raise self.damage[volume]
        try:
            offset, stored, size, ranges = self.volumes()[volume]["frames"][number]
            said = dictionary(ranges, self._said)
            with open(path, "rb") as file:
                file.seek(offset)
                data = zstandard.ZstdDecompressor(dict_data=said).decompress(file.read(stored), max_output_size=size)
            if len(data) != size:
                raise ValueError(f"{len(data)} bytes where {size} were kept")
        except (OSError, KeyError, IndexError, ValueError, zstandard.ZstdError) as error:
            raise Corrupt("?", None, str(path), f"frame {number} cannot be read: {error}") from None
        self._frames[volume, number] = data
        while len(self._frames) > self._most:
            self._frames.popitem(last=False)
        return data

    def _said(self, session_id: str, first: int, stop: int) -> bytes:
        """What `stored_text` gives. Neighbours in a frame are neighbours in a pack: its file is kept for the next."""
        with self.store.reader(session_id, buried=True) as reader:
            held = [one for one in reader.segments if one.kind == "pack" and one.first <= first and stop <= one.stop]
            for segment in held:
                try:
                    file = self._pack_at(reader.packs / f"{segment.name}.payload.parquet")
                    shift = segment.row - segment.first
                    return text_of(file.tables(first + shift, stop + shift))
                except (OSError, Corrupt):
                    break  # gone meanwhile, or damaged: the reader finds where it is now, or says whose it is
            return reader.text(first, stop)

    def _pack_at(self, path: Path) -> PayloadFile:
        if self._pack is None or self._pack.path != path:
            self._pack = PayloadFile(path, "?")
        return self._pack


def own_source(source_id: str, session_id: str) -> str:
    """The name under which a session restored from an export has what it cites of a source to itself.

    Sources are named by their path, and the same path on another machine is another source.
    """
    return f"{source_id}@{session_id}"


def stored_text(store: Store, session_id: str, first: int, stop: int) -> bytes:
    """What a range of events says, read from the log."""
    with store.reader(session_id, buried=True) as reader:
        return reader.text(first, stop)


def dictionary(ranges: Iterable[Range], text: Callable[[str, int, int], bytes]) -> zstandard.ZstdCompressionDict | None:
    """What the events of ``ranges`` say, as a dictionary to compress against; None where there are none."""
    content = b"".join([text(*range) for range in ranges])
    if len(content) <= 8:
        return None
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def write_ledger(folder: Path, entries: list[LedgerEntry]) -> None:
    """Publish ledger entries; they count from then on."""
    if entries:
        with disk_errors_named("the ledger of an import"):
            write_index(make_folder(folder) / f"{new_id('l')}{INDEX}", [asdict(entry) for entry in entries])


def digest_of(file: BinaryIO, limit: int) -> str:
    """SHA-256 (its first half, hex) over the first ``limit`` bytes of ``file``: twice as quick here as blake2b."""
    digest = sha256()
    while limit > 0 and (data := file.read(min(1024 * 1024, limit))):
        digest.update(data)
        limit -= len(data)
    return digest.hexdigest()[:32]


def check_frames(archive: SourceArchive) -> Iterator[tuple[str, str]]:
    """``(file, what is wrong)`` for every index that cannot be read, for every frame that cannot be read back, or whose
    pieces are not what was read."""
    archive.ledger(), archive.volumes()
    yield from [(error.file, error.what) for error in archive.damage.values()]
    for volume, described in archive.volumes().items():
        for number in range(len(described["frames"])):
            try:
                archive.frame(volume, number)
            except WorkbenchError as error:
                yield f"{volume}.frames", str(error)
        for source_id, source in described["sources"].items():
            for name, number, start, size, digest in source["pieces"]:
                try:
                    data = archive.frame(name, number)[start : start + size]
                except WorkbenchError:
                    continue  # named above, or in its own volume
                if piece_hash(data) != digest:
                    yield f"{name}.frames", f"a piece of {source_id} is not the bytes that were read"


def later(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any] | None:
    """Of two descriptions of a source the newer, unless that was cut short and the older says more."""
    if before is None or after is None:
        return after or before
    if after.get("whole", True):
        return after
    return max(after, before, key=lambda source: sum(piece[3] for piece in source["pieces"]))


def piece_hash(data: bytes) -> str:
    """The name of a piece's bytes."""
    return sha256(data).hexdigest()[:32]


def _from_file(path: str, offset: int, length: int) -> bytes:
    """Bytes of a file that is being followed and not yet kept here: from the file itself."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read(length)
    except OSError as error:
        raise StoreError(f"{path} is being followed and cannot be read now: {error.strerror}") from None
    if len(data) != length:
        raise StoreError(f"{path} was followed and has shrunk since; the record is not there any more.")
    return data


def write_index(path: Path, value: Any) -> None:
    """Publish ``value`` at ``path`` as compressed JSON, with a checksum."""
    compressor = zstandard.ZstdCompressor(level=9, write_checksum=True)
    write_whole(path, compressor.compress(encode(value)))


def _load(path: Path) -> Any:
    try:
        return decode(zstandard.ZstdDecompressor().decompress(path.read_bytes()))
    except (ValueError, zstandard.ZstdError) as error:
        raise Corrupt("?", None, str(path), f"it cannot be read: {error}") from None
