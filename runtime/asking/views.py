"""The log as DuckDB sees it: base relations over the files and open segments of a store, and the views upon them.

    event_rows, payloads            base: Parquet files of sessions and packs, and what is still open
    session_list, prices, …         base: small tables from manifests and from `runtime.asking.prices`
    events, turns, tool_uses, …     views, each a file ``runtime/asking/sql/views/NAME.sql``
    findings                        a table of what ``runtime/asking/sql/findings/*.sql`` and the user's own files find

A relation is made when a query first names it, so that a question about one thing does not pay for the rest. All of
them show the store as it was when the first was made.

A finding's file is one SELECT with the columns session_id, seq, other_seqs, severity and says; its first line, a
comment, says what it finds. The user's own stand in ``findings/`` of the store or of the configuration directory; one
that is called like one of ours takes its place. Findings are looked for once, one file after another: that bounds their
memory, and a file that fails spoils nothing but itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq

from runtime.asking.listing import Listed, listed_of
from runtime.asking.prices import PRICES, Price, spans
from runtime.errors import QueryError, SessionNotFound
from runtime.event import encode
from runtime.reader import LogReader
from runtime.schema import PAYLOADS, ROWS
from runtime.segment import payload_table, rows_table
from runtime.store import Store, Summary

SQL = Path(__file__).with_name("sql")
PUBLIC = (
    "sessions", "events", "turns", "tool_uses", "model_requests", "threads", "outcomes", "findings",
    "event_rows", "payloads", "prices",
)  # fmt: skip
"""What a user is shown, in this order."""

MOMENT = (
    "CREATE MACRO moment(us) AS "
    "CASE WHEN us BETWEEN -62135596800000000 AND 253402300799999999 THEN make_timestamp(us) END"
)
"""Microseconds as a TIMESTAMP; NULL outside the years 1 to 9999, where DuckDB would give up the whole query."""
FINDINGS = "finding VARCHAR, session_id VARCHAR, seq BIGINT, other_seqs BIGINT[], severity VARCHAR, says VARCHAR"

_CATALOGUE = re.compile(r"\b(show|information_schema|pg_catalog|sqlite_master|duckdb_\w+)\b", re.IGNORECASE)
Connection = duckdb.DuckDBPyConnection


class Holdings:
    """What a store holds at one moment: which files, which rows of which packs, and what is open."""

    def __init__(self, store: Store, sessions: Iterable[str] | None = None) -> None:
        self.store = store
        self.summaries: list[Summary] = []
        self.files: list[Path] = []
        """Sealed segments in session folders, less ``.rows.parquet``."""
        self.packed: dict[str, dict[str, int]] = {}
        """By pack: its sessions that count, with how many rows each has there."""
        self.open_rows: list[pa.Table] = []
        self.open_ranges: list[tuple[str, int, int]] = []
        """What is open: session, first seq, stop seq."""
        self.problems: list[str] = []
        """What is damaged, and so left out."""
        for summary in store.summaries() if sessions is None else map(store.summary, dict.fromkeys(sessions)):
            manifest = summary.manifest
            if summary.live:
                try:
                    with store.reader(summary.session_id) as reader:
                        manifest = reader.manifest
                        self._take_open(reader)
                except SessionNotFound:
                    continue  # deleted meanwhile
            for segment in manifest.segments:
                if segment.kind == "pack":
                    held = self.packed.setdefault(segment.name, {})
                    held[summary.session_id] = held.get(summary.session_id, 0) + segment.count
                elif segment.kind == "sealed":
                    self.files.append(store.sessions_folder / summary.session_id / segment.name)
            self.summaries.append(summary)
            self.problems += [summary.damage] if summary.damage else []
        self.problems += map(str, store.packs.damage.values())

    def _take_open(self, reader: LogReader) -> None:
        for tail in reader.tails:
            if tail.rows:
                self.open_rows.append(rows_table(tail.rows))
                self.open_ranges.append((reader.session_id, tail.segment.first, tail.stop))

    def open_payloads(self) -> pa.Table:
        """Payloads of what is open, read again: nothing of it is held in between."""
        parts = [PAYLOADS.empty_table()]
        for session_id, first, stop in self.open_ranges:
            try:
                with self.store.reader(session_id) as reader:
                    parts.append(payload_table(session_id, list(reader.entries(first, stop))))
            except SessionNotFound:
                continue  # deleted meanwhile
        return pa.concat_tables(parts)

    def union(self, what: str, columns: str) -> str:
        """SELECT of ``columns`` from all ``what`` (rows, payload): whole files, packs of which only some rows count,
        and the table ``open_<what>``."""
        whole, parts = [Path(f"{file}.{what}.parquet") for file in self.files], []
        for pack, held in self.packed.items():
            path = self.store.packs_folder / f"{pack}.{what}.parquet"
            if _rows_in(path) == sum(held.values()):
                whole.append(path)
            else:
                counts = f"session_id IN (SELECT session_id FROM pack_sessions WHERE pack = {quoted(pack)})"
                parts.append(f"SELECT {columns} FROM {_parquet([path])} WHERE {counts}")
        if whole:
            parts.append(f"SELECT {columns} FROM {_parquet(whole)}")
        return " UNION ALL ".join([*parts, f"SELECT {columns} FROM open_{what}"])


def _rows_in(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise QueryError(f"{path} cannot be read ({error}); `workbench verify` names what is damaged.") from None


class Views:
    """The relations of one store, made as they are needed on whichever connection to their database needs them."""

    def __init__(self, store: Store, sessions: Iterable[str] | None = None) -> None:
        self._store, self._sessions = store, sessions
        self._held: Holdings | None = None
        self._made: set[str] = set()
        self._files = {path.stem: path for path in sorted((SQL / "views").glob("*.sql"))}
        self._makers: dict[str, Callable[[Connection], None]] = {
            "open_rows": lambda to: _table(
                to, "open_rows", pa.concat_tables([ROWS.empty_table(), *self._holdings.open_rows])
            ),
            "open_payload": lambda to: _table(to, "open_payload", self._holdings.open_payloads()),
            "pack_sessions": self._make_pack_sessions,
            "event_rows": self._make_event_rows,
            "payloads": self._make_payloads,
            "session_list": lambda to: _table(to, "session_list", self._session_list()),
            "prices": lambda to: _table(
                to, "prices", pa.Table.from_pylist([price._asdict() for price in PRICES], _PRICES)
            ),
            "price_spans": self._make_price_spans,
            "findings": self._make_findings,
        }
        self._unusable: list[str] = []

    @property
    def problems(self) -> list[str]:
        """Sessions that are damaged, and so left out; findings of the user's that cannot be used, and why."""
        return [*(self._held.problems if self._held else ()), *self._unusable]

    def need(self, to: Connection, text: str) -> None:
        """Make every relation that ``text`` names, and those they are made of."""
        words = set(re.findall(r"\w+", text.lower()))
        if _CATALOGUE.search(text):
            words.update(name for name in PUBLIC if name != "findings")
        for name in sorted(words):
            if name in self._made:
                continue
            if name in self._makers:
                self._makers[name](to)
            elif name in self._files:
                body = self._files[name].read_text()
                self.need(to, uncommented(body))
                to.execute(f"CREATE OR REPLACE VIEW {name} AS {body}")
            self._made.add(name)

    def about(self, name: str) -> str:
        """What a public relation shows."""
        return first_comment(self._files[name].read_text()) if name in self._files else _ABOUT[name]

    @property
    def _holdings(self) -> Holdings:
        if self._held is None:
            self._held = Holdings(self._store, self._sessions)
        return self._held

    def _session_list(self) -> pa.Table:
        sessions = [listed_of(self._store, summary) for summary in self._holdings.summaries]
        columns: dict[str, Iterable[object]] = dict(zip(Listed._fields, zip(*sessions)))
        columns["about"] = [encode(session.about).decode() for session in sessions]
        columns["duration_us"] = [session.duration_us for session in sessions]
        columns["tokens"] = [session.tokens for session in sessions]
        return pa.table(
            [pa.array(columns.get(field.name, ()), field.type) for field in _SESSION_LIST], schema=_SESSION_LIST
        )

    def _make_pack_sessions(self, to: Connection) -> None:
        pairs = [{"pack": pack, "session_id": name} for pack, held in self._holdings.packed.items() for name in held]
        _table(
            to,
            "pack_sessions",
            pa.Table.from_pylist(pairs, pa.schema([("pack", pa.string()), ("session_id", pa.string())])),
        )

    def _make_event_rows(self, to: Connection) -> None:
        columns = ", ".join([*ROWS.names, "moment(time_us) AS time"])
        self.need(to, "open_rows pack_sessions")
        to.execute(f"CREATE OR REPLACE VIEW event_rows AS {self._holdings.union('rows', columns)}")

    def _make_payloads(self, to: Connection) -> None:
        self.need(to, "open_payload pack_sessions")
        to.execute(
            f"CREATE OR REPLACE VIEW payloads AS {self._holdings.union('payload', 'session_id, seq, payload, extra')}"
        )

    def _make_price_spans(self, to: Connection) -> None:
        self.need(to, "event_rows")
        models = to.execute("SELECT DISTINCT model FROM event_rows WHERE model IS NOT NULL").fetchall()
        found = [
            {**span.price._asdict(), **span._asdict(), "model": model} for (model,) in models for span in spans(model)
        ]
        _table(to, "price_spans", pa.Table.from_pylist(found, _PRICE_SPANS))

    def _make_findings(self, to: Connection) -> None:
        to.execute(f"CREATE OR REPLACE TABLE findings ({FINDINGS})")
        self._unusable.clear()
        for name, path in finding_files(self._store).items():
            try:
                self._find(to, name, path.read_text())
            except (duckdb.Error, OSError, UnicodeDecodeError) as error:
                if "INTERRUPT" in str(error):
                    raise
                self._unusable.append(f"{path}: {str(error).splitlines()[0]}")

    def _find(self, to: Connection, name: str, text: str) -> None:
        """Add what one file finds."""
        text = re.sub(r"[\s;]+$", "", text)
        if [statement.type for statement in to.extract_statements(text)] != [duckdb.StatementType.SELECT]:
            raise duckdb.Error("a finding is one SELECT, nothing else")
        self.need(to, uncommented(text))
        found = f"SELECT {quoted(name)}, session_id, seq, other_seqs, severity, says FROM ({text}\n)"
        to.execute(f"INSERT INTO findings {found}")


