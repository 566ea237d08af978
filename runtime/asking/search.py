"""Finding text in everything that was said: all payloads, and what stands beside them, of a store or of one session.

    for progress in search(store, "connection refused"):
        for hit in progress.hits: ...              # in order; progress.scanned of progress.total bytes are done

There is no index to build or to go stale: row groups are decompressed and looked through two at a time. Hits come as
they are found. Closing the iterator, or setting ``cancel``, stops within the time that one row group takes. What is
damaged is passed over, and raised as `Corrupt` when everything else was looked through.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from runtime.asking.needle import CONTEXT_BYTES, MAX_CAREFUL_BYTES, Excerpt, Match, Needle, Texts, excerpt
from runtime.errors import Corrupt, SessionNotFound, WorkbenchError
from runtime.reader import LogReader
from runtime.segment import entry_of
from runtime.store import Store

THREADS = 2
AHEAD = 2 * THREADS
"""How many row groups are under way at once: bounds memory, and how much is read in vain when somebody stops."""
GATHERED_AT_ONCE = 200
"""After so many sessions with a folder of their own whoever waits hears that something happens, and may stop it."""


class Window(NamedTuple):
    """Bytes of a JSON text around a match."""

    data: bytes
    start: int
    end: int


class Hit(NamedTuple):
    """An event in which it was found: its first match."""

    session_id: str
    seq: int
    column: str
    """``payload``, or ``extra``: thinking, for instance, and what a source kept beside a result."""
    window: Window

    def excerpt(self) -> Excerpt:
        """The match with what stands around it, fit to be printed."""
        return excerpt(self.window.data, Match(0, self.window.start, self.window.end))


class Progress(NamedTuple):
    """A further part of the log that was looked through."""

    hits: list[Hit]
    scanned: int
    """Bytes on disk that are done, of ``total``; both 0 while it is still being gathered where to look."""
    total: int
    sessions: int = 0
    """Sessions that are done, of ``of_sessions``: of those in a pack, as large a part as of the pack."""
    of_sessions: int = 0


class Piece(NamedTuple):
    """A file to look through, or a run of its rows."""

    path: Path
    size: int
    """Its bytes on disk, or its share of them."""
    session_id: str
    """Empty for a pack of many sessions."""
    first: int = 0
    """Its first row (in an open segment: line) that is asked for."""
    stop: int | None = None
    held: frozenset[str] | None = None
    """In a pack: the sessions that count there."""
    sessions: int = 0
    """How many sessions are done when it is."""


class Unit(NamedTuple):
    """What one thread looks through at a time: some rows of one row group, or a whole open segment."""

    piece: Piece
    group: int
    low: int
    high: int
    size: int


def search(
    store: Store,
    needle: Needle | str,
    *,
    sessions: Iterable[str] | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Progress, None, None]:
    """Look for ``needle`` in all of ``store``, newest sessions first and packs last, or in ``sessions`` as named."""
    if sessions is None:
        return _everywhere(store, _needle(needle), cancel)
    pieces = [piece for name in sessions for piece in _of_session(store, name)]
    return _scan(pieces, _needle(needle), cancel, [])


def search_payloads(
    reader: LogReader,
    needle: Needle | str,
    *,
    start: int = 0,
    stop: int | None = None,
    ignore_case: bool | None = None,
    backwards: bool = False,
    cancel: threading.Event | None = None,
) -> Iterator[Hit]:
    """Look for ``needle`` in one session from seq ``start`` up to ``stop``, the last first if ``backwards``."""
    pieces = list(_of_reader(reader, start, reader.count if stop is None else stop))
    if backwards:
        pieces.reverse()
    for progress in _scan(pieces, _needle(needle, ignore_case), cancel, [], backwards):
        yield from progress.hits


def _needle(needle: Needle | str, ignore_case: bool | None = None) -> Needle:
    return Needle(needle, ignore_case=ignore_case) if isinstance(needle, str) else needle


# ── where to look ────────────────────────────────────────────────────────────────────────────────────────────────────


def _everywhere(store: Store, needle: Needle, cancel: threading.Event | None) -> Generator[Progress, None, None]:
    damage: list[WorkbenchError] = []
    pieces = yield from _of_store(store, damage, cancel)
    if cancel is not None and cancel.is_set():
        return
    yield Progress([], 0, sum(piece.size for piece in pieces), 0, sum(piece.sessions for piece in pieces))
    yield from _scan(pieces, needle, cancel, damage)


def _of_store(
    store: Store, damage: list[WorkbenchError], cancel: threading.Event | None
) -> Generator[Progress, None, list[Piece]]:
    """Every file of ``store``: sessions of their own, newest first; then packs, newest first, each as a whole."""
    index = store.packs.index()
    own = store.own_sessions(index)
    held: dict[str, set[str]] = {}
    for session_id, pack in store.packs.sessions(index):
        held.setdefault(pack, set()).add(session_id)
    found: list[tuple[int, list[Piece]]] = []
    everything = len(set(own).union(*held.values()))
    for number, session_id in enumerate(own):
        if not number % GATHERED_AT_ONCE:
            yield Progress([], 0, 0, 0, everything)
            if cancel is not None and cancel.is_set():
                return []
        for sessions in held.values():
            sessions.discard(session_id)
        try:
            with store.reader(session_id) as reader:
                times = [
                    reader.manifest.totals().last_us,
                    *(tail.rows[-1].time_us for tail in reader.tails if tail.rows),
                ]
                found.append((max(time or 0 for time in times), list(_of_reader(reader, 0, reader.count))))
        except SessionNotFound:
            continue  # deleted meanwhile
        except (WorkbenchError, OSError) as error:
            damage.append(error if isinstance(error, WorkbenchError) else Corrupt(session_id, None, "?", str(error)))
    pieces = []
    for _, some in sorted(found, key=lambda pair: -pair[0]):
        pieces += [*some[:-1], *(last._replace(sessions=1) for last in some[-1:])]
    for pack in sorted(held, reverse=True):
        path = store.packs_folder / f"{pack}.payload.parquet"
        pieces.append(Piece(path, path.stat().st_size, "", held=frozenset(held[pack]), sessions=len(held[pack])))
    damage.extend(store.packs.damage.values())
    return pieces


def _of_session(store: Store, session_id: str) -> Iterator[Piece]:
    with store.reader(session_id) as reader:
        yield from _of_reader(reader, 0, reader.count)


def _of_reader(reader: LogReader, start: int, stop: int) -> Iterator[Piece]:
    """The pieces of one session in order of seq."""
    for segment in reader.segments:
        low, high = max(start, segment.first), min(stop, segment.stop)
        if low < high:
            folder = reader.packs if segment.kind == "pack" else reader.folder
            path, shift = folder / f"{segment.name}.payload.parquet", segment.row - segment.first
            share = (high - low) / segment.count
            if segment.kind == "pack":
                share *= segment.count / max(1, pq.read_metadata(path).num_rows)
            yield Piece(path, int(path.stat().st_size * share), reader.session_id, low + shift, high + shift)
    for tail in reader.tails:
        low, high = max(start, tail.segment.first), min(stop, tail.stop)
        if low < high:
            size = tail.path.stat().st_size if tail.path.exists() else 0
            first = tail.segment.first
            yield Piece(tail.path, size, reader.session_id, low - first, high - first)


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _scan(
    pieces: list[Piece],
    needle: Needle,
    cancel: threading.Event | None,
    damage: list[WorkbenchError],
    backwards: bool = False,
) -> Generator[Progress, None, None]:
    total, scanned = sum(piece.size for piece in pieces), 0
    of_sessions, sessions = sum(piece.sessions for piece in pieces), 0.0
    stopped = threading.Event()  # ours: the caller's may be meant for several searches
    files = _Files()
    units = (unit for piece in pieces for unit in _units(piece, files, backwards, damage))
    under_way: deque[tuple[Unit, Future[list[Hit]]]] = deque()
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
    try:
        while cancel is None or not cancel.is_set():
            while len(under_way) < AHEAD and (unit := next(units, None)) is not None:
                under_way.append((unit, pool.submit(_look, unit, needle, files, stopped)))
            if not under_way:
                if damage:
                    raise damage[0]
                return
            unit, found = under_way.popleft()
            try:
                hits = found.result()
            except Corrupt as error:
                damage.append(error)
                hits = []
            scanned += unit.size
            sessions += unit.piece.sessions * unit.size / max(1, unit.piece.size)
            yield Progress(hits[::-1] if backwards else hits, scanned, total, round(sessions), of_sessions)
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _Files(threading.local):
    """The Parquet file that a thread has open: one cannot be read from two threads at once."""

    path: Path | None = None
    file: pq.ParquetFile | None = None

    def at(self, path: Path) -> pq.ParquetFile:
        """The file at ``path``."""
        if self.file is None or self.path != path:
            self.file, self.path = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True), path
        return self.file


def _units(piece: Piece, files: _Files, backwards: bool, damage: list[WorkbenchError]) -> Iterator[Unit]:
    """``piece`` cut into what is looked through at a time."""
    if piece.path.suffix == ".jsonl":
        yield Unit(piece, 0, piece.first, piece.stop or 0, piece.size)
        return
    try:
        with _damage_named(piece):
            metadata = files.at(piece.path).metadata
    except Corrupt as error:
        damage.append(error)
        return
    starts = [0]
    for group in range(metadata.num_row_groups):
        starts.append(starts[-1] + metadata.row_group(group).num_rows)
    stop = starts[-1] if piece.stop is None else piece.stop
    share = piece.size / max(1, stop - piece.first)
    groups = range(len(starts) - 1)
    for group in reversed(groups) if backwards else groups:
        low, high = max(piece.first, starts[group]), min(stop, starts[group + 1])
        if low < high:
            yield Unit(piece, group, low - starts[group], high - starts[group], round((high - low) * share))


def _look(unit: Unit, needle: Needle, files: _Files, stopped: threading.Event) -> list[Hit]:
    """The hits in ``unit``, in order of seq."""
    if stopped.is_set():
        return []
    if unit.piece.path.suffix == ".jsonl":
        try:
            return _look_through_lines(unit, needle, unit.piece.path.read_bytes(), stopped)
        except FileNotFoundError:  # sealed since: line by row the same
            damage: list[WorkbenchError] = []
            piece = unit.piece._replace(path=unit.piece.path.with_suffix(".payload.parquet"))
            units = list(_units(piece, files, False, damage))
            if damage:
                raise damage[0] from None
            return [hit for part in units for hit in _look_through_group(part, needle, files, stopped)]
    return _look_through_group(unit, needle, files, stopped)


def _look_through_group(unit: Unit, needle: Needle, files: _Files, stopped: threading.Event) -> list[Hit]:
    piece = unit.piece
    with _damage_named(piece):
        file = files.at(piece.path)
        table = file.read_row_group(unit.group, columns=["payload", "extra"], use_threads=False)
    found: list[tuple[int, str, Window]] = []
    for column in ("payload", "extra"):
        base = 0
        for chunk in table.column(column).chunks:
            texts = Texts(chunk)
            for match in needle.matches(texts):
                if stopped.is_set():
                    return []
                if unit.low <= base + match.row < unit.high:
                    window = _window(needle, column, texts, match)
                    if window is not None:
                        found.append((base + match.row, column, window))
            base += len(chunk)
    if not found:
        return []
    with _damage_named(piece):
        keys = file.read_row_group(unit.group, columns=["session_id", "seq"], use_threads=False)
    sessions, seqs = keys.column("session_id").to_pylist(), keys.column("seq").to_pylist()
    hits = [
        Hit(sessions[row], seqs[row], column, window) for row, column, window in sorted(found, key=lambda item: item[0])
    ]
    return _first_of_each([hit for hit in hits if piece.held is None or hit.session_id in piece.held])


def _look_through_lines(unit: Unit, needle: Needle, data: bytes, stopped: threading.Event) -> list[Hit]:
    """The hits in an open segment. What a line has besides payload and extra is not searched."""
    lines = data[: data.rfind(b"\n") + 1].split(b"\n")[unit.low : unit.high]
    rows = {match.row for match in needle.matches(Texts.of(lines))}
    rows.update(row for row, line in enumerate(lines) if b'"payload_text":' in line)
    hits = []
    for row in sorted(rows):
        if stopped.is_set():
            return []
        try:
            entry = entry_of(lines[row])
        except ValueError as error:
            raise Corrupt(unit.piece.session_id, None, str(unit.piece.path), str(error)) from None
        for column, text in (("payload", entry.payload), ("extra", entry.extra)):
            texts = Texts.of([text])
            for match in needle.matches(texts):
                window = _window(needle, column, texts, match)
                if window is not None:
                    hits.append(Hit(unit.piece.session_id, entry.seq, column, window))
    return _first_of_each(hits)


def _window(needle: Needle, column: str, texts: Texts, match: Match) -> Window | None:
    """The bytes around ``match`` that an excerpt is made of; None if it is nothing anybody said."""
    low = max(0, match.start - 2 * CONTEXT_BYTES)
    data = texts.piece(match.row, low, match.end + 2 * CONTEXT_BYTES)
    window = Window(data, match.start - low, match.end - low)
    if column == "payload" and (
        needle.anywhere or texts.size(match.row) > MAX_CAREFUL_BYTES or needle.is_said_at(data, window.start)
    ):
        return window
    found = needle.find_in_values(texts.piece(match.row))
    if found is None:
        return None
    text, match = found
    low = max(0, match.start - 2 * CONTEXT_BYTES)
    return Window(text[low : match.end + 2 * CONTEXT_BYTES], match.start - low, match.end - low)


def _first_of_each(hits: list[Hit]) -> list[Hit]:
    """One hit an event: that in its payload, or else that in its extra."""
    kept: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        if hit.column == "payload" or (hit.session_id, hit.seq) not in kept:
            kept[hit.session_id, hit.seq] = hit
    return list(kept.values())


@contextmanager
def _damage_named(piece: Piece) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise Corrupt(piece.session_id or "?", None, str(piece.path), f"it cannot be read: {error}") from None
