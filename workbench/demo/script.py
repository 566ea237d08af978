"""Writing a demo session: a `Script` is told what people, agent and tools do, and keeps the events that makes.

Everything is a function of the script: ids are derived, the clock only moves when the script says so, and token counts
follow from the length of what is said. The events are the API's own, in the order in which the API has them:

    session.status_running
      user.message
      span.model_request_start · agent.thinking · agent.message · agent.tool_use … · span.model_request_end
      agent.tool_result …
    session.usage
    session.status_idle
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from runtime.clock import derived_id, iso, parse_iso
from runtime.event import Draft, Json

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"

OVERHEAD_TOKENS = 3_400
"""What a system prompt and tool definitions take up before anything is said."""
TOKENS_A_SECOND = 62
FIRST_TOKEN_US = 780_000


def moment(text: str) -> int:
    """An ISO time in microseconds."""
    time_us = parse_iso(text)
    assert time_us is not None
    return time_us


class Call(NamedTuple):
    """One tool call of the agent, and what comes back."""

    name: str
    input: Json
    output: str
    seconds: float = 0.3
    is_error: bool = False
    summary: str | None = None
    """What the result's row says; by default the beginning of the output."""


def bash(command: str, output: str = "", seconds: float = 0.4, *, is_error: bool = False) -> Call:
    """A shell command."""
    return Call("bash", {"command": command}, output, seconds, is_error)


def read(path: str, output: str) -> Call:
    """A file read."""
    return Call("read", {"file_path": path}, output, 0.02)


def edit(path: str, old: str, new: str, *, missing: bool = False) -> Call:
    """An edit of a file; ``missing`` is the mistake agents make most."""
    given = {"file_path": path, "old_string": old, "new_string": new}
    if missing:
        return Call("edit", given, f"edit: old_string not found in {path}", 0.01, is_error=True)
    return Call("edit", given, f"edited {path} (1 replacement(s))", 0.02)


