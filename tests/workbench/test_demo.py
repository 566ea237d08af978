"""The store that the project makes itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydantic
import pytest
from anthropic.types.beta.sessions.beta_managed_agents_session_event import BetaManagedAgentsSessionEvent

from runtime.event import LOCAL_PREFIXES, WIRE_TYPES, decode
from runtime.segment import Entry
from runtime.store import Store
from tests.support.driver import session_called
from tests.support.importing import undeclared
from workbench.__main__ import main
from workbench.demo import live as demo_live
from workbench.demo import store as demo
from workbench.demo.stories import moment

EVENT = pydantic.TypeAdapter(BetaManagedAgentsSessionEvent)


def entries_of(store: Store) -> Iterator[tuple[str, Entry]]:
    """Every event of every session."""
    for session_id in sorted(store.session_ids()):
        with store.reader(session_id) as reader:
            for entry in reader.entries():
                yield session_id, entry


def test_every_event_is_one_that_the_api_could_have_sent(demo_store: Store) -> None:
    """In the stock client's strict mode, without a field it does not declare; what is only ours is marked as such."""
    kinds = set()
    for _, entry in entries_of(demo_store):
        payload = decode(entry.payload)
        kinds.add(payload["type"])
        if payload["type"].startswith(LOCAL_PREFIXES):
            continue
        EVENT.validate_json(entry.payload, strict=True)
        assert undeclared(payload) is None, payload
    assert len(kinds & WIRE_TYPES) >= 20


def test_ids_are_used_once_and_every_reference_resolves(demo_store: Store) -> None:
    """Results have their calls, ends their starts, messages their threads."""
    for session_id in demo_store.session_ids():
        with demo_store.reader(session_id) as reader:
            rows = reader.rows(0, reader.count)
        seen = set()
        for row in rows:
            assert row.id not in seen
            assert row.refers_to is None or row.refers_to in seen, row
            seen.add(row.id)


def test_sessions_obey_the_order_of_the_api(demo_store: Store) -> None:
    """Usage immediately before each idle; every model request that starts has one end; time does not go back."""
    for session_id in demo_store.session_ids():
        with demo_store.reader(session_id) as reader:
            rows = reader.rows(0, reader.count)
            open_ended = bool(reader.tails)
        kinds = [row.type for row in rows]
        assert all(
            kinds[place - 1] == "session.usage" for place, kind in enumerate(kinds) if kind == "session.status_idle"
        )
        starts = {row.id for row in rows if row.type == "span.model_request_start"}
        ends = [row.refers_to for row in rows if row.type == "span.model_request_end"]
        assert len(ends) == len(set(ends)) and starts - set(ends) == set() or open_ended
        assert [row.time_us for row in rows] == sorted(row.time_us or 0 for row in rows)


def test_the_shapes_there_are(demo_store: Store) -> None:
    """Each for something one would want to try."""
    assert len(demo_store.session_ids()) >= 5
    with demo_store.reader(session_called(demo_store, "Move the billing")) as reader:
        rows = reader.rows(0, reader.count)
    stall = max(row.duration_us or 0 for row in rows)
    assert 36 * 60 * 1_000_000 < stall < 37 * 60 * 1_000_000
    assert sum(row.is_error for row in rows) > 20 and rows[-1].name == "retries_exhausted"
    with demo_store.reader(session_called(demo_store, "Review the parser")) as reader:
        assert len({row.thread_id for row in reader.rows(0, reader.count)}) == 4
    with demo_store.reader(session_called(demo_store, "Which uploads")) as reader:
        largest = max(row.payload_bytes for row in reader.rows(0, reader.count))
        assert largest > 2_000_000
        assert any(b"\\u001b]52" in entry.payload for entry in reader.entries())
    with demo_store.reader(session_called(demo_store, "Keep the release notes")) as reader:
        assert [len(tail.rows) for tail in reader.tails] == [demo.WATCHING.stored]
    manifest = demo_store.manifest(session_called(demo_store, "Upgrade the web"))
    assert manifest.source["format"] == "claude_code"


