"""The stores that releases leave behind, one a schema version; ``python -m tests.support.golden`` makes the newest.

A store in ``tests/data/schema-N`` is never written again once version N is released: what it proves is that whatever
reads logs today reads those of then.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime.event import Draft
from runtime.ingest.paths import import_paths
from runtime.schema import SCHEMA_VERSION
from runtime.store import Store
from tests.support.builders import THREAD, add_session, message, request_end, tool_result, tool_use
from tests.support.transcripts import write_transcripts
from tests.support.whole import mixed_store

GOLDEN = Path(__file__).resolve().parents[1] / "data"
LAID_OUT = b'{\n  "id": "sevt_000001",\n  "type": "user.message", "content": "on several lines \\u2603"\n}'


def make(folder: Path) -> None:
    """A store with all that version writes: open, sealed, packed, woken, deleted; blobs, sources, superseded events."""
    store, _ = mixed_store(folder / "store")
    said = json.loads(LAID_OUT)
    odd = [
        message(0, "\x1b[31m red \u202e back \x00 nul"), Draft(said, THREAD, None, {}, LAID_OUT),
        tool_use(2, "näme\n", command="x" * 5_000), tool_result(3, 2, is_error=True, duration_us=5),
        request_end(4, tokens=(1, 2, 3, 4)),
    ]  # fmt: skip
    again = tool_result(3, 2)._replace(extra={"supersedes": 3})
    add_session(store, "sesn_odd", [odd, [again]], title="odd \x1b]0;title\x07", about={"cwd": "/home/u"})
    with TemporaryDirectory() as place:
        write_transcripts(Path(place) / "transcripts", range(1, 13))
        import_paths(store, [Path(place) / "transcripts"], processes=1)
    shutil.rmtree(store.locks_folder)
    facts = {session_id: about(store, session_id) for session_id in sorted(store.session_ids())}
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


def about(store: Store, session_id: str) -> dict[str, object]:
    """What must be found again of a session: how much, its last chain, its title, and which tokens it counts."""
    with store.reader(session_id) as reader:
        events = store.verify(session_id)
        last = list(reader.entries(events - 1, events))[0]
        rows = reader.rows(0, events)
        manifest = reader.manifest
    imported = "format" in manifest.source  # its events name their source, which is named by where it was
    return {
        "events": events, "last": last.id, "chain": None if imported else rows[-1].chain.hex(), "title": manifest.title,
        "bytes": sum(row.payload_bytes for row in rows), "errors": sum(row.is_error for row in rows),
        "tokens": sum(row.input_tokens or 0 for row in rows),
    }  # fmt: skip


if __name__ == "__main__":
    target = GOLDEN / f"schema-{SCHEMA_VERSION}"
    if target.exists() and sys.argv[1:] != ["--again"]:
        sys.exit(f"{target} is there: what was released is not made again (--again, before it is released)")
    shutil.rmtree(target, ignore_errors=True)
    make(target)
