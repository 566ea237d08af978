"""What a session knows already, and what of the events made from files is news to it.

The id of an event is a function of the record it came from; so an event whose id the session has, with the same bytes,
is not news. The same id with other bytes supersedes what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from runtime.event import MAX_PAYLOAD_BYTES, Draft, Json, decode, encode
from runtime.importers.record import Made, Span, thread_id_of
from runtime.ingest.fold import FileFold, Folded
from runtime.segment import Entry

MANY = 32_768
"""More events than this are not kept at hand: each takes ten times as much there as in a column."""
_FARTHEST_US = 1 << 56
"""Some two thousand years either way: a time beyond that is nonsense, and is dropped."""


Cite = tuple[str, Span, FileFold]
"""A source, the place of a record in it, and who reads the file it is in."""


class Written(NamedTuple):
    """An event about to be written, the file it came from, and the records it cites."""

    draft: Draft
    fold: FileFold
    cites: tuple[Cite, ...]


class Known:
    """What a session says already: by event id its seq, and a hash of what it says (payload, and extra but citations).

    Hashes are those of this process. What is not at hand is kept in columns, by the hash of the id, and looked for by
    the batch; so a session of a million events takes 24 MB.
    """

    __slots__ = ("_at_hand", "_aside", "_before", "resumes")

    def __init__(self) -> None:
        self._at_hand: dict[str, tuple[int, int]] = {}
        self._aside: pa.Table | None = None
        self._before: Sequence[Known] = ()
        self.resumes = False
        """It has been told which sessions this one continues, if any."""

    def take_over(self, others: Sequence[Known]) -> None:
        """What ``others`` say, nearest first, is known too, but has no seq (-1) here."""
        self._before, self.resumes = others, True

    def recall(self, ids: Sequence[str]) -> None:
        """Have at hand what is known of ``ids``: needed before `get`."""
        if len(self._at_hand) > MANY:
            self._set_aside()
        if self._aside is not None:
            wanted = pa.array(map(hash, ids), pa.int64(), size=len(ids))
            places = pc.index_in(wanted, value_set=self._aside.column("id").chunk(0))
            found = self._aside.take(places.drop_null())
            for place, seq, digest in zip(pc.indices_nonzero(places.is_valid()), found["seq"], found["digest"]):
                self._at_hand.setdefault(ids[place.as_py()], (seq.as_py(), digest.as_py()))
        for other in self._before:
            other.recall(ids)

    def get(self, event_id: str) -> tuple[int, int] | None:
        """The seq and hash of an event, if it is known."""
        found = self._at_hand.get(event_id)
        if found is None:
            for other in self._before:
                if before := other._at_hand.get(event_id):
                    return -1, before[1]
        return found

    def note(self, event_id: str, seq: int, digest: int) -> None:
        """From now on the session says this."""
        self._at_hand[event_id] = seq, digest

    def place(self, event_id: str, seq: int) -> None:
        """An event that was noted stands at ``seq``."""
        self._at_hand[event_id] = seq, self._at_hand[event_id][1]

    def _set_aside(self) -> None:
        events, self._at_hand = self._at_hand, {}
        seqs, digests = zip(*events.values())
        arrays = (pa.array(values, pa.int64()) for values in (list(map(hash, events)), seqs, digests))
        tables = [pa.table(list(arrays), names=["id", "seq", "digest"])]
        if self._aside is not None:
            tables.append(self._aside)  # behind: of two that have the same id, the first is found
        self._aside = pa.concat_tables(tables).combine_chunks()


def known_in(entries: Iterable[Entry]) -> Known:
    """What a log's entries say; of several with one id, the last."""
    known = Known()
    for entry in entries:
        core = b""
        if entry.extra:
            extra = decode(entry.extra)
            extra.pop("source", None)
            extra.pop("supersedes", None)
            core = encode(extra) if extra else b""
        known.note(entry.id, entry.seq, hash(entry.payload) ^ hash(core))
        if len(known._at_hand) > MANY:
            known._set_aside()
    return known


