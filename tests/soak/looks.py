"""All that a store says, as `workbench verify` looks at it and as those do who trust it: readers, SQL, sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runtime.asking.query import Query
from runtime.errors import Corrupt, QueryError, WorkbenchError
from runtime.reader import LogReader
from runtime.sources.archive import SourceArchive, check_frames
from runtime.store import Store

SHARED = "?"
"""Stands for a session where it is no one session's."""
STEP = 5

Way = tuple[str, str]
"""Whose (a session, a source) and how it was looked at."""


@dataclass
class Look:
    """What was said, and what was named as damaged."""

    said: dict[Way, object] = field(default_factory=dict)
    refused: dict[Way, str] = field(default_factory=dict)
    """Those that got an error instead, in its words."""
    named: list[Corrupt] = field(default_factory=list)
    """What `workbench verify` would say."""

    def __post_init__(self) -> None:
        self.bare: list[str] = []
        """Errors that are none of ours."""

    @contextmanager
    def at(self, whose: str, way: str) -> Iterator[None]:
        """Look in one way; what goes wrong is noted."""
        try:
            yield
        except WorkbenchError as error:
            self.refused[whose, way] = str(error)
            if way == "verify":
                self.named.append(error if isinstance(error, Corrupt) else Corrupt(whose, None, SHARED, str(error)))
        except Exception as error:
            self.bare.append(f"{way} of {whose}: a bare {error!r}")

    @property
    def files(self) -> set[str]:
        """Names of files that were named."""
        return {Path(error.file).name for error in self.named}

    def about(self, session_id: str) -> list[Corrupt]:
        """What was named of one session."""
        return [error for error in self.named if error.session_id == session_id]


READING: dict[str, Callable[[LogReader], object]] = {
    "entries": lambda reader: [(entry.id, entry.time_us, entry.thread_id, entry.payload, entry.extra)
                               for entry in reader.entries()],
    "rows": lambda reader: reader.rows(0, reader.count),
    "columns": lambda reader: reader.table(columns=["type", "name", "summary", "input_tokens"]).to_pylist(),
    "one by one": lambda reader: [(reader.payload(seq), reader.rows(seq, seq + 1))
                                  for seq in range(0, reader.count, STEP)],
}  # fmt: skip
"""Ways of reading a session, each with a reader of its own that never verifies."""


def looked_at(root: Path) -> Look:
    """Look at everything, in every way."""
    look, store, names = Look(), Store(root), []
    with look.at(SHARED, "verify"):
        for summary in store.summaries():
            names.append(summary.session_id)
            if summary.damage is None:
                look.said[summary.session_id, "sums"] = summary.sums, summary.manifest.title, summary.manifest.source
            else:
                look.refused[summary.session_id, "sums"] = summary.damage
    for session_id in names:
        with look.at(session_id, "verify"):
            look.said[session_id, "verify"] = store.verify(session_id)
        for way, read in READING.items():
            with look.at(session_id, way), store.reader(session_id) as reader:
                look.said[session_id, way] = read(reader)
    with look.at(SHARED, "verify"):
        look.named += store.verify_packs()
    _look_at_sources(store, look)
    with look.at(SHARED, "SQL"):
        _ask(store, look)
    return look


def _look_at_sources(store: Store, look: Look) -> None:
    archive = SourceArchive(store)
    with look.at(SHARED, "verify"):
        look.named += [Corrupt(SHARED, None, file, what) for file, what in check_frames(archive)]
    look.said[SHARED, "ledger"] = {path: (one.source_id, one.digest) for path, one in archive.ledger().items()}
    for source_id in {source_id for volume in archive.volumes().values() for source_id in volume["sources"]}:
        with look.at(source_id, "source"):
            look.said[source_id, "source"] = archive.whole(source_id)


def _ask(store: Store, look: Look) -> None:
    """How many events SQL finds of each session; what it leaves out it must say. DuckDB checks no page; verify does."""
    with Query(store) as query:
        counts = dict(query.run("SELECT session_id, count(*) FROM event_rows GROUP BY session_id").rows())
        if query.problems:
            raise QueryError(" ".join(query.problems))
    look.said[SHARED, "SQL"] = counts
