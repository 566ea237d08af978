"""Made-up Claude Code transcripts, by the thousand or by the gigabyte, for where real ones are absent or too few."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import orjson

from runtime.clock import iso

BEGUN_US = 1_790_000_000_000_000
MODELS = ("claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5")
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
TITLE = "Small task"


class Words:
    """Text as common as the words of a language: few are frequent, most are rare."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._words = ["".join(self.chance.choices(SYLLABLES, k=self.chance.randint(1, 4))) for _ in range(4_000)]
        self._weights = [1 / (rank + 3) for rank in range(len(self._words))]

    def text(self, characters: int) -> str:
        """About so many characters, in lines."""
        words = self.chance.choices(self._words, self._weights, k=max(1, characters // 6))
        return "\n".join(" ".join(words[at : at + 14]) for at in range(0, len(words), 14))


def transcript(number: int, words: Words, *, steps: int, characters: int) -> tuple[str, Iterator[bytes]]:
    """The file name and the lines of one session: a prompt, ``steps`` tool calls, an answer."""
    session = native_id(f"session {number}")
    return f"{session}.jsonl", _lines(number, session, words, steps, characters)


def _lines(number: int, session: str, words: Words, steps: int, characters: int) -> Iterator[bytes]:
    model, parent, moment = MODELS[number % 3], None, BEGUN_US + number * 4_000_000_000

    def line(kind: str, message: dict[str, Any], **more: Any) -> bytes:
        nonlocal parent, moment
        uuid = native_id(f"{session} {moment}")
        whole = {
            "parentUuid": parent, "isSidechain": False, "userType": "external", "cwd": "/home/dev/shop",
            "version": "2.1.40", "sessionId": session, "gitBranch": "main", "type": kind, "message": message,
            "uuid": uuid, "timestamp": iso(moment), **more,
        }  # fmt: skip
        parent, moment = uuid, moment + 1_700_000
        return orjson.dumps(whole) + b"\n"

    yield line("user", {"role": "user", "content": f"{TITLE} {number:05d}: {words.text(characters // 4)}"})
    for step in range(steps):
        call = f"toolu_{md5(f'{session} {step}'.encode()).hexdigest()[:24]}"
        use = {
            "type": "tool_use",
            "id": call,
            "name": "Bash",
            "input": {"command": f"make check-{step} && cat report-{step}.txt"},
        }
        yield line("assistant", _said(session, step, model, [{"type": "text", "text": words.text(characters // 6)}]))
        yield line("assistant", _said(session, step, model, [use]))
        result = words.text(characters)
        content = [{"type": "tool_result", "tool_use_id": call, "content": result, "is_error": False}]
        shown = {"stdout": result, "stderr": "", "interrupted": False, "isImage": False}
        yield line("user", {"role": "user", "content": content}, toolUseResult=shown)
    yield line("assistant", _said(session, steps, model, [{"type": "text", "text": words.text(characters // 3)}]))


def _said(session: str, step: int, model: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 12 + step, "output_tokens": 90 + step * 7, "cache_read_input_tokens": 9_000 + 400 * step,
        "cache_creation_input_tokens": 400,
    }  # fmt: skip
    name = md5(f"{session} m {step}".encode()).hexdigest()[:24]
    return {
        "id": f"msg_{name}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "usage": usage,
    }


def small_transcripts(folder: Path, count: int) -> None:
    """So many small sessions of about 50 events each, in folders of 500 as projects have them."""
    words = Words(7)
    for number in range(count):
        project = folder / f"project-{number // 500:03d}"
        project.mkdir(exist_ok=True)
        name, lines = transcript(number, words, steps=9, characters=300)
        (project / name).write_bytes(b"".join(lines))


def bulk_transcripts(folder: Path, size: int) -> None:
    """Sessions of about a megabyte each up to so many bytes."""
    words, made, number = Words(8), 0, 0
    while made < size:
        name, lines = transcript(number, words, steps=120, characters=3_500)
        made += (folder / name).write_bytes(b"".join(lines))
        number += 1


def native_id(text: str) -> str:
    digest = md5(text.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
