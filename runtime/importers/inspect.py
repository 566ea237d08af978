"""Inspect AI evaluation logs: .json documents and .eval archives (versions 1 to 3; 0.3.x of 2024-05 to 2026-04 seen).

A sample (one task in one epoch) is a session; its native id is ``<eval id>/<sample id>/<epoch>`` (before eval ids:
``<run id>.<task id>``). An .eval archive is a source of members; each sample in it is a source of its own.

    in the log                              becomes
    sample                                  import.inspect.sample: all but what follows, once, first
    events                                  see `inspect_events`; the truth for requests, tokens, tools and scores
    messages, model inputs                  user.message, system.message, agent.message, agent.thinking,
                                            agent.tool_use, agent.tool_result, each once, however often it recurs
    the messages once more at the end       import.inspect.messages {count}, and any that no event told
    attachments                             shown in the first event that refers to them; import.inspect.attachment
                                            each, with the text only where no event showed it
    scores                                  import.inspect.score each, where no score event did; import.inspect.scores
    header, _journal/start.json             import.inspect.header, .start, in the log's first sample; facts of every one
    reductions, summaries                   import.inspect.reductions, .summaries: counts; the samples say the rest

The header is one record, but a session needs a home for it: the first sample's session, where whoever opens a log looks
first; a log without samples is a session by itself, so that a run that failed to start is seen too. Sessions are thus
the samples, and no number is counted twice. What is known of the run as a whole stands in every session's facts.

Not imported: logs of later versions, and samples stored in chunks (``samples/<id>/sample.json``); both are rejected.
A log without events has no usage per request, so it makes no requests; ``about.model_usage`` has the totals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from runtime.clock import parse_iso
from runtime.errors import ImportRefused
from runtime.event import Json, plain
from runtime.importers.archive import MAGIC, Archive, Entry, archive_of
from runtime.importers.inspect_events import KNOWN, TranscriptFold
from runtime.importers.inspect_records import log_records, member_record, sample_member, unknown_version
from runtime.importers.inspect_sample import FORMAT
from runtime.importers.lines import parse
from runtime.importers.record import Made, Record, Rejected, Sample, SessionFacts, Source, Span, event_id, stamped
from runtime.importers.source import BytesSource
from runtime.importers.values import dicts, digest, fields, is_strict, storable

_document = re.compile(
    rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:(?=\s*(?:\Z|"(?:success|error|cancelled|started)"))'
)
_sample_name = re.compile(r"samples/(.+)_epoch_(\d+)\.json")
_chunk_name = re.compile(r"samples/.+_epoch_\d+/.+\.json")
_member_name = re.compile(
    rb"_journal/(?:start|summaries/\d+)\.json|samples/.+\.json|(?:header|summaries|reductions)\.json"
)
_kind = re.compile(r"(?:samples?(?:\[\d+\])?\.)?(\w+)(?:\[\d+\])?(?:\.(.*))?")
_FIRST_WORDS = 80
_MOST_OF_A_FACT = 500


@dataclass(slots=True)
class Log:
    """What is known of a log as a whole."""

    header: Json = field(default_factory=dict)
    first: str | None = None
    """The native id of the session that has the header."""
    started: bool = False
    """The archive has a ``_journal/start.json``, which holds what was run."""

    @property
    def native(self) -> str:
        """The log's own identity, before which its samples' begin."""
        run = fields(self.header.get("eval"))
        if run.get("eval_id"):
            return str(run["eval_id"])
        known = [str(run[name]) for name in ("run_id", "task_id") if run.get(name)]
        return ".".join(known) or digest(self.header)

    def session(self, sample: object, epoch: object) -> str:
        """The native id of a sample's session."""
        return f"{self.native}/{sample}/{epoch}"


class Member(BytesSource):
    """A member of an .eval archive, with what its log says of it."""

    def __init__(self, path: str, name: str, data: bytes, log: Log) -> None:
        super().__init__(path, data)
        self.name, self.log = name, log


