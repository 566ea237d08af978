"""Every real transcript into one store, checked against the files themselves, which are read here without any importer.

What is claimed: every byte of every imported file that says something is part of a record with one disposition; a
record cited by an event can be had back byte for byte; importing again adds nothing; the chain holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.ingest.driver import Report
from runtime.ingest.paths import import_paths
from runtime.sources.archive import LedgerEntry, SourceArchive, check_frames
from runtime.store import Store
from tests.support.chopping import differences
from tests.support.shared import shared_data
from tests.support.surviving import citations, everything

Spans = set[tuple[int, int]]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Report]:
    """All of the shared transcripts, imported once."""
    store = Store(tmp_path_factory.mktemp("store"))
    return store, import_paths(store, [shared_data()], processes=1)


@pytest.fixture(scope="module")
def ledger(imported: tuple[Store, Report]) -> dict[str, LedgerEntry]:
    """What became of each file."""
    return SourceArchive(imported[0]).ledger()


@pytest.fixture(scope="module")
def cited(imported: tuple[Store, Report]) -> dict[str, set[tuple[str, int, int]]]:
    """What the events cite, by path."""
    return citations(imported[0])


def test_every_format_brings_sessions(imported: tuple[Store, Report]) -> None:
    """Each tool's folder yields sessions of its format, and what was rejected has a place and a reason."""
    store, report = imported
    formats = {summary.manifest.source["format"] for summary in store.summaries()}
    assert formats >= {
        "claude_code", "codex", "gemini_cli", "inspect", "swe_agent", "mini_swe_agent", "openhands", "tau_bench",
        "tau2_bench", "otlp",
    }  # fmt: skip
    assert all(item["reason"] and item["path"] for item in report.rejected)
    assert report.records == report.cited + report.present + len([r for r in report.rejected if r["line"] is not None])


def test_every_line_of_every_file_has_one_disposition(
    imported: tuple[Store, Report], ledger: dict[str, LedgerEntry], cited: dict[str, set[tuple[str, int, int]]]
) -> None:
    """Lines are split here, by hand: each is cited, or rejected, or says the same as one cited from another place."""
    known: dict[str, set[str]] = {}
    for path, spans in cited.items():
        if (entry := ledger.get(path)) and path.endswith(".jsonl"):
            data = Path(path).read_bytes()
            said = known.setdefault(entry.format, set())
            said.update(_said(data[offset : offset + size]) for _, offset, size in spans)
    unaccounted = []
    for path, entry in ledger.items():
        if not path.endswith(".jsonl") or "!" in path:
            continue
        places = {offset for _, offset, _ in cited.get(path, ())}
        rejected = {offset for offset, *_ in entry.rejected}
        assert not places & rejected, path
        offset = present = 0
        for line in Path(path).read_bytes().split(b"\n"):
            if line.strip():
                if offset not in places and offset not in rejected:
                    present += 1
                    if _said(line) not in known[entry.format]:
                        unaccounted.append(f"{path} at {offset}: {line[:80]!r}")
            offset += len(line) + 1
        assert (len(places), present, len(rejected)) == (entry.cited, entry.present, len(entry.rejected)), path
    assert unaccounted == []


def _said(line: bytes) -> str:
    """What a line says, however it is spaced."""
    return json.dumps(json.loads(line), sort_keys=True)


def test_a_document_says_nothing_outside_its_records(
    ledger: dict[str, LedgerEntry], cited: dict[str, set[tuple[str, int, int]]]
) -> None:
    """Take every record out of a JSON document, and what remains is names, brackets, commas and blanks."""
    left_over = []
    for path, entry in ledger.items():
        if path.endswith((".jsonl", ".eval")):
            continue
        data = Path(path).read_bytes()
        spans: Spans = {(offset, size) for _, offset, size in cited.get(path, ())}
        spans |= {(offset, size) for offset, size, *_ in entry.rejected if size}
        if entry.cited + len(entry.rejected) < entry.records or any(not size for _, size, *_ in entry.rejected):
            continue  # partly present from another file, or refused as a whole: nothing to hold it against
        rest = b"".join(_outside(data, spans))
        if saying := [value for value in _values(rest) if len(value) > 40]:
            left_over.append(f"{path}: {saying[:2]}")
    assert left_over == []


def _outside(data: bytes, spans: Spans) -> Iterator[bytes]:
    at = 0
    for offset, size in sorted(spans):
        yield data[at:offset] + b" " if offset > at else b""
        at = max(at, offset + size)
    yield data[at:]


def _values(rest: bytes) -> list[str]:
    """Strings in what is left that are not names of members, and bare numbers of some length."""
    rest = re.sub(rb'"(?:scope|instrumentationLibrary)"\s*:\s*\{[^{}]*\}', b"", rest)  # every span's event repeats it
    text = re.sub(rb'"(?:[^"\\]|\\.)*"\s*:', b"", rest)
    return [found.decode("utf-8", "replace") for found in re.findall(rb'"(?:[^"\\]|\\.)*"|[-+.\deE]{6,}', text)]


def test_every_cited_record_can_be_had_back_byte_for_byte(
    imported: tuple[Store, Report], cited: dict[str, set[tuple[str, int, int]]]
) -> None:
    """The archive gives what stands in the file at that place; for members of archives, what the archive holds."""
    archive, checked = SourceArchive(imported[0]), 0
    for path, spans in cited.items():
        data = Path(path).read_bytes() if "!" not in path else None
        for source_id, offset, size in sorted(spans):
            record = archive.record(source_id, offset, size)
            assert len(record) == size
            if data is not None:
                assert record == data[offset : offset + size], f"{path} at {offset}"
            else:
                json.loads(record)
            checked += 1
    assert checked > 10_000
    assert list(check_frames(archive)) == []


def test_the_chain_holds_everywhere(imported: tuple[Store, Report]) -> None:
    """Every event of every session verifies."""
    store, report = imported
    assert sum(store.verify(session_id) for session_id in store.session_ids()) == report.events


def test_importing_again_adds_nothing(imported: tuple[Store, Report], tmp_path: Path) -> None:
    """Not from the same paths, and not from a copy of everything elsewhere."""
    store, report = imported
    before = everything(store)
    again = import_paths(store, [shared_data()], processes=1)
    assert (again.events, again.cited, again.present) == (0, 0, report.cited + report.present)
    source = shared_data("claude_code", "growth", "3_a032db5a-df02-44d7-ab1e-fb024213ecc4.jsonl")
    copy = tmp_path / source.name  # the name says whose the lines are that do not say it themselves
    copy.write_bytes(source.read_bytes())
    assert import_paths(store, [copy]).events == 0
    assert everything(store) == before


GROWING = [
    "claude_code/claude-code-log/projects/-Users-dain-workspace-JSSoundRecorder/7acd37a8-2745-4b58-a8a9-46164b22ad9e.jsonl",
    "claude_code/cli-2.1.329/393e660b-41a7-4a0f-b376-c274f49e165d/subagents/agent-aef840e0a09e174a3.jsonl",
    "codex/git-sync/rollout_34-56387d7a8a-19.jsonl",
    "openhands/prontoqa/output.jsonl",
    "gemini_cli/entireio-cli/ab-2b9748b105-0.json",
]


@pytest.mark.parametrize("name", GROWING)
def test_a_file_cut_anywhere_and_imported_as_it_grows_gives_the_same_events(name: str, tmp_path: Path) -> None:
    """Twenty random cuts; `python -m tests.soak --only chop` does this with every file."""
    assert differences(shared_data(*name.split("/")), tmp_path, seed=20) == []
