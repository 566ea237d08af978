"""Rows of events from many sessions, fetched on a lane for the few lines that somebody looks at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import groupby

from runtime.errors import WorkbenchError
from runtime.event import Row
from runtime.store import Store
from workbench.view.lane import Lane

KEPT_ROWS = 2_048
AT_ONCE = 256
"""Of what was asked for, so much of the latest is fetched: nobody looks at the rest any more."""

Place = tuple[str, int]
"""A session, and a seq in it."""


class RowFetch:
    """Rows by place. One that is not here yet is None, is fetched, and is announced together with others."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: OrderedDict[Place, Row | None] = OrderedDict()
        self._asked: list[Place] = []
        self._busy = False

    def start(self, lane: Lane, came: Callable[[], None]) -> None:
        """Rows are fetched on ``lane``; ``came`` hears that there are more."""
        self._lane, self._came = lane, came

    def row(self, session_id: str, seq: int) -> Row | None:
        """The row, if it is here."""
        place = session_id, seq
        if place in self._rows:
            self._rows.move_to_end(place)
            return self._rows[place]
        self._asked.append(place)
        self._fetch()
        return None

    def _fetch(self) -> None:
        """Unless something is being fetched: then what is asked for now goes next."""
        if not self._busy and self._asked:
            self._busy = True
            self._lane.run(self._read, self._arrived)

    def _read(self) -> dict[Place, Row | None]:
        """What was asked for until now. On the lane."""
        asked, self._asked = self._asked, []
        found: dict[Place, Row | None] = {}
        for session_id, places in groupby(sorted(set(asked[-AT_ONCE:])), key=lambda place: place[0]):
            seqs = [seq for _, seq in places]
            found |= {(session_id, seq): None for seq in seqs}  # nobody asks twice for what cannot be read
            try:
                with self._store.reader(session_id) as reader:
                    found |= {(session_id, seq): reader.rows(seq, seq + 1)[0] for seq in seqs if not self._lane.closed}
            except (WorkbenchError, OSError, IndexError):
                continue
        return found

    def _arrived(self, found: dict[Place, Row | None]) -> None:
        self._busy = False
        self._rows |= found
        while len(self._rows) > KEPT_ROWS:
            self._rows.popitem(last=False)
        self._came()
        self._fetch()
