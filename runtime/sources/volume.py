"""Writing sources: bytes are fed in as files are read, and become a volume once the events made of them are written.

Volumes are published and rewritten (`runtime.sources.forget`) under one lock of the store, as each may say where pieces
of another are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import zstandard

from runtime.clock import new_id
from runtime.files import disk_errors_named, make_folder, published
from runtime.sources.archive import INDEX, Piece, Range, SourceArchive, dictionary, piece_hash, write_index
from runtime.store import Store

PIECE_BYTES = 1024 * 1024
FRAME_BYTES = 512 * 1024
SMALL_BYTES = 16 * 1024 * 1024
"""What is little is compressed well, what is much is compressed quickly."""
DICTIONARY_RANGES = 256
"""More ranges than this are left out of a frame's dictionary: reading it back would open too many sessions."""
WINDOW_LOG = 23
"""8 MiB: a frame must be able to look back over its whole dictionary."""

SOURCES = "sources"
"""The store's lock under which volumes are published and rewritten."""

Evidence = dict[str, list[tuple[int, str, int]]]
"""By source, the events made of it: offset of the record, session, seq."""


class VolumeWriter:
    """Holds what was read until `publish`; what it holds is bounded by how often that is called."""

    def __init__(self, store: Store, known: dict[str, Piece], *, bulk: bool = False) -> None:
        """``known`` are the pieces kept already, by hash; new ones are added to it when they are published.

        With ``bulk``, this is a small part of much, and compressed quickly.
        """
        self.store, self.folder, self._known, self._bulk = store, store.sources_folder, known, bulk
        self._sources: dict[str, _Incoming] = {}

    def source(self, source_id: str, path: str) -> Callable[[bytes], None]:
        """Begin a source; feed its bytes to what is returned, in order, and empty bytes at its end."""
        incoming = self._sources[source_id] = _Incoming(path)

        def feed(data: bytes) -> None:
            incoming.held += data
            while len(incoming.held) >= PIECE_BYTES or (not data and incoming.held):
                incoming.cut()
            incoming.ended = not data

        return feed

    def forgo(self, source_id: str) -> None:
        """Keep nothing of what was fed of a source since the last time something was published."""
        self._sources.pop(source_id, None)

    def publish(self, evidence: Evidence, text: Callable[[str, int, int], bytes]) -> None:
        """Make all that was fed durable and there for readers. A source not yet at its end goes on in the next volume.

        ``text(session, first, stop)`` gives what those events say, as `sources.stored_text` does.
        """
        if not self._sources:
            return
        volume = self._compressed(evidence, text)  # the long part; others may publish meanwhile
        with self.store.exclusively(SOURCES, wait=True):
            if self._has_moved() or not all(map(self.store.exists, volume.sessions)):
                self._look_again()
                volume = self._compressed(evidence, text)
            self._publish(volume)

    def publish_held(self, evidence: Evidence, text: Callable[[str, int, int], bytes]) -> None:
        """The same by whoever holds the lock `SOURCES` already."""
        if self._sources:
            self._publish(self._compressed(evidence, text))

    def _compressed(self, evidence: Evidence, text: Callable[[str, int, int], bytes]) -> _Volume:
        """What was fed since the last time, as a volume that is not there for anybody yet."""
        exists = cache(self.store.exists)
        for incoming in self._sources.values():
            while incoming.held:
                incoming.cut()
        fed = sum(len(data) for item in self._sources.values() for _, data in item.fresh.values())
        volume = _Volume(new_id("v"), text, small=fed < SMALL_BYTES and not self._bulk)
        for source_id, incoming in self._sources.items():
            name, _, owner = source_id.partition("@")  # see `sources.own_source`
            events = sorted(item for item in evidence.get(name, ()) if exists(item[1]))  # or deleted meanwhile
            if owner:
                events = [item for item in events if item[1] == owner]
            placed: dict[int, Piece] = {}
            for number, (start, data) in incoming.fresh.items():
                digest = piece_hash(data)
                kept = self._known.get(digest) or volume.pieces.get(digest)
                if kept is None:
                    low = bisect_left(events, (start,))
                    high = bisect_left(events, (start + len(data),))
                    kept = volume.add(data, digest, events[low:high])
                placed[number] = kept
            volume.placed[source_id] = placed
            volume.told[source_id] = {session_id for _, session_id, _ in events}
        volume.end()
        return volume

    def _publish(self, volume: _Volume) -> None:
        """From now on what is in ``volume`` is kept."""
        for source_id, incoming in self._sources.items():
            for number, piece in volume.placed[source_id].items():
                incoming.pieces[number] = piece
            incoming.sessions |= volume.told[source_id]
        volume.write(self.folder, {key: item.described() for key, item in self._sources.items()})
        self._known.update(volume.pieces)
        for incoming in self._sources.values():
            incoming.fresh.clear()
        self._sources = {key: item for key, item in self._sources.items() if not item.ended}

    def _has_moved(self) -> bool:
        """Whether volumes were rewritten since their pieces were looked up."""
        there = {path.name.removesuffix(INDEX) for path in self.folder.glob(f"v_*{INDEX}")}
        placed = [piece for item in self._sources.values() for piece in item.pieces if piece is not None]
        return not {piece[0] for piece in (*self._known.values(), *placed)} <= there

    def _look_again(self) -> None:
        """See where each piece is now."""
        self._known = SourceArchive(self.store).pieces()
        for item in self._sources.values():
            item.pieces = [piece and self._known.get(piece[4], piece) for piece in item.pieces]


