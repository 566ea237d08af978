"""A file that grows: imported at twenty random sizes on the way, and once in one go."""

from __future__ import annotations

import random
from pathlib import Path

from runtime.importers.discover import discover
from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store
from tests.support.surviving import doubled, everything

CUTS = 20


def differences(source: Path, folder: Path, seed: int) -> list[str]:
    """What differs between importing ``source`` in one go and in twenty random pieces."""
    data = source.read_bytes()
    path = folder.joinpath(*source.parts[-4:])  # some formats keep an identity in the folders above a file
    path.parent.mkdir(parents=True, exist_ok=True)
    importer = next(iter(discover([source]))).importer
    assert importer is not None
    pieces = Store(folder / "in pieces")
    for size in [*sorted(random.Random(seed).sample(range(1, len(data)), min(CUTS, len(data) - 1))), len(data)]:
        path.write_bytes(data[:size])
        import_paths(pieces, [path], format=importer.format)
    whole = Store(folder / "in one go")
    import_paths(whole, [path], format=importer.format)
    expected, found = everything(whole), everything(pieces)
    wrong = [f"{source}: session {key} is in one only" for key in expected.keys() ^ found.keys()]
    for key in expected.keys() & found.keys():
        for place, (left, right) in enumerate(zip(expected[key], found[key], strict=False)):
            if left != right:
                wrong.append(f"{source}: session {key}, event {place}: {left} in one go, {right} in pieces")
                break
        if len(expected[key]) != len(found[key]):
            wrong.append(f"{source}: session {key}: {len(expected[key])} events in one go, {len(found[key])} in pieces")
        wrong += [f"{source}: session {key}: {event_id} came twice" for event_id in doubled(pieces, key)[:1]]
    return wrong + [f"{source}: {what}" for what in _wrong_sources(pieces, path, data)]


def _wrong_sources(store: Store, path: Path, data: bytes) -> list[str]:
    """Where what was kept of the file, once it was whole, is not its bytes."""
    archive = SourceArchive(store)
    wrong = [what for _, what in check_frames(archive)]
    entry = archive.ledger().get(str(path))
    kept = {source_id for volume in archive.volumes().values() for source_id in volume["sources"]}
    if entry is not None and entry.source_id in kept and archive.whole(entry.source_id) != data:
        wrong.append("its source is not its bytes")
    return wrong
