"""Where the session screen gets its rows and payloads: a reader on a lane of its own, and the pages looked at last.

Nothing here draws. A row that is not here yet is None, is fetched, and is announced through ``on_rows``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from runtime.event import Row
from runtime.manifest import sums_of
from runtime.pack import PackIndex
from runtime.reader import LogReader
from runtime.segment import SEGMENT_ROWS, Entry
from runtime.store import Store
from workbench.view.lane import Lane
from workbench.view.session.find import find_threads
from workbench.view.session.standing import ALL, Standing, errors_among, replaced_in_sealed, replacing
from workbench.view.session.window import PAGE_ROWS, Pages
from workbench.view.session.writer import has_writer

FIRST_PAINT_SECONDS = 0.25
MANY_ASKED = 2
"""While so many pages are on their way (a filter shows lines from far apart), nobody waits for one more."""
LONG_AGO = 256
"""A page is not fetched any more when so many others were asked for since: nobody looks at it now."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a look at the log found."""

    count: int
    errors: int
    writer: bool
    in_turn: bool
    standing: Standing = ALL
    deleted: bool = False
    end_us: int | None = field(default=None, compare=False)
    """The latest moment of any event."""


class OwnReader:
    """A reader of one lane alone, opened when it is first wanted."""

    def __init__(self, store: Store, session_id: str) -> None:
        self._store, self._session_id = store, session_id
        self._reader: LogReader | None = None

    def now(self) -> LogReader:
        """The reader, as far as the log goes now. On the lane only."""
        if self._reader is None:
            self._reader = self._store.reader(self._session_id)
        else:
            self._reader.poll()
        return self._reader

    def close(self) -> None:
        """Let go of it, if there is one."""
        if self._reader is not None:
            self._reader.close()


