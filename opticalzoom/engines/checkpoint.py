"""Weights files: one safetensors file with the weights and, as metadata, how to build the model.

Nothing is unpickled: the file holds tensors and JSON text only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from opticalzoom.errors import CheckpointError, ModelError
from opticalzoom.files import atomic_path
from opticalzoom.models import ZoomModel, build
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


def save_model(path: str | Path, model: nn.Module, card: ModelCard, *, overwrite: bool = False) -> Path:
    """Write weights and card to one file.

    Raises:
        OutputExistsError: if the file exists and ``overwrite`` is false.
        CheckpointError: if it cannot be written.
    """
    path = Path(path)
    text = {
        "format": _FORMAT,
        "builder": card.builder,
        "arguments": json.dumps(card.arguments),
        "training": json.dumps(card.training),
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    try:
        with atomic_path(path, overwrite=overwrite) as part:
            save_file(tensors, part, metadata=text)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"cannot be written ({error}).", path=path, remedy="Check the folder and the free space."
        ) from error
    return path


def read_card(path: str | Path) -> ModelCard:
    """The card of a weights file, or of bundled weights by name.

    Raises:
        CheckpointError: if it is missing, damaged or no file of ours.
    """
    return _open(resolve(path))[0]


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a weights file, or of bundled weights by name: the model's ``state_dict``.

    Raises:
        CheckpointError: if it is missing, damaged or no file of ours.
    """
    return _open(resolve(path))[1]


def is_weights_file(path: str | Path) -> bool:
    """Whether an existing file is one that :func:`save_model` wrote."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == _FORMAT
    except (SafetensorError, OSError):
        return False


def load_model(path: str | Path) -> ZoomModel:
    """The model of a weights file, in eval mode, on the CPU, float32.

    Args:
        path: a file, or the name of bundled weights (see :func:`bundled`).

    Raises:
        CheckpointError: if it is missing, damaged, no file of ours, or does not fit the model it names.
    """
    resolved = resolve(path)
    card, tensors = _open(resolved)
    try:
        model = build(card.builder, **card.arguments)
        model.load_state_dict(tensors)
    except (ModelError, RuntimeError, TypeError) as error:
        raise CheckpointError(
            f"does not fit the model {card.builder!r} that it names ({error}).",
            path=resolved,
            remedy="Was it written by another version?",
        ) from error
    return model.eval()


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


def _open(path: Path) -> tuple[ModelCard, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            text = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"is damaged or no safetensors file ({error}).", path=path, remedy="Copy or download it again."
        ) from error
    if text.get("format") != _FORMAT:
        raise CheckpointError(
            "is a safetensors file of another program.", path=path, remedy="Use one that opticalzoom train wrote."
        )
    try:
        return ModelCard(text["builder"], json.loads(text["arguments"]), json.loads(text["training"])), tensors
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"has damaged metadata ({error!r}).", path=path, remedy="Copy or download it again."
        ) from error
