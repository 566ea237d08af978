"""Events: what a session's log is made of, and the narrow row by which each is found again.

An event travels as a `Draft` (what a writer wants appended), is stored as a payload beside an `extra`, and is listed as
a `Row`. Everything in a row except `seq` and `chain` is a function of the draft and of the rows before it
(`RowBuilder`), so rows can always be rebuilt from payloads.

Types are the API's own (`anthropic.types.beta.sessions`). Types that only exist here begin with ``import.``,
``harness.`` or ``environment.``; unknown types are kept and shown like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import orjson

Json = dict[str, Any]

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 254
SUMMARY_CHARACTERS = 120
CHAIN_BYTES = 4
"""How much of an event's chain stands in its row: enough to tell which event was changed first. All 16 bytes of it
stand in the line of an open segment and, for a sealed segment's last event, in the manifest: that proves the rest."""

LOCAL_PREFIXES = ("import.", "harness.", "environment.")

WIRE_TYPES: frozenset[str] = frozenset(
    """
    user.message user.interrupt user.tool_confirmation user.custom_tool_result user.define_outcome user.tool_result
    system.message
    agent.message agent.thinking agent.tool_use agent.tool_result agent.mcp_tool_use agent.mcp_tool_result
    agent.custom_tool_use agent.thread_message_sent agent.thread_message_received agent.thread_context_compacted
    session.status_running session.status_idle session.status_rescheduled session.status_terminated session.error
    session.updated session.usage session.deleted session.thread_created session.thread_status_running
    session.thread_status_idle session.thread_status_rescheduled session.thread_status_terminated
    span.model_request_start span.model_request_end
    span.outcome_evaluation_start span.outcome_evaluation_ongoing span.outcome_evaluation_end
    workflow_run.created workflow_run.status_running workflow_run.status_idle workflow_run.status_ended
    workflow_run.phase_started workflow_run.phase_ended workflow_run.error
    """.split()
)
"""The persisted event types of the API (SDK 2.11): 42 of them; a test compares this with the installed SDK."""


def encode(value: Any) -> bytes:
    """``value`` as compact JSON, keys in order; what UTF-8 cannot hold (a lone surrogate) is escaped.

    Raises ValueError where it nests deeper than `MAX_DEPTH`, which is as deep as a value is written.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        if _nests_deeper(value):
            raise ValueError(f"it nests more than {MAX_DEPTH} deep") from None
        return json.dumps(value, separators=(",", ":"), default=str).encode()


def _nests_deeper(value: Any) -> bool:
    """Whether objects and lists stand within each other in ``value`` more than `MAX_DEPTH` deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, (dict, list))]
        level = [part for parts in inner for part in parts if isinstance(part, (dict, list))]
        if not level:
            return False
    return True


