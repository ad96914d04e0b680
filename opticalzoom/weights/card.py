"""What a weights file says of itself, and which weights ship with the package: read without PyTorch.

Nothing is unpickled: a file holds tensors and JSON text only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from safetensors import SafetensorError, safe_open

from opticalzoom.errors import CheckpointError
from opticalzoom.photo.raw.camera_space import WhiteBalance

_FORMAT = "opticalzoom-1"


@dataclass(frozen=True)
class ModelCard:
    """What a weights file says of itself.

    Attributes:
        builder: name in :data:`opticalzoom.models.MODELS`.
        arguments: the builder's arguments, among them scale and input kind.
        training: summary of the training run, free-form.
    """

    builder: str
    arguments: dict[str, Any]
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def white_balance(self) -> WhiteBalance:
        """What the model was trained with, for RAW input."""
        data = self.training.get("data", {})
        found = data.get("white_balance") if isinstance(data, dict) else None
        return cast(WhiteBalance, found) if found in get_args(WhiteBalance) else "input"

    def to_metadata(self) -> dict[str, str]:
        """The card as the text that a safetensors file carries; :meth:`from_metadata` is the inverse."""
        return {
            "format": _FORMAT,
            "builder": self.builder,
            "arguments": json.dumps(self.arguments),
            "training": json.dumps(self.training),
        }

    @classmethod
    def from_metadata(cls, text: Mapping[str, str], path: Path) -> ModelCard:
        """The card in a file's metadata.

        Raises:
            CheckpointError: the file at ``path`` is of another program, or its metadata is damaged.
        """
        if text.get("format") != _FORMAT:
            raise CheckpointError(
                "is a safetensors file of another program.", path=path, remedy="Use one that opticalzoom train wrote."
            )
        try:
            arguments, training = json.loads(text["arguments"]), json.loads(text["training"])
            if not (isinstance(arguments, dict) and isinstance(training, dict)):
                raise ValueError("arguments and training are no tables")
            return cls(text["builder"], arguments, training)
        except (KeyError, ValueError, RecursionError) as error:
            raise CheckpointError(
                f"has damaged metadata ({error!r}).", path=path, remedy="Copy or download it again."
            ) from error


def read_card(path: str | Path) -> ModelCard:
    """The card of a weights file, or of bundled weights by name.

    Raises:
        CheckpointError: it is missing, damaged or no file of ours.
    """
    resolved = resolve(path)
    try:
        with safe_open(resolved, framework="numpy") as file:
            return ModelCard.from_metadata(file.metadata() or {}, resolved)
    except (SafetensorError, OSError) as error:
        raise damaged_weights(resolved, error) from error


def is_weights_file(path: str | Path) -> bool:
    """Whether an existing file is a weights file of this package."""
    try:
        with safe_open(path, framework="numpy") as file:
            return (file.metadata() or {}).get("format") == _FORMAT
    except (SafetensorError, OSError):
        return False


def bundled() -> dict[str, Path]:
    """Names and files of the weights that ship with the package."""
    folder = Path(str(files("opticalzoom.weights")))
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def resolve(path: str | Path) -> Path:
    """The file of weights, or of bundled weights by name.

    Raises:
        CheckpointError: there is none.
    """
    shipped = bundled()
    if str(path) in shipped:
        return shipped[str(path)]
    if not Path(path).is_file():
        raise CheckpointError(
            "no such weights file.",
            path=path,
            remedy=f"Name a .safetensors file, or bundled weights: {', '.join(shipped) or 'none'}.",
        )
    return Path(path)


def damaged_weights(path: Path, error: Exception) -> CheckpointError:
    """What is raised for a file that is no safetensors file or cannot be read."""
    return CheckpointError(
        f"is damaged or no safetensors file ({error}).", path=path, remedy="Copy or download it again."
    )
