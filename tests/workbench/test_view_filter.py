"""The language of filters, and that whole columns are told the same as rows one by one."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.asking.prices import cost_usd
from runtime.event import Row
from runtime.schema import ROWS
from tests.support.builders import START_US
from workbench.view.filter.events import FIELDS, EventFilter, Facts, people_in, summaries_with, thread_is, type_is
from workbench.view.filter.language import Between, Fields, FilterError, Term, parse, quoted, same
from workbench.view.filter.sessions import FIELDS as OF_SESSIONS
from workbench.view.session.standing import ALL, BEYOND, Picked, Standing

# ── the language ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_words_of_a_filter() -> None:
    """Names, alternatives, numbers with units, ranges, quotes, and what must not be."""
    assert parse('type:tool_use tool:Bash,"my tool" -is:error "two words" -no', FIELDS) == (
        Term("type", ("tool_use",)),
        Term("tool", ("bash", "my tool")),
        Term("is", ("error",), negated=True),
        Term("", ("two words",)),
        Term("", ("no",), negated=True),
    )
    numbers = parse("took>30s tokens>=10k seq:100..200,7 cost<0.5 turn:3 bytes<=1.5M", FIELDS)
    assert [term.ranges for term in numbers] == [
        (Between(30_000_000, None, True),), (Between(10_000, None),), (Between(100, 200), Between(7, 7)),
        (Between(None, 0.5, True),), (Between(3, 3),), (Between(None, 1_500_000),),
    ]  # fmt: skip
    assert parse("tokens>10,000", FIELDS)[0].ranges == (Between(10_000, None, True),)
    assert parse('"type:x" https://a.b - {"a":1}', FIELDS)[1:3] == (Term("", ("https://a.b",)), Term("", ("-",)))


def test_days_and_moments(monkeypatch: pytest.MonkeyPatch, plain_surroundings: object) -> None:
    """A day is all of it, in the zone of whoever looks."""
    day = 1_777_593_600_000_000
    assert parse("started:2026-05-01", OF_SESSIONS)[0].ranges == (Between(day, day + 86_400_000_000 - 1),)
    assert parse("started>2026-05-01T00:01", OF_SESSIONS)[0].ranges == (Between(day + 120_000_000 - 1, None, True),)
    assert parse("started:2026-05", OF_SESSIONS)[0].ranges == (Between(day, day + 31 * 86_400_000_000 - 1),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tol:bash", "nothing is called tol: tool: is what comes nearest; in quotes it is text"),
        ("xyzzy:1", "nothing is called xyzzy: there are type, tool"),
        ("tool:", "tool: needs a word after it"),
        ("is:eror", "is:eror is not known: is:error is"),
        ("is:zzz", "is:error or is:person is"),
        ("took>soon", "took cannot be soon: a time such as 30s"),
        ("took>3parsecs", "took cannot be 3parsecs"),
        ("seq:..", "seq:.. has no end: seq:100..200 has two"),
        ("tool>bash", "tool>bash compares words: tool:bash asks for one"),
        ('"open', "begins a quotation that nothing ends"),
        ('""', "is nothing to look for"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_do(text: str, said: str) -> None:
    """The word, and a way on."""
    with pytest.raises(FilterError) as error:
        parse(text, FIELDS)
    assert said in str(error.value)


_PIECES = st.sampled_from(
    [*FIELDS, *OF_SESSIONS, ":", ">", "<=", "=", "..", ",", "-", '"', " ", "*", "1", "2026-05-01", "30s", "k", "$", "é"]
)


_TYPED = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=12).map("".join))


@given(_TYPED, st.sampled_from([FIELDS, OF_SESSIONS]))
@settings(max_examples=400)
def test_any_text_is_a_filter_or_is_said_to_be_none(text: str, fields: Fields) -> None:
    """Nothing else is ever raised."""
    try:
        terms = parse(text, fields)
    except FilterError as error:
        assert str(error)
    else:
        assert all(term.texts or term.ranges for term in terms) and bool(terms) == bool(text.strip())


@given(st.text(alphabet='aB *,":- ', min_size=1, max_size=8))
def test_a_value_that_is_quoted_asks_for_that_value(value: str) -> None:
    """As facets and ``*`` do, whatever a tool is called."""
    (term,) = parse(f"tool:{quoted(value)}", FIELDS)
    assert same(term.texts[0], value)


@given(st.text("ab*", max_size=9), st.text("ab", max_size=9))
def test_a_star_stands_for_anything(wanted: str, have: str) -> None:
    """As a pattern would say, without a pattern's worst case."""
    pattern = ".*".join(map(re.escape, wanted.split("*")))
    assert same(wanted, have) == bool(re.fullmatch(pattern, have))


# ── columns and rows ─────────────────────────────────────────────────────────────────────────────────────────────────