class InspectReader:
    """One log, or one member of an archive."""

    def __init__(self, source: Source) -> None:
        self.facts: dict[str, SessionFacts] = {}
        self.unknown: Counter[str] = Counter()
        self._member = source if isinstance(source, Member) else None
        self._log = self._member.log if self._member else Log()
        self._fold: TranscriptFold | None = None
        self._attachments: list[tuple[str, Span]] = []
        self._waiting: Made | None = None
        self._handlers: dict[str, Callable[[Record, str], Iterator[Made]]] = {
            "header": self._header, "start": self._header, "sample": self._sample, "samples": self._sample,
            "attachments": self._attachment, "pool": self._pool, "events": self._event, "messages": self._messages,
            "scores": self._scores, "summaries": self._counted, "reductions": self._counted,
        }  # fmt: skip

    def read(self, record: Record) -> Iterable[Made | Rejected]:
        """The events of one record; its place says what it is."""
        try:
            return self._read(record)
        except RecursionError:
            return [Rejected(record.span, f"{record.place}: nested too deeply")]

    def _read(self, record: Record) -> list[Made | Rejected]:
        if not is_strict(record.raw):
            record = record._replace(value=storable(record.value))
        match = _kind.fullmatch(record.place)
        kind, rest = (match[1], match[2] or "") if match else (record.place, "")
        if self._fold is not None:
            self._fold.span = record.span
        if kind in ("sample", "samples") and not isinstance(record.value, dict):
            return [Rejected(record.span, f"{record.place}: not an object")]
        return list(self._handlers.get(kind, self._other)(record, rest or kind))

    def end(self) -> Iterable[Made]:
        """Attachments that no event has shown, and the header of a log without samples."""
        yield from self._close_sample()
        if self._waiting is not None:
            self._facts_of_log()
            yield self._waiting

    # ── the log as a whole ───────────────────────────────────────────────────────────────────────────────────────────

    def _header(self, record: Record, rest: str) -> Iterator[Made]:
        header = fields(record.value)
        kept = {name: part for name, part in header.items() if name != "samples"}
        if self._member is None:
            self._log.header = header
        elif self._log.started and rest == "header":  # what was run stands in the journal's first entry
            kept = {name: part for name, part in kept.items() if name not in ("eval", "plan")}
        if isinstance(kept.get("error"), dict):
            kept["error"] = {name: part for name, part in kept["error"].items() if name != "traceback_ansi"}
        run = fields(kept.get("eval"))
        dataset = {name: part for name, part in fields(run.get("dataset")).items() if name != "sample_ids"}
        if dataset:
            kept["eval"] = {**run, "dataset": dataset}
        made = self._of_log(rest, "", kept, record, parse_iso(fields(header.get("eval")).get("created")))
        if self._member is None and self._log.first is None:
            self._waiting = made
        else:
            self._facts_of_log()
            yield made

    def _counted(self, record: Record, rest: str) -> Iterator[Made]:
        """Summaries and reductions: the samples hold what they repeat, so they are counted only."""
        value, kind = record.value, rest
        if kind == "reductions":
            told: list[Any] = [
                {name: part.get(name) for name in ("scorer", "reducer")} | {"samples": len(dicts(part.get("samples")))}
                for part in dicts(value)
            ]
        else:
            told = [[part.get("id"), part.get("epoch")] for part in dicts(value)]
        name = self._member.name if self._member else kind
        yield self._of_log(kind, name, told, record)

    def _other(self, record: Record, rest: str) -> Iterator[Made]:
        """A part of the log that has no name here."""
        self.unknown[rest] += 1
        yield self._of_log("part", self._member.name if self._member else rest, {rest: record.value}, record)

    def _of_log(self, kind: str, key: str, value: object, record: Record, time_us: int | None = None) -> Made:
        """An event about the log, in the first sample's session (or the log's own, where there is no sample)."""
        session = self._log.first or self._log.native
        payload: Json = {"id": event_id(FORMAT, self._log.native, kind, key), "type": f"import.inspect.{kind}"}
        payload["record"] = value
        return Made(session, stamped(payload, time_us), "", time_us, {}, (record.span,))

    def _facts_of_log(self) -> None:
        if self._log.first is None:
            facts = self._new_facts(self._log.native, {})
            facts.title = f"{facts.about.get('task') or 'evaluation'}: {facts.about.get('status') or 'no samples'}"

    # ── samples ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sample(self, record: Record, rest: str) -> Iterator[Made]:
        yield from self._close_sample()
        value: Json = record.value
        if self._log.header:
            session = self._log.session(value.get("id"), value.get("epoch"))
        else:
            session = str(value.get("uuid") or digest(value))
        if self._waiting is not None:
            self._log.first = session
            yield self._waiting._replace(session=session)
            self._waiting = None
        self._fold = fold = TranscriptFold(session, value)
        fold.span = record.span
        self._sample_facts(session, value)
        kept = {name: part for name, part in value.items() if name != "input" and part not in (None, {}, [])}
        if isinstance(kept.get("error"), dict):
            kept["error"] = {name: part for name, part in kept["error"].items() if name != "traceback_ansi"}
        time_us = parse_iso(value.get("started_at"))
        yield fold.kept("sample", (), kept, time_us, summary=f"sample {value.get('id')}, epoch {value.get('epoch')}")

    def _sample_facts(self, session: str, value: Json) -> None:
        facts = self._new_facts(session, value)
        for name in ("target", "model_usage", "total_time", "working_time", "limit"):
            if value.get(name):
                facts.about[name] = _small(value[name])
        metadata = {name: part for name, part in fields(value.get("metadata")).items() if _small(part) is part}
        if metadata:
            facts.about["metadata"] = metadata
        if value.get("error"):
            facts.about["error"] = plain(fields(value["error"]).get("message") or "error")
        given = value.get("input")
        asked = [message for message in dicts(given) if message.get("role") == "user"]
        words = given if isinstance(given, str) else fields(asked[0] if asked else None).get("content")
        if isinstance(words, list):
            words = " ".join([str(part["text"]) for part in dicts(words) if part.get("text")])
        facts.title = plain(words or f"sample {value.get('id')}", _FIRST_WORDS)

    def _new_facts(self, session: str, value: Json) -> SessionFacts:
        run, plan = fields(self._log.header.get("eval")), fields(self._log.header.get("plan"))
        facts = self.facts[session] = SessionFacts(model=run.get("model") or None)
        facts.agent = {"name": run.get("solver") or run.get("task"), "solvers": [
            str(step.get("solver")) for step in dicts(plan.get("steps"))]}  # fmt: skip
        about = {name: run.get(name) for name in ("task", "eval_id", "run_id", "task_id", "created", "tags", "sandbox")}
        about |= {
            "dataset": fields(run.get("dataset")).get("name"), "status": self._log.header.get("status"),
            "commit": fields(run.get("revision")).get("commit"),
            "inspect_version": fields(run.get("packages")).get("inspect_ai"),
            "sample": value.get("id"), "epoch": value.get("epoch"),
        }  # fmt: skip
        facts.about = {name: part for name, part in about.items() if part not in (None, "", [], {})}
        return facts

    def _close_sample(self) -> Iterator[Made]:
        """Write each attachment's event; the content stands in it where no event of the sample has shown it."""
        fold, waiting = self._fold, self._attachments
        self._fold, self._attachments = None, []
        if fold is None:
            return
        yield from fold.held()
        for name, span in waiting:
            text = fold.attachments.found[name][0]
            body: Json = {"name": name, "characters": len(text)}
            if name not in fold.attachments.shown:
                body["content"] = text
            fold.span = span
            yield fold.make("import.inspect.attachment", ("attachment", name), body, None)

    def _attachment(self, record: Record, rest: str) -> Iterator[Made]:
        if self._fold is not None:
            self._fold.attachments.add(rest, record.value, record.span)
            self._attachments.append((rest, record.span))
        return iter(())

    def _pool(self, record: Record, rest: str) -> Iterator[Made]:
        if self._fold is not None:
            value = record.value
            pooled = value if isinstance(value, list) else fields(value).get("messages")
            self._fold.pool = pooled if isinstance(pooled, list) else []
            told = {"messages": len(self._fold.pool), "calls": len(fields(value).get("calls") or [])}
            yield self._fold.kept("pool", (), told, None)

    def _event(self, record: Record, rest: str) -> Iterator[Made]:
        fold = self._fold
        if fold is None:
            return
        if not isinstance(record.value, dict):
            yield fold.kept("odd", (record.place,), record.value, None)
            return
        if (kind := str(record.value.get("event"))) not in KNOWN:
            self.unknown[kind] += 1
        yield from fold.event(record.value)
        facts = self.facts[fold.session]
        facts.model = facts.model or fold.model

    def _messages(self, record: Record, rest: str) -> Iterator[Made]:
        """The messages once more, as a list; or one by one where there are no events."""
        fold = self._fold
        if fold is None:
            return
        if isinstance(record.value, list):
            for message, key in fold.unseen(dicts(record.value)):
                yield from fold.message(message, key, None)
            yield fold.kept("messages", (), {"count": len(record.value)}, None)
        elif not isinstance(record.value, dict):
            yield fold.kept("odd", (record.place,), record.value, None)
        else:
            made = list(fold.message(record.value, fold.told(record.value), None))
            yield from made or [fold.kept("message", (record.place,), record.value, None)]

    def _scores(self, record: Record, rest: str) -> Iterator[Made]:
        fold = self._fold
        if fold is None:
            return
        scores = fields(record.value)
        values = {name: fields(score).get("value") for name, score in scores.items()}
        self.facts[fold.session].about["scores"] = values
        for name, score in scores.items():
            if name not in fold.scored and not (len(scores) == 1 and fold.scored == {""}):
                yield fold.score(name, fields(score), ("final_score", name), None, {})
        yield fold.kept("scores", (), values, None, summary="  ".join([f"{k}: {v}" for k, v in values.items()]))