class Script:
    """One demo session in the making."""

    def __init__(self, key: str, start_us: int, model: str, *, pace: float = 1.0) -> None:
        """``key`` names the session and thereby all of its ids; ``pace`` stretches what the model takes."""
        self.session_id = derived_id("sesn", "workbench demo", key)
        self.main = derived_id("sthr", self.session_id, "main")
        self.model, self.started_us, self.now_us, self.pace = model, start_us, start_us, pace
        self.drafts: list[Draft] = []
        self.thread = self.main
        self._made = 0
        self._context: dict[str, int] = {}
        self._cached: dict[str, int] = {}
        self._input = self._output = self._read = 0

    # ── the clock and single events ──────────────────────────────────────────────────────────────────────────────────

    def wait(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self.now_us += round(seconds * 1_000_000)

    def event(self, kind: str, fields: Json | None = None, extra: Json | None = None) -> str:
        """Any event, now, on the current thread; its id."""
        self._made += 1
        event_id = derived_id("sevt", self.session_id, self._made)
        payload = {"id": event_id, "type": kind, **(fields or {}), "processed_at": iso(self.now_us)}
        self.drafts.append(Draft(payload, self.thread, self.now_us, extra or {}))
        return event_id

    def _said(self, text: str) -> None:
        self._context[self.thread] = self._context.get(self.thread, OVERHEAD_TOKENS) + max(1, len(text) // 4)

    def forget(self) -> None:
        """The agent's context begins anew."""
        self._context.clear()
        self._cached.clear()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, text: str) -> str:
        """A person says something, and a turn begins."""
        self.event("session.status_running")
        self.now_us += 4_000
        self._said(text)
        return self.event("user.message", {"content": [{"type": "text", "text": text}]})

    def idle(self, reason: Json | None = None) -> None:
        """The turn ends; by default because the agent is done."""
        usage = {"input_tokens": self._input, "output_tokens": self._output, "cache_read_input_tokens": self._read}
        self.event("session.usage", {"usage": usage})
        self.event("session.status_idle", {"stop_reason": reason or {"type": "end_turn"}})

    # ── the agent ────────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self, say: str = "", *calls: Call, think: str = "") -> list[str]:
        """One model request: what the agent thinks, says and calls, then the results; the ids of the calls."""
        used = self.request(say, calls, think=think)
        for event_id, call in zip(used, calls):
            self.result(event_id, call)
        return used

    def request(self, say: str, calls: Sequence[Call] = (), *, think: str = "", ask: bool = False) -> list[str]:
        """The model's part of a step; the ids of the calls it makes."""
        start, began_us = self.event("span.model_request_start", extra={"model": self.model}), self.now_us
        self.now_us += round(FIRST_TOKEN_US * self.pace)
        output = 0
        if think:
            output += self._spoken(think)
            self.event("agent.thinking", extra={"thinking": think})
        if say:
            output += self._spoken(say)
            self.event("agent.message", {"content": [{"type": "text", "text": say}]})
        used = []
        for call in calls:
            output += self._spoken(call.name + str(call.input))
            allowed = {"evaluated_permission": "ask", "evaluation": {"type": "always_ask"}} if ask else {}
            used.append(self.event("agent.tool_use", {"name": call.name, "input": call.input, **allowed}))
        self._end(start, began_us, output, "tool_use" if calls else "end_turn")
        return used

    def _spoken(self, text: str) -> int:
        tokens = max(1, len(text) // 4)
        self.now_us += round(tokens / TOKENS_A_SECOND * 1_000_000 * self.pace)
        return tokens

    def _end(self, start: str, began_us: int, output: int, stop_reason: str) -> None:
        """The request's end: what was read from the cache is what the request before ended with."""
        context = self._context.get(self.thread, OVERHEAD_TOKENS)
        read = self._cached.get(self.thread, 0)
        written = max(0, context - read)
        usage = {
            "input_tokens": 3, "output_tokens": output,
            "cache_read_input_tokens": read, "cache_creation_input_tokens": written,
        }  # fmt: skip
        self._cached[self.thread] = context
        self._context[self.thread] = context + output
        self._input, self._output, self._read = self._input + 3, self._output + output, self._read + read
        facts: dict[str, Any] = {
            "model": self.model, "duration_us": self.now_us - began_us, "response": {"stop_reason": stop_reason},
        }  # fmt: skip
        ended = {"model_request_start_id": start, "is_error": False, "model_usage": usage}
        self.event("span.model_request_end", ended, facts)

    def result(self, event_id: str, call: Call) -> None:
        """What a call came to."""
        self.wait(call.seconds)
        self._said(call.output)
        content = [{"type": "text", "text": call.output}] if call.output else []
        extra: Json = {"name": call.name, "duration_us": round(call.seconds * 1_000_000)}
        if call.summary:
            extra["summary"] = call.summary
        self.event("agent.tool_result", {"tool_use_id": event_id, "content": content, "is_error": call.is_error}, extra)

    def failed_request(self, kind: str, message: str, retry: str, seconds: float) -> None:
        """A model request that errs, and the session's error that says so."""
        start = self.event("span.model_request_start", extra={"model": self.model})
        self.wait(seconds)
        zero = dict.fromkeys(
            ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"), 0
        )
        ended = {"model_request_start_id": start, "is_error": True, "model_usage": zero}
        self.event("span.model_request_end", ended, {"model": self.model, "duration_us": round(seconds * 1_000_000)})
        self.event("session.error", {"error": {"type": kind, "message": message, "retry_status": {"type": retry}}})

    # ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def delegate(self, agent_name: str, task: str) -> str:
        """The current thread hands ``task`` to a new one; that one's id."""
        parent, thread = self.thread, derived_id("sthr", self.session_id, agent_name)
        named = {"agent_name": agent_name, "session_thread_id": thread}
        self.event("session.thread_created", named)
        content = [{"type": "text", "text": task}]
        self.event(
            "agent.thread_message_sent",
            {"content": content, "to_session_thread_id": thread, "to_agent_name": agent_name},
        )
        with self.within(thread):
            self.event("session.thread_status_running", named)
            self._said(task)
            self.event("agent.thread_message_received", {"content": content, "from_session_thread_id": parent})
        return thread

    def report(self, agent_name: str, thread: str, text: str) -> None:
        """A thread answers the current one, which it was made by, and rests."""
        parent = self.thread
        content = [{"type": "text", "text": text}]
        named = {"agent_name": agent_name, "session_thread_id": thread}
        with self.within(thread):
            self.event("agent.thread_message_sent", {"content": content, "to_session_thread_id": parent})
            self.event("session.thread_status_idle", {**named, "stop_reason": {"type": "end_turn"}})
        self._said(text)
        self.event(
            "agent.thread_message_received",
            {"content": content, "from_session_thread_id": thread, "from_agent_name": agent_name},
        )

    @contextmanager
    def within(self, thread: str) -> Iterator[None]:
        """What happens in the block happens on ``thread``."""
        before, self.thread = self.thread, thread
        try:
            yield
        finally:
            self.thread = before