_THREADS = {"sthr_main": "main", "sthr_two": "Reviewer"}
_COUNTS = st.one_of(st.none(), st.integers(0, 400_000))
_ROWS = st.lists(
    st.builds(
        Row,
        session_id=st.just("sesn_a"), seq=st.just(0), id=st.just("sevt_a"),
        type=st.sampled_from(["user.message", "agent.tool_use", "agent.tool_result", "span.model_request_end", "odd"]),
        thread_id=st.sampled_from(["sthr_main", "sthr_two", "sthr_x"]),
        time_us=st.sampled_from([None, START_US, 1_700_000_000_000_000]),
        turn=st.integers(0, 1), refers_to=st.none(),
        name=st.sampled_from([None, "bash", "Bash", "read", "end_turn"]),
        model=st.sampled_from([None, "claude-opus-4-6", "claude-sonnet-4-5", "gpt-5.5", "nobody-1"]),
        is_error=st.booleans(), duration_us=st.one_of(st.none(), st.integers(-5, 90_000_000)),
        input_tokens=_COUNTS, output_tokens=_COUNTS, cache_read_tokens=_COUNTS, cache_write_tokens=_COUNTS,
        cache_write_1h_tokens=st.none(), summary=st.sampled_from(["", "Needle here", "a needle", "other"]),
        payload_bytes=st.integers(0, 5_000), supersedes=st.none(), chain=st.just(b"abcd"),
    ),
    min_size=1, max_size=12,
)  # fmt: skip
_TERMS = st.sampled_from(
    "type:tool_use type:agent.tool_use,odd type:*message -type:span tool:bash tool:ba* -tool:bash,read is:error "
    "is:person -is:person thread:main thread:review thread:sthr_x model:opus model:gpt-5.5,nobody took>30s took<=0 "
    "-took>1ms tokens>10k tokens:0 -tokens<100 cost>0.5 cost<0.01 -cost>0 cost:0 turn:1 -turn:0 seq:2..5 seq:0,3 "
    "seq>99999999999999999999999 bytes>1k needle Needle -needle".split()
)


def _cost(row: Row) -> float | None:
    if row.type != "span.model_request_end":
        return None
    return cost_usd(
        row.model, row.time_us, row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens,
    )  # fmt: skip


def _tokens(row: Row) -> int | None:
    counts = [row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens]
    return None if counts == [None] * 4 else sum(count or 0 for count in counts)


_NUMBERS: dict[str, Callable[[Row], float | None]] = {
    "took": lambda row: row.duration_us, "tokens": _tokens, "cost": _cost, "turn": lambda row: row.turn,
    "seq": lambda row: row.seq, "bytes": lambda row: row.payload_bytes,
}  # fmt: skip


def _passes(term: Term, row: Row, before: int, people: bool) -> bool:
    """What a term asks of one row, in plain words."""
    texts, of_tool = term.texts, row.type.endswith(("tool_use", "tool_result"))
    if term.field in _NUMBERS:
        found = term.in_ranges(_NUMBERS[term.field](row))
    elif term.field == "type":
        found = any(type_is(text, row.type) for text in texts)
    elif term.field == "tool":
        found = of_tool and any(same(text, row.name or "") for text in texts)
    elif term.field == "thread":
        found = any(thread_is(text, row.thread_id, _THREADS) for text in texts)
    elif term.field == "model":
        found = any(text in (row.model or "") for text in texts)
    elif term.field == "is":
        person = row.type == "user.message" and (not people or row.turn > before)
        found = ("error" in texts and row.is_error) or ("person" in texts and person)
    else:
        text = texts[0]
        found = text in (row.summary.lower() if text == text.lower() else row.summary)
    return found != term.negated


@given(_ROWS, st.lists(_TERMS, min_size=1, max_size=3), st.booleans())
@settings(max_examples=300)
def test_columns_are_told_the_same_as_rows(made: list[Row], texts: list[str], marked: bool) -> None:
    """Whatever stands in them, unknown numbers and names too."""
    rows = [row._replace(seq=seq) for seq, row in enumerate(made)]
    table = pa.table([list(column) for column in zip(*rows)], schema=ROWS)
    asked = EventFilter(" ".join(texts))
    people = marked and bool(sum(people_in(table, 0).to_pylist()))
    mask = asked.mask(table.select(asked.columns), 0, Facts(_THREADS, people)).to_pylist()
    for term in asked.words:
        found = summaries_with(term, table).to_pylist()
        mask = [passed and one != term.negated for passed, one in zip(mask, found)]
    turns = [0, *(row.turn for row in rows)]
    plain = [
        all(_passes(term, row, before, people) for term in asked.terms)
        for row, (before, _) in zip(rows, pairwise([*turns, 0]))
    ]
    assert mask == plain


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.sets(st.integers(0, 40)), st.integers(0, 45))
def test_lines_of_what_was_picked(picked: set[int], seq: int) -> None:
    """Lines and seqs are two ways to say the same; what is not shown leads to the next that is."""
    seqs = sorted(picked)
    standing = Picked(ALL, seqs)
    assert [standing.seq(line) for line in range(standing.lines(50))] == seqs
    assert [standing.line(each) for each in seqs] == list(range(len(seqs)))
    assert [each for each in range(50) if each in standing] == seqs
    assert standing.seq(standing.line(seq)) == min((each for each in seqs if each >= seq), default=BEYOND)
    assert standing.hidden_from(seq, 50) == sum(each not in picked for each in range(seq, 50))
    assert list(standing.between(seq, 50)) == [each for each in seqs if each >= seq]


def test_everything_picked_is_as_if_nothing_was() -> None:
    """But for what later events replaced, which is never shown."""
    standing = Standing({3: 5})
    picked = Picked(standing, [seq for seq in range(10) if seq != 3])
    for seq in range(10):
        assert picked.line(seq) == standing.line(seq) and (seq in picked) == (seq in standing)
        assert picked.latest(seq) == standing.latest(seq)
        assert picked.hidden_from(seq, 10) == standing.hidden_from(seq, 10)
        assert list(picked.between(seq, 10)) == list(standing.between(seq, 10))
