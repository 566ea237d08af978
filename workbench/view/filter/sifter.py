"""The filter of a session: one at a time, over a lane of its own, so that neither keys nor searches wait for it.

Once it has its answer, what comes later is taken in on the lane of the rows, whose reader has just read it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from runtime.reader import LogReader
from workbench.view import words
from workbench.view.find import Wanted
from workbench.view.lane import Lane
from workbench.view.source import SessionSource
from workbench.view.standing import ALL, Picked, Standing
from workbench.view.text import Line, shown

if TYPE_CHECKING:
    from workbench.view.facets import Facet
    from workbench.view.sieve import Sieve

REPORT_SECONDS = 0.2


class Sifter:
    """Says which events are shown. What needs Arrow is imported when a filter is first asked for."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._reader: LogReader | None = None
        self._sieve: Sieve | None = None
        self._errand = 0
        self._looking = False
        self._count, self._standing = 0, ALL
        self._told: tuple[int, Standing] = (0, ALL)
        self._busy = self._answered = False
        self.text = ""
        """The filter that is set; empty where none is."""
        self.picked: Picked | None = None
        """What has passed it, or until that is known the one before; None where there was none."""
        self.known = 0
        """Of how many events that is known."""

    def start(self, lane: Lane, changed: Callable[[], None]) -> None:
        """``changed`` hears that something else is shown now, or how far an answer is."""
        self._lane, self._changed = lane, changed

    @property
    def on(self) -> bool:
        """Whether a filter is set."""
        return self._sieve is not None

    @property
    def done(self) -> bool:
        """Whether nothing is looked for any more."""
        return self._sieve is None or (self._answered and not self._looking)

    def set(self, text: str, count: int, standing: Standing) -> None:
        """Show only what of ``count`` events passes ``text``; raises `FilterError` where that is no filter."""
        from workbench.view.filter_events import EventFilter
        from workbench.view.sieve import Sieve

        asked = EventFilter(text)
        if not asked.terms:
            self.clear()
            return
        wanted = self._new_errand()
        self._sieve = sieve = Sieve(asked, self._source.threads)
        self.text, self._count, self._standing = asked.text, count, standing
        self._told = count, standing
        self._busy = self._looking = True
        self._lane.run(lambda: self._run(sieve, count, wanted), lambda _: self._looked(wanted, *self._told))

    def clear(self) -> None:
        """Show everything again."""
        self._new_errand()
        self._sieve, self.text, self.picked = None, "", None
        self._changed()

    def _new_errand(self) -> Wanted:
        """End what is under way; whether the new errand is still wanted."""
        if self._sieve is not None:
            self._sieve.cancel.set()
        self._errand += 1
        errand = self._errand
        self._busy = self._looking = self._answered = False
        return lambda: self._errand == errand and not self._lane.closed

    def grown(self, count: int, standing: Standing) -> None:
        """There are more events, or others stand; what passes of them comes as soon as it is known."""
        self._count, self._standing = count, standing
        sieve, errand, source = self._sieve, self._errand, self._source
        if sieve is None or self._busy or self._told == (count, standing):
            return
        self._busy = True

        def wanted() -> bool:
            return self._errand == errand

        def take_in() -> None:
            if wanted():
                sieve.more(source.reader, count)
                self._tell(sieve, wanted, standing)

        source.lane.run(take_in, lambda _: self._looked(wanted, count, standing))

    def _looked(self, wanted: Wanted, count: int, standing: Standing) -> None:
        """Everything up to ``count`` was looked at; meanwhile there may be more."""
        if wanted():
            if self._looking:
                self._looking = False
                self._changed()
            self._busy, self._told = False, (count, standing)
            self.grown(self._count, self._standing)

    # ── on the lane ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> LogReader:
        """The reader, as far as the log goes now."""
        if self._reader is None:
            self._reader = self._source.store.reader(self._source.session_id)
        else:
            self._reader.poll()
        return self._reader

    def _run(self, sieve: Sieve, count: int, wanted: Wanted) -> None:
        reader = self._open()
        if not sieve.by_rows(reader, count, wanted):
            return
        self._tell(sieve, wanted, self._standing)
        if not sieve.asked.words:
            return
        due = monotonic() + REPORT_SECONDS

        def report() -> None:
            nonlocal due
            sieve.more(reader, min(self._count, reader.poll()))
            if monotonic() > due:
                self._tell(sieve, wanted, self._standing)
                due = monotonic() + REPORT_SECONDS

        sieve.by_text(reader, wanted, report)
        self._tell(sieve, wanted, self._standing)

    def _tell(self, sieve: Sieve, wanted: Wanted, standing: Standing) -> None:
        """Hand over what has passed so far."""
        picked, known = sieve.picked(standing), sieve.known

        def take() -> None:
            if wanted():
                self.picked, self.known, self._answered = picked, known, True
                self._changed()

        self._lane.tell(take)

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def words(self) -> Line:
        """``type:tool_use is:error → 312 of 48,113``, and how far the answer is; nothing where no filter is set."""
        if self._sieve is None:
            return []
        line: Line = [(f"&{shown(self.text)}", "accent")]
        if self.picked is None or not self._answered:
            return [*line, ("   looking …", "muted")]
        total = self._standing.lines(self._count)
        line.append((f" → {words.number(self.picked.lines(self._count))} of {words.number(total)}", "muted"))
        if not self.done:
            line.append((f"   {self._sieve.percent} % looked through", "faint"))
        return line

    def facets(self, count: int, standing: Standing, then: Callable[[list[Facet]], None]) -> None:
        """Count the values of what is shown."""
        shown_now, errand = standing if self.picked is None else self.picked, self._errand

        def work() -> list[Facet]:
            from workbench.view.facets import facets

            return facets(self._open(), shown_now, count, self._source.threads, lambda: not self._lane.closed)

        self._lane.run(work, lambda found: then(found) if self._errand == errand else None)

    def close(self) -> None:
        """Stop, and let go of the reader."""
        self._new_errand()
        self._lane.close(lambda: self._reader.close() if self._reader is not None else None)
