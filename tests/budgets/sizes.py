"""What a store takes on disk, original bytes included, against ``zstd -3`` of the very files that were imported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import zstandard

from runtime.ingest.paths import import_paths
from runtime.sources.archive import SourceArchive
from runtime.store import Store
from tests.budgets.bench import Bench, shared
from tests.budgets.outcome import Outcome, missing, of_runs
from tests.budgets.stores import folder_bytes
from tests.budgets.transcripts import transcript_set

FAMILY = "sizes"
RATIO = 2.0
TINY_BYTES = 256 * 1024


def measure(bench: Bench) -> Iterator[Outcome]:
    """See the package."""
    data = shared()
    if data is None:
        yield missing(
            FAMILY, "store against zstd -3, per format", "no shared transcripts here; set WORKBENCH_SHARED_DATA"
        )
    else:
        for folder in sorted(path for path in data.iterdir() if path.is_dir()):
            yield from _ratio(bench, folder, folder.name)
        yield from _ratio(bench, data, "all of them in one store")
    folder, about = transcript_set(bench)
    yield from _ratio(bench, folder, about)


def _ratio(bench: Bench, folder: Path, name: str) -> Iterator[Outcome]:
    root = bench.folder / "fresh" / "sizes"
    shutil.rmtree(root, ignore_errors=True)
    import_paths(Store(root), [folder])
    imported = [Path(path) for path in SourceArchive(Store(root)).ledger()]
    if not imported:
        return
    pack = zstandard.ZstdCompressor(level=3)
    compressed = sum(len(pack.compress(path.read_bytes())) for path in imported)
    taken = folder_bytes(root)
    parts = ", ".join(f"{part} {folder_bytes(root / part) / 1e6:.2f}" for part in ("sessions", "packs", "sources"))
    beside = f"{taken / 1e6:.2f} MB ({parts}) for {len(imported):,} files, zstd {compressed / 1e6:.2f} MB"
    if compressed < TINY_BYTES:
        beside += "; tiny: whole blocks and footers"
    yield of_runs(FAMILY, f"store / zstd -3: {name}", "×", [taken / compressed], RATIO, beside=beside)
    shutil.rmtree(root, ignore_errors=True)
