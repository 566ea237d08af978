"""What the README says is so."""

from __future__ import annotations

import re

import pytest

from tests.support.readme import README, part, wanted
from workbench import keys


def test_the_table_of_keys_is_that_of_the_app() -> None:
    """Made again by ``python -m tests.support.readme`` whenever a key changes."""
    assert part(README.read_text(encoding="utf-8")) == wanted()


def test_every_key_is_in_it_once() -> None:
    """However it has to be written in Markdown."""
    rows = [line for line in wanted().splitlines() if line.startswith("| <kbd>")]
    assert len(rows) == len(keys.KEYS)
    assert all(line.count(" | ") == 1 for line in rows)


def test_its_pictures_are_there_and_were_made_by_tests() -> None:
    """A picture that a test freezes cannot go stale."""
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert pictures
    for name in pictures:
        assert (README.parent / name).is_file() and "__snapshots__" in name


@pytest.mark.parametrize("installer", ["python3 -m venv", "uv venv"])
def test_it_says_in_one_line_each_how_to_run_and_how_to_test(installer: str) -> None:
    """Both do all the set-up."""
    lines = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(installer)]
    assert [line.rpartition(".venv/bin/")[2] for line in lines] == ["workbench demo", "pytest"]
