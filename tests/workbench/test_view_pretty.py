"""Payloads laid out for people: messages, commands, edits, results, usage, and whatever else there is."""

from __future__ import annotations

import base64
import struct
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runtime.event import Draft, Json, Row, RowBuilder
from tests.support.hostile import ATTACKS
from workbench.output import safe
from workbench.view.payload.raw import SHOWN_BYTES, as_file, marked, wrapped
from workbench.view.pretty.diff import Edit, diff_lines, edits_of
from workbench.view.pretty.event import pretty_lines
from workbench.view.pretty.image import pixels
from workbench.view.pretty.markdown import markdown_lines
from workbench.view.pretty.portion import Portion
from workbench.view.pretty.subject import Subject
from workbench.view.pretty.terminal import terminal_lines
from workbench.view.text import Line, line_text

US = 1_000_000


def row_of(payload: Json, extra: Json | None = None, seq: int = 7, time_us: int | None = 10 * US) -> Row:
    """The row of such an event."""
    draft = Draft({"id": f"sevt_{seq}", **payload}, "sthr_a", time_us, extra or {})
    return RowBuilder("sesn_a").row(seq, draft, len(orjson.dumps(payload, default=str)), b"1234")


def told(kind: str, fields: Json, extra: Json | None = None, **about: Any) -> list[str]:
    """How such an event is shown, as text."""
    payload = {"type": kind, **fields}
    subject = Subject(row_of(payload, extra), payload, extra or {}, **about)
    return [line_text(line) for line in pretty_lines(subject, SHOWN_BYTES)]


def roles(lines: list[Line]) -> dict[str, str]:
    """By text, its role."""
    return {text.strip(): role for line in lines for text, role in line}


def text_block(text: str) -> list[Json]:
    """Content of one text."""
    return [{"type": "text", "text": text}]


# ── what people and models say ───────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_read_as_markdown() -> None:
    """Headings, items, quotations and code keep their place and lose their signs."""
    text = "# Plan\n\n- one\n  * two\n3. three\n> said\n```py\nx = 1  # not a heading\n```\n---\ndone"
    assert told("agent.message", {"content": text_block(text)}) == [
        "Plan", "", "• one", "  • two", "3. three", "│ said", "  py", "  x = 1  # not a heading", "────────", "done",
    ]  # fmt: skip


def test_emphasis_is_seen_and_names_are_left_alone() -> None:
    """Stars that mean something go; those in globs, sums and names stay."""
    lines = markdown_lines("a **b c** *d* `e*f` 2 * 3 * 4 __init__ *.py and *.js", Portion(1000))
    assert line_text(lines[0]) == "a b c d `e*f` 2 * 3 * 4 __init__ *.py and *.js"
    assert {"b c": "strong", "d": "emphasis", "`e*f`": "code"}.items() <= roles(lines).items()


def test_markup_of_other_tools_is_text() -> None:
    """Square brackets mean nothing here."""
    assert told("user.message", {"content": "[bold red]x[/] [@click=app.quit]y[/]"}) == [
        "[bold red]x[/] [@click=app.quit]y[/]"
    ]


def test_thinking_comes_from_beside_the_payload() -> None:
    """And where it was not recorded, that is said."""
    assert told("agent.thinking", {}, {"thinking": "One in ten."}) == ["One in ten."]
    assert told("agent.thinking", {}) == ["what the model thought was not recorded"]


def test_an_image_is_described() -> None:
    """Its type, its size, its pixels; of one elsewhere, where."""
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 800, 600) + b"\0" * 2000
    data = base64.b64encode(png).decode()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    assert told("user.message", {"content": [image]}) == ["▦ image/png · 2.0 KiB · 800 × 600"]
    elsewhere = {"type": "image", "source": {"type": "url", "url": "https://example.com/\x1b[2Jx.png"}}
    assert told("user.message", {"content": [elsewhere]}) == ["▦ image · https://example.com/\\x1b[2Jx.png"]