def finding_files(store: Store) -> dict[str, Path]:
    """Every finding by name: ours, then those of the configuration directory, then the store's; a later one wins."""
    folders = (SQL / "findings", Path(platformdirs.user_config_dir("workbench")) / "findings", store.root / "findings")
    found = {path.stem: path for folder in folders for path in folder.glob("*.sql")}
    return dict(sorted(found.items()))


def first_comment(sql: str) -> str:
    """What a file of SQL says of itself in its leading comment, as one line."""
    return " ".join(
        line.removeprefix("--").strip() for line in sql.split("\n\n")[0].splitlines() if line.startswith("--")
    )


def uncommented(sql: str) -> str:
    """``sql`` without its comments, in which relations may be named that it does not use."""
    return re.sub(r"--[^\n]*", "", sql)


def quoted(text: str) -> str:
    """``text`` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _parquet(paths: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(quoted(str(path.absolute())) for path in paths)}], hive_partitioning = false)"


def _table(to: Connection, name: str, table: pa.Table) -> None:
    to.register("arriving", table)
    to.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    to.unregister("arriving")


_ABOUT = {
    "event_rows": "Every row of the log as it was written, those included that a later row replaced.",
    "payloads": "What was said: each row's payload, byte for byte, and extra, as JSON text. Large: name a session.",
    "prices": "List prices in US dollars per million tokens, by model, day and length of prompt.",
    "findings": "What looks wrong, and where: error loops, repeated calls, stalls, spikes, cut-off and empty replies.",
}

_FLOATS = ("cost_at_least_usd", *Price._fields[3:])
_TEXTS = frozenset("session_id title format native_id agent model parent about damage since".split())
_FLAGS = ("live", "cost_is_exact")


def _schema(names: Iterable[str]) -> pa.Schema:
    """The columns of a base table, each with the one type that its name has everywhere."""
    types = [
        pa.string()
        if name in _TEXTS
        else pa.bool_()
        if name in _FLAGS
        else pa.float64()
        if name in _FLOATS
        else pa.int64()
        for name in names
    ]
    return pa.schema(list(zip(names, types)))


_PRICES = _schema(Price._fields)
_PRICE_SPANS = _schema(("model", "since_us", "until_us", "above", "up_to", *Price._fields[3:]))
_SESSION_LIST = _schema((*Listed._fields, "duration_us", "tokens"))
