"""What is known of the event that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runtime.event import Json, Row


@dataclass(frozen=True, slots=True)
class Subject:
    """An event with what its payload says, what is kept beside it, and its counterpart."""

    row: Row
    payload: Json
    extra: Json
    pair: Row | None = None
    """The use of a result, the result of a use; the end of a request, and so on."""
    call: Json | None = None
    """Of a result: what its tool was given."""

    def beside(self, key: str) -> Any:
        """One of the local facts, if there is such a one."""
        return self.extra.get(key)
