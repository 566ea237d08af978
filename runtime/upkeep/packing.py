"""Packing: small sessions into packs, and packs into better ones.

A pack is written whole before the index names it, and the index is swapped once: in that step its sessions' folders
(or the packs it replaces) cease to count. Where a session was written to, woken or deleted since it was read, the new
pack's entry is buried by the same swap, and the session stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from runtime.clock import now_us
from runtime.errors import SessionBusy, SessionNotFound, WorkbenchError
from runtime.log import free_name
from runtime.manifest import Manifest, Segment
from runtime.pack import Packed, PackIndex, pack_files, write_pack
from runtime.reader import LogReader
from runtime.schema import PAYLOADS
from runtime.sealed import PayloadFile, read_rows
from runtime.segment import write_payloads, write_rows
from runtime.store import UPKEEP, Store
from runtime.verify import check_digest, verify

SMALL_ROWS = 8_192
SMALL_BYTES = 8 * 1024 * 1024
PACK_ROWS = 65_536
PACK_BYTES = 64 * 1024 * 1024
PACK_SESSIONS = 500
MANY_PACKS = 8
"""So many small packs are put together."""


# ── sessions into packs ──────────────────────────────────────────────────────────────────────────────────────────────


def pack_small(store: Store, many: int, problems: list[str]) -> int:
    """Pack small sealed sessions if at least ``many`` wait; how many were packed."""
    waiting = [session_id for session_id in store.own_sessions(store.packs.index()) if _is_small(store, session_id)]
    if len(waiting) < max(1, many):
        return 0
    return sum(_pack_folders(store, batch) for batch in _batches(_read_folders(store, sorted(waiting), problems)))


def _is_small(store: Store, session_id: str) -> bool:
    folder = store.folder(session_id)
    try:
        segments = Manifest.load(folder).segments
        stored = sum(os.stat(folder / f"{s.name}.payload.parquet").st_size for s in segments if s.kind == "sealed")
    except (FileNotFoundError, WorkbenchError):
        return False  # gone meanwhile, or damaged: `verify` names it
    rows = sum(segment.count for segment in segments)
    return 0 < rows <= SMALL_ROWS and stored <= SMALL_BYTES and all(segment.kind != "open" for segment in segments)


def _read_folders(store: Store, session_ids: Iterable[str], problems: list[str]) -> Iterator[Packed]:
    """Each session's share of a pack, checked: what goes into a pack is what was written."""
    for session_id in session_ids:
        try:
            with LogReader(store.folder(session_id), packs=store.packs_folder) as reader:
                said = sum(reader.table(columns=["payload_bytes"]).column(0).to_pylist())
                if said > SMALL_BYTES or reader.tails or not reader.segments:
                    continue  # too much; or written to, or made anew, since it was looked at
                verify(reader)
                tables = [PAYLOADS.empty_table(), *(table for _, table in reader.payloads(0, reader.count))]
                chain, manifest = reader.segments[-1].chain, reader.manifest
                yield Packed(manifest, reader.table(), pa.concat_tables(tables), chain, manifest.totals())
        except SessionNotFound:
            continue
        except WorkbenchError as error:
            problems.append(str(error))


def _batches(parts: Iterable[Packed]) -> Iterator[list[Packed]]:
    """``parts`` in packs' worths."""
    batch: list[Packed] = []
    rows = held = 0
    for part in parts:
        full = rows + len(part.rows) > PACK_ROWS or held + part.bytes > PACK_BYTES or len(batch) >= PACK_SESSIONS
        if batch and full:
            yield batch
            batch, rows, held = [], 0, 0
        batch.append(part)
        rows += len(part.rows)
        held += part.bytes
    if batch:
        yield batch