class _Incoming:
    """A source that is being fed."""

    __slots__ = ("path", "pieces", "fresh", "held", "size", "ended", "sessions")

    def __init__(self, path: str) -> None:
        self.path = path
        self.pieces: list[Piece | None] = []
        self.fresh: dict[int, tuple[int, bytes]] = {}
        self.held = bytearray()
        self.size = 0
        self.ended = False
        self.sessions: set[str] = set()

    def cut(self) -> None:
        """Set the next piece of what is held aside."""
        data = bytes(self.held[:PIECE_BYTES])
        del self.held[:PIECE_BYTES]
        self.fresh[len(self.pieces)] = self.size, data
        self.pieces.append(None)
        self.size += len(data)

    def described(self) -> dict[str, Any]:
        """As it stands in a volume's index."""
        return {"path": self.path, "sessions": sorted(self.sessions), "pieces": self.pieces, "whole": self.ended}


class _Volume:
    """Frames on their way to disk."""

    def __init__(self, name: str, text: Callable[[str, int, int], bytes], *, small: bool) -> None:
        self.name, self._text = name, text
        self._level = 9 if small else 3
        self.pieces: dict[str, Piece] = {}
        """What is in it, by hash."""
        self.placed: dict[str, dict[int, Piece]] = {}
        """By source, where each of its pieces is: here, or in another volume."""
        self.told: dict[str, set[str]] = {}
        """By source, the sessions whose events were made of it."""
        self._frames: list[tuple[bytes, int, list[Range]]] = []
        self._filling = bytearray()
        self._made_of: list[tuple[int, str, int]] = []

    def add(self, data: bytes, digest: str, made_of: Iterable[tuple[int, str, int]]) -> Piece:
        """Take in a piece; where it will be found."""
        piece = self.pieces[digest] = (self.name, len(self._frames), len(self._filling), len(data), digest)
        self._filling += data
        self._made_of.extend(made_of)
        if len(self._filling) >= FRAME_BYTES:
            self.end()
        return piece

    @property
    def sessions(self) -> set[str]:
        """All sessions that it leans on."""
        return set().union(*self.told.values())

    def end(self) -> None:
        """Close the frame that is being filled."""
        if not self._filling:
            return
        data, ranges = bytes(self._filling), _ranges(self._made_of)
        parameters = zstandard.ZstdCompressionParameters.from_level(
            self._level, window_log=WINDOW_LOG, source_size=len(data), write_checksum=True
        )
        compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary(ranges, self._text))
        self._frames.append((compressor.compress(data), len(data), ranges))
        self._filling.clear()
        self._made_of.clear()

    def write(self, folder: Path, sources: dict[str, Any]) -> None:
        """Publish the frames, then the index that makes them count."""
        make_folder(folder)
        with disk_errors_named("the sources of an import"):
            table, offset = [], 0
            with published(folder / f"{self.name}.frames") as file:
                for stored, size, ranges in self._frames:
                    file.write(stored)
                    table.append([offset, len(stored), size, ranges])
                    offset += len(stored)
            write_index(folder / f"{self.name}{INDEX}", {"frames": table, "sources": sources})


def _ranges(made_of: Iterable[tuple[int, str, int]]) -> list[Range]:
    """The events as ranges of seqs, session by session; small gaps are bridged, too many ranges are cut off."""
    seqs: dict[str, list[int]] = defaultdict(list)
    for _, session_id, seq in made_of:
        seqs[session_id].append(seq)
    ranges: list[Range] = []
    for session_id, found in seqs.items():
        found.sort()
        first = stop = found[0]
        for seq in found:
            if seq > stop + 8:
                ranges.append((session_id, first, stop))
                first = seq
            stop = seq + 1
        ranges.append((session_id, first, stop))
    return ranges[:DICTIONARY_RANGES]
