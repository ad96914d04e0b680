"""The package's rooms: imports go one way, and files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import opticalzoom

ROOT = Path(opticalzoom.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SHARED = {"opticalzoom.errors", "opticalzoom.files"}
ALLOWED = {  # room -> what of the package it may import besides itself
    "photo": SHARED,
    "models": {"opticalzoom.errors"},
    "losses": {
        "opticalzoom.errors",
        "opticalzoom.models.contract",
        "opticalzoom.models.align",
        "opticalzoom.perceptual",
    },
    "metrics": {"opticalzoom.errors", "opticalzoom.models.contract", "opticalzoom.perceptual"},
    "engines": SHARED | {"opticalzoom.models.contract", "opticalzoom.models.ensemble"},
    "pairs": SHARED | {"opticalzoom.photo", "opticalzoom.models.contract"},
}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, rooms: set[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    names = imported(path)
    assert not any(within(name, {"torchvision"}) for name in names), "the core must not need torchvision"
    if path.name not in {"cli.py", "__main__.py"}:
        assert not any(within(name, {"opticalzoom.cli"}) for name in names), "the command line comes last"
    room = path.relative_to(ROOT).parts[0]
    if room == "photo":
        assert not any(within(name, {"torch"}) for name in names), "photo/ is free of torch"
    if room in ALLOWED:
        ours = {name for name in names if name.startswith("opticalzoom.")}
        back = {name for name in ours if not within(name, ALLOWED[room] | {f"opticalzoom.{room}"})}
        assert not back, f"{room}/ must not import {back}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
