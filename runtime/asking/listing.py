"""What a list of sessions says of each: totals from manifests alone, so that twenty thousand are listed in a second.

The command ``workbench sessions``, the view ``sessions`` of `runtime.asking.query` and the app's list all show these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from runtime.asking.prices import bound_usd
from runtime.errors import WorkbenchError
from runtime.event import Json, Row
from runtime.manifest import Sums, sums_of
from runtime.schema import ROWS
from runtime.store import Store, Summary


class Listed(NamedTuple):
    """One session in a list."""

    session_id: str
    title: str | None
    format: str | None
    """What it was imported from; None for a session that was run here."""
    native_id: str | None
    agent: str | None
    model: str | None
    """The one that wrote the most."""
    created_us: int | None
    first_us: int | None
    """Time of its first event, as `last_us` is of its last."""
    last_us: int | None
    turns: int
    events: int
    errors: int
    tool_uses: int
    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_at_least_usd: float | None
    """By list prices and these totals; None where a price is not known."""
    cost_is_exact: bool
    """Whether that is the cost: totals do not say how long each prompt was, nor what was cached for an hour."""
    live: bool
    """Something of it is still open: it may grow."""
    parent: str | None
    """The session it was forked from."""
    about: Json
    """What its source says of it: cwd, git branch, task, reward, …"""
    damage: str | None = None
    """Why it cannot be read, or not all of it."""

    @property
    def duration_us(self) -> int | None:
        """From the first event to the last."""
        return None if self.first_us is None or self.last_us is None else self.last_us - self.first_us

    @property
    def tokens(self) -> int:
        """All tokens that went in or came out, cached ones included."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def haystack(self) -> str:
        """What a filter looks in, in lower case: everything that is said of the session in words."""
        facts = [value for value in self.about.values() if isinstance(value, str)]
        texts = (self.session_id, self.native_id, self.title, self.format, self.model, self.agent, self.damage, *facts)
        return "\n".join(text for text in texts if text).lower()


def listed(store: Store) -> Iterator[Listed]:
    """Every session of ``store``, in no particular order."""
    for summary in store.summaries():
        yield listed_of(store, summary)


def listed_of(store: Store, summary: Summary) -> Listed:
    """What a list says of one session."""
    manifest, sums, damage = summary.manifest, summary.sums, summary.damage
    if sums.recount and damage is None:
        try:
            sums = recounted(store, summary.session_id)
        except WorkbenchError as error:
            damage = str(error)
    fresh, written, read, kept = [sum(totals[kind] for totals in sums.models.values()) for kind in (1, 2, 3, 4)]
    cost, exact = _cost(sums)
    return Listed(
        summary.session_id, manifest.title,
        _text(manifest.source.get("format")), _text(manifest.source.get("native_id")),
        _text(manifest.agent.get("name")), _model(manifest.agent, sums),
        manifest.created_us, sums.first_us, sums.last_us,
        sums.turns, sums.events, sums.errors, sums.tool_uses, sums.requests, fresh, written, read, kept,
        cost, exact, summary.live, _text((manifest.parent or {}).get("session_id")), manifest.about, damage,
    )  # fmt: skip


def recounted(store: Store, session_id: str) -> Sums:
    """The totals of a session some of whose rows replace others, taken from the rows as they stand."""
    with store.reader(session_id) as reader:
        table = reader.table()
        replaced = table.column("supersedes").drop_null()
        standing = table.filter(pc.invert(pc.is_in(table.column("seq"), replaced)))
        standing = standing.set_column(
            ROWS.names.index("supersedes"), "supersedes", pa.nulls(len(standing), pa.int64())
        )
        return sums_of(row for batch in standing.to_batches() for row in _rows(batch))


def _rows(batch: pa.RecordBatch) -> Iterator[Row]:
    yield from map(Row._make, zip(*(column.to_pylist() for column in batch.columns)))


def _model(agent: Json, sums: Sums) -> str | None:
    written = {model: (totals[2], totals[0]) for model, totals in sums.models.items() if model}
    if written:
        return max(written, key=written.__getitem__)
    named = agent.get("model")
    return _text(named.get("id") if isinstance(named, dict) else named)


def _cost(sums: Sums) -> tuple[float | None, bool]:
    """What all requests together cost at least, and whether that is what they cost."""
    if not sums.models:
        return None, False
    total, exact = 0.0, True
    for model, totals in sums.models.items():
        bound = bound_usd(model, sums.first_us, sums.last_us, totals)
        if bound is None:
            return None, False
        total += bound.at_least_usd
        exact = exact and bound.exact
    return total, exact


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