class SessionSource:
    """One session, as the screen sees it."""

    def __init__(self, store: Store, session_id: str) -> None:
        """Open the session; raises `SessionNotFound`, or `Corrupt` where its open segment is damaged."""
        self.store, self.session_id = store, session_id
        self.reader = store.reader(session_id)
        self.manifest = self.reader.manifest
        self.count = self.reader.count
        self.pages = Pages()
        self.threads: dict[str, str] = {}
        self._asked: dict[int, Future[list[Row]]] = {}
        self._asks = 0
        self._looking = False
        sums = self.manifest.totals()
        self._errors, self._end_us = sums.errors, sums.last_us
        self._counted = sum(segment.count for segment in self.reader.segments)
        self._standing = self._without(ALL, replaced_in_sealed(self.reader))
        self._lane: Lane | None = None
        self._index: PackIndex | None = None
        self._deleted = False
        self.pulse = self._look()
        self.standing, self.end_us = self.pulse.standing, self.pulse.end_us
        self.start_us = self._start()

    def _start(self) -> int | None:
        """The session's first moment; of sealed segments it stands in the manifest, and nothing need be read."""
        known = self.manifest.totals().first_us
        if known is None and self.count:
            known = next((row.time_us for row in self.reader.rows(0, 64) if row.time_us is not None), None)
        return known

    def start(self, lane: Lane, on_rows: Callable[[int, int], None]) -> None:
        """From now on everything happens on ``lane``; ``on_rows`` hears of each page that came."""
        self._lane, self._on_rows = lane, on_rows

    @property
    def lane(self) -> Lane:
        """The lane that owns the reader."""
        assert self._lane is not None, "the source was not started"
        return self._lane

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def row(self, seq: int) -> Row | None:
        """The row, if it is here or comes within a blink."""
        row = self.pages.row(seq)
        if row is not None or not 0 <= seq < self.count:
            return row
        number = seq // PAGE_ROWS
        if number in self._asked:
            return None  # waited for once is enough: the next line of the same page would wait again
        many = len(self._asked) >= MANY_ASKED
        future = self._ask(number)
        if many:
            return None
        ahead = self.pages.next_in_travel(number)
        if ahead is not None and ahead not in self._asked and self.pages.wanted(ahead, self.count):
            self._ask(ahead)
        if (rows := self.lane.blink(future)) is not None:
            self._came(number, rows, announce=False)
        return self.pages.row(seq)

    def prepare(self, seq: int) -> None:
        """Have what the first paint shows, the cursor being on ``seq``; called once, so that it is whole."""
        self.bring(seq)
        if 0 < self.count <= SEGMENT_ROWS:
            names = self.lane.blink(self.learn_threads(0, self.count, lambda: None), FIRST_PAINT_SECONDS)
            self.threads.update(names or {})

    def bring(self, seq: int) -> None:
        """Have the page of ``seq`` here before it is drawn."""
        number = seq // PAGE_ROWS
        if self.pages.wanted(number, self.count) and self.pages.row(seq) is None:
            rows = self.lane.blink(self._ask(number), FIRST_PAINT_SECONDS)
            if rows is not None:
                self._came(number, rows, announce=False)

    def _ask(self, number: int) -> Future[list[Row]]:
        """Fetch a page, unless it is being fetched."""
        asked = self._asked.get(number)
        if asked is not None:
            return asked
        start, stop = number * PAGE_ROWS, min(self.count, (number + 1) * PAGE_ROWS)
        self._asks += 1
        place = self._asks

        def read() -> list[Row]:
            return self.reader.rows(start, stop) if self._asks - place < LONG_AGO else []

        future = self.lane.run(read, lambda rows: self._arrived(number, rows))
        self._asked[number] = future
        return future

    def _arrived(self, number: int, rows: list[Row]) -> None:
        self._asked.pop(number, None)
        if rows:
            self._came(number, rows, announce=True)
        else:  # given up: whoever does look there asks again
            self._on_rows(number * PAGE_ROWS, (number + 1) * PAGE_ROWS)

    def _came(self, number: int, rows: list[Row], *, announce: bool) -> None:
        if self.pages.put(number, rows) and announce:
            self._on_rows(number * PAGE_ROWS, number * PAGE_ROWS + len(rows))

    # ── payloads ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def entry(self, seq: int, then: Callable[[Entry], None]) -> Future[Entry]:
        """Everything stored of an event."""
        return self.lane.run(lambda: self.reader.entry(seq), then)

    # ── what is new ──────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, then: Callable[[Pulse], None]) -> None:
        """See whether the log has grown, unless a look is under way: however slow the disk, looks never queue up."""
        if self._looking:
            return
        self._looking = True

        def seen(pulse: Pulse) -> None:
            self._looking = False
            self.count, self.pulse = pulse.count, pulse
            self.standing, self.end_us = pulse.standing, pulse.end_us
            then(pulse)

        self.lane.run(self._look, seen)

    def _look(self) -> Pulse:
        reader = self.reader
        count = reader.poll() if self._lane is not None else reader.count
        for start in range(self._counted, count, 4096):
            rows = reader.rows(start, min(count, start + 4096))
            sums = sums_of(rows)
            self._errors += sums.errors
            self._end_us = max(self._end_us or 0, sums.last_us or 0) or None
            self._standing = self._without(self._standing, replacing(rows))
        self._counted = count
        tails = reader.tails
        in_turn = tails[-1].turn_after()[1] if tails else False
        writer = has_writer(self.store.locks_folder, self.session_id)
        return Pulse(count, self._errors, writer, in_turn, self._standing, self._is_deleted(), self._end_us)

    def _is_deleted(self) -> bool:
        """Whether the session was deleted: looked for only when the index of packs, which says so, has changed."""
        index = self.store.packs.index()
        if index is not self._index:
            self._index, self._deleted = index, not self.store.exists(self.session_id)
        return self._deleted

    def _without(self, standing: Standing, by: dict[int, int]) -> Standing:
        """What stands when the events in ``by`` are replaced; errors among them do not count any more."""
        if by:
            self._errors -= errors_among(self.reader, [seq for seq in by if seq in standing])
        return standing.joined(by)

    # ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def learn_threads(self, start: int, stop: int, then: Callable[[], None]) -> Future[dict[str, str]]:
        """Learn the names of threads created in a range of events; ``then`` hears of new ones."""

        def learned(names: dict[str, str]) -> None:
            if not names.items() <= self.threads.items():
                self.threads.update(names)
                then()

        return self.lane.run(lambda: find_threads(self.reader, start, stop), learned)

    def close(self) -> None:
        """Let go of the session."""
        if self._lane is not None:
            self._lane.close(self.reader.close)
        else:
            self.reader.close()
