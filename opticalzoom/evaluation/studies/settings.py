"""What the user asked of a study, and what all its rows have in common."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.evaluation.studies.study import Config, Size
from opticalzoom.files import write_text
from opticalzoom.pages.tables import read_json

_KINDS: tuple[type, ...] = (str, str, int | None, str | None, dict)  # type: ignore[assignment]
"""Of the values of :class:`Settings`, in order."""


@dataclass
class Settings:
    """What all rows of a study have in common, kept in ``study.json`` for the next time.

    Attributes:
        study: name.
        size: of base configuration.
        steps: of every row; None until they are known.
        precision: of the trainer.
        seconds: row -> seconds a step that were measured to find the steps.
    """

    study: str
    size: Size
    steps: int | None = None
    precision: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def load(path: Path, study: str, size: Size) -> Settings:
        """The settings that an earlier run wrote, or new ones.

        Raises:
            OutputExistsError: they are of another study or size.
            ConfigError: the file is damaged.
        """
        if not path.exists():
            return Settings(study, size)
        names = [entry.name for entry in fields(Settings)]
        content = read_json(path, dict(zip(names, _KINDS, strict=True)), "Choose another -o.", error=ConfigError)
        found = Settings(**{name: content[name] for name in names})
        if (found.study, found.size) != (study, size):
            raise OutputExistsError(
                f"is of {found.study} at the size {found.size}, not of {study} at {size}.",
                path=path,
                remedy="Choose another -o.",
            )
        return found

    def save(self, path: Path) -> None:
        """Write them to a file, replacing earlier ones."""
        write_text(path, json.dumps(asdict(self), indent=1) + "\n", overwrite=True)


@dataclass(frozen=True)
class Order:
    """What the user asked for.

    Attributes:
        out: folder of the study.
        data: options of the data: root, and what else all rows have.
        seeds: of every row.
        jobs: rows at the same time.
        steps: of every row, if given.
        budget: seconds that training all rows may take, if given.
        metrics: perceptual ones.
        pretrained: rows that others have trained: title -> weights.
        flags: for the trainer.
    """

    out: Path
    data: Config
    seeds: tuple[int, ...]
    jobs: int
    steps: int | None
    budget: float | None
    metrics: tuple[str, ...]
    pretrained: dict[str, Path]
    flags: tuple[str, ...]