def news(
    items: Iterator[tuple[Folded, FileFold]],
    session: tuple[str, str],
    known: Known,
    base: int,
    mask: Callable[[bytes], bytes] | None = None,
) -> list[Written]:
    """What of ``items`` the session (format, native id) does not know yet, as drafts for seqs ``base`` on.

    ``known`` is brought up to date. An event made twice here is written once, as it was made last, citing the records
    of both. With ``mask``, secrets in payloads are hidden and nothing is cited, as no source is kept.
    """
    threads: dict[str, str] = {}
    written: list[Written | None] = []
    places: dict[str, int] = {}
    stored: dict[str, tuple[int, int]] = {}
    batch = list(items)
    known.recall([folded.made.payload["id"] for folded, _ in batch])
    for folded, fold in batch:
        made, source_id = folded
        _, payload, thread, time_us, extra, spans, body = made
        try:
            if body is None and mask is None:  # nearly always
                body, core = encode(payload), encode(extra) if extra else b""
            else:
                payload, extra, body, core = _said(made, mask)
        except ValueError as error:
            _refuse(folded, fold, f"cannot be stored: {error}")
            continue
        event_id, digest = payload["id"], hash(body) ^ hash(core)
        before = known.get(event_id)
        if before is not None and before[1] == digest:
            if event_id in places and mask is None:
                _cite_too(written, places[event_id], folded, fold, core)
            continue
        if len(body) > MAX_PAYLOAD_BYTES:
            _refuse(folded, fold, f"makes an event of {len(body):,} bytes; the limit is {MAX_PAYLOAD_BYTES:,}")
            continue
        again = places.get(event_id)
        if again is None and before is not None:
            stored[event_id] = before
        elif again is not None and stored.get(event_id, (0, None))[1] == digest:  # back to what the log says already
            written[again] = None
            known.note(event_id, *stored[event_id])
            continue
        known.note(event_id, before[0] if before else -1, digest)
        thread_id = threads.get(thread)
        if thread_id is None:
            thread_id = threads[thread] = thread_id_of(*session, thread)
        cites = tuple([(source_id, span, fold) for span in spans])
        if again is not None and (earlier := written[again]) is not None:
            written[again] = None
            cites = tuple(dict.fromkeys(earlier.cites + cites))
        supersedes = before[0] if before is not None and before[0] >= 0 else None
        if supersedes is not None:
            extra = {**extra, "supersedes": supersedes}
        raw_extra = _whole_extra(core, () if mask else cites, supersedes)
        moment = time_us if time_us is None or abs(time_us) < _FARTHEST_US else None
        places[event_id] = len(written)
        written.append(Written(Draft(payload, thread_id, moment, extra, body, raw_extra), fold, cites))
    kept = [item for item in written if item is not None]
    for seq, item in enumerate(kept, base):
        event_id = item.draft.payload["id"]
        known.place(event_id, seq)
    return kept


def _said(made: Made, mask: Callable[[bytes], bytes] | None) -> tuple[Json, Mapping[str, Any], bytes, bytes]:
    """Payload and extra of what was made, and the bytes of each. Raises ValueError where they cannot be stored."""
    payload, extra, body = made.payload, made.extra, made.raw
    if body is None:
        body = encode(payload)
    core = encode(extra) if extra else b""
    if mask is not None:
        body, core = mask(body), mask(core)
        payload, extra = decode(body), decode(core or b"{}")
    return payload, extra, body, core


def _cite_too(written: list[Written | None], place: int, folded: Folded, fold: FileFold, core: bytes) -> None:
    """The same event made again of other records of the same source: those say it too, and are cited too.

    A copy of the record in another file is not: that one is already present.
    """
    item = written[place]
    if item is None or not item.cites or item.cites[0][0] != folded.source_id:
        return
    cites = tuple(dict.fromkeys(item.cites + tuple([(folded.source_id, span, fold) for span in folded.made.cites])))
    if cites != item.cites:
        raw_extra = _whole_extra(core, cites, item.draft.extra.get("supersedes"))
        written[place] = item._replace(draft=item.draft._replace(raw_extra=raw_extra), cites=cites)


def _whole_extra(core: bytes, cites: tuple[Cite, ...], supersedes: int | None) -> bytes:
    """The extra as it is stored: what the reader said, the records it cites, the row it replaces."""
    if len(cites) == 1 and supersedes is None:  # nearly always
        source_id, span, _ = cites[0]
        return b'%b"source":[["%b",%d,%d,%d]]}' % (core[:-1] + b"," if core else b"{", source_id.encode(), *span)
    parts = [core[1:-1]] if core else []
    if cites:
        each = [b'["%b",%d,%d,%d]' % (source_id.encode(), *span) for source_id, span, _ in cites]
        parts.append(b'"source":[%b]' % b",".join(each))
    if supersedes is not None:
        parts.append(b'"supersedes":%d' % supersedes)
    return b"{%b}" % b",".join(parts) if parts else b""


def _refuse(folded: Folded, fold: FileFold, reason: str) -> None:
    for span in folded.made.cites[:1]:
        fold.tally.reject(folded.source_id, span, reason, "")