class InspectImporter:
    """See the module."""

    format = FORMAT

    def recognises(self, sample: Sample) -> bool:
        """By the members that open an archive, or the two fields that every log begins with."""
        if sample.head.startswith(MAGIC):
            length = int.from_bytes(sample.head[26:28], "little")
            return _member_name.fullmatch(sample.head[30 : 30 + length]) is not None
        return _document.match(sample.head.removeprefix(b"\xef\xbb\xbf")) is not None

    def members(self, source: Source) -> Iterator[Source | Rejected] | None:
        """The members of an .eval archive, samples included; None for a document."""
        if isinstance(source, Member):
            return None
        is_archive = source.bytes()[:4] == MAGIC if isinstance(source, BytesSource) else _starts_archive(source.path)
        return _members(source) if is_archive else None

    def records(self, source: Source) -> Iterator[Record | Rejected]:
        """The records of a document or of a member."""
        if not isinstance(source, Member):
            yield from log_records(source)
            return
        name = source.name
        if _sample_name.fullmatch(name):
            yield from sample_member(source)
        elif _chunk_name.fullmatch(name):
            reason = f"{source.path}: a sample that is stored in chunks; convert the log to .json with inspect"
            yield Rejected(Span(0, len(source.data), 1), reason)
        else:
            kind = "summaries" if name.startswith("_journal/summaries/") else name.removesuffix(".json").split("/")[-1]
            yield from member_record(source, kind)

    def reader(self, source: Source) -> InspectReader:
        """A fresh fold."""
        return InspectReader(source)


