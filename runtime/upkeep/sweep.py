"""Sweeping: what is retired long enough, what crashes left behind, blobs that nothing names, and old tombstones."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from runtime.errors import SessionBusy, WorkbenchError
from runtime.event import decode
from runtime.files import UNFINISHED, FileLock
from runtime.manifest import FILE_NAME, Manifest
from runtime.pack import INDEX_NAME, PackIndex
from runtime.sealed import PayloadFile
from runtime.store import MAINTENANCE, PREFIX, UPKEEP, Store, holds_segments
from runtime.verify import named_blobs

# ── retired ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def remove_retired(store: Store, before_us: int) -> int:
    """Remove what was retired before then; how many files and folders. What sources still lean on stays."""
    with store.changing_index() as index:
        due = [item["path"] for item in index.retired if item["at_us"] <= before_us]
        gone = [path for path in due if not _is_needed(path, index) and _remove(store, path)]
        for path in gone:
            index.keep(path)
    return len(gone)


def _is_needed(path: str, index: PackIndex) -> bool:
    """Whether the bytes of a deleted session are needed until its sources are forgotten."""
    stones = [stone for stone in index.gone.values() if stone.get("deleted")]
    if path.startswith("packs/"):
        return any(stone["packs"] for stone in stones)
    return bool(index.gone.get(path.removeprefix("sessions/"), {}).get("deleted"))


def _remove(store: Store, path: str) -> bool:
    """Remove one path; False if it has to wait. A file in a folder that counts goes under its session's lock."""
    place, parts = store.root / path, path.split("/")
    if ".." in parts or parts[0] not in ("packs", "sessions"):
        return True
    if parts[0] == "sessions" and len(parts) == 3:
        try:
            lock = store.lock(parts[1], note=UPKEEP)
        except SessionBusy:
            return False
        try:
            _remove_unnamed(place)
        finally:
            lock.release()
    elif parts[0] == "sessions":
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    return True


def _remove_unnamed(place: Path) -> None:
    """Remove a file from a session's folder, unless the manifest names it after all."""
    if place.name.split(".")[0] not in _named(place.parent):
        place.unlink(missing_ok=True)


def _named(folder: Path) -> set[str]:
    """The segments that the folder's manifest says are in it."""
    try:
        return {segment.name for segment in Manifest.load(folder).segments if segment.kind != "pack"}
    except FileNotFoundError:
        return set()


def drop_stones(store: Store) -> None:
    """Forget tombstones that stand over nothing."""
    index = PackIndex.load(store.packs_folder)
    if not index.gone:
        return
    with store.changing_index() as index:
        for session_id, stone in list(index.gone.items()):
            held = set(store.packs.holding(session_id, index))
            stone["packs"] = [pack for pack in stone["packs"] if pack in held]
            if not stone["packs"] and not stone.get("deleted"):
                del index.gone[session_id]


# ── leftovers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sweep(store: Store, before_us: int) -> int:
    """Remove what a crash left behind before then; how many files and folders."""
    removed = sum(_unlink(path) for path in _unfinished(store) if _is_older(path, before_us))
    removed += _sweep_packs(store, before_us) + _sweep_sources(store, before_us)
    index = store.packs.index()
    for folder in _folders(store):
        if index.is_retired(f"sessions/{folder.name}") or not _is_older(folder, before_us):
            continue
        if folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
        elif folder.name.startswith(PREFIX):
            removed += _sweep_session(store, folder, before_us)
    _sweep_locks(store, before_us)
    return removed


def _unfinished(store: Store) -> Iterator[Path]:
    """Files that somebody was writing and never published."""
    for folder in (store.packs_folder, store.sources_folder, *_folders(store), *_parts(store.blobs.folder)):
        try:
            yield from [
                path for path in folder.iterdir() if path.name.startswith(".") and path.name.endswith(UNFINISHED)
            ]
        except FileNotFoundError:
            continue


def _folders(store: Store) -> list[Path]:
    return _parts(store.sessions_folder)


def _parts(folder: Path) -> list[Path]:
    try:
        return [Path(item.path) for item in os.scandir(folder) if item.is_dir()]
    except FileNotFoundError:
        return []