def test_it_is_the_same_everywhere(demo_store: Store, tmp_path: Path) -> None:
    """To the byte: clock and ids are the script's."""
    again = Store(tmp_path / "again")
    demo.ensure(again)
    assert list(entries_of(again)) == list(entries_of(demo_store))


def test_it_is_made_once(demo_store: Store) -> None:
    """A second time, nothing is touched; one that is missing is made."""
    stamps = {path: path.stat().st_mtime_ns for path in demo_store.root.rglob("*") if path.is_file()}
    ids = demo.ensure(demo_store)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    demo_store.delete(ids[2])
    assert demo.ensure(demo_store) == ids
    assert set(demo_store.session_ids()) == set(ids)


def test_an_older_version_makes_way(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of the demo that this version does not know are dropped; nobody else's are."""
    with demo_store.writer(session_called(demo_store, "Fix the flaky")) as log:
        log.describe(about={"demo": 0})
    from tests.support.builders import add_session, message

    add_session(demo_store, "sesn_mine", [[message(0)]], title="Mine")
    add_session(demo_store, "sesn_old", [[message(0)]], title="Old", about={"demo": 0})
    demo.ensure(demo_store)
    assert demo_store.exists("sesn_mine") and not demo_store.exists("sesn_old")
    assert demo_store.manifest(session_called(demo_store, "Fix the flaky")).about == {"demo": demo.VERSION}


def test_the_huge_session_has_as_many_events_as_it_says(
    plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In sealed segments, whole by its chain; one that was left half made is made anew."""
    monkeypatch.setattr(demo, "SEGMENT_ROWS", 700)
    store, made = Store("huge"), []
    session_id = demo.ensure_huge(store, 2_000, made.append)
    assert made == [700, 1_400, 2_000]
    assert store.verify(session_id) == 2_000
    demo.ensure_huge(store, 2_000, made.append)
    assert len(made) == 3, "it was there already"
    demo.ensure_huge(store, 2_500)
    with store.reader(session_id) as reader:
        assert reader.count == 2_500
        assert {decode(entry.payload)["id"] for entry in reader.entries()} == {row.id for row in reader.rows(0, 2_500)}


def test_while_somebody_looks_one_session_goes_on(demo_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its story goes on, from where it was; it stops with the looking, and a second demo only watches."""
    monkeypatch.setattr(demo_live, "HURRY", 10_000)
    session_id = session_called(demo_store, "Keep the release notes")
    story = demo.WATCHING.script().drafts
    with demo_live.writing(demo_store), demo_live.writing(demo_store), demo_store.reader(session_id) as reader:
        while reader.poll() < 90:
            pass
    with demo_store.reader(session_id) as reader:
        count = reader.count
        assert [entry.id for entry in reader.entries()] == [draft.payload["id"] for draft in story[:count]]
    with demo_live.writing(demo_store), demo_store.reader(session_id) as reader:
        while reader.poll() < len(story):
            pass
        assert reader.rows(len(story) - 1, len(story))[0].name == "end_turn"


def test_the_command_tells_the_same_without_a_terminal(
    plain_surroundings: Path, capsys: pytest.CaptureFixture[str], demo_made: Path
) -> None:
    """In a cache of its own unless told where; the user's own store is left alone."""
    assert main(["demo"]) == 0
    assert "7 sessions" in capsys.readouterr().out
    assert demo.demo_root().exists() and demo.demo_root().is_relative_to(plain_surroundings / "cache")
    assert not (plain_surroundings / "data").exists()
    assert main(["demo", "--store", "other", "--screen", "demo.txt", "--size", "100x12"]) == 0
    assert "Which uploads" in Path("demo.txt").read_text()


def test_moments_are_exact() -> None:
    """A story's clock starts where it says."""
    assert moment("2026-03-02T09:14:07Z") == 1_772_442_847_000_000
