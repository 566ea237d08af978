"""A session as long as wanted, with payloads of the sizes that agents' have: many small ones, and up to 60 KB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.clock import derived_id, iso
from runtime.event import Draft, Json
from runtime.manifest import Manifest
from runtime.segment import SEGMENT_ROWS
from runtime.store import Store
from tests.budgets.scripted import Words

SESSION = derived_id("sesn", "budgets", "long")
THREAD = derived_id("sthr", "budgets", "long")
BEGUN_US, STEP_US = 1_790_000_000_000_000, 700_000
POOL_CHARACTERS = 24_000_000
RESULT_CHARACTERS, LONGEST = 8_800, 60_000
MODELS = ("claude-opus-4-6", "claude-sonnet-4-6")
TOOLS = ("bash", "read", "edit", "grep")
NEEDLES = {0.01: "Needle-in-one-percent", 0.5: "Needle-in-the-middle", 0.99: "Needle-at-ninety-nine"}
"""Text that stands in exactly one payload, by how far into the session that is."""
ABSENT = "Needle-that-is-nowhere"
HEAVY_CHARACTERS = 5_000_000
LINE_CHARACTERS = 96


def write_long(root: Path, events: int, heavy: int = 0) -> None:
    """A store with one sealed session of exactly ``events`` events, ``heavy`` of them results of five megabytes."""
    drafts = _drafts(events, heavy)
    manifest = Manifest(SESSION, BEGUN_US, "A very long session", agent={"name": "budgets", "model": MODELS[0]})
    with Store(root).create(manifest) as log:
        for start in range(0, events, SEGMENT_ROWS):
            log.append_sealed([[next(drafts) for _ in range(min(SEGMENT_ROWS, events - start))]])


def _drafts(events: int, heavy: int) -> Iterator[Draft]:
    words = Words(9)
    pool = words.text(min(POOL_CHARACTERS, events * 600))
    chance = words.chance
    marked = {int(events * share): needle for share, needle in NEEDLES.items()}

    def text(mean: int) -> str:
        length = min(LONGEST, int(chance.expovariate(1 / mean)) + 20)
        start = chance.randrange(max(1, len(pool) - length))
        return pool[start : start + length]

    seq, pending, weighed = 0, "", 0
    for payload, extra in _story(text):
        payload["id"] = f"sevt_{chance.getrandbits(64):016x}"
        pending = next((needle for at, needle in marked.items() if at == seq), pending)
        if pending and payload["type"] == "agent.tool_result":
            payload["content"][0]["text"] += f" {pending} "
            pending = ""
        if payload["type"] == "agent.tool_result" and weighed < heavy * seq // events:
            weighed += 1
            payload["content"] = _words(_lines(pool, seq))
        moment = BEGUN_US + seq * STEP_US
        payload["processed_at"] = iso(moment)
        yield Draft(payload, THREAD, moment, extra)
        seq += 1


def _lines(pool: str, start: int) -> str:
    """Five megabytes of it, line by line."""
    ends = range(start, start + HEAVY_CHARACTERS, LINE_CHARACTERS)
    return "\n".join(pool[at : at + LINE_CHARACTERS] for at in ends)


def _story(text: Callable[[int], str]) -> Iterator[tuple[Json, Json]]:
    """Task after task: a message, some steps of request, words, call and result, and rest."""
    task = 0
    while True:
        yield {"id": "", "type": "session.status_running"}, {}
        yield {"id": "", "type": "user.message", "content": _words(f"Task {task:,}: {text(300)}")}, {}
        for step in range(5):
            start = derived_id("sevt", "start", task, step)
            call, tool = derived_id("sevt", "call", task, step), TOOLS[(task + step) % len(TOOLS)]
            yield {"id": "", "type": "span.model_request_start"}, {}
            yield (
                {"id": "", "type": "agent.message", "content": _words(f"Step {step} of task {task:,}: {text(400)}")},
                {},
            )
            yield {"id": "", "type": "agent.tool_use", "name": tool, "input": {"command": text(300)}}, {}
            usage = {
                "input_tokens": 40 + step, "output_tokens": 300, "cache_read_input_tokens": 20_000 + 900 * step,
                "cache_creation_input_tokens": 900,
            }  # fmt: skip
            end = {"id": "", "type": "span.model_request_end", "model_request_start_id": start, "model_usage": usage}
            yield {**end, "is_error": False}, {"model": MODELS[task % 2], "duration_us": 2_400_000}
            failed = task % 50 == 49 and step == 2
            result = {
                "id": "",
                "type": "agent.tool_result",
                "tool_use_id": call,
                "content": _words(text(RESULT_CHARACTERS)),
            }
            yield {**result, "is_error": failed}, {"name": tool, "duration_us": 310_000}
        yield {"id": "", "type": "session.status_idle", "stop_reason": {"type": "end_turn"}}, {}
        task += 1


def _words(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]
