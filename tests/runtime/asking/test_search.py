"""Search finds what was said, however it was escaped, wherever it is kept; and nothing that was not said."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.asking.needle import Needle, Texts, excerpt
from runtime.asking.search import Hit, _of_reader, _scan, search, search_payloads
from runtime.errors import Corrupt, QueryError
from runtime.event import Draft
from runtime.manifest import Manifest
from runtime.store import Store
from runtime.upkeep.maintenance import maintain
from tests.support.builders import THREAD, add_session, new_store


def said(number: int, text: str, *, raw: bytes | None = None, **extra: Any) -> Draft:
    """A message of the agent's."""
    payload = {"id": f"sevt_{number:05d}", "type": "agent.message", "content": [{"type": "text", "text": text}]}
    return Draft(payload, THREAD, 1_795_000_000_000_000 + number, extra, raw)


def hits(store: Store, needle: Needle | str, **options: Any) -> list[Hit]:
    """Everything found in a store."""
    return [hit for progress in search(store, needle, **options) for hit in progress.hits]


def places(found: list[Hit]) -> list[tuple[str, int]]:
    """Session and seq of each hit."""
    return [(hit.session_id, hit.seq) for hit in found]


# ── one text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

WRITERS = {
    "orjson": lambda value: orjson.dumps(value),
    "indented": lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2),
    "ascii": lambda value: json.dumps(value).encode(),
    "capital digits": lambda value: _capitals(json.dumps(value)).encode(),
    "html": lambda value: _for_html(json.dumps(value, ensure_ascii=False)).encode(),
}


def _capitals(text: str) -> str:
    return re.sub(r"\\(?:u[0-9a-f]{4}|.)", lambda escape: escape[0][:2] + escape[0][2:].upper(), text)


def _for_html(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


characters = st.characters(exclude_categories=["Cs"])
letters = st.sampled_from('abnrtu\\"/<é☃😀ÄA0n4e \n\t')
texts = st.text(st.one_of(letters, letters, characters), max_size=30)


def first(needle: Needle, data: bytes) -> Any:
    """The first match in one JSON text."""
    return next(needle.matches(Texts.of([data])), None)


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=300, deadline=None)
@given(before=texts, needle=st.text(st.one_of(letters, characters), min_size=1, max_size=6), after=texts)
@example(before="", needle="next", after="")
@example(before="x\\", needle="n", after="")
@example(before="😀", needle="😀", after="")
def test_what_was_said_is_found_however_it_was_written(writer: str, before: str, needle: str, after: str) -> None:
    """If the text has it, so has its JSON, whoever wrote it."""
    data = WRITERS[writer]([before + needle + after])
    match = first(Needle(needle, ignore_case=False), data)
    assert match is not None
    shown = excerpt(data, match)
    assert 0 <= shown.start <= shown.end <= len(shown.text)


@settings(max_examples=600, deadline=None)
@given(text=texts, needle=st.text(letters, min_size=1, max_size=4))
@example(text="x\next", needle="next")
@example(text="\\n", needle="n")
@example(text="é", needle="00e9")
@example(text="\u00e9n", needle="9n")
@example(text="tab\there", needle="there")
@example(text="\\ua", needle="A")
def test_what_was_not_said_is_not_found(text: str, needle: str) -> None:
    """Escapes of the JSON are not taken for text; a quotation mark alone may be the JSON's own."""
    if '"' in needle or not needle.strip():
        return
    for write in WRITERS.values():
        found = first(Needle(needle, ignore_case=False), write([text]))
        assert (found is not None) == (needle in text), write([text])


@settings(max_examples=300, deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("abAB\nn c"), max_size=8), max_size=8),
    needle=st.text(st.sampled_from("abABn c"), min_size=1, max_size=3),
)
def test_the_quick_way_finds_what_a_naive_one_finds(texts: list[str], needle: str) -> None:
    """Over many texts at once, in any case of letters and exactly: which have it, and where first."""
    array = pa.array([orjson.dumps(text).decode() for text in texts], pa.large_string())
    exact = {match.row for match in Needle(needle, ignore_case=False).matches(Texts(array))}
    assert exact == {row for row, text in enumerate(texts) if needle in text}
    loose = {match.row for match in Needle(needle, ignore_case=True).matches(Texts(array))}
    assert loose == {row for row, text in enumerate(texts) if needle.lower() in text.lower()}
    for match in Needle(needle, ignore_case=False).matches(Texts(array)):
        assert array[match.row].as_py()[match.start : match.end] == needle


