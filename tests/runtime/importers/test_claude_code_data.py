"""Claude Code's importer over the shared transcripts: no record lost, tokens as an independent tool counts them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from runtime.importers.claude_code import IMPORTER, ClaudeCodeReader
from runtime.importers.record import Made, Rejected, thread_id_of
from runtime.importers.source import BytesSource, FileSource, sample_of
from tests.runtime.importers.test_claude_code import EVENT, surviving, undeclared
from tests.support.shared import shared_data


def transcripts() -> list[Path]:
    """Every file of the format among the shared transcripts."""
    folder = shared_data("claude_code")
    named = [*folder.rglob("*.jsonl"), *folder.rglob("*.meta.json"), *folder.rglob("*.web-export.json")]
    return sorted(path for path in named if not path.name.startswith("requests-seen"))


def read(source: FileSource | BytesSource) -> tuple[list[Made], list[Rejected], int, ClaudeCodeReader]:
    """What becomes of a source: made, rejected, the number of records, and the reader."""
    reader = IMPORTER.reader(source)
    made: list[Made] = []
    rejected: list[Rejected] = []
    records = 0
    for records, record in enumerate(IMPORTER.records(source), 1):  # noqa: B007
        disposed = False
        for item in [record] if isinstance(record, Rejected) else reader.read(record):
            (rejected if isinstance(item, Rejected) else made).append(item)  # type: ignore[arg-type]
            disposed |= isinstance(item, Rejected) or record.span in item.cites
        assert disposed, f"{source.path}: line {record.span.line} came to nothing"
    made += reader.end()
    return made, rejected, records, reader


@cache
def everything() -> dict[Path, tuple[list[Made], list[Rejected], int, ClaudeCodeReader]]:
    """All transcripts, read."""
    return {path: read(FileSource(path)) for path in transcripts()}


def test_it_claims_its_own_files_and_no_others() -> None:
    root = shared_data()
    claimed = {path for path in root.rglob("*") if path.is_file() and IMPORTER.recognises(sample_of(path))}
    assert claimed == set(transcripts())


def test_every_record_is_cited_or_rejected_with_a_reason() -> None:
    rejected = {(path.name, item.span.line) for path, (_, items, _, _) in everything().items() for item in items}
    assert {name for name, _ in rejected} == {"edge_cases.jsonl", "130d7b7e-5801-4345-9bd6-f32fd9b8429b.jsonl"}
    assert len(rejected) == 4  # a string, a number and a list made up for the purpose; one line torn in the wild
    assert sum(records for _, _, records, _ in everything().values()) > 7000


def test_every_type_of_line_has_a_name() -> None:
    unknown: Counter[str] = Counter()
    for _, _, _, reader in everything().values():
        unknown += reader.unknown
    assert unknown == {"(no type)": 1}


def test_events_of_the_apis_types_are_the_apis_own() -> None:
    checked: Counter[str] = Counter()
    for made, _, _, _ in everything().values():
        for event in made:
            if event.payload["type"].startswith("import.") or event.time_us is None:
                continue
            model = EVENT.validate_python(event.payload)
            assert not undeclared(model), event.payload
            checked[event.payload["type"]] += 1
    assert len(checked) >= 14 and checked["agent.tool_result"] > 1500


def tokens(made: Iterable[Made], start: int) -> dict[str, int]:
    """What was spent on messages that end after line ``start``, in the oracle's words."""
    after = [event for event in surviving(made).values() if event.cites[-1].line > start]
    ends = [event.payload["model_usage"] for event in after if event.payload["type"] == "span.model_request_end"]
    names = {"input_tokens": "input_tokens", "cache_creation_tokens": "cache_creation_input_tokens",
             "cache_read_tokens": "cache_read_input_tokens", "output_tokens": "output_tokens"}  # fmt: skip
    synthetic = sum(_is_synthetic(event) for event in after)  # calls too, to that tool
    counted = {ours: sum(end[name] for end in ends) for ours, name in names.items()}
    return counted | {"api_call_count": len(ends) + synthetic}


