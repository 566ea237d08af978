"""Rows: what a list says of an event, whatever the event says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event import (
    REFERENCES,
    SUMMARY_CHARACTERS,
    WIRE_TYPES,
    Draft,
    Row,
    RowBuilder,
    decode,
    encode,
    plain,
    summarise,
)
from runtime.schema import ROWS
from runtime.segment import rows_table
from tests.support.builders import message, request_end, status, tool_result, tool_use

odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *REFERENCES, "name", "input", "content", "model_usage", "usage", "stop_reason", "error", "is_error", "result",
    "message", "agent_name", "text",
]  # fmt: skip
EXTRAS = ["name", "model", "is_error", "duration_us", "person", "supersedes", "thinking", "summary"]


def row_of(payload: dict[str, Any], **extra: Any) -> Row:
    """The row of one event."""
    return RowBuilder("sesn_1").row(0, Draft({"id": "sevt_1", **payload}, "sthr_1", 0, extra), 0, b"\0" * 16)


def turns(*drafts: Draft) -> list[int]:
    """The turn of each of ``drafts``, one after another."""
    builder = RowBuilder("sesn_1")
    return [builder.row(0, draft, 0, b"").turn for draft in drafts]


@given(
    st.sampled_from(sorted(WIRE_TYPES)) | st.text(max_size=9),
    *(st.dictionaries(st.sampled_from(f), odd) for f in (FIELDS, EXTRAS)),
)
def test_any_event_has_a_row_that_fits_its_columns(kind: str, payload: dict[str, Any], extra: dict[str, Any]) -> None:
    row = row_of({**payload, "type": kind}, **extra)
    assert len(row.summary) <= SUMMARY_CHARACTERS and row.summary.isprintable()
    assert len(rows_table([row])) == 1


def test_columns_are_the_fields_of_a_row() -> None:
    assert list(Row._fields) == ROWS.names
    assert isinstance(ROWS.field("seq").type, pa.DataType)


def test_a_tool_use_and_its_result() -> None:
    use, result = (
        row_of(tool_use(0, "bash", command="ls  -l\n/tmp").payload),
        row_of(tool_result(1, 0, is_error=True).payload),
    )
    assert (use.name, use.summary, use.refers_to) == ("bash", "ls -l /tmp", None)
    assert (result.refers_to, result.is_error, result.summary) == ("sevt_000000", True, "output of 0")


def test_a_request_says_what_it_cost() -> None:
    draft = request_end(3)
    row = row_of(draft.payload, **draft.extra)
    assert (row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens) == (10, 20, 30, 40)
    assert (row.model, row.duration_us, row.summary) == (
        "claude-sonnet-4-5", 1_500_000, "80 → 20 tokens (cache 30 read, 40 written)",
    )  # fmt: skip


def test_what_a_request_kept_for_an_hour_is_told_apart() -> None:
    """As the usage says, or the response's own usage beside it; never more than was written."""
    ends = request_end(3)
    kept = {"cache_creation": {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 25}}
    beside = {**ends.extra, "response": {"usage": kept}}
    within = {**ends.payload, "model_usage": {**ends.payload["model_usage"], **kept}}
    much = {"response": {"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 1_000}}}}
    assert row_of(ends.payload, **ends.extra).cache_write_1h_tokens is None
    assert row_of(ends.payload, **beside).cache_write_1h_tokens == 25
    assert row_of(within, **ends.extra).cache_write_1h_tokens == 25
    assert row_of(ends.payload, **much).cache_write_1h_tokens == 40


def test_a_turn_lasts_from_running_to_an_idle_that_asks_nothing() -> None:
    running, asking, done = status(0, "running"), status(1, "idle", "requires_action"), status(2, "idle", "end_turn")
    assert turns(message(0), running, asking, running, done, message(1), running) == [0, 1, 1, 1, 1, 1, 2]


def test_in_an_import_a_turn_starts_at_each_message_of_a_person() -> None:
    assert turns(message(0), message(1, person=True), tool_use(2), message(3), message(4, person=True)) == [
        0,
        1,
        1,
        1,
        2,
    ]


@pytest.mark.parametrize(
    ("payload", "extra", "says"),
    [
        ({"type": "user.message", "content": "plain text"}, {}, "plain text"),
        ({"type": "user.message", "content": [{"type": "text", "text": "a"}, {"type": "image"}, 7]}, {}, "a [image] 7"),
        ({"type": "agent.thinking"}, {"thinking": "hmm\n\nso"}, "hmm so"),
        ({"type": "agent.tool_use", "input": {"a": 1, "b": [2]}}, {}, "a=1 b=[2]"),
        ({"type": "agent.tool_use", "input": {"command": ["git", "log"]}}, {}, "git log"),
        ({"type": "session.error", "error": {"message": "overloaded"}}, {}, "overloaded"),
        ({"type": "x.y", "id": "i", "some": "thing", "n": 2}, {}, "some=thing n=2"),
        ({"type": "x.y", "text": "t"}, {"summary": "better"}, "better"),
        ({"type": "user.message", "content": "\x1b[31mred\u202e\u200b"}, {}, "·[31mred··"),
    ],
)
def test_summaries(payload: dict[str, Any], extra: Mapping[str, Any], says: str) -> None:
    assert summarise(payload, extra) == says


def test_a_long_text_is_cut_where_it_is_too_long() -> None:
    assert plain("x" * SUMMARY_CHARACTERS) == "x" * SUMMARY_CHARACTERS
    assert plain("x" * (SUMMARY_CHARACTERS + 1)) == "x" * (SUMMARY_CHARACTERS - 1) + "…"
    assert plain(" " * 5_000 + "x").endswith("…")


@pytest.mark.parametrize("value", ["\ud800", {"a": ["\udfff", 1 << 70, None]}, [1.5, True], "ünï", {"a": {"b": {}}}])
def test_whatever_json_can_say_is_encoded_and_decoded(value: object) -> None:
    found = decode(encode(value))
    assert found == value or str(1 << 70)[:10] in str(found).replace(".", "")


def test_what_is_no_json_is_refused() -> None:
    for bad in (b"", b"{", b"nul", b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError):
            decode(bad)


def test_the_wire_types_are_those_of_the_sdk() -> None:
    from anthropic.types.beta.sessions.beta_managed_agents_session_event import BetaManagedAgentsSessionEvent

    union = get_args(BetaManagedAgentsSessionEvent)[0]
    assert {get_args(model.model_fields["type"].annotation)[0] for model in get_args(union)} == WIRE_TYPES