def test_a_slice_of_an_array_is_looked_through_as_such() -> None:
    """Rows count from the slice's own beginning."""
    array = pa.array(["one needle", "two", "a needle"], pa.large_string()).slice(1)
    assert [(match.row, match.start) for match in Needle("needle").matches(Texts(array))] == [(1, 2)]


@pytest.mark.parametrize(
    ("needle", "text", "found"),
    [
        ("error", "Error", True),
        ("Error", "error", False),
        ("Error", "Error", True),
        ("élan", "ÉLAN", True),
        ("Élan", "élan", False),
    ],
)
def test_case_matters_where_the_needle_has_a_capital(needle: str, text: str, found: bool) -> None:
    """Smart case, in any alphabet and any way of writing it."""
    for write in WRITERS.values():
        assert (first(Needle(needle), write([text])) is not None) is found
    assert first(Needle(needle, ignore_case=True), WRITERS["ascii"]([text])) is not None


def test_the_structure_of_the_json_is_found_by_its_quotation_marks() -> None:
    """As one would type it."""
    data = orjson.dumps({"name": "bash", "input": {"command": 'echo "name":"zsh"'}})
    assert first(Needle('"name":"bash"'), data) is not None
    assert first(Needle('"name":"zsh"'), data) is not None
    assert first(Needle('"name":"fish"'), data) is None


def test_regular_expressions_are_re2s() -> None:
    """Over the stored JSON; what RE2 cannot do is refused in words."""
    data = orjson.dumps({"text": "port 8080 refused"})
    match = first(Needle(r"port \d+", regex=True), data)
    assert match is not None and data[match.start : match.end] == b"port 8080"
    assert first(Needle(r"PORT \d+", regex=True), data) is None
    assert first(Needle(r"port \d+", regex=True), b'{"text":"PORT 1"}') is not None
    assert first(Needle(r"^\{.*\}$", regex=True), data) is not None
    for pattern in (r"(unclosed", r"(?=ahead)", r"\1"):
        with pytest.raises(QueryError, match="not a regular expression"):
            Needle(pattern, regex=True)
    with pytest.raises(QueryError, match="empty"):
        Needle("")


def test_an_excerpt_is_one_harmless_line_around_the_match() -> None:
    """Unescaped, within its string, cut with an ellipsis, with the match's place in it."""
    text = "start " + "word " * 60 + 'a "quoted"\n\tneedle\x1b[31m here ' + "more " * 60 + "end"
    data = orjson.dumps({"k": "other needle-like", "text": text})
    needle = Needle("needle\x1b")
    match = first(needle, data)
    assert match is not None
    shown = excerpt(data, match)
    assert shown.text[shown.start : shown.end] == "needle·"
    assert shown.text.startswith("…") and shown.text.endswith("…") and 'a "quoted" needle·[31m here more' in shown.text
    assert shown.text.isprintable() and len(shown.text) < 300
    whole = excerpt(data, first(Needle("needle-"), data))
    assert whole.text == "other needle-like"


# ── a store ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Sessions packed, deleted from their pack, woken, sealed twice over, and open; a needle in each."""
    store = new_store(tmp_path)
    for name in ("packed", "deleted", "woken"):
        add_session(
            store,
            f"sesn_{name}",
            [[said(number, f"hay {number}") for number in range(20)] + [said(20, f"Needle in {name}")]],
        )
    maintain(store, many=1)
    store.delete("sesn_deleted")
    with store.writer("sesn_woken") as log:
        log.append([said(21, "needle awake")])
    add_session(
        store, "sesn_sealed", [[said(0, "needle one"), said(1, "hay")], [said(2, "hay"), said(3, "needle two")]]
    )
    with store.create(Manifest("sesn_open")) as log:
        log.append([said(0, "hay"), said(1, "fresh needle"), said(2, "hay")])
    return store


EVERYWHERE = {
    ("sesn_packed", 20),
    ("sesn_woken", 20),
    ("sesn_woken", 21),
    ("sesn_sealed", 0),
    ("sesn_sealed", 3),
    ("sesn_open", 1),
}