def _pack_folders(store: Store, parts: list[Packed]) -> int:
    """Write a pack and publish it; how many sessions it took over."""
    name = _reserved_name(store)
    write_pack(store.packs_folder, name, parts)
    taken = 0
    with ExitStack() as held, store.maintenance(wait=True):
        index = PackIndex.load(store.packs_folder)
        for part in parts:
            session_id = part.manifest.session_id
            if _holds_still(store, index, part.manifest, held):
                index.retire(f"sessions/{session_id}", now_us())
                index.bury(session_id, {segment.name for segment in part.manifest.segments if segment.kind == "pack"})
                taken += 1
            else:
                index.bury(session_id, [name])
        if taken:
            index.packs.append(name)
            index.save(store.packs_folder)
        else:
            _remove_pack(store, name)
    return taken


def _holds_still(store: Store, index: PackIndex, manifest: Manifest, held: ExitStack) -> bool:
    """Whether the session is as it was when it was read; it stays so until ``held`` lets its lock go."""
    try:
        lock = store.lock(manifest.session_id, note=UPKEEP)
    except SessionBusy:
        return False
    try:
        same = store.is_own(manifest.session_id, index) and Manifest.load(store.folder(manifest.session_id)) == manifest
    except (FileNotFoundError, WorkbenchError):
        same = False
    if same:
        held.callback(lock.release)
    else:
        lock.release()
    return same


def _reserved_name(store: Store) -> str:
    """A pack's name that nobody else will use."""
    with store.changing_index() as index:
        index.next += 1
        return f"{index.next - 1:06d}"


def _remove_pack(store: Store, name: str) -> None:
    for path in pack_files(name):
        (store.root / path).unlink(missing_ok=True)


# ── packs into packs ─────────────────────────────────────────────────────────────────────────────────────────────────


def rewrite_packs(store: Store, now: int, problems: list[str]) -> int:
    """Write packs with buried entries anew without them, and small ones together; how many were replaced."""
    index = store.packs.index()
    leaned_on = {pack for stone in index.gone.values() if stone.get("deleted") for pack in stone["packs"]}
    packs = [pack for pack in index.packs if pack not in leaned_on]  # on those, sources yet to be forgotten lean
    poor = [pack for pack in packs if any(index.buried(found, pack) for found in store.packs.lines(pack))]
    small = [pack for pack in packs if pack not in poor and _is_small_pack(store, pack)]
    groups = [*([pack] for pack in poor), *(_together(store, small) if len(small) >= MANY_PACKS else [])]
    replaced = 0
    for group in groups:
        try:
            if all([_free_of_folders(store, pack, problems) for pack in group]):
                replaced += _replace(store, group, now)
        except WorkbenchError as error:
            problems.append(str(error))
    return replaced


def _is_small_pack(store: Store, pack: str) -> bool:
    try:
        stored = os.stat(store.packs_folder / f"{pack}.payload.parquet").st_size
    except FileNotFoundError:
        return False  # `verify` names it
    return stored * 4 < PACK_BYTES and len(store.packs.lines(pack)) * 4 < PACK_SESSIONS