def _sweep_packs(store: Store, before_us: int) -> int:
    """Files of packs that were written and never named by the index."""
    with store.maintenance(wait=True):
        index = PackIndex.load(store.packs_folder)
        removed = 0
        for path in store.packs_folder.iterdir():
            name = path.name.split(".")[0]
            if path.name == INDEX_NAME or not name.isdigit() or int(name) >= index.next or name in index.packs:
                continue
            if not index.is_retired(f"packs/{path.name}") and _is_older(path, before_us):
                removed += _unlink(path)
        return removed


def _sweep_sources(store: Store, before_us: int) -> int:
    """Frames of volumes that never got an index, or have lost it."""
    removed = 0
    for path in store.sources_folder.glob("v_*.frames"):
        indexes = store.sources_folder.glob(f"{path.stem}.json*")
        if _is_older(path, before_us) and not any(indexes):
            removed += _unlink(path)
    return removed


def _sweep_session(store: Store, folder: Path, before_us: int) -> int:
    """Files in a session's folder that its manifest does not name; the folder itself if it never got a manifest."""
    try:
        lock = store.lock(folder.name, note=UPKEEP)
    except SessionBusy:
        return 0
    try:
        if not (folder / FILE_NAME).exists():
            if holds_segments(folder):
                return 0  # its manifest was lost: `verify` names it
            shutil.rmtree(folder, ignore_errors=True)
            return 1
        segments = {segment.name: segment.kind for segment in Manifest.load(folder).segments if segment.kind != "pack"}
        index, removed = store.packs.index(), 0
        for path in folder.iterdir():
            name, _, kind = path.name.partition(".")
            leftover = name not in segments or (segments[name] == "sealed" and kind == "jsonl")
            if name.isdigit() and leftover and _is_older(path, before_us):
                removed += 0 if index.is_retired(f"sessions/{folder.name}/{path.name}") else _unlink(path)
        return removed
    except WorkbenchError:
        return 0  # damaged: `verify` names it
    finally:
        lock.release()


def _sweep_locks(store: Store, before_us: int) -> None:
    """Lock files of processes that were killed: taking such a lock and letting it go removes it."""
    for path in store.locks_folder.iterdir():
        if path.name not in (MAINTENANCE, UPKEEP) and _is_older(path, before_us):
            lock = FileLock(path, UPKEEP)
            if lock.acquire():
                lock.release()


def _is_older(path: Path, before_us: int) -> bool:
    """Whether a file was last written, or a folder last changed or moved, before then."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return False
    changed = max(status.st_mtime_ns, status.st_ctime_ns) if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns
    return changed // 1_000 <= before_us


def _unlink(path: Path) -> int:
    path.unlink(missing_ok=True)
    return 1


# ── blobs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def collect_blobs(store: Store, before_us: int) -> int:
    """Remove blobs that no extra names any more and that nobody has put since then; how many."""
    old = {name for name in store.blobs.names() if _is_older(store.blobs.path(name), before_us)}
    if old:
        for name in _all_named(store):
            old.discard(name)
    return sum(_collect(store.blobs.path(name), before_us) for name in old)


def _collect(path: Path, before_us: int) -> int:
    """Remove a blob, unless somebody puts it at this very moment."""
    aside = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return 0
    if _is_older(aside, before_us):
        return _unlink(aside)
    os.rename(aside, path)
    return 0


def _all_named(store: Store) -> Iterator[str]:
    """Every blob that an extra of a session names: of all that packs hold, and of every folder."""
    index = store.packs.index()
    for pack in index.packs:
        file = PayloadFile(store.packs_folder / f"{pack}.payload.parquet", "?")
        for table in file.tables(0, file.rows):
            yield from _named_in(table)
        file.close()
    for session_id in store.own_sessions(index):
        with store.reader(session_id) as reader:
            for _, table in reader.payloads(0, reader.count):
                yield from _named_in(table)
            for tail in reader.tails:
                for seq in range(tail.segment.first, tail.stop):
                    yield from named_blobs(decode(tail.entry(seq).extra or b"{}"))


def _named_in(table: pa.Table) -> Iterator[str]:
    extras = table.column("extra")
    for extra in extras.filter(pc.match_substring(extras, '"blob"')).to_pylist():
        yield from named_blobs(decode(extra.encode()))
