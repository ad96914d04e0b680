"""What a training can be told: the range of every number, in one table, and bounds of the texts that tell it.

What lies outside is refused before the work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from opticalzoom.errors import ConfigError

_MOST_BYTES, _MOST_DEPTH, _MOST_VALUES = 1_000_000, 32, 10_000
_CONFIGS = ("--config", "--data", "--model", "--trainer")
"""Options whose values are files of YAML or JSON, or their text."""
_SEEDS, _MANY = (0, 2**32 - 1), (1, 10**9)
_PIXELS, _WEIGHT, _SHARE = (0, 1000), (0, 10**6), (0, 1)
_LEAST = 1e-12

RANGES: dict[str, tuple[float, float]] = {
    "seed_everything": _SEEDS,
    "ema": (0, 1 - _LEAST),
    "checkpoint_minutes": (1e-9, 10**6),
    "data.misalignment": _PIXELS,
    "data.local": _PIXELS,
    "data.parallax": _PIXELS,
    "data.patch_size": (1, 2048),
    "data.batch_size": (1, 4096),
    "data.workers": (0, 256),
    "data.seed": _SEEDS,
    "model.learning_rate": (_LEAST, 1),
    "model.minimum_rate": _SHARE,
    "model.restart_steps": _MANY,
    "model.auxiliary": _WEIGHT,
    "model.unaligned": _SHARE,
    "model.objective.pixel": _WEIGHT,
    "model.objective.perceptual": _WEIGHT,
    "model.objective.contextual": _WEIGHT,
    "model.objective.cobi_features": _WEIGHT,
    "model.objective.cobi_rgb": _WEIGHT,
    "model.objective.adversarial": _WEIGHT,
    "model.objective.discriminator": (1, 512),
    "model.objective.pretraining": _SHARE,
    "model.objective.bandwidth": (1e-6, 1000),
    "model.objective.spatial_weight": _WEIGHT,
    "model.objective.patch": (1, 2048),
    "model.objective.samples": (1, 10**6),
    "model.objective.window": (1, 10**5),
    "trainer.max_steps": _MANY,
    "trainer.max_epochs": _MANY,
    "trainer.min_steps": _MANY,
    "trainer.min_epochs": _MANY,
    "trainer.val_check_interval": _MANY,
    "trainer.check_val_every_n_epoch": _MANY,
    "trainer.accumulate_grad_batches": (1, 10**6),
    "trainer.gradient_clip_val": (0, 10**6),
    "trainer.log_every_n_steps": (0, 10**9),
    "trainer.num_sanity_val_steps": (-1, 10**6),
    "trainer.limit_train_batches": (_LEAST, 10**9),
    "trainer.limit_val_batches": (0, 10**9),
    "trainer.overfit_batches": (0, 10**9),
    "trainer.devices": (-1, 1024),
    "trainer.num_nodes": (1, 10**4),
}
"""Option of ``opticalzoom train`` -> the least and the largest number that it can be; of a table, each one in it."""

_CLUSTERS = ("MASTER_ADDR", "SLURM_JOB_ID", "LSB_JOBID", "KUBERNETES_PORT", "OMPI_COMM_WORLD_SIZE")
"""Variables by which the processes of a cluster find each other."""


def check_ranges(options: Mapping[str, Any]) -> None:
    """Check every number of a configuration.

    Args:
        options: by dotted name, as ``data.batch_size``; other values than numbers and tables of them are left alone.

    Raises:
        ConfigError: a number is out of its range or none at all, or several machines cannot find each other.
    """
    for name, (least, most) in RANGES.items():
        found = options.get(name)
        if isinstance(found, str) and re.fullmatch(r"-?\d+", found, re.ASCII):
            found = int(found[:400])
        for number in found.values() if isinstance(found, Mapping) else (found,):
            if isinstance(number, int | float) and not isinstance(number, bool) and not least <= number <= most:
                raise ConfigError(f"--{name} is {str(number)[:40]}, expected {_range(name, least, most)}.")
    if (options.get("trainer.num_nodes") or 1) > 1 and not any(name in os.environ for name in _CLUSTERS):
        raise ConfigError(
            "--trainer.num_nodes is for a cluster, and this process is in none.",
            remedy="Set MASTER_ADDR, MASTER_PORT and NODE_RANK on every machine, or leave it out.",
        )


def _range(name: str, least: float, most: float) -> str:
    if least == _LEAST:
        return f"a number above 0, at most {most:g}"
    return "a number from 0 to below 1" if name == "ema" else f"a number from {least:.10g} to {most:.10g}"


def check_configs(words: Sequence[str]) -> None:
    """Check all files and texts in a command line that are read as YAML or JSON.

    Args:
        words: as ``--config`` and the file, ``--model=FILE`` or ``--model.arguments`` and the text.

    Raises:
        ConfigError: one cannot be read, or has more bytes, levels or values than any training has options, counting
            what is repeated by aliases.
    """
    for name, value in _options(words):
        path = Path(value)
        if name in _CONFIGS and not value.lstrip().startswith(("[", "{")):
            check_config(_read(path), path)
        elif any(sign in value for sign in "[{&"):
            check_config(value, None)


def check_config(text: str, path: Path | None) -> None:
    """Check one text; ``path`` is the file that it is from, if any.

    Raises:
        ConfigError: see :func:`check_configs`.
    """
    try:
        if len(text) > _MOST_BYTES:
            raise _refused(path, f"has {len(text)} letters, expected at most {_MOST_BYTES}.")
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_DEPTH:
                raise _refused(path, f"has more than {_MOST_DEPTH} levels.")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        if node is not None and _count(node, {}) > _MOST_VALUES:
            raise _refused(path, f"has more than {_MOST_VALUES} values, with those that aliases repeat.")
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(path, f"is no YAML ({' '.join(str(error).split())[:200]}).") from error


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name and value of each word that is an option's value."""
    for number, word in enumerate(words):
        name, sign, value = word.partition("=")
        if word.startswith("--"):
            if sign:
                yield name, value
        elif number:
            yield words[number - 1], word


def _read(path: Path) -> str:
    """The text of a file.

    Raises:
        ConfigError: it cannot be read, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}.", path=path, remedy="Name a YAML file.") from error
    except UnicodeDecodeError as error:
        raise _refused(path, f"is no text in UTF-8 ({error.reason} at byte {error.start}).") from error


def _refused(path: Path | None, cause: str) -> ConfigError:
    if path is None:
        return ConfigError(f"the text of an option {cause}", remedy="Write it shorter.")
    return ConfigError(cause, path=path, remedy="Save it as UTF-8, with the options of a training and nothing else.")


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """Values in a node, those of aliases as often as they are there; more than allowed for one within itself."""
    if id(node) not in known:
        known[id(node)] = _MOST_VALUES + 1  # until it is known: an alias within what it names has no end
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + (0 if isinstance(parts, str) else sum(_count(part, known) for part in parts))
    return known[id(node)]
