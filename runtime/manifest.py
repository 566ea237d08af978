"""A session's manifest: who it is, and which segments hold it. Swapped atomically; the one file that is ever replaced.

    {"schema": 1, "session_id": "sesn_…", "created_us": …, "title": "fix the flaky test",
     "source": {"format": "claude_code", "native_id": "…"}, "agent": {…}, "environment": {}, "about": {…},
     "parent": null,
     "segments": [
       {"name": "000000", "kind": "sealed", "first": 0,     "count": 65536, "chain": "9f1c…", "sums": {…}},
       {"name": "000001", "kind": "open",   "first": 65536, "count": 0,     "chain": "9f1c…"}]}

``chain`` of a sealed segment is the chain of its last event; of an open one, the chain before its first. ``files``
are the digests of a sealed segment's files. An open segment's ``least`` is how many events it held when its writer
last closed it: it never holds fewer. A segment of kind ``pack`` lives in the store's pack ``name``, from row ``row``
on. ``sums`` are totals over a sealed segment, so that twenty thousand sessions can be listed without opening twenty
thousand files; they are a cache of the rows. The last key, ``check``, is a hash of all before it (`with_check`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from runtime.errors import Corrupt, StoreError
from runtime.event import Json, Row, decode, encode
from runtime.files import disk_errors_named, write_whole
from runtime.schema import SCHEMA_VERSION

FILE_NAME = "manifest.json"


@dataclass(slots=True)
class Sums:
    """Totals over rows; added up segment by segment."""

    events: int = 0
    """Rows less those that supersede an earlier one."""
    errors: int = 0
    turns: int = 0
    """The highest turn."""
    tool_uses: int = 0
    requests: int = 0
    first_us: int | None = None
    last_us: int | None = None
    models: dict[str, list[int]] = field(default_factory=dict)
    """By model: requests; tokens: input, output, cache read, cache write, and of these those kept for an hour."""
    recount: bool = False
    """A superseding row changes what was summed: totals must be taken from the rows themselves."""
    in_turn: bool | None = None
    """Whether the last turn is still going on; None where no row says."""

    def add(self, row: Row) -> None:
        """Count ``row``."""
        if row.supersedes is None:
            self.events += 1
        elif row.type == "span.model_request_end" or row.type.endswith("tool_use") or row.is_error:
            self.recount = True
        self.errors += row.is_error
        self.turns = max(self.turns, row.turn)
        if row.type.endswith("tool_use"):
            self.tool_uses += 1
        elif row.type == "session.status_running":
            self.in_turn = True
        elif row.type == "session.status_idle":
            self.in_turn = row.name == "requires_action"
        if row.time_us is not None:
            self.first_us = row.time_us if self.first_us is None else min(self.first_us, row.time_us)
            self.last_us = row.time_us if self.last_us is None else max(self.last_us, row.time_us)
        if row.type == "span.model_request_end":
            self.requests += 1
            totals = self.models.setdefault(row.model or "", [0] * 6)
            counts = (
                1, row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens,
                row.cache_write_1h_tokens,
            )  # fmt: skip
            for index, count in enumerate(counts):
                totals[index] += count or 0

    def merged(self, other: Sums) -> Sums:
        """The totals of both, ``other`` being the later."""
        models = {name: list(totals) for name, totals in self.models.items()}
        for name, totals in other.models.items():
            models[name] = [a + b for a, b in zip(models.get(name, [0] * 6), totals)]
        starts = [moment for moment in (self.first_us, other.first_us) if moment is not None]
        ends = [moment for moment in (self.last_us, other.last_us) if moment is not None]
        return Sums(
            self.events + other.events, self.errors + other.errors, max(self.turns, other.turns),
            self.tool_uses + other.tool_uses, self.requests + other.requests,
            min(starts, default=None), max(ends, default=None), models, self.recount or other.recount,
            self.in_turn if other.in_turn is None else other.in_turn,
        )  # fmt: skip


def sums_of(rows: Iterable[Row]) -> Sums:
    """The totals of ``rows``."""
    sums = Sums()
    for row in rows:
        sums.add(row)
    return sums


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of a session's events, and where it is kept."""

    name: str
    kind: Literal["open", "sealed", "pack"]
    first: int
    """Seq of its first event."""
    count: int
    """How many events; 0 for an open segment, whose file says."""
    chain: str
    """Hex: after the last event (sealed, pack), or before the first (open)."""
    row: int = 0
    """Its first row within the pack."""
    sums: Sums = field(default_factory=Sums)
    files: dict[str, str] = field(default_factory=dict)
    """Sealed: by ``rows`` and ``payload``, the digest of that file."""
    least: int = 0
    """Open: how many events it held when it was last closed."""

    @property
    def stop(self) -> int:
        """Seq after its last event."""
        return self.first + self.count