def _is_synthetic(event: Made) -> bool:
    """Whether the harness wrote this in a model's place."""
    kind = event.payload["type"]
    return (
        kind == "agent.message" and "note" in event.extra or kind == "session.error" and "response" not in event.extra
    )


def stretches(made: Iterable[Made]) -> Iterator[dict[str, int]]:
    """What was spent on every run of requests that follow one another."""
    ends = [event for event in surviving(made).values() if event.payload["type"] == "span.model_request_end"]
    ends.sort(key=lambda event: event.cites[-1].line)
    for first in range(len(ends)):
        for stop in range(first + 1, len(ends) + 1):
            yield tokens(ends[first:stop], 0)


def test_tokens_of_a_session_are_what_an_independent_tool_counts() -> None:
    """All of a session, or what came after a checkpoint; two were counted before their file was at its end."""
    whole, parts = 0, []
    for path in sorted(shared_data("claude_code").rglob("*.entire-metadata.json")):
        about = json.loads(path.read_bytes())
        if "token_usage" not in about:
            continue
        start = about.get("checkpoint_transcript_start") or about.get("transcript_lines_at_start") or 0
        made = everything()[path.with_name(path.name.replace(".entire-metadata.json", ".jsonl"))][0]
        if about["token_usage"] in (tokens(made, start), tokens(made, 0)):
            whole += 1
        else:
            parts.append(path.name[:8])
            assert about["token_usage"] in stretches(made), path.name
    assert (whole, parts) == (29, ["0cd46975", "c8453209"])


def test_a_session_that_grew_is_the_same_as_at_once() -> None:
    folder = shared_data("claude_code", "growth")
    grown: dict[str, Made] = {}
    new = []
    for path in sorted(folder.glob("*.jsonl")):
        made, before = everything()[path][0], len(grown)
        assert {event.session for event in made} == {"a032db5a-df02-44d7-ab1e-fb024213ecc4"}
        surviving(made, grown)
        new.append(len(grown) - before)
    assert list(grown) == list(surviving(made)) and all(new)


@pytest.mark.parametrize("name", ["cli/efea9d52", "cli/e8106766", "cli-2.1.329/1ab08163", "git-sync/0cd46975"])
def test_cut_at_any_of_many_places_the_events_are_the_same(name: str) -> None:
    folder, _, start = name.partition("/")
    path = next(shared_data("claude_code", folder).glob(f"{start}*.jsonl"))
    data = path.read_bytes()
    whole = surviving(read(BytesSource(str(path), data))[0])
    step = max(1, len(data) // 9)
    grown: dict[str, Made] = {}
    for cut in [*range(step // 3, len(data), step), len(data)]:
        surviving(read(BytesSource(str(path), data[:cut]))[0], grown)
    assert [event.payload for event in grown.values()] == [event.payload for event in whole.values()]


def test_subagents_are_threads_that_their_session_announces() -> None:
    threads = {(event.session, event.thread) for made, *_ in everything().values() for event in made if event.thread}
    announced = {
        event.payload["session_thread_id"]
        for made, *_ in everything().values()
        for event in made
        if event.payload["type"] == "session.thread_created"
    }
    silent = {session for session, thread in threads if thread_id_of("claude_code", session, thread) not in announced}
    files = {path.stem for path in everything()}
    assert len(threads) > 40 and not any(session in files for session in silent)  # their sessions' files are not there


def test_results_refer_to_uses() -> None:
    lost = total = unnamed = 0
    for path, (made, *_) in everything().items():
        if path.parts[-2] not in ("cli", "git-sync", "growth", "cli-2.1.329", "subagents"):
            continue
        uses = {event.payload["id"] for event in made if event.payload["type"].endswith("tool_use")}
        for event in surviving(made).values():
            if event.payload["type"].endswith("tool_result"):
                total += 1
                unnamed += "name" not in event.extra
                lost += event.payload.get("tool_use_id", event.payload.get("mcp_tool_use_id")) not in uses
    assert total > 1000 and lost == unnamed == 0