def test_pixels_of_the_usual_kinds_of_images() -> None:
    """And nothing where they are not what they say."""
    jpeg = b"\xff\xd8\xff\xe0\x00\x10" + b"x" * 14 + b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 600, 800) + b"\0" * 9
    webp = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (799).to_bytes(3, "little") + (599).to_bytes(3, "little")
    for start in (b"GIF89a" + struct.pack("<HH", 800, 600), jpeg, webp):
        assert pixels(base64.b64encode(start + b"\0\0").decode()) == (800, 600)
    for wrong in ("", "AAAA", "\x1b]52;", base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(), "é" * 40):
        assert pixels(wrong) is None


# ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given", [{"command": "pytest -q"}, {"cmd": "pytest -q"}, {"command": ["bash", "-lc", "pytest -q"]}]
)
def test_a_command_looks_as_one_would_type_it(given: Json) -> None:
    """Whatever the tool is called; the rest of its input stands below."""
    lines = told("agent.tool_use", {"name": "any", "input": {**given, "timeout": 5}})
    assert lines == ["$ pytest -q", "", "timeout  5"]


def test_a_result_names_what_it_answers_and_repeats_the_command() -> None:
    """With where that is, and how long it took."""
    use = row_of({"type": "agent.tool_use", "name": "bash"}, seq=4, time_us=6 * US)
    lines = told(
        "agent.tool_result", {"content": text_block("1 failed"), "is_error": True}, {"result": {"exit_code": 1}},
        pair=use, call={"command": "pytest"},
    )  # fmt: skip
    assert lines == ["↳ bash  seq 4  failed in 4.0s", "", "$ pytest", "", "1 failed", "", "exit 1"]


def test_a_use_names_its_result() -> None:
    """Below its input."""
    result = row_of({"type": "agent.tool_result"}, {"duration_us": 4_200_000}, seq=1205)
    lines = told("agent.tool_use", {"name": "bash", "input": {"command": "ls"}}, pair=result)
    assert lines == ["$ ls", "", "↳ seq 1,205 in 4.2s"]


def test_an_error_that_is_no_command_s_is_shown_as_one() -> None:
    """In the role of errors; what a command printed keeps its own colours."""
    payload = {"type": "agent.tool_result", "content": text_block("no such file"), "is_error": True}
    assert roles(pretty_lines(Subject(row_of(payload), payload, {}), 999))["no such file"] == "error"
    of_shell = Subject(row_of(payload), payload, {}, call={"command": "ls"})
    assert roles(pretty_lines(of_shell, 999))["no such file"] == "text"


def test_colours_of_a_terminal_become_roles() -> None:
    """They go on over lines; everything else that a program told its terminal is spelled out."""
    text = "\x1b[31mred\n still\x1b[0m \x1b[1;38;5;46mgreen\x1b[m\x1b[2Jx\tend\x1b[38;2;250;200;0my"
    lines = terminal_lines(text, Portion(999))
    found = roles(lines)
    assert found["red"] == found["still"] == "error" and found["green"] == "added" and found["y"] == "warning"
    assert line_text(lines[1]) == " still green\\x1b[2Jx   endy"


def test_an_edit_is_a_diff() -> None:
    """The path, what goes, what comes; nothing twice."""
    given = {"file_path": "a.py", "old_string": "one\ntwo\nthree", "new_string": "one\n2\nthree", "replace_all": False}
    assert told("agent.tool_use", {"name": "Edit", "input": given}) == [
        "a.py", "replace_all  false", "", " one", "-two", "+2", " three",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "edits"),
    [
        ("MultiEdit", {"edits": [{"old_string": "a", "new_string": "b"}] * 2}, [Edit("a", "b")] * 2),
        ("str_replace_editor", {"command": "str_replace", "old_str": "a", "new_str": "b"}, [Edit("a", "b")]),
        ("str_replace_editor", {"command": "create", "file_text": "a"}, [Edit("", "a")]),
        ("str_replace_editor", {"command": "insert", "insert_line": 3, "new_str": "a"}, [Edit("", "a")]),
        ("Write", {"content": "a"}, [Edit("", "a")]),
        ("send", {"content": "a"}, []),
        ("odd", {"edits": [{"old_string": "a"}]}, []),
        ("odd", {"old_string": 1, "new_string": "b"}, []),
    ],
)
def test_edits_of_many_tools(name: str, given: Json, edits: list[Edit]) -> None:
    """By the shape of their input."""
    assert edits_of(name, given) == edits


ROWS = st.lists(st.sampled_from(["a", "b", "  c", "-"]), min_size=1, max_size=4)