def test_a_needle_is_found_in_every_session_that_counts(store: Store) -> None:
    """Each once; not in what was deleted. With a capital letter, only where it has one."""
    found = places(hits(store, "needle"))
    assert set(found) == EVERYWHERE and len(found) == len(EVERYWHERE)
    assert set(places(hits(store, "Needle"))) == {("sesn_packed", 20), ("sesn_woken", 20)}
    assert hits(store, "nowhere to be found") == []


def test_progress_runs_from_nothing_to_everything(store: Store) -> None:
    """Bytes done never go back, and end at the total, whether anything is found or not."""
    for needle in ("needle", "nowhere"):
        steps = list(search(store, needle))
        done = [step.scanned for step in steps]
        assert done == sorted(done) and done[-1] == pytest.approx(steps[-1].total, rel=0.02)


def test_sessions_are_counted_as_they_are_done(store: Store) -> None:
    """From none to all, one in a pack and one with a folder of its own alike; a deleted one is none."""
    steps = list(search(store, "nowhere"))
    done = [step.sessions for step in steps if step.total]
    assert done == sorted(done) and done[0] == 0
    assert done[-1] == steps[-1].of_sessions == len(store.session_ids())


def test_the_first_word_comes_before_everything_was_gathered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty thousand folders take a while to open: it is said how many sessions there are, and may be ended there."""
    monkeypatch.setattr("runtime.asking.search.GATHERED_AT_ONCE", 1)
    cancel = threading.Event()
    opened: list[str] = []
    reader = store.reader

    def noted(session_id: str, **options: Any) -> Any:
        opened.append(session_id)
        return reader(session_id, **options)

    monkeypatch.setattr(store, "reader", noted)
    looking = search(store, "needle", cancel=cancel)
    first = next(looking)
    assert (first.scanned, first.total, first.hits, opened) == (0, 0, [], [])
    assert first.of_sessions == len(store.session_ids()) > 2
    next(looking)
    cancel.set()
    assert sum(len(step.hits) for step in looking) == 0 and len(opened) == 1


def test_some_sessions_only(store: Store) -> None:
    """In the order in which they were named; within a pack, only their own rows."""
    assert places(hits(store, "needle", sessions=["sesn_woken", "sesn_packed"])) == [
        ("sesn_woken", 20), ("sesn_woken", 21), ("sesn_packed", 20),
    ]  # fmt: skip
    assert places(hits(store, "hay 1", sessions=["sesn_packed"])) == [
        ("sesn_packed", seq) for seq in (1, *range(10, 20))
    ]


def test_one_session_forwards_and_backwards(store: Store) -> None:
    """From a seq up to another, the last first if asked: what `n` and `N` need."""
    with store.reader("sesn_woken") as reader:
        assert [hit.seq for hit in search_payloads(reader, "needle")] == [20, 21]
        assert [hit.seq for hit in search_payloads(reader, "needle", start=21)] == [21]
        assert [hit.seq for hit in search_payloads(reader, "needle", stop=21)] == [20]
        assert [hit.seq for hit in search_payloads(reader, "needle", backwards=True)] == [21, 20]
        assert [hit.seq for hit in search_payloads(reader, "hay", start=3, stop=6, backwards=True)] == [5, 4, 3]
        assert [hit.seq for hit in search_payloads(reader, "Needle")] == [20]
        assert [hit.seq for hit in search_payloads(reader, "Needle", ignore_case=True)] == [20, 21]


def test_what_stands_beside_an_event_is_searched_but_not_where_it_came_from(tmp_path: Path) -> None:
    """Thinking is; keys, and the source's name, are not."""
    store = new_store(tmp_path)
    drafts = [
        said(0, "x", thinking="what a needle", source=[["src_needle", 0, 9, 1]]),
        said(1, "needle", result={"code": "needle"}),
    ]
    drafts.append(said(2, "x", needle=1, source=[["src_needle", 0, 9, 1]]))
    drafts.append(said(3, "x", thinking="half a \ud83d pair, and a needle"))
    for name, seal in (("sesn_sealed", True), ("sesn_open", False)):
        with store.create(Manifest(name)) as log:
            log.append(drafts)
            if seal:
                log.seal()
        found = hits(store, "needle", sessions=[name])
        assert [(hit.seq, hit.column, hit.excerpt().text) for hit in found] == [
            (0, "extra", "what a needle"),
            (1, "payload", "needle"),
            (3, "extra", "half a � pair, and a needle"),
        ]


