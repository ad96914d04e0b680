"""The plan of the house: what lies on which floor, imports that go downwards only, and names that are used once."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import opticalzoom

ROOT = Path(opticalzoom.__file__).parent
TESTS = Path(__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

FLOORS = (  # from the lowest to the highest; a room's files may import each other and what lies below
    ("errors",),
    ("files", "parallel"),
    ("photo",),
    ("registration", "weights", "lenses", "pages"),
    ("models",),
    ("losses", "metrics"),
    ("engines",),
    ("engines.exporting",),
    ("lenses.sharing", "engines.backends", "engines.engine_cache"),
    ("pairs.kinds", "pairs.scenes", "pairs.simulate", "pairs.pair"),
    ("pairs",),
    ("zooming",),
    ("spandrel_plugin",),
    ("training",),
    ("evaluation",),
    ("evaluation.studies",),
    ("pages.demonstration", "training.learning"),
    ("", "cli"),  # "" is the package itself, whose functions import what they need when they are called
    ("__main__",),
)
TORCH = (
    "models",
    "losses",
    "metrics",
    "training",
    "evaluation",
    "engines.exporting",
    "engines.checkpoint",
    "engines.torch_engine",
    "spandrel_plugin",
    "pages.demonstration",
    "spandrel_plugin",
)
"""Rooms that are PyTorch's; elsewhere it may be imported inside functions only, as zooming works without it."""
MOST_PACKAGES, MOST_LINES = 16, 260


def module_name(path: Path) -> str:
    """``photo.bands`` of ``opticalzoom/photo/bands.py``; a package's own file has the package's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def floor(name: str) -> int:
    """The floor of the longest entry that names the module or a package around it; fails for a module without one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        wanted = ".".join(parts[:length])
        for number, rooms in enumerate(FLOORS):
            if wanted in rooms:
                return number
    raise AssertionError(f"opticalzoom/{name.replace('.', '/')} has no floor: list its room in FLOORS.")


def imported(path: Path) -> set[str]:
    """The package's own modules that a file imports, wherever in it, and ``""`` for the package itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name == "opticalzoom" or name.startswith("opticalzoom."):
                inside = name.removeprefix("opticalzoom").removeprefix(".")
                found.add(inside if inside in MODULES else inside.rpartition(".")[0])
    return found


def top_level_imports(path: Path) -> set[str]:
    """First names of what a file imports when it is imported itself."""
    found: set[str] = set()
    waiting: list[ast.stmt] = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
        else:
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting = [child for child in waiting if child not in node.body]
    return found


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    own = floor(name) if name else len(FLOORS) - 2
    up = {other: floor(other) for other in imported(MODULES[name]) if floor(other) > own}
    assert not up, f"{name} (floor {own}) imports upwards: {up}. Move what both need to a lower floor."


@pytest.mark.parametrize("name", MODULES)
def test_heavy_packages_stay_where_they_belong(name):
    outside = top_level_imports(MODULES[name])
    assert "torchvision" not in outside, "the core must not need torchvision"
    if not within(name, TORCH):
        heavy = outside & {"torch", "torchmetrics", "pytorch_lightning", "jsonargparse"}
        assert not heavy, f"{name} imports {heavy} at its top: a small installation has none of them."


def test_the_root_holds_few_rooms():
    files = {path.name for path in ROOT.glob("*.py")}
    assert files == {"__init__.py", "__main__.py", "errors.py", "files.py"}
    packages = [path.parent.name for path in ROOT.glob("*/__init__.py")]
    assert len(packages) <= MOST_PACKAGES, packages


def test_every_room_has_four_to_twelve_modules_and_says_what_goes_in_and_out():
    for init in ROOT.glob("*/**/__init__.py"):
        room = module_name(init)
        modules = [path for path in init.parent.glob("*.py") if path != init]
        text = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
        assert text, f"{room} has no docstring"
        if room not in {"spandrel_plugin"}:  # a name that other programs' documentation tells: one file
            assert 4 <= len(modules) <= 12, f"{room} has {len(modules)} modules"
            assert " in" in text, f"{room}: {text!r} should say what goes in and what comes out"


def test_no_name_is_used_twice():
    places: dict[str, list[str]] = defaultdict(list)
    for name, path in MODULES.items():
        places[name.rpartition(".")[2]].append(name or "opticalzoom")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(f"{name}:{node.name}")
    functions = {name: found for name, found in places.items() if sum(":" in one for one in found) > 1}
    modules = {name: found for name, found in places.items() if sum(":" not in one for one in found) > 1}
    assert not functions, f"public names that mean two things: {functions}"
    assert not modules, f"modules of one name: {modules}"


@pytest.mark.parametrize("name", MODULES)
def test_files_stay_small(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_every_module_has_its_tests_in_the_same_place():
    missing = {
        name
        for name, path in MODULES.items()
        if not path.stem.startswith("__")
        and not (TESTS / path.relative_to(ROOT).parent / f"test_{path.name}").is_file()
    }
    assert not missing, f"no tests/ROOM/test_MODULE.py for {sorted(missing)}"
