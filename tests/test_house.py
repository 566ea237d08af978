"""The rules of the house, as tests: who may import whom, what a module must say of itself, what the top level holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("workbench", "runtime", "replay", "evals")
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
MAX_FUNCTION_LINES = 70
MAX_MODULE_LINES = 450


def tracked() -> list[str]:
    """Files git knows; without git (a source archive), files there are."""
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        pytest.skip("not a git checkout, so nobody knows which files belong to it")
    return found.stdout.splitlines()


def test_imports_point_down() -> None:
    """The contracts in pyproject hold: floors, the ground floor, and where textual, anthropic and docker may live."""
    done = subprocess.run([sys.executable, "-m", "importlinter.cli"], cwd=ROOT, capture_output=True, text=True)
    if "No module named importlinter.cli" in done.stderr or not done.stdout:
        lint = Path(sys.executable).with_name("lint-imports")
        done = subprocess.run([str(lint)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("workbench.__main__", ["textual", "anthropic", "docker", "duckdb", "pyarrow", "rich"]),
        ("workbench.app", ["anthropic", "docker", "duckdb"]),
        ("runtime.store", ["anthropic", "docker", "textual", "rich", "duckdb"]),
        ("runtime.asking.query", ["anthropic", "docker", "textual", "rich"]),
        ("workbench.view.session.event_lines", ["textual"]),
    ],
)
def test_importing_a_room_does_not_pull_in_another_house(module: str, forbidden: list[str]) -> None:
    """Start-up stays quick because heavy packages are imported by those who use them, when they do."""
    code = f"import sys, {module}; print([name for name in {forbidden!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_top_level_is_what_it_should_be() -> None:
    """pyproject, README, the four floors, tests, and dot-files; nothing else."""
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} == {"pyproject.toml", "README.md", "tests", *FLOORS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_is_a_room_one_can_read(path: Path) -> None:
    """A docstring that says what it is for, annotated functions of a readable length, a name that means something."""
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "no docstring"
    assert text.count("\n") <= MAX_MODULE_LINES, f"{text.count(chr(10))} lines"
    assert not re.fullmatch(r"(utils?|helpers?|managers?|common|misc)\.py", path.name)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"
            bare = [arg.arg for arg in node.args.args + node.args.kwonlyargs if arg.annotation is None]
            assert not [name for name in bare if name not in ("self", "cls")] or _late(text, node), node.name
            assert node.returns is not None or _late(text, node), f"{node.name} does not say what it returns"


def _late(text: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A signature that leaves a type out and says why on its line."""
    return "type: ignore[no-untyped-def]" in text.splitlines()[node.lineno - 1]


def test_every_public_function_says_what_it_is_for() -> None:
    """Public functions and classes carry a docstring."""
    silent = []
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                if not ast.get_docstring(node):
                    silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []


def test_the_maps_name_rooms_that_exist() -> None:
    """A floor's docstring is its plan: every module it lists is there, and every module is on it."""
    for floor in sorted(path.parent for top in ("runtime", "workbench") for path in (ROOT / top).rglob("__init__.py")):
        if floor.name == "commands":  # they are in a table of their own
            continue
        plan = ast.get_docstring(ast.parse((floor / "__init__.py").read_text())) or ""
        rooms = {path.stem for path in floor.glob("*.py") if path.stem != "__init__"}
        rooms |= {f"{path.parent.name}/" for path in floor.glob("*/__init__.py")}
        missing = {room for room in rooms if not re.search(rf"(?<!\w){room}(?!\w)", plan)}
        assert missing == set(), f"{floor.relative_to(ROOT)}/__init__.py says nothing of {sorted(missing)}"


def test_the_readme_sets_up_with_one_line_and_ci_runs_it() -> None:
    """README's two lines are single shell lines, and `.ci/run` calls the one that tests."""
    readme = (ROOT / "README.md").read_text()
    demo = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/workbench demo"
    test = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest"
    assert demo in readme and test in readme
    assert test in (ROOT / ".ci" / "run").read_text()


def test_the_readme_lists_every_command() -> None:
    """What `--help` offers, the README shows; and nothing that does not exist."""
    from workbench.commands import COMMANDS

    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^workbench ([a-z]+)", readme, re.MULTILINE))
    assert named == set(COMMANDS)
    for picture in re.findall(r"\]\((tests/[^)]+)\)", readme):
        assert (ROOT / picture).exists(), f"README shows {picture}, which no test has made"
