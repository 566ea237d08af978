"""``workbench info``: where things are, which versions, and what is available on this machine."""

from __future__ import annotations

import argparse

PACKAGES = ("duckdb", "pyarrow", "orjson", "zstandard", "textual", "pillow", "anthropic", "docker")
PROGRAMS = ("rg", "docker", "bwrap", "git")


def arguments(parser: argparse.ArgumentParser) -> None:
    """See `workbench.commands`."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--settings", action="store_true", help="print a settings file to begin with: all defaults, commented"
    )


def run(args: argparse.Namespace) -> int:
    """See `workbench.commands`."""
    from workbench.output import print_json, print_table

    if args.settings:
        from workbench.kept.settings import default_file

        print(default_file(), end="")
        return 0
    facts = gather(args.store)
    if args.json:
        print_json(facts)
        return 0
    rows: list[tuple[str, object]] = []
    for section in ("paths", "settings", "store", "versions", "programs"):
        part = facts[section]
        assert isinstance(part, dict)
        rows.extend((f"{section}.{name}", "not here" if value is None else value) for name, value in part.items())
    rows.append(("formats", ", ".join(facts["formats"])))  # type: ignore[arg-type]  # a list of names
    print_table(("what", "is"), rows)
    return 0


def gather(named: str | None) -> dict[str, object]:
    """Everything `info` says, by section."""
    import platform
    import shutil

    import platformdirs

    from runtime.importers.catalogue import FORMATS
    from runtime.schema import SCHEMA_VERSION
    from runtime.store import Store
    from workbench.kept.settings import settings_path

    store, settings = Store(named), settings_path()
    return {
        "paths": {
            "store": str(store.root),
            "config": platformdirs.user_config_dir("workbench"),
            "settings": str(settings),
            "cache": platformdirs.user_cache_dir("workbench"),
            "state": platformdirs.user_state_dir("workbench"),
        },
        "settings": {"exists": settings.exists()},
        "store": _store_facts(store),
        "versions": {
            "workbench": _version("agent-session-workbench"), "python": platform.python_version(),
            "schema": SCHEMA_VERSION, **{name: _version(name) for name in PACKAGES},
        },
        "programs": {name: shutil.which(name) for name in PROGRAMS},
        "formats": list(FORMATS),
    }  # fmt: skip


def _store_facts(store) -> dict[str, object]:  # type: ignore[no-untyped-def]  # Store; named late so that help imports nothing
    if not store.root.exists():
        return {"exists": False}
    size = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    packs = len(store.packs.index().packs)
    return {"exists": True, "sessions": len(store.session_ids()), "packs": packs, "bytes": size}


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None
