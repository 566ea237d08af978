"""Driving an importer as `runtime.ingest.driver` does, and holding what it makes against the official SDK."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pydantic
from anthropic.types.beta.sessions.beta_managed_agents_session_event import BetaManagedAgentsSessionEvent

from runtime.event import LOCAL_PREFIXES, WIRE_TYPES
from runtime.importers.record import Importer, Made, Record, Rejected, SessionFacts, Source, Span
from runtime.importers.source import BytesSource, FileSource


@dataclass
class Imported:
    """What became of a source."""

    made: list[Made] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    records: list[tuple[str, Record]] = field(default_factory=list)
    """With the path of the source they are in."""
    cited: set[tuple[str, Span]] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)
    facts: dict[str, SessionFacts] = field(default_factory=dict)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of that type, in order."""
        return [made.payload for made in self.made if made.payload["type"] == kind]

    def types(self) -> list[str]:
        """The types of all events, in order."""
        return [made.payload["type"] for made in self.made]

    def sessions(self) -> list[str]:
        """Native ids in order of first appearance."""
        return list(dict.fromkeys(made.session for made in self.made))

    def surviving(self) -> list[tuple[Any, ...]]:
        """What is left where the last event with an id wins, in the order in which they were last made."""
        last: dict[str, tuple[Any, ...]] = {}
        for made in self.made:
            key = made.payload["id"]
            last.pop(key, None)
            last[key] = (made.session, made.thread, made.time_us, repr(made.payload), repr(dict(made.extra)))
        return list(last.values())


def import_source(importer: Importer, source: Source) -> Imported:
    """Read ``source``, or its members, with ``importer``."""
    result = Imported()
    members = getattr(importer, "members", lambda _: None)(source)
    for member in members if members is not None else [source]:
        if isinstance(member, Rejected):
            result.rejected.append(member)
        else:
            _read(importer, member, result)
    return result


def _read(importer: Importer, source: Source, result: Imported) -> None:
    reader = importer.reader(source)
    for record in importer.records(source):
        if isinstance(record, Rejected):
            result.rejected.append(record)
            continue
        result.records.append((source.path, record))
        _take(reader.read(record), source, result)
    _take(reader.end(), source, result)
    result.unknown += reader.unknown
    result.facts |= reader.facts


def _take(made: Iterable[Made | Rejected], source: Source, result: Imported) -> None:
    for item in made:
        if isinstance(item, Rejected):
            result.rejected.append(item)
            result.cited.add((source.path, item.span))
        else:
            result.made.append(item)
            result.cited |= {(source.path, span) for span in item.cites}


def import_bytes(importer: Importer, data: bytes, path: str = "sample") -> Imported:
    """Read ``data``."""
    return import_source(importer, BytesSource(path, data))


def import_file(importer: Importer, path: Path) -> Imported:
    """Read the file at ``path``."""
    return import_source(importer, FileSource(path))


def files_under(folder: Path) -> Iterator[Path]:
    """Every file below ``folder``, in order."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def check(result: Imported) -> None:
    """What holds for every importer: each record cited, ids unlike, times said once, types the API's own."""
    uncited = [(path, record.place) for path, record in result.records if (path, record.span) not in result.cited]
    assert not uncited, f"records without a disposition: {uncited[:5]}"
    for made in result.made:
        assert made.cites, made.payload
        kind = made.payload["type"]
        assert kind in WIRE_TYPES or kind.startswith(LOCAL_PREFIXES) or made.raw is not None, kind
        assert ("processed_at" in made.payload) == (made.time_us is not None) or made.raw is not None, made.payload
        if kind in WIRE_TYPES and made.raw is None:
            problem = undeclared(made.payload)
            assert problem is None, f"{problem}: {made.payload}"


@cache
def _event_adapter() -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(BetaManagedAgentsSessionEvent)


def undeclared(payload: dict[str, Any]) -> str | None:
    """What the stock client would not expect in ``payload``, or None. A time nobody knows may be absent."""
    stamped = payload if "processed_at" in payload else {**payload, "processed_at": "2026-01-01T00:00:00Z"}
    try:
        event = _event_adapter().validate_python(stamped)
    except pydantic.ValidationError as error:
        return str(error)
    return _extra_field(event, "")


def _extra_field(value: object, path: str) -> str | None:
    if isinstance(value, pydantic.BaseModel):
        for name in value.model_extra or {}:
            return f"{path}.{name} is not declared"
        for name in type(value).model_fields:
            found = _extra_field(getattr(value, name), f"{path}.{name}")
            if found:
                return found
    elif isinstance(value, list):
        for number, part in enumerate(value):
            found = _extra_field(part, f"{path}[{number}]")
            if found:
                return found
    return None
