"""Sessions and stores to measure on; each is made once a run, and told by what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runtime.event import Draft, Row
from runtime.manifest import Manifest
from runtime.store import Store
from tests.budgets.bench import Bench
from tests.budgets.long_story import SESSION, write_long
from workbench.demo import store as demo


def demo_store(bench: Bench) -> Store:
    """The demo's small store."""
    return Store(bench.made("demo", _made_demo))


def _made_demo(path: Path) -> None:
    demo.ensure(Store(path))


def session_of(bench: Bench, events: int) -> tuple[Store, str]:
    """A store with one sealed session of so many events."""
    return Store(bench.made(f"long-{events}", lambda path: write_long(path, events))), SESSION


def heavy_session(bench: Bench, events: int, heavy: int) -> tuple[Store, str]:
    """The same with ``heavy`` results of five megabytes in it."""
    return Store(bench.made(f"heavy-{events}", lambda path: write_long(path, events, heavy))), SESSION


def telling(rows: list[Row]) -> str:
    """Text that is on a screen if one of ``rows`` is: the beginning of the last telling summary."""
    told = [row.summary[:22].strip() for row in rows if row.type in ("user.message", "agent.message")]
    return next((text for text in reversed(told) if text.isascii() and len(text) > 5), "")


BODY = "The worker took the job, ran it, and wrote what it found to the report. "


def drafts(session: str, count: int, size: int = 2_000) -> Iterator[Draft]:
    """Events of about ``size`` bytes each, as a harness appends them."""
    for number in range(count):
        text = (f"{session} {number}: " + BODY * (size // len(BODY) + 1))[: size - 160]
        payload = {
            "id": f"sevt_{session}{number:08d}", "type": "agent.message", "content": [{"type": "text", "text": text}],
            "processed_at": "2026-11-20T13:45:20.123456Z",
        }  # fmt: skip
        yield Draft(payload, "sthr_0123456789abcdefghij", 1_795_182_320_123_456 + number)


def new_session(store: Store, name: str) -> Manifest:
    """The manifest of a session that is not there yet."""
    store.prepare()
    return Manifest(f"sesn_{name}", title=name)


def folder_bytes(folder: Path) -> int:
    """What a folder takes on disk, as ``du`` counts it: whole blocks, folders included; nothing if it is not there."""
    if not folder.exists():
        return 0
    own = folder.stat().st_blocks * 512
    return own + sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