@given(ROWS, ROWS)
def test_a_diff_holds_both_texts(old: list[str], new: list[str]) -> None:
    """What stays and goes is the old text, what stays and comes the new one."""
    assume(old != new)
    lines = [line_text(line) for line in diff_lines(Edit("\n".join(old), "\n".join(new)), Portion(9999))]
    assert [line[1:] for line in lines if line[0] in " -"] == old
    assert [line[1:] for line in lines if line[0] in " +"] == new


def test_lines_that_stay_are_left_out_and_line_ends_are_named() -> None:
    """Three lines around each change are enough; a change that is not to be seen is said."""
    old = [str(number) for number in range(40)]
    new = [*old[:5], "x", *old[6:30], "y", *old[31:]]
    lines = [line_text(line) for line in diff_lines(Edit("\n".join(old), "\n".join(new)), Portion(9999))]
    assert lines == [
        " 2", " 3", " 4", "-5", "+x", " 6", " 7", " 8", "⋯", " 27", " 28", " 29", "-30", "+y", " 31", " 32", " 33",
    ]  # fmt: skip
    assert line_text(diff_lines(Edit("a\r\n", "a\n"), Portion(99))[0]) == "only line ends change"


def test_an_edit_of_very_many_lines_is_not_compared() -> None:
    """The old text goes, the new one comes: to compare them might take minutes."""
    old, new = "a\nb\n" * 9_000, "b\na\n" * 9_000
    assert [line[0][0] for line in diff_lines(Edit(old, new), Portion(10**6))] == ["-"] * 18_000 + ["+"] * 18_000


def test_a_patch_keeps_its_colours() -> None:
    """As Codex writes them."""
    patch = "*** Begin Patch\n*** Update File: a.go\n@@\n-old\n+new\n same\n*** End Patch"
    payload = {"type": "agent.tool_use", "name": "apply_patch", "input": {"input": patch}}
    found = roles(pretty_lines(Subject(row_of(payload), payload, {}), 999))
    assert (found["*** Update File: a.go"], found["-old"], found["+new"]) == ("strong", "removed", "added")


def test_other_input_is_keys_and_values() -> None:
    """No quotes, no escapes; a text of several lines stands below its key."""
    given = {"query": 'say "hi"', "deep": {"n": 1.5, "none": None, "list": [True, {"a": 1, "b": []}]}, "text": "x\ny"}
    assert told("agent.tool_use", {"name": "find", "input": given}) == [
        'query  say "hi"', "deep", "  n     1.5", "  none  null", "  list", "    - true", "    - a  1", "      b  []",
        "text", "  x", "  y",
    ]  # fmt: skip


def test_a_result_in_json_is_keys_and_values_too() -> None:
    """What only begins like JSON is text."""
    assert told("agent.tool_result", {"content": text_block('{"id":"X1","paid":false}')}) == ["id    X1", "paid  false"]
    assert told("agent.tool_result", {"content": text_block("{torn")}) == ["{torn"]


# ── requests, errors, everything else ────────────────────────────────────────────────────────────────────────────────


def test_a_request_says_what_it_took() -> None:
    """Tokens by kind, money by the list, time."""
    usage = {"input_tokens": 1_000_000, "output_tokens": 100_000, "cache_read_input_tokens": 0}
    extra = {"model": "claude-sonnet-5", "duration_us": 1_700_000, "response": {"stop_reason": "end_turn"}}
    assert told("span.model_request_end", {"model_usage": usage}, extra) == [
        "model       claude-sonnet-5", "input         1,000,000", "cache read            0", "output          100,000",
        "cost            $3.0000  by the list", "took               1.7s", "stop        end_turn",
    ]  # fmt: skip
    unknown = told("span.model_request_end", {"model_usage": usage}, {"model": "mine"})
    assert "cost        no price is known" in unknown


def test_an_error_is_its_text() -> None:
    """Type and message, then what else is known."""
    error = {"type": "overloaded_error", "message": "Try\nagain", "retry": {"after": 3}}
    assert told("session.error", {"error": error}) == ["overloaded_error", "Try", "again", "", "retry", "  after  3"]


