"""Events under the model requests that made them."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event import Draft
from tests.support.builders import (
    START_US,
    THREAD,
    add_session,
    message,
    new_store,
    request_end,
    story,
    tool_result,
    tool_use,
)
from workbench.view.session.event_lines import Layout
from workbench.view.session.groups import Groups, Totals
from workbench.view.session.standing import ALL, Picked, Standing
from workbench.view.text import line_text, line_width


def start(number: int) -> Draft:
    """A model request begins."""
    payload = {"id": f"sevt_{number:06d}", "type": "span.model_request_start"}
    return Draft(payload, THREAD, START_US + number * 1_000)


def elsewhere(draft: Draft) -> Draft:
    """The same in another thread."""
    return draft._replace(thread_id="sthr_other")


STORY = [
    message(0, person=True),
    start(1), tool_use(2), elsewhere(start(3)), tool_use(4), request_end(5), tool_result(6, 2),
    elsewhere(tool_use(7)), elsewhere(request_end(8, "nobody-knows")), start(9), request_end(10),
]  # fmt: skip


def grouped(tmp_path: Path, drafts: list[Draft], *counts: int) -> Groups:
    """The groups of some events, learnt in one go or as the session grew."""
    store, groups = new_store(tmp_path), Groups()
    half = len(drafts) // 2
    with store.reader(add_session(store, "sesn_a", [drafts[:half], drafts[half:]])) as reader:
        for count in counts or (len(drafts),):
            groups.read(reader, count)
    return groups


@pytest.mark.parametrize("counts", [(), tuple(range(1, 12)), (4, 11)])
def test_a_head_comes_to_what_was_done_in_its_thread_until_the_next(tmp_path: Path, counts: tuple[int, ...]) -> None:
    """Whether the session was there or grew; a price that nobody knows is unknown, not nothing."""
    groups = grouped(tmp_path, STORY, *counts)
    assert list(groups.requests.seqs) == [1, 3, 9] and not groups.by_turns
    first = groups.heads.totals(1)
    assert first is not None and first[:3] == (2, 80, 20) and first.took_us == 1_500_000
    assert first.cost_usd == pytest.approx((10 * 3 + 20 * 15 + 30 * 0.3 + 40 * 3.75) / 1e6)
    assert groups.heads.totals(3) == Totals(1, 80, 20, None, 1_500_000)
    assert groups.heads.totals(2) is None


def test_without_model_requests_there_are_turns(tmp_path: Path) -> None:
    """As in imports of tools that keep no account of them."""
    groups = grouped(
        tmp_path, [message(0, person=True), tool_use(1), message(2, person=True), tool_use(3), tool_use(4)]
    )
    assert groups.by_turns and list(groups.heads.seqs) == [0, 2]
    assert groups.heads.totals(2) == Totals(2, 0, 0, 0.0, None)


def test_only_heads_are_those_that_stand_and_have_something_to_show(tmp_path: Path) -> None:
    """Of a filter: those under which something passes."""
    groups = grouped(tmp_path, STORY)
    assert list(groups.only_heads(ALL).between(0, 99)) == [1, 3, 9]
    assert list(groups.only_heads(Standing({3: 10})).between(0, 99)) == [1, 9]
    assert list(groups.only_heads(Picked(ALL, array("q", [0, 2, 6, 8]))).between(0, 99)) == [1, 3]
    assert list(groups.with_heads(Picked(ALL, array("q", [0, 2, 9]))).between(0, 99)) == [0, 1, 2, 9]


@given(st.sets(st.integers(0, 59)), st.sets(st.integers(0, 59)))
def test_however_many_pass_the_heads_above_them_are_the_same(heads: set[int], hits: set[int]) -> None:
    """Counted the slow way."""
    groups = Groups()
    for head in sorted(heads):
        groups.requests.add(head)
    groups.turns = groups.requests
    wanted = {max(head for head in heads if head <= hit) for hit in hits if any(head <= hit for head in heads)}
    picked = Picked(ALL, array("q", sorted(hits)))
    assert list(groups.only_heads(picked).between(0, 99)) == sorted(wanted)
    assert list(groups.with_heads(picked).between(0, 99)) == sorted(wanted | hits)


@pytest.mark.parametrize("cells", [20, 40, 46, 60, 80, 116])
@pytest.mark.parametrize("threads", [{}, {THREAD: "main", "sthr_other": "review"}])
def test_lines_stay_in_their_cells(tmp_path: Path, cells: int, threads: dict[str, str]) -> None:
    """Heads, what stands under them, and what does not; at any width."""
    store, groups = new_store(tmp_path), Groups()
    with store.reader(add_session(store, "sesn_a", [[*STORY, *story(11, 12)]])) as reader:
        groups.read(reader, reader.count)
        layout = Layout(cells, reader.count, START_US, threads)
        lines = [groups.line(row, layout) for row in reader.rows(0, reader.count)]
    assert all(line_width(line) <= max(cells, layout.summary_start() + 2) for line in lines)
    if cells >= 80:
        assert "◇ request" in line_text(lines[1]) and "2 tools  $0.0005" in line_text(lines[1])
        assert line_text(lines[1]).rstrip().endswith("80→20   1.5s")
        assert "│ ▸ bash" in line_text(lines[2]) and "│" not in line_text(lines[0])


def test_an_errand_that_nobody_wants_any_more_ends(tmp_path: Path) -> None:
    """Between two windows."""
    store, groups = new_store(tmp_path), Groups()
    with store.reader(add_session(store, "sesn_a", [STORY])) as reader:
        groups.read(reader, reader.count, lambda: False)
    assert groups.known == 0
