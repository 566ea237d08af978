"""The strand that a timeline follows: what is in it, that it is counted once, and as the session grows."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.event import Draft, Row
from runtime.log import FileLog
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import START_US, message, new_store, request_end, tool_result, tool_use
from tests.workbench.test_view_session_source import Drawing
from workbench.view.lane import Lane
from workbench.view.session.source import SessionSource
from workbench.view.session.standing import Picked
from workbench.view.timeline import strand as strands
from workbench.view.timeline.strand import EVERYTHING, Aspect, Followed, Strand, Strands
from workbench.view.timeline.tiles import Threads, code_of

OTHER = "sthr_other"
ERRORS = Followed(Aspect.ERRORS, "", "errors")
COST = Followed(Aspect.COST, "", "cost")


def some(first: int, count: int) -> list[Draft]:
    """Calls, results of which every third is an error, and requests; every fourth event in another thread."""
    drafts = []
    for number in range(first, first + count):
        result = tool_result(number, number - 1, is_error=number % 3 == 1)
        draft = (tool_use(number, "grep"), result, request_end(number))[number % 3] if number else message(0)
        drafts.append(draft._replace(thread_id=OTHER) if number % 4 == 3 else draft)
    return drafts


class Counting:
    """A session that may grow, and the strand of it that is counted."""

    def __init__(self, store: Store, log: FileLog, drawing: Drawing) -> None:
        self.log, self.drawing = log, drawing
        self.source = SessionSource(store, "sesn_x")
        self.lane: Lane = drawing.lane()
        self.told, self.reads = 0, 0
        self.strands = Strands(self.source)
        threads = Threads()
        for row in self.rows():
            threads[row.thread_id]
        self.strands.start(self.lane, threads, self._changed)
        read = self.strands._read

        def counted(start: int, stop: int, *rest: object) -> object:
            self.reads += stop - start
            return read(start, stop, *rest)  # type: ignore[arg-type]

        self.strands._read = counted  # type: ignore[method-assign, assignment]

    def _changed(self) -> None:
        self.told += 1

    def rows(self) -> list[Row]:
        """The session as it is."""
        with self.source.store.reader("sesn_x") as reader:
            return reader.rows(0, reader.count)

    def grow(self, count: int) -> None:
        """Some more events."""
        self.log.append(some(len(self.rows()), count))

    def look(self) -> Strand | None:
        """The strand, when all is counted."""
        self.strands.look(len(self.rows()))
        self.drawing.make_calls(self.lane)
        assert not self.drawing.failures
        return self.strands.strand


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """A session of 50 events, counted by 16."""
    monkeypatch.setattr(strands, "SEGMENT_ROWS", 16)
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_x", created_us=START_US)) as log:
        log.append(some(0, 40))
        log.seal()
        log.append(some(40, 10))
        counting = Counting(store, log, Drawing())
        yield counting
        counting.strands.close()
        counting.source.close()


def expected(rows: list[Row], low: int, high: int) -> dict[int, float]:
    """What ``rows`` from ``low`` up to ``high`` count."""
    found: dict[int, float] = {}
    for row in rows:
        if low <= row.seq < high:
            code = code_of(int(row.thread_id == OTHER), row.type, row.is_error)
            found[code] = found.get(code, 0) + 1
    return found


def test_each_aspect_has_its_events_and_no_others(counting: Counting) -> None:
    """Of a thread, of a tool, errors, model requests: any range of them."""
    tests = {
        Followed(Aspect.THREAD, OTHER, "other"): lambda row: row.thread_id == OTHER,
        Followed(Aspect.TOOL, "grep", "grep"): lambda row: row.name == "grep",
        ERRORS: lambda row: row.is_error,
        Followed(Aspect.REQUESTS, "", "requests"): lambda row: row.type == "span.model_request_end",
    }
    for what, passes in tests.items():
        counting.strands.follow(what)
        strand = counting.look()
        assert strand is not None and strand.what == what
        mine = [row for row in counting.rows() if passes(row)]
        assert 0 < len(mine) < 50
        for low, high in ((0, 50), (7, 31), (31, 7), (49, 60)):
            assert strand.values(low, high) == expected(mine, low, high), f"{what} from {low} to {high}"
            assert strand.any_error(low, high) == any(row.is_error and low <= row.seq < high for row in mine)
        walked, at = [], strand.beyond(-1, 1)
        while at is not None:
            walked.append(at)
            at = strand.beyond(at, 1)
        assert walked == [row.seq for row in mine]
        assert strand.beyond(walked[-1], -1) == walked[-2]
    assert counting.reads == 4 * 50, "each was counted once"


def test_it_is_counted_once_and_what_comes_later_is_added(counting: Counting) -> None:
    """Looking again costs nothing; ten more events cost ten."""
    counting.strands.follow(ERRORS)
    first = counting.look()
    assert counting.look() is first and counting.reads == 50 and counting.told == 1
    counting.grow(10)
    assert counting.look() is first and counting.reads == 60 and counting.told == 2
    assert first is not None and first.values(0, 60) == expected([r for r in counting.rows() if r.is_error], 0, 60)


def test_a_filter_is_part_of_it_and_goes_again(counting: Counting) -> None:
    """Alone, or with an aspect; more that passes is added, other things that pass are counted anew."""
    rows = counting.rows()
    passed = array("q", [row.seq for row in rows if row.seq % 2])
    counting.strands.let_through(Picked(counting.source.standing, passed), 50)
    strand = counting.look()
    assert strand is not None and strand.values(0, 50) == expected([row for row in rows if row.seq % 2], 0, 50)
    assert strand.filtered and strand.label == ""
    counting.strands.follow(ERRORS)
    both = counting.look()
    assert both is not None and both.values(0, 50) == expected([r for r in rows if r.seq % 2 and r.is_error], 0, 50)
    counting.grow(4)
    passed.extend([51, 53])
    counting.strands.let_through(Picked(counting.source.standing, passed), 54)
    reads = counting.reads
    assert counting.look() is both and counting.reads == reads + 4
    counting.strands.let_through(Picked(counting.source.standing, array("q", [1, 3])), 54)
    assert counting.look() is not both and counting.reads == reads + 4 + 54
    counting.strands.let_through(None, 0)
    counting.strands.follow(EVERYTHING)
    assert counting.look() is None


def test_what_a_filter_is_not_sure_of_yet_is_not_counted(counting: Counting) -> None:
    """The session is longer than what was looked through."""
    counting.strands.let_through(Picked(counting.source.standing, array("q", range(30))), 30)
    strand = counting.look()
    assert strand is not None and strand.counted == 30


def test_what_is_asked_for_next_does_not_wait_for_what_was_asked_for(counting: Counting) -> None:
    """The one before is dropped where it is, after the part that is under way."""
    counting.strands.follow(ERRORS)
    counting.strands.look(50)
    counting.strands.follow(Followed(Aspect.TOOL, "grep", "grep"))
    strand = counting.look()
    assert strand is not None and strand.what.aspect is Aspect.TOOL and counting.told == 1
    assert counting.reads == 16 + 50


def test_what_was_spent_is_dollars_where_all_prices_are_known_else_tokens(counting: Counting) -> None:
    """Nothing is made up: one request without a price, and bars say tokens."""
    counting.strands.follow(COST)
    strand = counting.look()
    requests = len([row for row in counting.rows() if row.type == "span.model_request_end"])
    assert strand is not None and strand.label == "cost"
    assert strand.words.startswith("the timeline shows what was spent: $")
    each = (10 * 3 + 20 * 15 + 30 * 0.3 + 40 * 3.75) / 1_000_000
    assert sum(strand.values(0, 50).values()) == pytest.approx(requests * each)
    unknown = request_end(50, "nobodys-model")
    counting.log.append([unknown])
    strand = counting.look()
    assert strand is not None and strand.label == "tokens" and "prices are not known" in strand.words
    assert sum(strand.values(0, 51).values()) == (requests + 1) * 100


def test_the_key_goes_round_and_leaves_out_what_there_is_none_of() -> None:
    """A thread where there are two, a tool where the cursor is on one."""
    call = Row(
        "s",
        0,
        "sevt_x",
        "agent.tool_use",
        "sthr_abcdefgh",
        None,
        0,
        None,
        "bash",
        None,
        False,
        *([None] * 6),
        "",
        0,
        None,
        b"",
    )

    def round_of(row: Row | None, known: int) -> list[str]:
        what, names = EVERYTHING, []
        while True:
            what = what.after(row, {}, known)
            if what == EVERYTHING:
                return names
            names.append(what.name)

    assert round_of(call, 2) == ["cdefgh", "bash", "errors", "requests", "cost"]
    assert round_of(call._replace(type="agent.message"), 1) == ["errors", "requests", "cost"] == round_of(None, 9)
