"""Columns of files: those of older versions may lack some, those of this version may not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from runtime.schema import PAYLOADS, as_current


def lacking(column: str, version: str) -> pa.Table:
    """A table of payloads that says it is of some version, without one column."""
    table = PAYLOADS.empty_table().drop_columns([column])
    return table.replace_schema_metadata({"workbench.schema": version})


def test_a_column_that_an_older_version_lacks_is_null() -> None:
    assert as_current(lacking("thread_id", "0"), PAYLOADS).schema.equals(PAYLOADS)


@pytest.mark.parametrize("version", ["1", "", "x"])
def test_a_file_of_this_version_lacks_none(version: str) -> None:
    """A flipped bit in a footer gives a column another name: its values are then not missing but lost."""
    with pytest.raises(ValueError, match="no column thread_id"):
        as_current(lacking("thread_id", version), PAYLOADS)
