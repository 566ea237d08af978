"""Payloads as they are stored, over several lines."""

from __future__ import annotations

import json
import re

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.view.payload.fold import Raw
from workbench.view.payload.raw import SHOWN_BYTES, Parts, first_hit, marked, pretty, wrapped
from workbench.view.text import Line, cell, line_text, line_width

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def joined(lines: list[Line]) -> str:
    """Lines as text."""
    return "\n".join(line_text(line) for line in lines)


def test_it_looks_as_one_would_write_it() -> None:
    """Two blanks a level, a member a line, what is empty on one line."""
    text = '{"a":1,"b":[],"c":{"d":[true,null,{}],"e":"x, {y}: [z]"}}'
    assert joined(pretty(text)).splitlines() == [
        "{", '  "a": 1,', '  "b": [],', '  "c": {', '    "d": [', "      true,", "      null,", "      {}", "    ],",
        '    "e": "x, {y}: [z]"', "  }", "}",
    ]  # fmt: skip


@given(JSON)
def test_it_is_the_same_json(value: object) -> None:
    """Reading what is shown gives what was stored, wherever nothing had to be spelled out."""
    stored = json.dumps(value, ensure_ascii=False)
    text = joined(pretty(stored))
    if all(character.isprintable() and character < "\u0300" for character in stored):
        assert json.loads(text) == value


@given(st.text(alphabet='{}[]:,"\\ \nabc1-.é\x1b', max_size=60))
def test_what_is_no_json_is_shown_whole(text: str) -> None:
    """Torn, wrong or empty: every character that is not a blank is there, in order."""
    visible = re.sub(r"\s", "", joined(pretty(text)))
    expected = re.sub(r"\s", "", text.replace("\x1b", "\\x1b").replace("\n", ""))
    assert visible.replace("\\x0a", "") == expected


def test_numbers_stand_as_they_were_written() -> None:
    """No parser has touched them."""
    assert joined(pretty('{"n":1e5,"m":12345678901234567890123,"z":-0.0}')).count("1e5") == 1
    assert "12345678901234567890123" in joined(pretty('{"m":12345678901234567890123}'))


def test_only_the_beginning_of_a_large_payload_is_looked_at() -> None:
    """And it says how much more there is, whatever stands at the cut."""
    payload = b'{"text":"' + "é".encode() * 2_000_000 + b'"}'
    lines = Raw(payload).lines
    assert line_text(lines[-1]) == "… 3.8 MiB more — v to open"
    assert sum(len(line_text(line).encode()) for line in lines[:-1]) <= SHOWN_BYTES + 20


def test_what_is_kept_beside_an_event_stands_below_it() -> None:
    """Thinking, for instance, which the wire event does not carry."""
    text = joined(Raw(b'{"id":"x"}', b'{"thinking":"hm"}').lines)
    assert text.index('"id"') < text.index("beside it, in this log only  17 bytes") < text.index('"thinking": "hm"')


def bare(text: str) -> str:
    """Without blanks, and without marks: a line may not begin with one, which would join what stands beside it."""
    return "".join(character for character in text if not character.isspace() and cell(character))


@given(JSON, st.integers(1, 40))
def test_in_parts_it_says_the_same(value: object, size: int) -> None:
    """However it is cut: within a string, an escape, a number or a character of several bytes."""
    stored = json.dumps(value, ensure_ascii=False).encode()
    assume(not re.search("[\x80-\x9f]", stored.decode()))  # known: one that stands where a part begins is not spelled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.view.payload.raw.SHOWN_BYTES", size)
        parts = Parts(stored)
        lines = parts.more()
        while parts.left:
            lines += parts.more()
    assert bare(joined(lines)) == bare(joined(pretty(stored.decode())))


def test_a_string_of_megabytes_comes_part_by_part() -> None:
    """Each in a line of its own, and what stands behind it as always."""
    parts = Parts(b'{"text":"' + b"a\\\\" * 40_000 + b'","more":[1]}')
    lines = parts.more()
    assert 0 < parts.left < 120_000 and len(lines) == 2
    while parts.left:
        lines += parts.more()
    assert joined(lines).splitlines()[-4:] == ['  "more": [', "    1", "  ]", "}"]
    assert re.sub(r"\s", "", joined(lines)).count("a\\\\") == 40_000


LINES = st.text(max_size=300).map(lambda text: pretty(orjson.dumps({"key": text}).decode()))


@given(LINES, st.integers(8, 120), st.booleans())
def test_wrapping_loses_nothing_and_fits(lines: list[Line], cells: int, escaped: bool) -> None:
    """Every line fits, and together they say the same."""
    narrow = wrapped(lines, cells, escaped=escaped)
    assert all(line_width(line) <= cells for line in narrow)
    assert re.sub(r"\s", "", joined(narrow)) == re.sub(r"\s", "", joined(lines))


def test_strings_go_on_below_after_each_line_end_they_hold() -> None:
    """Output reads as lines although it is one string; an escaped backslash before an n is no line end."""
    shown = wrapped(pretty(r'{"text":"one\ntwo\\nstill two\n"}'), 60)
    assert [line_text(line).strip() for line in shown] == ["{", '"text": "one\\n', 'two\\\\nstill two\\n"', "}"]


def test_what_was_searched_for_is_marked() -> None:
    """In any case of letters unless it has capitals; quotes as they are escaped; regular expressions mean nothing."""
    lines = pretty(r'{"a":"Needle needle","b":"say \"x.y\" (z"}')

    def found(needle: str) -> list[str]:
        return [text for line in marked(lines, needle) for text, role in line if role == "hit"]

    assert found("needle") == ["Needle", "needle"]
    assert found("Needle") == ["Needle"]
    assert found('"x.y" (') == [r"\"x.y\" ("]
    assert found("x.z") == found("") == []
    assert first_hit(marked(lines, "say")) == 2
    assert first_hit(lines) is None


def test_words_stay_whole_in_what_people_say() -> None:
    """Also where a word begins with another role."""
    line = [("between our ", "text"), ("`seek`", "code"), (" and", "text")]
    assert [line_text(each) for each in wrapped([line], 15, escaped=False)] == ["between our ", "  `seek` and"]


def test_a_long_line_is_wrapped_in_no_time() -> None:
    """As many steps as there are lines, not as many as lines by characters: what does not fit is not measured."""
    looked = 0

    class Counted(str):
        def __getitem__(self, key: object) -> Counted:
            nonlocal looked
            looked += 1
            return Counted(super().__getitem__(key))  # type: ignore[index]

    assert len(wrapped([[(Counted("é" * 40_000), "text")]], 40)) > 1_000
    assert looked < 10_000