@dataclass(slots=True)
class Manifest:
    """See the module's docstring."""

    session_id: str
    created_us: int | None = None
    title: str | None = None
    source: Json = field(default_factory=dict)
    agent: Json = field(default_factory=dict)
    environment: Json = field(default_factory=dict)
    about: Json = field(default_factory=dict)
    parent: Json | None = None
    segments: list[Segment] = field(default_factory=list)
    schema: int = SCHEMA_VERSION

    def to_json(self) -> bytes:
        """As one line of JSON; totals that are empty are left out."""
        whole = {key: getattr(self, key) for key in self.__slots__ if key != "segments"}
        whole["segments"] = [_segment_json(segment) for segment in self.segments]
        return with_check(whole)

    @classmethod
    def from_json(cls, data: bytes, file: str) -> Manifest:
        """Read what `to_json` wrote; raises `Corrupt` naming ``file`` where it cannot be."""
        try:
            whole = checked(data, file)
            known = {key: whole[key] for key in cls.__slots__ if key in whole}
            known["segments"] = [_segment_from(item) for item in whole["segments"]]
            return cls(**known)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Corrupt(session_in(data), None, file, f"the manifest cannot be read: {error}") from None

    def save(self, folder: Path) -> None:
        """Swap the manifest in ``folder`` for this one."""
        with disk_errors_named(f"the manifest of {self.session_id}"):
            write_whole(folder / FILE_NAME, self.to_json())

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """The manifest in ``folder``; FileNotFoundError where there is none."""
        path = folder / FILE_NAME
        try:
            manifest = cls.from_json(path.read_bytes(), str(path))
        except Corrupt as error:
            raise Corrupt(folder.name, None, error.file, error.what) from None
        if manifest.session_id != folder.name:
            raise Corrupt(folder.name, None, str(path), f"it is the manifest of {manifest.session_id}")
        return manifest

    def totals(self) -> Sums:
        """Over all segments whose totals are known (not the open one)."""
        sums = Sums()
        for segment in self.segments:
            sums = sums.merged(segment.sums)
        return sums

    def turn_before(self, seq: int) -> tuple[int, bool]:
        """The turn that is current before event ``seq``, the first of a segment, and whether it is still going on."""
        sums = Sums()
        for segment in self.segments:
            if segment.kind != "open" and segment.stop <= seq:
                sums = sums.merged(segment.sums)
        return sums.turns, bool(sums.in_turn)

    def with_segment(self, segment: Segment) -> Manifest:
        """This manifest with the segment of that first seq put in or replaced."""
        others = [known for known in self.segments if known.first != segment.first or known.name != segment.name]
        return replace(self, segments=sorted([*others, segment], key=lambda s: (s.first, s.name)))


def with_check(whole: Json) -> bytes:
    """``whole`` as a line of JSON that ends with a hash of itself, for files whose every byte matters."""
    body = encode(whole)[:-1]
    return b'%b,"check":"%b"}' % (body, _check(body))


def checked(data: bytes, file: str) -> Json:
    """What `with_check` made a line of. Raises ValueError where it was changed since; `StoreError` if it is too new."""
    whole = decode(data)
    if not isinstance(whole, dict):
        raise ValueError("it is not a JSON object")
    schema = whole.get("schema")
    body, end = data[:-28], data[-28:]
    if end == b',"check":"%b"}' % _check(body):
        if not isinstance(schema, int) or schema > SCHEMA_VERSION:
            raise StoreError(
                f"{file} was written by a newer version (schema {schema}; this one reads up to {SCHEMA_VERSION}): "
                "update to open it."
            )
        return whole
    raise ValueError("its bytes are not those that were written")


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=8).hexdigest().encode()


_SESSION_ID = re.compile(rb'"session_id":"([^"\\]+)"')


def session_in(data: bytes) -> str:
    """The session a manifest is of, without reading it, as far as it says if it is damaged."""
    found = _SESSION_ID.search(data)
    return found[1].decode("utf-8", "replace") if found else "?"


def _segment_json(segment: Segment) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "name": segment.name, "kind": segment.kind, "first": segment.first, "count": segment.count,
        "chain": segment.chain,
    }  # fmt: skip
    if segment.kind == "pack":
        whole["row"] = segment.row
    if segment.files:
        whole["files"] = segment.files
    if segment.kind != "open":
        whole["sums"] = {key: value for key, value in asdict(segment.sums).items() if value != _NO_SUMS[key]}
    elif segment.least:
        whole["least"] = segment.least
    return whole


_NO_SUMS = asdict(Sums())


def _segment_from(item: dict[str, Any]) -> Segment:
    sums = Sums(**item.get("sums", {}))
    return Segment(
        item["name"], item["kind"], item["first"], item["count"], item["chain"], item.get("row", 0), sums,
        item.get("files", {}), item.get("least", 0),
    )  # fmt: skip
