"""Where the records of an Inspect log stand: in a .json document, and in the members of an .eval archive.

A log is a header (what was run, how it came out) and samples. Of each sample first comes the sample itself, then its
attachments and message pool, which its events refer to, then its events, messages and scores. The places are named so
that the last part says what the record is::

    header                                   all members of the document before ``samples``; of a cut-off one, too
    samples[3]                               the sample; its value leaves out what follows
    samples[3].attachments.0f3a…             one attachment
    samples[3].pool                          messages (and raw calls) that events refer to by position
    samples[3].events[7]                     one transcript event
    samples[3].messages                      all of them, where events tell the story
    samples[3].messages[7]                   each by itself, where there are no events
    samples[3].scores

A sample's own record spans the whole sample, so that ``--source`` of its event shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runtime.errors import ImportRefused
from runtime.event import Json
from runtime.importers.documents import Place, Walk
from runtime.importers.record import Record, Rejected, Source, Span

LAST_VERSION = 3

_Places = dict[str, Place]
_APART = frozenset("events messages attachments scores message_pool events_data transcript output timelines".split())


class _Laid(NamedTuple):
    """Where the parts of a sample stand."""

    members: _Places
    lists: dict[str, list[Place]]
    """Events and messages, one by one."""
    attachments: _Places


def unknown_version(header: Json) -> str | None:
    """Why a log with such a header is not imported, or None."""
    version = header.get("version")
    if version is None:
        names = ", ".join(map(repr, list(header)[:4]))
        return f"no Inspect log, as it says no version; it is a JSON object with {names or 'nothing in it'}"
    if isinstance(version, int) and not isinstance(version, bool) and 1 <= version <= LAST_VERSION:
        return None
    return f"an Inspect log of version {version!r}; versions 1 to {LAST_VERSION} are understood"


def log_records(source: Source) -> Iterator[Record | Rejected]:
    """The records of a log in one JSON document; one that is cut off is held back as a whole."""
    walk = _walk(source)
    if isinstance(walk, Rejected):
        yield walk
        return
    try:
        walk.require_whole()
    except ValueError as error:
        reason = f"held back until the document is whole: {_not_json(error)}"
        yield Rejected(Span(0, len(walk.data), 1), reason, pending=True)
        return
    started = False
    try:
        for record in _parts(walk):
            unknown = unknown_version(record.value) if not started and isinstance(record, Record) else None
            if unknown:
                yield Rejected(Span(0, len(walk.data), 1), unknown)
                return
            started = True
            yield record
    except ValueError as error:
        at = walk.at if started else 0
        yield Rejected(Span(at, len(walk.data) - at, walk.line(at)), _not_json(error))


def _parts(walk: Walk) -> Iterator[Record | Rejected]:
    """The header, the samples, and what comes after them."""
    places: _Places = {}
    samples: int | None = None
    told = False
    for key in walk.pull_members():
        if key == "samples" and walk.peek() == "[" and samples is None:
            samples = walk.at
            if "eval" in places:
                told = True
                yield _header(walk, places, samples)
                yield from _samples(walk)
                continue
        places[key] = walk.pass_value()
        if told:
            yield walk.record(*places[key], key)
    if not told:
        places.pop("samples", None)
        yield _header(walk, places, len(walk.data))
        if samples is not None:
            walk.at = samples
            yield from _samples(walk)


def _header(walk: Walk, places: _Places, end: int) -> Record:
    raw = walk.data[:end]
    return Record(Span(0, len(raw), 1), raw, {key: walk.value(place) for key, place in places.items()}, "header")


def _samples(walk: Walk) -> Iterator[Record | Rejected]:
    for number in walk.pull_elements():
        yield from _sample(walk, f"samples[{number}]")


def member_record(source: Source, place: str) -> Iterator[Record | Rejected]:
    """A member of an archive that is one record."""
    walk = _walk(source)
    yield walk if isinstance(walk, Rejected) else walk.record(walk.start, len(walk.data.rstrip()), place)


def sample_member(source: Source) -> Iterator[Record | Rejected]:
    """The records of a sample that is a member of an archive."""
    walk = _walk(source)
    if isinstance(walk, Rejected):
        yield walk
        return
    try:
        yield from _sample(walk, "sample")
    except ValueError as error:
        yield Rejected(Span(0, len(walk.data), 1), _not_json(error))


def _sample(walk: Walk, place: str) -> Iterator[Record | Rejected]:
    """The records of the sample that stands here; the walk goes past it before the first of them is given."""
    if walk.peek() != "{":
        yield walk.rejected(walk.pass_value(), f"{place}: not an object")
        return
    start = walk.text.index("{", walk.at)
    laid = _laid_out(walk)
    members, events, messages = laid.members, laid.lists.get("events", []), laid.lists.get("messages", [])
    value: Json = {key: walk.value(where) for key, where in members.items() if key not in _APART}
    if not events and "output" in members:
        value["output"] = walk.value(members["output"])
    yield Record(Span(start, walk.at - start, walk.line(start)), walk.data[start : walk.at], value, place)
    for key, where in laid.attachments.items():
        yield walk.record(*where, f"{place}.attachments.{key}")
    for key in ("message_pool", "events_data"):
        if key in members:
            yield walk.record(*members[key], f"{place}.pool")
    for number, where in enumerate(events):
        yield walk.record(*where, f"{place}.events[{number}]")
    if events and "messages" in members:
        yield walk.record(*members["messages"], f"{place}.messages")
    for number, where in enumerate([] if events else messages):
        yield walk.record(*where, f"{place}.messages[{number}]")
    if "scores" in members:
        yield walk.record(*members["scores"], f"{place}.scores")


def _laid_out(walk: Walk) -> _Laid:
    """The object here. In 2024 events and attachments stood in a ``transcript``."""
    laid = _Laid({}, {}, {})
    for key in walk.pull_members():
        if key == "transcript" and walk.peek() == "{":
            for inner in walk.pull_members():
                _lay(walk, "attachments" if inner == "content" else inner, laid)
        else:
            _lay(walk, key, laid)
    return laid


def _lay(walk: Walk, key: str, laid: _Laid) -> None:
    start = walk.at
    if key in ("events", "messages") and walk.peek() == "[":
        laid.lists[key] = [walk.pass_value() for _ in walk.pull_elements()]
    elif key == "attachments" and walk.peek() == "{":
        laid.attachments.update({name: walk.pass_value() for name in walk.pull_members()})
    else:
        walk.pass_value()
    laid.members[key] = start, walk.at


def _walk(source: Source) -> Walk | Rejected:
    """The source, ready to be walked, or why it cannot be."""
    try:
        return Walk(source.bytes())
    except ImportRefused as error:
        return Rejected(Span(0, 0, 1), str(error))


def _not_json(error: ValueError) -> str:
    words = str(error)
    return words if words.startswith(("not ", "nested")) else f"not JSON (is it cut off?): {words}"
