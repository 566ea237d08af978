"""What only a session's rows tell: how its events lie in time, in sixteen cells, and what became of it.

Told of sessions in sight only, the last looked at first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from runtime.errors import WorkbenchError
from runtime.store import Store
from workbench.view.lane import Lane
from workbench.view.sessions.listing import SessionLine

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.view.sessions.course import Course

CELLS, HEIGHTS = 16, "▁▂▃▄▅▆▇█"
TOGETHER, WAITING, KEPT = 8, 128, 4_096
"""How many are told at a time, may wait to be told, and are remembered."""

Key = tuple[str, int]


class Glimpse(NamedTuple):
    """What was told of a session."""

    density: str = ""
    course: Course | None = None


NOTHING = Glimpse()


def spark(counts: list[int]) -> str:
    """A cell for each of ``counts``, the most of them highest; what is nothing is blank."""
    most = max(counts, default=0)
    return "".join(HEIGHTS[(count * len(HEIGHTS) - 1) // most] if count else " " for count in counts)


def density(times: pa.ChunkedArray) -> str:
    """Events by clock; nothing where no time is known."""
    import pyarrow.compute as pc  # not before the first paint

    times = times.drop_null()
    if not len(times):
        return ""
    first, last = (value.as_py() for value in pc.min_max(times).values())
    width = (last - first) // CELLS + 1
    counts = [0] * CELLS
    for pair in pc.value_counts(pc.divide(pc.subtract(times, first), width)).to_pylist():
        counts[pair["values"]] = pair["counts"]
    return spark(counts)


class Sparks:
    """What is known of sessions beyond their manifests, and of which it is wanted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Key, Glimpse] = {}
        self._wanted: dict[Key, None] = {}
        self._telling: frozenset[Key] = frozenset()

    def start(self, lane: Lane, came: Callable[[], None]) -> None:
        """``came`` hears that more is known."""
        self._lane, self._came = lane, came

    def of(self, line: SessionLine) -> Glimpse:
        """What is known of a session; what is not will be told."""
        shift = max(0, line.events.bit_length() - 4)
        key = line.session_id, line.events >> shift << shift  # one that grows is not told anew with every event
        known = self._known.get(key)
        if known is None and line.events and key not in self._telling:
            self._wanted.pop(key, None)
            self._wanted[key] = None
            if len(self._wanted) > WAITING:
                del self._wanted[next(iter(self._wanted))]
            self._tell()
        return known or NOTHING

    def _tell(self) -> None:
        if self._telling or not self._wanted:
            return
        keys = [self._wanted.popitem()[0] for _ in range(min(TOGETHER, len(self._wanted)))]
        self._telling = frozenset(keys)
        self._lane.run(lambda: [(key, self._told(key[0])) for key in keys], self._have)

    def _told(self, session_id: str) -> Glimpse:
        from workbench.view.sessions.course import of_reader

        if self._lane.closed:
            return NOTHING
        try:
            with self._store.reader(session_id) as reader:
                return Glimpse(density(reader.table(columns=["time_us"]).column(0)), of_reader(reader))
        except WorkbenchError:
            return NOTHING  # damaged or gone: its line says so

    def _have(self, found: list[tuple[Key, Glimpse]]) -> None:
        self._telling = frozenset()
        self._known.update(found)
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        self._came()
        self._tell()
