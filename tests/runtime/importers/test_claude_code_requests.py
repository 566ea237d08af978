"""Requests built again from the log: on a session written for the purpose, and against what a real server saw."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from runtime.event import Draft
from runtime.importers.claude_code import IMPORTER
from runtime.importers.claude_code_requests import Rebuilt, RecordedRequests, message_hash, rebuild
from runtime.importers.record import Made, Rejected, thread_id_of
from runtime.importers.source import BytesSource, FileSource
from tests.runtime.importers.test_claude_code import surviving
from tests.support.shared import shared_data

Json = dict[str, Any]
SESSION = "0c0ffee0-0000-4000-8000-000000000003"
SHAPE: Json = {
    "system": [{"type": "text", "text": "You mill."}],
    "tools": [{"name": "Grind", "input_schema": {"type": "object"}}],
}
FIRST: Json = {"role": "user", "content": [{"type": "text", "text": "<system-reminder>mind</system-reminder>"},
                                           {"type": "text", "text": "Grind."}]}  # fmt: skip
RULES: Json = {
    "role": "system",
    "content": [{"type": "text", "text": "Mill rules."}],
    "output_config": {"effort": "low"},
}
THINKING = {"type": "thinking", "thinking": "Which stone?", "signature": "c2ln"}
CALLS = [
    {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": {"n": n}, **more}
    for n, (name, more) in enumerate([("Grind", {"caller": {"type": "direct"}}), ("mcp__mill__sift", {}), ("Find", {})])
]
RESULTS: list[Json] = [
    {"type": "tool_result", "tool_use_id": "toolu_0", "content": "flour", "is_error": False},
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "bran"}]},
    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "tool_reference", "tool_name": "Bake"}]},
]
ANSWER = {"role": "assistant", "content": [THINKING, *CALLS]}
BACK = {"role": "user", "content": RESULTS}
BREAK = {"type": "ephemeral"}


def line(kind: str, **fields: Any) -> Json:
    """A line of the transcript."""
    return {"type": kind, "sessionId": SESSION, "timestamp": "2026-05-01T10:00:00.000Z", **fields}


def recipe(id: str, keep: int, tail: list[Json], **fields: Any) -> Json:
    """An ``api-request`` line."""
    params = {"model": "claude-mill-1", "betas": ["stones-2026"], "max_tokens": 9}
    hashes = [message_hash(message) for message in tail]
    return line("api-request", id=id, shapeHash="h1", params=params, keep=keep, tail=hashes, **fields)


def said(block: Json, uuid: str) -> Json:
    """An ``assistant`` line of the one message."""
    message = {
        "id": "msg_1",
        "role": "assistant",
        "model": "claude-mill-1",
        "content": [block],
        "usage": {"output_tokens": 1},
    }
    return line("assistant", uuid=uuid, message=message, requestRef="q1")


def came(block: Json, uuid: str) -> Json:
    """A ``user`` line with one result."""
    return line("user", uuid=uuid, message={"role": "user", "content": [block]})


TRANSCRIPT = [
    line("user", uuid="u1", message={"role": "user", "content": "Grind."}),
    line("api-request-shape", shapeHash="h1", shape=SHAPE),
    line("api-request-blob", hash=message_hash(FIRST), message=FIRST),
    line("api-request-blob", hash=message_hash(RULES), message=RULES),
    recipe("q1", 0, [FIRST, RULES], cacheControl=[{"path": ["messages", 1, "content", 0], "value": BREAK}]),
    said(THINKING, "a0"), said(CALLS[0], "a1"), said(CALLS[1], "a2"), came(RESULTS[0], "r0"), said(CALLS[2], "a3"),
    came(RESULTS[1], "r1"), came(RESULTS[2], "r2"),
    recipe("q2", 2, [ANSWER, BACK], base="q1", cacheControl=[{"path": ["system", 0], "value": BREAK}]),
    line("user", uuid="i1", message={"content": [{"type": "text", "text": "[Request interrupted by user]"}]}),
    line("user", uuid="u2", message={"role": "user", "content": "Now bake."}),
    recipe("q3", 4, [{"role": "user", "content": [{"type": "text", "text": "[Request interrupted by user]"}]},
                     {"role": "user", "content": [{"type": "text", "text": "Now bake."}]}], base="q2"),
]  # fmt: skip


def drafts(*paths: Path) -> dict[str, list[Draft]]:
    """The log of each session in those files, each event once, as it stands."""
    logs: dict[str, dict[str, Made]] = {}
    for path in paths:
        source = FileSource(path)
        take(source, logs)
    return as_drafts(logs)


def take(source: FileSource | BytesSource, logs: dict[str, dict[str, Made]]) -> None:
    """Add what the source makes to ``logs``."""
    reader = IMPORTER.reader(source)
    made: list[Made] = []
    for record in IMPORTER.records(source):
        assert not isinstance(record, Rejected)
        made += [item for item in reader.read(record) if isinstance(item, Made)]
    for event in [*made, *reader.end()]:
        surviving([event], logs.setdefault(event.session, {}))


def as_drafts(logs: dict[str, dict[str, Made]]) -> dict[str, list[Draft]]:
    """``logs`` as ingest would write them."""
    return {
        session: [
            Draft(event.payload, thread_id_of("claude_code", session, event.thread), event.time_us,
                  {**event.extra, "source": [["src", *span] for span in event.cites]})
            for event in log.values()
        ]
        for session, log in logs.items()
    }  # fmt: skip


def log_of(lines: list[Json]) -> list[Draft]:
    """The log of a transcript of one session."""
    logs: dict[str, dict[str, Made]] = {}
    take(BytesSource(f"{SESSION}.jsonl", b"".join([json.dumps(line).encode() + b"\n" for line in lines])), logs)
    return as_drafts(logs)[SESSION]


def requests(lines: list[Json]) -> list[Rebuilt]:
    """Each request of the transcript, built again."""
    recorded = RecordedRequests(log_of(lines))
    return [recorded.rebuild(id) for id in recorded.recipes]


def test_a_request_of_blobs() -> None:
    first = requests(TRANSCRIPT)[0]
    marked = RULES | {"content": [{**RULES["content"][0], "cache_control": BREAK}]}
    assert first.body == {"model": "claude-mill-1", "max_tokens": 9, **SHAPE, "messages": [FIRST, marked]}
    assert first.betas == ["stones-2026"] and first.missing == []


def test_messages_that_stand_in_the_transcript_are_found_by_their_hashes() -> None:
    second = requests(TRANSCRIPT)[1]
    plain = RULES | {"content": "Mill rules."}
    assert second.body["messages"] == [FIRST, plain, ANSWER, BACK] and second.missing == []
    assert second.body["system"] == [{**SHAPE["system"][0], "cache_control": BREAK}]


def test_an_interrupt_and_a_prompt_are_messages_too() -> None:
    third = requests(TRANSCRIPT)[2]
    assert third.missing == []
    assert [message["content"][0].get("text") for message in third.body["messages"][4:]] == [
        "[Request interrupted by user]", "Now bake."
    ]  # fmt: skip


def test_what_is_not_in_the_log_is_named() -> None:
    altered = deepcopy(TRANSCRIPT)
    altered[10]["message"]["content"][0]["content"][0]["text"] = "husks"
    assert requests(altered)[1].missing == [message_hash(BACK)]
    assert requests(altered[:2] + altered[3:])[0].missing == [message_hash(FIRST), "cache breakpoint at "
           "{'path': ['messages', 1, 'content', 0], 'value': {'type': 'ephemeral'}}"]  # fmt: skip
    without = [item for item in TRANSCRIPT if item["type"] != "api-request-shape" and item.get("id") != "q1"]
    assert {"h1", "request q1"} <= set(requests(without)[0].missing)


def test_a_chain_that_bites_its_tail_ends() -> None:
    circle = [line("api-request", id=a, base=b, keep=1, tail=["x"], shapeHash="h", params={}) for a, b in ("ab", "ba")]
    assert "request b" in requests(circle)[0].missing or "x" in requests(circle)[0].missing


def test_a_request_without_a_recipe_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rebuild(log_of(TRANSCRIPT), "sevt_nothing")


def test_requests_of_real_sessions_are_what_the_server_saw() -> None:
    folder = shared_data("claude_code", "cli-2.1.329")
    seen = [json.loads(text)["body"] for text in (folder / "requests-seen-by-server.jsonl").read_text().splitlines()]
    for body in seen:
        del body["stream"], body["metadata"]
        assert body["system"].pop(0)["text"].startswith("x-anthropic-billing-header")
    built = []
    for log in drafts(*sorted(folder.rglob("*-*-*-*-*.jsonl")), *sorted(folder.rglob("agent-*.jsonl"))).values():
        recorded = RecordedRequests(log)
        built += [recorded.rebuild(id) for id in recorded.recipes]
    assert [request.missing for request in built] == [[]] * len(seen)
    for request in built:
        assert request.body in seen
        seen.remove(request.body)
    assert not seen