def _together(store: Store, packs: Iterable[str]) -> Iterator[list[str]]:
    """Groups of packs that fit into one."""
    group: list[str] = []
    sessions = stored = 0
    for pack in packs:
        count, size = len(store.packs.lines(pack)), os.stat(store.packs_folder / f"{pack}.payload.parquet").st_size
        if group and (sessions + count > PACK_SESSIONS or stored + size > PACK_BYTES // 4):
            yield group
            group, sessions, stored = [], 0, 0
        group.append(pack)
        sessions += count
        stored += size
    if len(group) > 1:
        yield group


def _free_of_folders(store: Store, pack: str, problems: list[str]) -> bool:
    """Make sure that no woken session's folder leans on ``pack``; False if one is being written to."""
    for session_id in _leaning(store, pack, store.packs.index()):
        try:
            lock = store.lock(session_id, note=UPKEEP)
        except SessionBusy:
            return False
        try:
            _unpack(store, session_id, pack)
        except WorkbenchError as error:
            problems.append(str(error))
            return False
        finally:
            lock.release()
    return True


def _leaning(store: Store, pack: str, index: PackIndex) -> list[str]:
    """Woken sessions whose folders go on from ``pack``."""
    own = [session_id for session_id in store.packs.lines(pack) if store.is_own(session_id, index)]
    return [
        session_id
        for session_id in own
        if any(s.kind == "pack" and s.name == pack for s in Manifest.load(store.folder(session_id)).segments)
    ]


def _unpack(store: Store, session_id: str, pack: str) -> None:
    """Give a woken session what it has in ``pack`` as a sealed segment of its own. Its lock is held."""
    folder = store.folder(session_id)
    manifest = Manifest.load(folder)
    segment = next((s for s in manifest.segments if s.kind == "pack" and s.name == pack), None)
    if segment is None:
        return
    with LogReader(folder, packs=store.packs_folder) as reader:
        tables = [table for _, table in reader.payloads(segment.first, segment.stop)]
        rows = reader.table(segment.first, segment.stop)
    name = free_name(folder, manifest)
    files = {
        "payload": write_payloads(folder / f"{name}.payload.parquet", tables),
        "rows": write_rows(folder / f"{name}.rows.parquet", [rows]),
    }
    own = Segment(name, "sealed", segment.first, segment.count, segment.chain, 0, segment.sums, files)
    others = [known for known in manifest.segments if known is not segment]
    replace(manifest, segments=sorted([*others, own], key=lambda s: (s.first, s.name))).save(folder)


def _replace(store: Store, packs: list[str], now: int) -> int:
    """Write what counts of ``packs`` anew and publish it in their place; how many were replaced."""
    index = store.packs.index()
    parts = [part for pack in packs for part in _read_pack(store, pack, index)]
    written: dict[str, list[Packed]] = {}
    for batch in _batches(parts):
        name = _reserved_name(store)
        write_pack(store.packs_folder, name, batch)
        written[name] = batch
    with store.maintenance(wait=True):
        index = PackIndex.load(store.packs_folder)
        if not set(packs) <= set(index.packs) or any(_leaning(store, pack, index) for pack in packs):
            for name in written:
                _remove_pack(store, name)
            return 0
        for name, batch in written.items():
            for part in batch:
                session_id = part.manifest.session_id
                if store.is_own(session_id, index) or store.packs.find(session_id, index) not in packs:
                    index.bury(session_id, [name])  # deleted meanwhile, or moved
        index.packs = [pack for pack in index.packs if pack not in packs] + list(written)
        for path in [path for pack in packs for path in pack_files(pack)]:
            index.retire(path, now)
        index.save(store.packs_folder)
    return len(packs)


def _read_pack(store: Store, pack: str, index: PackIndex) -> Iterator[Packed]:
    """What counts of a pack, session by session. Raises `Corrupt` where the pack is not as it was written."""
    about, folder = store.packs.about(pack), store.packs_folder
    for what in ("rows", "payload"):
        check_digest("?", folder / f"{pack}.{what}.parquet", about[what])
    held = [found for found in store.packs.lines(pack) if store.packs.find(found, index) == pack]
    manifests = [store.packs.manifest(found, pack) for found in held if not store.is_own(found, index)]
    rows, payloads = _whole(folder, pack)
    for manifest in manifests:
        [segment] = manifest.segments
        yield Packed(
            manifest, rows.slice(segment.row, segment.count), payloads.slice(segment.row, segment.count),
            segment.chain, segment.sums,
        )  # fmt: skip


def _whole(folder: Path, pack: str) -> tuple[pa.Table, pa.Table]:
    file = PayloadFile(folder / f"{pack}.payload.parquet", "?")
    payloads = pa.concat_tables([PAYLOADS.empty_table(), *file.tables(0, file.rows)])
    file.close()
    whole = Segment(pack, "sealed", 0, len(payloads), "")
    return read_rows(folder / f"{pack}.rows.parquet", "?", whole), payloads