def _small(value: Any) -> Any:
    """``value`` if it fits into a column of facts, else the beginning of its text."""
    text = str(value)
    return value if len(text) <= _MOST_OF_A_FACT else plain(text)


def _starts_archive(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == MAGIC
    except OSError:
        return False


def _members(source: Source) -> Iterator[Source | Rejected]:
    """Each member in the order of its bytes, the journal's start first; one that cannot be read is rejected by name."""
    with archive_of(source) as archive:
        names = {entry.name: entry for entry in archive.entries}
        log = Log(started="_journal/start.json" in names)
        log.header = _outline(archive, names)
        if reason := unknown_version(log.header) if log.header else None:
            raise ImportRefused(f"{source.path}: {reason}")
        samples = [match for name in names if (match := _sample_name.fullmatch(name))]
        if samples:
            log.first = log.session(samples[0][1], samples[0][2])
        for entry in sorted(archive.entries, key=lambda entry: entry.name != "_journal/start.json"):
            path = f"{source.path}!{entry.name}"
            try:
                yield Member(path, entry.name, archive.read(entry), log)
            except ImportRefused as error:
                yield Rejected(Span(entry.offset, entry.packed, 1), str(error))


def _outline(archive: Archive, names: dict[str, Entry]) -> Json:
    """What the archive says of itself: its header, or, of an interrupted run, the journal's start."""
    for name in ("header.json", "_journal/start.json"):
        if name in names:
            try:
                value: Any = parse(archive.read(names[name]))
            except (ImportRefused, ValueError):
                continue
            if isinstance(value, dict):
                return value if "status" in value else {**value, "status": "started"}
    return {}


IMPORTER = InspectImporter()
