"""The door: an event's payload as lines for people, by its type; None where only the raw payload will do."""

from __future__ import annotations

from collections.abc import Callable

from runtime.event import Json, Row
from workbench.view import words
from workbench.view.pretty.blocks import content_lines
from workbench.view.pretty.calls import call_lines, result_lines
from workbench.view.pretty.fields import field_lines
from workbench.view.pretty.markdown import markdown_lines
from workbench.view.pretty.picture import Picture
from workbench.view.pretty.portion import Portion, text_lines
from workbench.view.pretty.subject import Subject
from workbench.view.pretty.usage import request_lines, usage_lines
from workbench.view.text import Line, shown

Renderer = Callable[[Subject, Portion], list[Line]]

_ENVELOPE = frozenset({"id", "type", "processed_at", "session_thread_id"})
"""Fields that the list and the heading say already."""


def pretty_lines(subject: Subject, characters: int, pictures: dict[str, Picture] | None = None) -> list[Line]:
    """The event in at most so many characters of its payload; how much there is beyond, if there is.

    Images in it that could be shown come to ``pictures``.
    """
    portion = Portion(characters)
    portion.pictures = {} if pictures is None else pictures
    lines = [*_counterpart_above(subject), *_renderer(subject)(subject, portion), *_note(subject, portion)]
    if portion.cut:
        lines.append([(f"… {words.size(max(1, subject.row.payload_bytes - portion.used))} more — v to open", "accent")])
    below = _counterpart_below(subject)
    if below:
        lines += [[], below] if lines else [below]
    return lines or [[("nothing else is said", "faint")]]


def _renderer(subject: Subject) -> Renderer:
    kind = subject.row.type
    if kind.endswith("tool_use"):
        return call_lines
    if kind.endswith("tool_result"):
        return result_lines
    return _RENDERERS.get(kind) or (_message if kind.endswith("message") else _fields)


def _message(subject: Subject, portion: Portion) -> list[Line]:
    content = subject.payload.get("content")
    return content_lines(content, portion, markdown_lines) if content is not None else _fields(subject, portion)


def _thinking(subject: Subject, portion: Portion) -> list[Line]:
    text = subject.beside("thinking") or subject.payload.get("thinking")
    if isinstance(text, str) and text:
        return markdown_lines(text, portion)
    return [[("what the model thought was not recorded", "faint")]]


def _error(subject: Subject, portion: Portion) -> list[Line]:
    error = subject.payload.get("error")
    if not isinstance(error, dict):
        return _fields(subject, portion)
    kind, message = error.get("type"), error.get("message")
    lines = [[(shown(portion.take(kind)), "error")]] if isinstance(kind, str) else []
    lines += text_lines(message, portion, "error") if isinstance(message, str) else []
    rest = field_lines({key: part for key, part in error.items() if key not in ("type", "message")}, portion)
    return [*lines, *([[], *rest] if rest else [])]


def _request(subject: Subject, portion: Portion) -> list[Line]:
    model, request = subject.row.model, subject.beside("request")
    lines: list[Line] = [[("model", "muted"), ("  ", ""), (shown(model), "text")]] if model else []
    rest = _fields(subject, portion)
    if isinstance(request, dict):
        rest += field_lines(request, portion)
    return [*lines, *rest]


def _fields(subject: Subject, portion: Portion) -> list[Line]:
    payload: Json = subject.payload
    record = payload.get("record")
    if isinstance(record, (dict, list)) and len(payload.keys() - _ENVELOPE) == 1:
        return field_lines(record, portion)
    return field_lines(payload, portion, without=_ENVELOPE)


_RENDERERS: dict[str, Renderer] = {
    "agent.thinking": _thinking,
    "session.error": _error,
    "session.usage": usage_lines,
    "span.model_request_start": _request,
    "span.model_request_end": request_lines,
}
"""What is not here is a call, a result or a message by how its type ends, and else is shown field by field."""


def _note(subject: Subject, portion: Portion) -> list[Line]:
    note = subject.beside("note")
    return [[], *text_lines(note, portion, "muted")] if isinstance(note, str) and note else []


# ── the counterpart ──────────────────────────────────────────────────────────────────────────────────────────────────


def _counterpart_above(subject: Subject) -> list[Line]:
    """Of what answers something: what it answers."""
    row, pair = subject.row, subject.pair
    if pair is None or pair.seq > row.seq:
        return []
    line: Line = [("↳ ", "faint"), *_named(pair), ("  ", ""), _place(pair)]
    if row.type.endswith("tool_result"):
        line += [("  failed", "error")] if row.is_error else []
        line += _took(row, pair)
    return [line, []]


def _counterpart_below(subject: Subject) -> Line:
    """Of what is answered: the answer."""
    row, pair = subject.row, subject.pair
    if pair is None or pair.seq < row.seq:
        return []
    failed: Line = [("  failed", "error")] if pair.is_error else []
    return [("↳ ", "faint"), _place(pair), *failed, *_took(pair, row)]


def _named(row: Row) -> Line:
    return [(shown(row.name), "tool")] if row.name and row.type.endswith("tool_use") else [(shown(row.type), "muted")]


def _place(row: Row) -> tuple[str, str]:
    return f"seq {words.number(row.seq)}", "muted"


def _took(end: Row, start: Row) -> Line:
    """How long it took, as the end says or the two times do."""
    took = end.duration_us
    if took is None and end.time_us is not None and start.time_us is not None:
        took = end.time_us - start.time_us
    return [(f" in {words.duration(took)}", "muted")] if took is not None and took >= 0 else []
