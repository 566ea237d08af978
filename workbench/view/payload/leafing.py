"""From one payload to the next: however fast the cursor moves, one is fetched at a time, and never on the way of keys.

What is near an event comes with it. A counterpart that is further away is looked for on a lane of its own, by a reader
of its own, and given up as soon as somebody looks at another event.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from runtime.event import Row
from runtime.reader import LogReader
from workbench.view.lane import Lane
from workbench.view.payload import counterparts
from workbench.view.payload.sheet import Sheet, read_sheet
from workbench.view.session.source import OwnReader, SessionSource

BLINK_SECONDS = 0.008
HEAVY_BYTES = 512 * 1024
"""From here on a payload takes longer to read than a frame to draw, and keeps Python to itself meanwhile: it is read
only where somebody has stayed, and the cursor's frame is out."""
HEAVY_REST_SECONDS = 0.03
REACH_EVENTS = 16_384
"""So far a counterpart is looked for unasked,"""
REST_SECONDS = 0.15
"""and only where somebody has stayed for so long."""

Show = Callable[[Sheet], None]
Go = Callable[[int | None, str], None]


class Leafing:
    """Which payload is shown, and where its counterpart is."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._reader = OwnReader(source.store, source.session_id)
        self.sheet: Sheet | None = None
        self._wanted = -1
        """The event that was asked for last."""
        self._asked = False
        self._moved_on = Event()
        """Set when another event is looked at than the heavy one that was asked for."""
        self._failed = -1
        """The event that could not be read: asked for ten times a second, it would fail as often."""
        self._seen = 0
        """How many events there were when the sheet was made."""
        self._errand = 0
        self._elsewhere = Event()
        """Set as soon as what is looked for is not wanted any more."""
        self._back: tuple[int, int] | None = None
        """Where `counterpart` led to, and from where."""

    def start(self, lane: Lane, tab: Callable[[], str], show: Show) -> None:
        """``lane`` is for what is far; ``show`` hears of each sheet, whose ``tab`` is ready."""
        self._lane, self._tab, self._show = lane, tab, show

    def forget(self) -> None:
        """Show the event anew, even if it is the same."""
        self.sheet = None

    def want(self, seq: int) -> None:
        """Event ``seq`` is looked at."""
        if seq != self._wanted:
            self._moved_on.set()
        self._wanted = seq
        count = self._source.count
        if self._asked or not count or seq == self._failed or self._is_shown(seq, count):
            return
        self._asked, self._failed = True, -1
        row = self._source.row(seq)
        if row is not None and row.payload_bytes > HEAVY_BYTES:
            self._read_if_stayed_at(seq, count)
            return
        reader, tab, lane = self._source.reader, self._tab(), self._source.lane
        sheet = lane.blink(lane.run(lambda: self._read(reader, seq, tab), self._came(count)), BLINK_SECONDS)
        if sheet is not None:
            self._here(sheet, count)

    def _read_if_stayed_at(self, seq: int, count: int) -> None:
        """A heavy one: by the other lane, so that the list can go on meanwhile."""
        self._new_errand()
        self._moved_on = moved_on = Event()
        tab = self._tab()

        def work() -> Sheet | None:
            if moved_on.wait(HEAVY_REST_SECONDS):
                return None
            reader = self._reader.now()
            sheet = self._read(reader, seq, tab)
            reader.ease()
            return sheet

        self._lane.run(work, self._came(count))

    def _read(self, reader: LogReader, seq: int, tab: str) -> Sheet:
        try:
            sheet = read_sheet(reader, seq)
            sheet.lines(tab)
        except Exception:
            self._failed, self._asked = seq, False
            raise
        return sheet

    def _came(self, count: int) -> Callable[[Sheet | None], None]:
        """What to do with a sheet that was asked for when there were ``count`` events; then with the next one."""

        def came(sheet: Sheet | None) -> None:
            self._asked = False
            if sheet is not None:
                self._here(sheet, count)
            self.want(self._wanted)

        return came

    def _is_shown(self, seq: int, count: int) -> bool:
        """Whether it is, with its answer if that may have come since."""
        sheet = self.sheet
        if sheet is None or sheet.seq != seq:
            return False
        waits = sheet.counterpart is None and counterparts.answer_of(sheet.row.type) is not None
        return not waits or count == self._seen or self._seen > seq + counterparts.NEAR_EVENTS

    def _here(self, sheet: Sheet, count: int) -> None:
        """A sheet has come; a second time, it matters only for its counterpart."""
        known, self._seen = self.sheet, count
        if known is not None and known.seq == sheet.seq and (known.counterpart or not sheet.counterpart):
            return
        self.sheet = sheet
        wanted = self._new_errand()
        self._show(sheet)
        row = sheet.row
        if sheet.counterpart is None and self._is_far(row):
            self._look_far(row, wanted, REACH_EVENTS, self._learned, REST_SECONDS)

    def _is_far(self, row: Row) -> bool:
        """Whether its counterpart may be further away than where was looked; while following, nothing is."""
        if counterparts.answer_of(row.type) is not None:
            return row.seq + counterparts.NEAR_EVENTS < self._source.count - 1
        return row.refers_to is not None and row.seq > counterparts.NEAR_EVENTS

    def _learned(self, found: Row | None) -> None:
        """The counterpart of what is shown was found, if it was."""
        sheet = self.sheet
        if sheet is None or found is None:
            return

        def again(better: Sheet) -> None:
            if self.sheet is sheet:
                self.sheet = better
                self._show(better)

        self._lane.run(lambda: read_sheet(self._reader.now(), sheet.seq, found), again)

    # ── going there ──────────────────────────────────────────────────────────────────────────────────────────────────

    def counterpart(self, row: Row, go: Go) -> None:
        """Go to the counterpart of the event under the cursor; from there, back."""
        if self._back is not None and self._back[0] == row.seq:
            seq, self._back = self._back[1], None
            go(seq, "")
            return
        if not counterparts.has_counterpart(row):
            go(None, "this event has no counterpart")
            return
        if self.sheet is not None and self.sheet.seq == row.seq and self.sheet.counterpart is not None:
            self._go(row, self.sheet.counterpart, go)
            return
        self._look_far(row, self._new_errand(), None, lambda found: self._go(row, found, go))

    def _go(self, row: Row, found: Row | None, go: Go) -> None:
        if found is None:
            what = (
                "nothing answers it" if counterparts.answer_of(row.type) else "what it answers is not in this session"
            )
            go(None, f"event {row.seq:,}: {what}")
            return
        self._back = found.seq, row.seq
        go(found.seq, "")

    # ── looking far ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _new_errand(self) -> Callable[[], bool]:
        self._elsewhere.set()
        self._elsewhere = Event()
        self._errand += 1
        errand = self._errand
        return lambda: self._errand == errand and not self._lane.closed

    def _look_far(
        self,
        row: Row,
        wanted: Callable[[], bool],
        reach: int | None,
        found: Callable[[Row | None], None],
        rest: float = 0,
    ) -> None:
        elsewhere = self._elsewhere

        def work() -> Row | None:
            gone = elsewhere.wait(rest) if rest else elsewhere.is_set()
            return None if gone else counterparts.far(self._reader.now(), row, wanted, reach)

        def arrived(counterpart: Row | None) -> None:
            if wanted():
                found(counterpart)

        self._lane.run(work, arrived)

    def close(self) -> None:
        """Give up whatever is looked for."""
        self._moved_on.set()
        self._new_errand()
        self._lane.close(self._reader.close)