def test_types_that_nobody_knows_are_shown_field_by_field() -> None:
    """Without what the heading says already; an import's record without its wrapper."""
    assert told("quantum.entangled", {"spin": "up", "processed_at": "x"}) == ["spin  up"]
    assert told("import.x.summary", {"record": {"summary": "s"}}, {"note": "odd"}) == ["summary  s", "", "odd"]
    assert told("session.status_running", {}) == ["nothing else is said"]


def test_a_large_payload_is_shown_in_part() -> None:
    """And how much there is beyond; whatever its shape, as little is looked at."""
    for fields in ({"content": text_block("é" * 900_000)}, {"content": text_block("x\n" * 900_000)}):
        lines = told("agent.message", fields)
        assert lines[-1].endswith("MiB more — v to open")
        assert sum(map(len, lines[:-1])) <= SHOWN_BYTES
    for value in ([0] * 500_000, {str(n): "" for n in range(200_000)}, [[[]] * 9] * 100_000):
        lines = told("odd.type", {"value": value})
        assert lines[-1].endswith("more — v to open") and len(lines) <= SHOWN_BYTES + 2


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = st.one_of(
    st.sampled_from(sorted(ATTACKS.values())),
    st.text(alphabet='\x1b[]0;m31Pc\x07\x9b\x00\r\n\t\u202e\u2066\u200d`*#-> {}"\\a', max_size=60),
    st.text(max_size=30),
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | HOSTILE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HOSTILE, inner, max_size=4),
    max_leaves=12,
)
KINDS = (
    "user.message", "agent.message", "agent.thinking", "agent.tool_use", "agent.tool_result", "session.error",
    "session.usage", "span.model_request_start", "span.model_request_end", "import.x", "\x1b[2Jodd",
)  # fmt: skip
FIELDS = (
    "content", "input", "error", "usage", "model_usage", "record", "name", "command", "old_string", "new_string",
    "edits", "text", "source", "data", "file_path", "type", "message", "media_type", "exit_code", "stop_reason",
)  # fmt: skip
OBJECT = st.dictionaries(st.sampled_from(FIELDS) | HOSTILE, ANY, max_size=5)


def unfit(lines: list[Line]) -> set[str]:
    """Texts in ``lines`` that could act on a terminal, or hide or turn round what follows."""
    return {text for line in lines for text, _ in line if safe(text) != text}


@settings(max_examples=150)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), ANY | OBJECT, max_size=5), OBJECT, OBJECT)
def test_no_character_of_a_log_can_act_on_the_terminal(kind: str, fields: Json, extra: Json, call: Json) -> None:
    """Whatever the type, wherever it stands; and no payload is too odd to be shown."""
    payload = {**fields, "type": kind}
    use = row_of({"type": "agent.tool_use", "name": str(fields)[:40]}, seq=3)
    row = row_of({"type": kind})
    lines = pretty_lines(Subject(row, payload, extra, use, call), 400)
    assert unfit(lines) == set()
    assert lines and unfit(wrapped(marked(lines, "a"), 40, escaped=False)) == set()


@pytest.mark.parametrize(
    "text", ["\x1b]52;c;" * 150_000, "\u202e" * 10**6, "\0" * 10**6, "`" * 10**6, "*a" * 500_000, "é" * 10**6]
)
def test_a_line_of_a_million_characters(text: str) -> None:
    """Is cut, spelled out and wrapped like any other."""
    for kind, fields in (
        ("agent.message", {"content": text}),
        ("agent.tool_result", {"content": text_block(text)}),
        ("agent.tool_use", {"name": text, "input": {"old_string": text, "new_string": text + "x", text: text}}),
    ):
        payload = {"type": kind, **fields}
        lines = pretty_lines(Subject(row_of({"type": kind}), payload, {}), SHOWN_BYTES)
        assert unfit(lines) == set() and line_text(lines[-1]).startswith("…")


@given(ANY)
def test_a_file_for_an_editor_is_the_same_json(value: object) -> None:
    """Laid out, and with nothing in it that could act on a terminal."""
    try:
        stored = orjson.dumps({"value": value})
    except TypeError:
        return  # half a surrogate pair or too large a number: not what orjson writes
    data = as_file(stored)
    assert orjson.loads(data) == orjson.loads(stored)
    assert safe(data.decode(), keep="\n") == data.decode()
