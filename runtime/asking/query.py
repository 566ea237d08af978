"""Asking the log in SQL: DuckDB over the files of a store, disposable and read-only.

    with Query(store) as query:
        result = query.run("SELECT model, sum(output_tokens) FROM events GROUP BY model")
        for row in result.rows(): ...

What may be asked (`runtime.asking.views` has the relations): one SELECT. It sees nothing but the sessions and packs of
the store: no other file, no network, no extension, no setting can be reached or changed, and it is stopped when it
takes too much memory or time. A `Query` shows the store as it was when it was first asked; for what came later, make
another.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from runtime.asking.views import FINDINGS, MOMENT, PUBLIC, Views, quoted
from runtime.errors import NotASelect, QueryError
from runtime.store import Store

MEMORY = "1GB"
THREADS = 2
SECONDS = 30.0
BATCH_ROWS = 8_192
_TABLES = re.compile(r"\s*(?:show\s+(?:all\s+)?tables|describe|pragma\s+show_tables)\s*;?\s*", re.IGNORECASE)


class Column(NamedTuple):
    """A column of a relation or of a result."""

    name: str
    type: str
    """As DuckDB calls it."""


class Relation(NamedTuple):
    """A relation that can be asked."""

    name: str
    about: str
    columns: list[Column]


class Query:
    """A connection to ask one store with; many threads may ask at once."""

    def __init__(self, store: Store, *, sessions: Iterable[str] | None = None, memory: str = MEMORY) -> None:
        """Ask ``store``, or just ``sessions`` of it, with at most so much ``memory``."""
        self._store = store
        self._connection = _locked(store, memory)
        self._connection.execute(MOMENT)
        self._views = Views(store, list(sessions) if sessions is not None else None)
        self._making = threading.Lock()
        self._running: set[Result] = set()

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float = SECONDS) -> Result:
        """Begin to run one SELECT, to be stopped after ``seconds`` of work; its rows come as they are read.

        Raises `QueryError` where it is wrong, is no SELECT, or reaches outside the store; so does reading the result.
        """
        if not _is_text(sql):
            raise QueryError("the query cannot be run: there is half a character in it, which is no text.")
        if _TABLES.fullmatch(sql):
            sql = self._tables()
        cursor = self._connection.cursor()
        result = Result(self, cursor, sql, seconds)
        self._running.add(result)
        try:
            self._check(cursor, sql)
            with result.clock():
                self._need(cursor, sql)
                result.begin(parameters)
        except duckdb.Error as error:
            result.close()
            raise QueryError(result.explain(error)) from None
        except BaseException:
            result.close()
            raise
        return result

    def _check(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
        statements = cursor.extract_statements(sql)
        if not statements:
            raise NotASelect("there is no query to run: it is empty.")
        if len(statements) > 1:
            raise NotASelect(f"one SELECT at a time can be run; these are {len(statements)} statements.")
        kind = statements[0].type
        if kind != duckdb.StatementType.SELECT:
            raise NotASelect(f"only SELECT can be run on the log, which is read-only; this is {kind.name}.")

    def _need(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
        with self._making:
            self._views.need(cursor, sql)

    def relations(self) -> list[Relation]:
        """Every relation that can be asked, with its columns."""
        found = []
        self._need(self._connection, " ".join(name for name in PUBLIC if name != "findings"))
        for name in PUBLIC:
            if name == "findings":
                columns = [Column(*column.split(" ")) for column in FINDINGS.split(", ")]
            else:
                described = self._connection.execute(f"DESCRIBE {name}").fetchall()
                columns = [Column(row[0], row[1]) for row in described]
            found.append(Relation(name, self._views.about(name), columns))
        return found

    def _tables(self) -> str:
        """A query for what DuckDB's own list of tables would show, were there not others that these are made of."""
        rows = ", ".join(f"({quoted(name)}, {quoted(self._views.about(name))})" for name in PUBLIC)
        return f"SELECT * FROM (VALUES {rows}) tables(name, shows)"

    @property
    def problems(self) -> list[str]:
        """Sessions that are damaged and so left out, findings that cannot be used; and why. Known once it was asked."""
        return self._views.problems

    def interrupt(self) -> None:
        """Stop whatever runs, from any thread; its reader gets a `QueryError`."""
        for result in list(self._running):
            result.interrupt()

    def close(self) -> None:
        """Let go of everything."""
        for result in list(self._running):
            result.close()
        self._connection.close()

    def __enter__(self) -> Query:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Result:
    """What a query found: columns at once, rows as they are asked for. Closed when read to its end."""

    def __init__(self, query: Query, cursor: duckdb.DuckDBPyConnection, sql: str, seconds: float) -> None:
        self._query, self._cursor, self._sql = query, cursor, sql
        self._seconds = self._left = seconds
        self._reader: pa.RecordBatchReader | None = None
        self._interrupted = False
        self.columns: list[Column] = []

    def begin(self, parameters: Sequence[object]) -> None:
        """Plan the query and run it up to its first rows."""
        relation = self._cursor.sql(self._sql, params=list(parameters) if parameters else None)
        self.columns = [Column(name, str(kind)) for name, kind in zip(relation.columns, relation.types)]
        self._reader = relation.to_arrow_reader(BATCH_ROWS)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time, as the query finds them."""
        while self._reader is not None:
            try:
                with self.clock():
                    batch = self._reader.read_next_batch()
            except StopIteration:
                break
            except (OSError, duckdb.Error, pa.ArrowException) as error:
                self.close()
                raise QueryError(self.explain(error)) from None
            yield batch
        self.close()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as Python values; whole numbers too large for 64 bits, as sums may be, are ints."""
        for batch in self.batches():
            yield from zip(*map(_values, batch.columns))

    def table(self) -> pa.Table:
        """All rows at once."""
        assert self._reader is not None
        schema = self._reader.schema
        return pa.Table.from_batches(self.batches(), schema)

    def interrupt(self) -> None:
        """Stop the query, from any thread."""
        self._interrupted = True
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of the query; harmless when it is done."""
        self._query._running.discard(self)
        self._reader = None
        self._cursor.close()

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Count the time inside against what the query may take, and stop it when that is used up."""
        if self._interrupted:
            raise QueryError("the query was interrupted.")
        began = time.monotonic()
        timer = threading.Timer(max(self._left, 0.001), self._cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._left -= time.monotonic() - began

    def explain(self, error: Exception) -> str:
        """What went wrong, in words for whoever asked."""
        text = str(error).strip()
        if "INTERRUPT" in text:
            if self._interrupted:
                return "the query was interrupted."
            return (
                f"the query took more than {self._seconds:g} s and was stopped; ask for less, one session for instance."
            )
        if "Out of Memory" in text:
            return (
                "the query needed more memory than it may take and was stopped; ask for less, one session for instance."
            )
        if "Permission Error" in text or "disabled by configuration" in text or "has been locked" in text:
            return f"the query reached outside the log, where nothing is open to it: {_told(text)}"
        return f"the query cannot be run: {_told(text)}"


def _locked(store: Store, memory: str) -> duckdb.DuckDBPyConnection:
    """A database in memory that can read the sessions and packs of ``store``, and can do nothing else."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS, "memory_limit": memory, "temp_directory": "", "python_enable_replacements": False,
        "autoload_known_extensions": False, "autoinstall_known_extensions": False, "allow_community_extensions": False,
        "allow_persistent_secrets": False,
    }  # fmt: skip
    connection = duckdb.connect(":memory:", config=settings)
    folders = ", ".join(quoted(f"{folder.absolute()}/") for folder in (store.sessions_folder, store.packs_folder))
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_directories = [{folders}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _is_text(sql: str) -> bool:
    """Whether all of it can be told to the database."""
    try:
        return bool(sql.encode()) or not sql
    except UnicodeEncodeError:
        return False


def _value(scalar: pa.Scalar) -> Any:
    """A value; a moment before or after all that Python knows, in words."""
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return "a time that is out of range"


def _values(column: pa.Array) -> list[Any]:
    try:
        values = column.to_pylist()
    except (OverflowError, ValueError):
        values = [_value(scalar) for scalar in column]
    if pa.types.is_decimal(column.type) and column.type.scale == 0:
        return [int(value) if isinstance(value, Decimal) else value for value in values]
    return values  # type: ignore[no-any-return]


def _told(text: str) -> str:
    """DuckDB's own words, without its name for the kind of error, and without advice on settings nobody can change."""
    told = text.split("\n\n")[0] if "LINE 1" not in text else text
    return re.sub(r"^[A-Z]\w*(?: [A-Z]\w*)* Error: ", "", told)
