"""What counts as said: messages, names, what goes into tools and comes out; not the words the log is written in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.asking import needle as needles
from runtime.asking.needle import Needle
from runtime.asking.search import search, search_payloads
from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from tests.support.builders import THREAD, new_store

USE = {
    "id": "sevt_0abc1", "type": "agent.tool_use", "name": "ticket_search", "processed_at": "2026-03-01T00:00:00Z",
    "session_thread_id": "sthr_0abc9", "evaluated_permission": "allow",
    "input": {"type": "feature", "id": "JIRA-17", "parent_id": "JIRA-4", "line": 4_242, "tags": ["identity", "text"]},
}  # fmt: skip
RESULT = {
    "id": "sevt_0abc2", "type": "agent.tool_result", "tool_use_id": "sevt_0abc1", "is_error": False,
    "content": [{"type": "text", "text": 'a "quoted" word\nand the rest: provide'}],
}  # fmt: skip
IDLE = {
    "id": "sevt_0abc3", "type": "session.status_idle",
    "stop_reason": {"type": "requires_action", "event_ids": ["sevt_0abc1"]},
}  # fmt: skip


@pytest.fixture(params=["sealed", "open"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A tool use, its result and an idle; sealed, or still open."""
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_a")) as log:
        log.append([Draft(payload, THREAD, 1_795_000_000_000_000) for payload in (USE, RESULT, IDLE)])
        if request.param == "sealed":
            log.seal()
    return store


def seqs(store: Store, needle: Needle | str) -> list[int]:
    """The events in which it is found."""
    return [hit.seq for progress in search(store, needle) for hit in progress.hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id", [0, 1]),  # "identity", "provide"
        ("type", []),
        ("content", []),
        ("event_ids", []),
        ("requires_action", []),
        ("agent.tool", []),
        ("2026-03", []),
        ("sevt", []),
        ("ticket_search", [0]),
        ("feature", [0]),
        ("JIRA-17", [0]),
        ("JIRA-4", [0]),
        ("4242", [0]),
        ("text", [0]),
        ("rest", [1]),
        ("false", []),
        ("quoted", [1]),
        ("word\nand", [1]),
        (":", [1]),
        ("{", []),
    ],
)
def test_text_is_found_where_somebody_said_it(store: Store, text: str, found: list[int]) -> None:
    """Not in names of members, types, times and ids; but a tool's input is all somebody's words."""
    assert seqs(store, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sevt_0abc1", [0, 1, 2]),
        ("SEVT_0ABC2", []),
        ("sthr_0abc9", [0]),
        ("0abc1", []),
        ("2026", []),
    ],
)
def test_an_id_is_found_where_it_stands_if_the_needle_looks_like_one(store: Store, text: str, found: list[int]) -> None:
    """Its own event, and those that answer it."""
    assert seqs(store, text) == found


def test_the_structure_is_found_by_quotation_marks_and_by_regular_expressions(store: Store) -> None:
    """As it is written down, types and names of members included."""
    assert seqs(store, '"type":"agent.tool_use"') == [0]
    assert seqs(store, '"name":"ticket_search"') == [0]
    assert seqs(store, '"event_ids"') == [2]
    assert seqs(store, 'a "quoted" word') == [1]
    assert seqs(store, Needle(r"agent\.tool_\w+", regex=True)) == [0, 1]
    assert seqs(store, Needle(r"^\{.*event_ids", regex=True)) == [2]


def test_the_excerpt_is_of_what_was_said(store: Store) -> None:
    """Though the same letters stand before it where nobody said them."""
    with store.reader("sesn_a") as reader:
        first, second = search_payloads(reader, "id")
        backwards = [hit.seq for hit in search_payloads(reader, "id", backwards=True)]
    assert first.excerpt().text == "identity" and second.excerpt().text == 'a "quoted" word and the rest: provide'
    assert second.excerpt().text[second.excerpt().start : second.excerpt().end] == "id"
    assert backwards == [1, 0]


def test_a_quick_look_says_what_a_close_one_says() -> None:
    """Right after the name of what is always said, whatever stands in the text; never outside of it."""
    for text in ('x", "text":"needle', "needle", 'text":"', '":"needle', "\\"):
        for payload in ({"content": [{"type": "text", "text": text}]}, {"text": "", "needle": text}, {"a": [text]}):
            data = orjson.dumps(payload)
            at = -1
            while (at := data.find(b"needle", at + 1)) >= 0:
                if Needle("needle").is_said_at(data, at):
                    start = data.rfind(b':"', 0, at) + 2
                    assert data[: start - 2].endswith((b'"text"', b'"content"', b'"command"'))
                    assert Needle("needle").find_in_values(data) is not None


def test_a_needle_in_everything_is_not_looked_at_closely_in_what_is_huge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payload too large to be taken apart for every letter counts as it is."""
    decoded: list[int] = []
    decode = needles.decode

    def counting(text: bytes) -> Any:
        decoded.append(len(text))
        return decode(text)

    monkeypatch.setattr(needles, "decode", counting)
    monkeypatch.setattr("runtime.asking.search.MAX_CAREFUL_BYTES", 400)
    store = new_store(tmp_path)
    huge = {"id": "sevt_1", "type": "x", "input": {"kkk": ["v"] * 200}}
    small = {"id": "sevt_2", "type": "x", "input": {"kkk": "v"}}
    with store.create(Manifest("sesn_a")) as log:
        log.append([Draft(payload, THREAD, 1_795_000_000_000_000) for payload in (huge, small)])
        log.seal()
    assert seqs(store, "kkk") == [0]
    assert max(decoded) < 400
