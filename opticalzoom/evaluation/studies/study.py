"""What a study is: rows, each a few lines of configuration over a base that all rows share.

``studies/NAME/study.yaml`` lists them in groups of ``methods``, or of ``targets`` × ``methods``: name and title, and
the file if it has another name. A file ``NAME.yaml`` holds lines for ``opticalzoom train``; where there is a
``NAME-lite.yaml`` or ``NAME-paper.yaml`` beside it, its lines follow at that size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from opticalzoom.errors import ConfigError

Size = Literal["lite", "paper"]
Config = dict[str, Any]

PRETRAINED = -1
"""Group of the rows that others have trained."""

FOLDER = Path(str(files("opticalzoom.evaluation.studies")))


@dataclass(frozen=True)
class StudyRow:
    """One row of a table.

    Attributes:
        name: unique in the study, fit for a folder.
        title: as tables print it, with the target's after it where a study has several.
        method: the title without the target's.
        target: title of the targets it is trained on, if a study has several.
        group: number of the group that it belongs to.
        files: stems of the files of its own lines, relative to the study's folder.
        published: column -> figure of the paper.
    """

    name: str
    title: str
    method: str
    target: str | None
    group: int
    files: tuple[str, ...]
    published: dict[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Study:
    """A table and its rows.

    Attributes:
        name: folder in the package.
        title: over the table.
        rows: in the table's order.
        published: where the paper's figures are from; empty if there are none.
        axes: group -> what its targets, then numbers, are; such a group is drawn as curves.
    """

    name: str
    title: str
    rows: tuple[StudyRow, ...]
    published: str
    axes: dict[int, str]

    def choose(self, patterns: list[str]) -> tuple[StudyRow, ...]:
        """Rows whose name fits one of the patterns (``sdcn*``), all without patterns.

        Raises:
            ConfigError: a pattern fits no row.
        """
        for pattern in patterns:
            if not any(fnmatch(row.name, pattern) for row in self.rows):
                names = ", ".join(row.name for row in self.rows)
                raise ConfigError(f"{self.name} has no row {pattern!r}.", remedy=f"Its rows: {names}.")
        return tuple(row for row in self.rows if not patterns or any(fnmatch(row.name, p) for p in patterns))

    def config(self, row: StudyRow, size: Size) -> Config:
        """The row's configuration for ``opticalzoom train``: base and the row's lines, without data and length."""
        home = FOLDER / self.name
        config = _read(FOLDER / f"base-{size}.yaml")
        for stem in row.files:
            config = merge(config, _read(home / f"{stem}.yaml"))
            special = home / f"{stem}-{size}.yaml"
            config = merge(config, _read(special)) if special.is_file() else config
        return config


def studies() -> list[str]:
    """Names of all studies."""
    return sorted(path.parent.name for path in FOLDER.glob("*/study.yaml"))


def load_study(name: str) -> Study:
    """A study of the package by name."""
    content = _read(FOLDER / name / "study.yaml")
    figures = content.get("figures", {})
    rows = [row for number, group in enumerate(content["groups"]) for row in _rows(name, number, group, figures)]
    axes = {number: group["axis"] for number, group in enumerate(content["groups"]) if "axis" in group}
    return Study(name, content["title"], tuple(rows), content.get("published", ""), axes)


def merge(base: Config, patch: Config) -> Config:
    """``base`` with ``patch`` merged into it: mappings key by key, null removes (RFC 7396, JSON Merge Patch).

    >>> merge({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}})
    {'a': {'c': 2, 'd': 3}}
    """
    merged = dict(base)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            known = merged.get(key)
            merged[key] = merge(known if isinstance(known, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def slug(title: str) -> str:
    """A title as part of a folder's name.

    >>> slug("VDSR (aligned pairs)")
    'VDSR-aligned-pairs-'
    """
    return re.sub(r"[^\w.-]+", "-", title)


def _rows(study: str, number: int, group: Config, figures: Config) -> list[StudyRow]:
    """Every method, for every target if there are several."""
    methods = [_entry(*item) for item in group["methods"].items()]
    targets = [_entry(*item) for item in group["targets"].items()] if "targets" in group else [None]
    rows = []
    for target in targets:
        for method, title, file in methods:
            unit = " px" if "axis" in group else ""
            name, shown = (f"{target[0]}-{method}", f"{title}, {target[1]}{unit}") if target else (method, title)
            stems = (target[2], file) if target else (file,)
            rows.append(
                StudyRow(name, shown, title, target[1] if target else None, number, stems, figures.get(name, {}))
            )
    return rows


def _entry(name: str, value: object) -> tuple[str, str, str]:
    """Name, title and file of a method or target."""
    if isinstance(value, dict):
        return name, str(value["title"]), str(value["file"])
    return name, str(value), name


def _read(path: Path) -> Config:
    import yaml  # noqa: PLC0415 - an extra, that naming the studies does without

    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)  # the package's own files
    return content