def test_a_payload_with_line_ends_is_found_while_its_segment_is_open(tmp_path: Path) -> None:
    """It stands there as a string in a string."""
    store = new_store(tmp_path)
    raw = orjson.dumps(said(0, 'a "needle"').payload, option=orjson.OPT_INDENT_2)
    with store.create(Manifest("sesn_a")) as log:
        log.append([said(0, 'a "needle"', raw=raw), said(1, "payload_text")])
        assert places(hits(store, '"needle"')) == [("sesn_a", 0)]
        assert places(hits(store, "payload_text")) == [("sesn_a", 1)]


def test_a_segment_that_is_sealed_on_the_way_is_searched_where_it_is(tmp_path: Path) -> None:
    """The pieces were listed, then the open file became a sealed one of several row groups."""
    store = new_store(tmp_path)
    with store.create(Manifest("sesn_a")) as log:
        log.append([said(0, "needle"), said(1, "hay")])
        log.seal()
        log.append([said(number, "needle" if number % 700 == 0 else "hay") for number in range(2, 2_200)])
        with store.reader("sesn_a") as reader:
            pieces = list(_of_reader(reader, 0, reader.count)) + list(_of_reader(reader, 701, 1_401))
        log.seal()
        found = [hit.seq for progress in _scan(pieces, Needle("needle"), None, []) for hit in progress.hits]
        assert found == [0, 700, 1_400, 2_100, 1_400]


def test_a_search_stops_when_it_is_told_to(store: Store) -> None:
    """By its event, or by closing it; no thread of it is left."""
    cancel = threading.Event()
    steps = search(store, "needle", cancel=cancel)
    next(steps)
    cancel.set()
    assert list(steps) == []
    steps = search(store, "needle")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert [thread for thread in threading.enumerate() if thread.name.startswith("search")] == []


def test_damage_is_named(store: Store) -> None:
    """A file that cannot be read is no file without hits; everything else is looked through first."""
    path = store.sessions_folder / "sesn_sealed" / "000000.payload.parquet"
    path.write_bytes(b"PAR1 nothing of the kind PAR1")
    (store.sessions_folder / "sesn_open" / "manifest.json").write_bytes(b"{}")
    found = []
    with pytest.raises(Corrupt, match=r"sesn_open.*manifest\.json"):
        for progress in search(store, "needle"):
            found += places(progress.hits)
    assert set(found) == EVERYWHERE - {("sesn_open", 1), ("sesn_sealed", 0)}
    with pytest.raises(Corrupt, match=r"000000\.payload\.parquet"):
        hits(store, "needle", sessions=["sesn_sealed"])


def test_hits_are_those_of_ripgrep(tmp_path: Path) -> None:
    """The same lines of the same payloads, for words, symbols and other alphabets."""
    rg = shutil.which("rg")
    if rg is None:
        pytest.skip("ripgrep is not here")
    store, words = (
        new_store(tmp_path / "store"),
        ("alpha", "Beta", "naïve", "日本語", "x->y", "C:\\new", '"quoted"', "50 %", "a.b*c"),
    )
    texts = [" ".join(words[(number * step) % len(words)] for step in range(number % 7)) for number in range(400)]
    drafts = [said(number, text) for number, text in enumerate(texts)]
    add_session(store, "sesn_a", [drafts[:250], drafts[250:]])
    lines = tmp_path / "payloads.jsonl"
    lines.write_bytes(b"".join(orjson.dumps(draft.payload) + b"\n" for draft in drafts))
    for needle in (*words, "alpha Beta", "beta", "ALPHA", "nothing"):
        wanted = orjson.dumps(needle).decode()[1:-1]
        done = subprocess.run(
            [rg, "-n", "-F", "--smart-case", "--", wanted, str(lines)], capture_output=True, text=True
        )
        expected = [int(line.split(":", 1)[0]) - 1 for line in done.stdout.splitlines()]
        assert [hit.seq for hit in hits(store, needle)] == expected, needle


@pytest.mark.parametrize("depth", [100, 900, 990, 1_010, 1_030, 10_000])
def test_what_is_nested_deeply_is_found(depth: int) -> None:
    """Whether or not anybody can take it apart."""
    body = b'{"id":"x","record":' + b'{"deep":[' * (depth // 2) + b'"buried treasure"' + b"]}" * (depth // 2) + b"}"
    assert Needle("treasure").find_in_values(body) is not None
    assert Needle("sunken").find_in_values(body) is None
