"""The filter of a session: one at a time, over a lane of its own, so that neither keys nor searches wait for it.

Once it has its answer, what comes later is taken in on the lane of the rows, whose reader has just read it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from runtime.errors import QueryError, WorkbenchError
from workbench.view import words
from workbench.view.lane import Lane
from workbench.view.session.find import Wanted
from workbench.view.session.findings import MOST_EVENTS, Asker, by_name
from workbench.view.session.source import OwnReader, SessionSource
from workbench.view.session.standing import ALL, Picked, Standing
from workbench.view.text import Line, shown

if TYPE_CHECKING:
    from workbench.view.filter.facets import Facet
    from workbench.view.filter.sieve import Sieve

REPORT_SECONDS = 0.2


class Sifter:
    """Says which events are shown. What needs Arrow is imported when a filter is first asked for."""

    def __init__(self, source: SessionSource) -> None:
        self._source = source
        self._reader = OwnReader(source.store, source.session_id)
        self._sieve: Sieve | None = None
        self._errand = 0
        self._looking = False
        self._count, self._standing = 0, ALL
        self._told: tuple[int, Standing] = (0, ALL)
        self._busy = self._answered = False
        self._asker = Asker(source)
        self._found: tuple[int, dict[str, frozenset[int]]] = (0, {})
        """Of how many events it was asked what looks wrong in them, and what that is."""
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
        from workbench.view.filter.events import EventFilter
        from workbench.view.filter.sieve import Sieve

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
        self._asker.stop()
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

    def _run(self, sieve: Sieve, count: int, wanted: Wanted) -> None:
        reader = self._reader.now()
        if sieve.asked.findings and not self._ask(sieve, count, wanted):
            return
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

    def _ask(self, sieve: Sieve, count: int, wanted: Wanted) -> bool:
        """Have the sieve know the findings that it asks for. Where there are none called so, the filter is none."""
        try:
            sieve.findings = self._findings(count, wanted)
            self._check(sieve.asked.findings)
        except WorkbenchError:
            if not wanted():
                return False
            self._lane.tell(lambda: self.clear() if wanted() else None)
            raise
        return wanted()

    def _findings(self, count: int, wanted: Wanted) -> dict[str, frozenset[int]]:
        if self._found[0] != count:
            found = by_name(self._asker.ask(wanted))
            self._found = (count, found) if wanted() else (0, {})
        return self._found[1]

    def _check(self, asked: Sequence[str]) -> None:
        from runtime.asking.views import finding_files
        from workbench.view.filter.language import FilterError, same

        names = list(finding_files(self._source.store))
        for text in asked:
            if not any(same(text, name) for name in names):
                raise FilterError(f"no finding is called {text}: there are {', '.join(names)}")

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
            asks = self._sieve.asked.findings and not self._sieve.findings
            return [*line, ("   asking what looks wrong …" if asks else "   looking …", "muted")]
        total = self._standing.lines(self._count)
        line.append((f" → {words.number(self.picked.lines(self._count))} of {words.number(total)}", "muted"))
        if not self.done:
            line.append((f"   {self._sieve.percent} % looked through", "faint"))
        return line

    def facets(self, count: int, standing: Standing, then: Callable[[list[Facet]], None]) -> None:
        """Count the values of what is shown; of findings, too, where the session is not too long to be asked."""
        shown_now, errand = standing if self.picked is None else self.picked, self._errand

        def work() -> list[Facet]:
            from workbench.view.filter.facets import facets, of_findings

            wanted = lambda: self._errand == errand and not self._lane.closed
            found = facets(self._reader.now(), shown_now, count, self._source.threads, wanted)
            return [*found, *of_findings(self._findings_if_short(count, wanted), shown_now)]

        self._lane.run(work, lambda found: then(found) if self._errand == errand else None)

    def _findings_if_short(self, count: int, wanted: Wanted) -> dict[str, frozenset[int]]:
        """What looks wrong in the session; nothing where that takes too long."""
        try:
            return self._findings(count, wanted) if 0 < count <= MOST_EVENTS else {}
        except QueryError:
            return {}

    def close(self) -> None:
        """Stop, and let go of the reader."""
        self._new_errand()
        self._lane.close(self._reader.close)
