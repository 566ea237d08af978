"""What folds away in a payload, what is then said of it, and that nothing else changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.view.payload.fold import Folds, Outline, Raw
from workbench.view.payload.raw import pretty
from workbench.view.text import line_text

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)
STORED = b'{"id":"x","input":{"command":"ls","env":{"A":"1","B":"2"},"list":[1,2,3]},"none":{}}'


def drawn(raw: Raw, folds: Folds) -> list[str]:
    """What is left in sight."""
    return [line_text(line) for _, line in folds.visible(raw.lines)]


def test_a_folded_part_says_what_it_holds_and_how_large_it_is() -> None:
    """Its bytes are those that are stored."""
    raw = Raw(STORED)
    folds = Folds(raw.outline)
    assert folds.toggle(2) == 2
    inner = b'{"command":"ls","env":{"A":"1","B":"2"},"list":[1,2,3]}'
    assert drawn(raw, folds) == [
        "{",
        '  "id": "x",',
        f'  "input": {{…}},  3 keys, {len(inner)} bytes',
        '  "none": {}',
        "}",
    ]
    assert [folds.sign(at) for at in range(3)] == ["▾", "", "▸"]
    folds.toggle(2)
    assert drawn(raw, folds) == [line_text(line) for line in raw.lines]


def test_within_a_part_it_is_the_innermost_that_folds() -> None:
    """On a line that opens or closes something, that; and on a line beside everything nothing."""
    raw = Raw(STORED, b'{"beside":[1]}')
    folds = Folds(raw.outline)
    lines = [line_text(line) for line in raw.lines]
    assert folds.toggle(lines.index('      "A": "1",')) == lines.index('    "env": {')
    assert "  2 keys, 17 bytes" in "\n".join(drawn(raw, folds))
    assert folds.toggle(lines.index("    ]")) == lines.index('    "list": [')
    assert '    "list": […]  3 items, 7 bytes' in drawn(raw, folds)
    assert folds.toggle(len(lines) - 2) == -1, "what is kept beside a payload does not fold"


def test_levels_fold_from_the_innermost_out_and_back() -> None:
    """The payload itself stays open."""
    raw = Raw(STORED)
    folds = Folds(raw.outline)
    assert folds.turn(-1) == "nothing is folded"
    assert folds.turn(1) == "" and '    "env": {…},  2 keys, 17 bytes' in drawn(raw, folds)
    assert folds.turn(1) == "" and len(drawn(raw, folds)) == 5
    assert folds.turn(1) == "nothing more folds"
    assert folds.turn(-1) == "" and folds.turn(-1) == ""
    assert not folds.folded and folds.level is None


def test_what_hides_a_line_is_opened_and_nothing_else() -> None:
    """For whoever searches."""
    raw = Raw(STORED)
    folds = Folds(raw.outline, 1)
    lines = [line_text(line) for line in raw.lines]
    folds.toggle(0)
    folds.reveal([lines.index('      "B": "2"')])
    assert '      "B": "2"' in drawn(raw, folds) and folds.folded == {lines.index('    "list": [')}


def test_what_was_not_read_yet_is_taken_in_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that goes on beyond says so; once all is read, it is as if it had been so from the beginning."""
    monkeypatch.setattr("workbench.view.payload.raw.SHOWN_BYTES", 40)
    raw = Raw(STORED, b'{"beside":1}')
    folds = Folds(raw.outline)
    assert line_text(raw.lines[raw.outline.count]) == f"… {len(STORED) - 40} bytes more — v to open"
    folds.toggle(0)
    assert drawn(raw, folds)[0].endswith("bytes so far")
    while raw.has_more:
        raw.take(raw.read())
        folds.grown()
    assert drawn(raw, folds)[0] == f"{{…}}  3 keys, {len(STORED)} bytes"
    folds.toggle(0)
    assert drawn(raw, folds)[: len(pretty(STORED.decode()))] == [line_text(line) for line in pretty(STORED.decode())]


@given(JSON, st.data())
def test_whatever_is_folded_what_is_left_stands_in_order(value: object, data: st.DataObject) -> None:
    """Lines in sight are lines of the text, but those that stand for something; and all can be opened again."""
    raw = Raw(json.dumps(value).encode())
    folds = Folds(raw.outline, data.draw(st.none() | st.integers(0, 4)))
    for at in data.draw(st.lists(st.integers(0, len(raw.lines) - 1), max_size=6)):
        folds.toggle(at)
    seen = list(folds.visible(raw.lines))
    assert [at for at, _ in seen] == sorted({at for at, _ in seen})
    assert all(line == raw.lines[at] for at, line in seen if at not in folds.folded)
    folds.reveal(range(len(raw.lines)))
    folds.folded.clear()
    assert [line for _, line in folds.visible(raw.lines)] == raw.lines


@given(st.text(alphabet='{}[]:,"\\ \nabc1', max_size=60))
def test_what_is_no_json_folds_or_does_not_but_nothing_breaks(text: str) -> None:
    """Torn and wrong: every line has at most one line around it, and that comes before it."""
    outline = Outline()
    lines = pretty(text)
    outline.add(lines)
    for at in range(len(lines)):
        around = outline.around(at)
        assert around <= at
        region = outline.region(around) if around >= 0 else None
        assert around < 0 or (region is not None and region.stop >= at)
