"""Facets of sessions: which sources, models, agents, states, verdicts and findings those have that are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from workbench.view.filter.facets import MOST, Facet
from workbench.view.filter.language import quoted
from workbench.view.filter.sessions import Known
from workbench.view.sessions.listing import SessionLine, status
from workbench.view.text import shown


def facets(lines: Iterable[SessionLine], known: Known) -> list[Facet]:
    """What ``lines`` have, and how many of them each; of what is not ``known``, nothing."""
    counts = {name: Counter[str]() for name in ("source", "model", "agent", "status", "verdict", "finding")}
    courses, findings = known.courses or {}, known.findings or {}
    for line in lines:
        course = courses.get(line.session_id)
        counts["source"][line.source] += 1
        counts["model"][line.model] += 1
        counts["agent"][line.agent] += 1
        counts["status"][status(line, course)] += 1
        if course is not None:
            counts["verdict"][course.verdict] += 1
        counts["finding"].update(findings.get(line.session_id, ()))
    return [facet for name, found in counts.items() for facet in _of(name, found)]


def _of(field: str, counts: Counter[str]) -> list[Facet]:
    named = sorted((pair for pair in counts.items() if pair[0]), key=lambda pair: (-pair[1], pair[0]))
    name = "is" if field == "status" else field
    return [Facet(field, shown(value), count, f"{name}:{quoted(value)}") for value, count in named[:MOST]]


def like(line: SessionLine, column: str) -> str:
    """The filter that lets sessions like this one through: in the column that the list is in order of, if that is one
    of words; else from the same source."""
    value = {"agent": line.agent, "model": line.model}.get(column)
    return f"{column}:{quoted(value)}" if value else f"source:{quoted(line.source)}"
