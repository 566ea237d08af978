"""The columns on disk, their version, and how older versions are read.

Two files hold a sealed segment. *Rows* are the narrow columns of every event: small, scanned whole, a cache that can be
rebuilt. *Payloads* hold what was said, and everything a row is made from: they are the truth.

`SCHEMA_VERSION` is written into every manifest and every Parquet footer. A reader meets a file of an older version by
adding the columns it lacks as nulls (`as_current`); no released version is ever dropped (tests/data/golden).
"""

from __future__ import annotations

import pyarrow as pa

from runtime.event import CHAIN_BYTES

SCHEMA_VERSION = 1

_text, _int = pa.string(), pa.int64()

ROWS = pa.schema(
    [
        ("session_id", _text),
        ("seq", _int),
        ("id", _text),
        ("type", _text),
        ("thread_id", _text),
        ("time_us", _int),
        ("turn", pa.int32()),
        ("refers_to", _text),
        ("name", _text),
        ("model", _text),
        ("is_error", pa.bool_()),
        ("duration_us", _int),
        ("input_tokens", _int),
        ("output_tokens", _int),
        ("cache_read_tokens", _int),
        ("cache_write_tokens", _int),
        ("cache_write_1h_tokens", _int),
        ("summary", _text),
        ("payload_bytes", _int),
        ("supersedes", _int),
        ("chain", pa.binary(CHAIN_BYTES)),
    ],
    metadata={"workbench.schema": str(SCHEMA_VERSION)},
)
"""Column for column the fields of `runtime.event.Row`."""

LOW_CARDINALITY = ["session_id", "type", "thread_id", "name", "model"]
"""The only columns that are dictionary-encoded: a dictionary on the others costs bytes and time."""

IDS = ["id", "refers_to"]

PAYLOADS = pa.schema(
    [
        ("session_id", _text),
        ("seq", _int),
        ("time_us", _int),
        ("thread_id", _text),
        ("payload", pa.large_string()),
        ("extra", pa.large_string()),
    ],
    metadata={"workbench.schema": str(SCHEMA_VERSION)},
)
"""``payload`` is the event's JSON as accepted; ``extra`` is a JSON object, or empty where there is nothing to say."""


def as_current(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """``table``, read from a file of any released version, with exactly the columns of ``schema``.

    Raises ValueError where a file of this version lacks one.
    """
    if table.schema.equals(schema):
        return table
    check_columns(table.schema, schema)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.schema.names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def check_columns(found: pa.Schema, schema: pa.Schema) -> None:
    """Raise ValueError where a file of this version lacks a column: nothing else checks the names in a footer."""
    version = (found.metadata or {}).get(b"workbench.schema", b"")
    lacking = [name for name in schema.names if name not in found.names]
    if lacking and not (version.isdigit() and int(version) < SCHEMA_VERSION):
        raise ValueError(f"it has no column {lacking[0]}")
