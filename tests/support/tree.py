"""A session that went wrong two levels down: a lead with nine explorers, each with four readers, who all work at once.

Somebody wants to know whether the old cache can be deleted. One of the readers may not look into its folder, says that
nothing is there, and is believed all the way up.
"""

from __future__ import annotations

from pathlib import Path

from runtime.manifest import Manifest
from runtime.store import Store
from workbench.demo.script import OPUS, Call, Script, bash, moment, read

PACKAGES = ("accounts", "billing", "catalog", "delivery", "export", "fraud", "graphs", "history", "imports")
FOLDERS = ("api", "core", "jobs", "legacy")
BLIND = "billing/legacy"
"""The reader who saw nothing."""
DENIED = "grep: src/billing/legacy: Permission denied"
CONCLUSION = "Nothing calls it any more: the old cache can be deleted."
STEPS = 10
"""Of each reader."""


def write_tree(root: Path) -> tuple[Store, str]:
    """A store with that one session."""
    script = Script("a tree of subagents", moment("2026-05-04T09:00:00Z"), OPUS)
    script.user("Can we delete the old cache? Find everything that still calls it.")
    script.step("Nine packages: one explorer each.", think="They share nothing; all at once.")
    explorers = {name: script.delegate(name, f"Who calls old_cache in {name}?") for name in PACKAGES}
    readers: dict[str, str] = {}
    for package, thread in explorers.items():
        with script.within(thread):
            script.step(f"{package} has four folders.", bash(f"ls src/{package}", "\n".join(FOLDERS)))
            for folder in FOLDERS:
                name = f"{package}/{folder}"
                readers[name] = script.delegate(name, f"Read src/{name}; report every call of old_cache.")
    for step in range(STEPS):
        for name, thread in readers.items():
            with script.within(thread):
                script.step("" if step else f"Reading {name}.", _call(name, step))
    _report(script, explorers, readers)
    script.step(CONCLUSION)
    script.idle()
    store = Store(root)
    store.prepare()
    manifest = Manifest(
        script.session_id, script.started_us, "Can the old cache go?", agent={"name": "lead", "model": OPUS}
    )
    with store.create(manifest) as log:
        log.append(script.drafts)
    return store, script.session_id


def _call(name: str, step: int) -> Call:
    if name == BLIND and step == 2:
        return bash(f"grep -rn old_cache src/{name}", DENIED, is_error=True)
    if step == 2:
        return bash(f"grep -rn old_cache src/{name}", "", 0.2)
    return read(f"src/{name}/part_{step}.py", f"def part_{step}(value):\n    return value + {step}\n")


def _report(script: Script, explorers: dict[str, str], readers: dict[str, str]) -> None:
    for package, thread in explorers.items():
        with script.within(thread):
            for folder in FOLDERS:
                name = f"{package}/{folder}"
                with script.within(readers[name]):
                    script.step(f"No call of old_cache in {name}.")
                script.report(name, readers[name], f"No call of old_cache in {name}.")
            script.step(f"{package}: nothing calls old_cache.")
        script.report(package, thread, f"{package}: nothing calls old_cache.")