def decode(data: bytes) -> Any:
    """What `encode` wrote, lone surrogates and all. Raises ValueError where ``data`` is not JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return json.loads(data.decode())
        except RecursionError:
            raise ValueError("it nests too deeply") from None


class Extra(TypedDict, total=False):
    """Local facts beside an event. Never on the wire; part of the chain. Absent keys cost nothing."""

    source: list[list[Any]]
    """Any imported event: the records it cites, each ``[source_id, byte offset, byte length, line]`` (line from 1)."""
    derived: bool
    """An imported event that no record states as such (a request's start, say); it cites what it was derived from."""
    native_id: str
    """The source's own id of this thing: a ``toolu_…``, a call id, a message id."""
    person: bool
    """``user.message`` of an import: a person wrote it, so a turn starts here."""
    supersedes: int
    """The seq of an earlier row with the same id, which this row replaces in the ``events`` view."""
    refers_to: str
    """What the row's ``refers_to`` should say where no field of the payload does: the call that started a thread."""
    name: str
    """What the row's ``name`` should say where the payload does not: the tool of a result, the subtype of a record."""
    model: str
    """The model of a request, as the source names it."""
    is_error: bool
    """An error that the payload's own fields do not say."""
    duration_us: int
    """How long it took, where the source says so or two times give it."""
    thinking: str
    """``agent.thinking``: the text, which the wire event does not carry."""
    request: Json
    """``span.model_request_start``: what is known of the exact request (parameters, block hashes, digest)."""
    response: Json
    """``span.model_request_end``: what is known of the response (stop reason, message id, native usage)."""
    result: Json
    """``agent.tool_result``: what the source kept beside the result (exit code, structured patch, …)."""
    summary: str
    """A better one-line summary than the payload would give."""
    note: str
    """A sentence from the importer about this event: a clock that jumped, a result without its use."""


class Draft(NamedTuple):
    """An event about to be appended."""

    payload: Json
    """The event as JSON; it has ``id`` and ``type``."""
    thread_id: str
    """The ``sthr_`` the event originated in; the primary thread's included."""
    time_us: int | None
    """When it happened, µs UTC; None where nobody knows."""
    extra: Mapping[str, Any] = {}
    """See `Extra`."""
    raw: bytes | None = None
    """The payload's bytes as accepted, if it came as bytes; otherwise it is written compactly, keys in order."""
    raw_extra: bytes | None = None
    """What is written for ``extra``, if somebody wrote it as JSON already (it may say more: citations, say)."""


class Row(NamedTuple):
    """One event in a list: the narrow columns of the log, in their order on disk."""

    session_id: str
    seq: int
    id: str
    type: str
    thread_id: str
    time_us: int | None
    turn: int
    """0 before the first turn."""
    refers_to: str | None
    """The tool use, model request or evaluation this event answers."""
    name: str | None
    """Tool, stop reason, verdict, …"""
    model: str | None
    is_error: bool
    duration_us: int | None
    input_tokens: int | None
    """Tokens neither read from nor written to a cache; set on ``span.model_request_end`` only, as the next four."""
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    """Of those written to a cache, the ones to be kept for an hour: they cost more."""
    summary: str
    payload_bytes: int
    supersedes: int | None
    chain: bytes
    """The first bytes of it; see `runtime.segment` and `CHAIN_BYTES`."""


REFERENCES = (
    "tool_use_id", "mcp_tool_use_id", "custom_tool_use_id", "model_request_start_id", "outcome_evaluation_start_id",
)  # fmt: skip
_REFERENCES = frozenset(REFERENCES)


class RowBuilder:
    """Folds drafts, in order of seq, into rows. Its only memory is the turn, so it can start from any row."""

    def __init__(self, session_id: str, turn: int = 0, in_turn: bool = False) -> None:
        self.session_id = session_id
        self.turn = turn
        self.in_turn = in_turn

    def row(self, seq: int, draft: Draft, payload_bytes: int, chain: bytes) -> Row:
        """The row of ``draft``."""
        payload, thread_id, time_us, extra, _, _ = draft
        get, kind = payload.get, payload["type"]
        refers_to = extra.get("refers_to")
        if refers_to is None and not _REFERENCES.isdisjoint(payload):
            refers_to = next(payload[key] for key in REFERENCES if key in payload)
        usage = get("model_usage") if kind == "span.model_request_end" else None
        tokens = (*_tokens(usage), _kept_1h(usage, extra)) if isinstance(usage, dict) else _NO_TOKENS
        if kind == "user.message":
            if extra.get("person"):
                self.turn += 1
        elif kind == "session.status_running":
            if not self.in_turn:
                self.turn += 1
                self.in_turn = True
        elif kind == "session.status_idle":
            reason = get("stop_reason")
            self.in_turn = isinstance(reason, dict) and reason.get("type") == "requires_action"
        is_error = bool(extra.get("is_error") or get("is_error") is True or kind == "session.error")
        name = extra.get("name") or _name(payload)
        if name is None and usage is not None and isinstance(extra.get("response"), dict):
            name = extra["response"].get("stop_reason")
        return Row(
            self.session_id, seq, payload["id"], kind, thread_id, time_us, self.turn,
            _text(refers_to), _text(name), _text(extra.get("model")), is_error,
            _count(extra.get("duration_us")),
            *tokens, summarise(payload, extra), payload_bytes, _count(extra.get("supersedes")), chain[:CHAIN_BYTES],
        )  # fmt: skip


_NO_TOKENS = (None, None, None, None, None)


def _tokens(usage: Json) -> tuple[int | None, int | None, int | None, int | None]:
    get = usage.get
    return (
        _count(get("input_tokens")),
        _count(get("output_tokens")),
        _count(get("cache_read_input_tokens")),
        _count(get("cache_creation_input_tokens")),
    )


def _kept_1h(usage: Json, extra: Mapping[str, Any]) -> int | None:
    """What a request wrote to a cache for an hour, as the usage says, or the response's own beside it."""
    response = extra.get("response")
    for said in (usage, response.get("usage") if isinstance(response, dict) else None):
        kept = said.get("cache_creation") if isinstance(said, dict) else None
        if isinstance(kept, dict):
            count = _count(kept.get("ephemeral_1h_input_tokens"))
            return count and min(count, _count(usage.get("cache_creation_input_tokens")) or 0)
    return None


def _count(value: object) -> int | None:
    """A number fit for a column of 64 bits, or None: payloads may say anything."""
    return value if type(value) is int and -(1 << 62) < value < 1 << 62 else None


def _text(value: object) -> str | None:
    """A text fit for a column: short, and UTF-8."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() and len(value) <= 256 else value[:256].encode("utf-8", "replace").decode()


_NAMING = {"name": None, "stop_reason": "type", "result": None, "error": "type", "agent_name": None}
"""Fields that name an event within its type, the first of them first; and where in them the name is."""


def _name(payload: Json) -> str | None:
    """What the event is called within its type, from its own fields."""
    if _NAMING.keys().isdisjoint(payload):
        return None
    for key, inner in _NAMING.items():
        value = payload.get(key)
        if inner is not None and isinstance(value, dict):
            value = value.get(inner)
        if isinstance(value, str):
            return value
    return None


def summarise(payload: Json, extra: Mapping[str, Any] = {}) -> str:
    """At most 120 plain characters that say what the event is about: one line, no control or format characters."""
    text = extra.get("summary")
    if text is None:
        kind = payload["type"]
        if kind.endswith("tool_use"):
            text = _input_text(payload.get("input"))
        elif "content" in payload:
            text = _content_text(payload["content"])
        elif kind == "agent.thinking":
            text = extra.get("thinking") or ""
        elif kind == "span.model_request_end":
            text = _usage_text(payload.get("model_usage"))
        elif kind == "session.usage":
            text = _usage_text(payload.get("usage"))
        else:
            text = _any_text(payload)
    return plain(text)


def plain(text: object, limit: int = SUMMARY_CHARACTERS) -> str:
    """``text`` as one line of at most ``limit`` printable characters, with runs of blanks folded."""
    text = text if isinstance(text, str) else str(text)
    if len(text) > 4 * limit:  # a look at its beginning may do
        folded = " ".join(text[: 2 * limit].split())
        if len(folded) >= limit and folded.isprintable():
            return folded[: limit - 1] + "…"
    cut = text[: limit * 4]
    folded = " ".join(cut.split())
    if not folded.isprintable():
        folded = "".join([c if c.isprintable() else "·" for c in folded])
    if len(folded) > limit or len(cut) < len(text):
        return folded[: limit - 1] + "…"
    return folded


_TELLING = (
    "command", "file_path", "path", "pattern", "query", "url", "prompt", "description", "cmd", "code", "input", "text",
)  # fmt: skip


def _input_text(value: object) -> str:
    """The most telling argument of a tool call."""
    if not isinstance(value, dict):
        return str(value)[:1000] if value is not None else ""
    for key in _TELLING:
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, list) and found and all(isinstance(part, str) for part in found):
            return " ".join(found)
    return "  ".join([f"{key}={str(part)[:80]}" for key, part in list(value.items())[:6]])


def _content_text(content: object) -> str:
    """Text of a message's content: a string, or blocks."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return str(content)[:1000] if content is not None else ""
    parts = []
    for block in content[:8]:
        if not isinstance(block, dict):
            parts.append(str(block)[:400])
        elif isinstance(block.get("text"), str):
            parts.append(block["text"][:1000])
        else:
            parts.append(f"[{block.get('type', '?')}]")
    return " ".join(parts)


def _usage_text(usage: object) -> str:
    if not isinstance(usage, dict):
        return ""
    fresh, out, read, write = [count or 0 for count in _tokens(usage)]
    cached = f" (cache {read:,} read, {write:,} written)" if read or write else ""
    return f"{fresh + read + write:,} → {out:,} tokens{cached}"


_ENVELOPE = frozenset("id type processed_at session_thread_id timestamp uuid parentUuid sessionId version cwd".split())


def _any_text(payload: Json) -> str:
    """Whatever short text an event of unknown kind carries; of an import's event, its record."""
    if isinstance(payload.get("record"), dict):
        payload = payload["record"]
    for key in ("message", "text", "explanation", "description", "reason", "summary", "title"):
        found = payload.get(key)
        if isinstance(found, str):
            return found
    for key in ("error", "message", "data", "attachment", "payload"):
        inner = payload.get(key)
        if isinstance(inner, dict):
            for found in (inner.get("message"), inner.get("content"), inner.get("text"), inner.get("type")):
                if isinstance(found, str):
                    return found
    rest = [f"{key}={str(part)[:80]}" for key, part in payload.items() if key not in _ENVELOPE]
    return "  ".join(rest[:6])
