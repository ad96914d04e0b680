"""Weights files as PyTorch's networks: one safetensors file with the weights and, as metadata, how to build the model.

Nothing is unpickled: the file holds tensors and JSON text only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from opticalzoom.errors import CheckpointError, ModelError
from opticalzoom.files import atomic_path
from opticalzoom.models import ZoomModel, build
from opticalzoom.weights.card import ModelCard, damaged_weights, read_card, resolve
from opticalzoom.weights.graphs import in_order


def save_model(path: str | Path, model: nn.Module, card: ModelCard, *, overwrite: bool = False) -> Path:
    """Write weights and card to one file.

    Raises:
        OutputExistsError: if the file exists and ``overwrite`` is false.
        CheckpointError: if it cannot be written.
    """
    path = Path(path)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with atomic_path(path, overwrite=overwrite, error=CheckpointError) as part:
        part.write_bytes(in_order(save(tensors, card.to_metadata())))
    return path


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a weights file, or of bundled weights by name: the model's ``state_dict``.

    Raises:
        CheckpointError: if it is missing, damaged or no file of ours.
    """
    resolved = resolve(path)
    read_card(resolved)
    try:
        with safe_open(resolved, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise damaged_weights(resolved, error) from error


def check_shapes(card: ModelCard, shapes: Mapping[str, tuple[int, ...]], path: Path) -> None:
    """Check that tensors of these shapes are the weights of the network that a card names; nothing is computed.

    Args:
        card: of a file that a stranger may have written.
        shapes: name -> shape, of the tensors in it.
        path: of the file, for messages.

    Raises:
        CheckpointError: there is no such network, or it has other tensors.
    """
    try:
        with torch.device("meta"):  # laid out without memory
            expected = {
                name: tuple(tensor.shape) for name, tensor in build(card.builder, **card.arguments).state_dict().items()
            }
    except Exception as error:  # arguments of strangers: builders check their own, and PyTorch raises what it likes
        raise CheckpointError(
            f"names a network that cannot be built ({error}).", path=path, remedy="Was it written by another version?"
        ) from error
    different = sorted(dict(expected.items() ^ dict(shapes).items()))
    if different:
        name = different[0]
        raise CheckpointError(
            f"does not fit the model {card.builder!r} that it names: {name} has the shape {shapes.get(name, 'none')}, "
            f"expected {expected.get(name, 'none')}.",
            path=path,
            remedy="Was it written by another version?",
        )


def load_model(path: str | Path) -> ZoomModel:
    """The model of a weights file, in eval mode, on the CPU, float32.

    Args:
        path: a file, or the name of bundled weights (see :func:`opticalzoom.weights.card.bundled`).

    Raises:
        CheckpointError: if it is missing, damaged, no file of ours, or does not fit the model it names.
    """
    resolved = resolve(path)
    card, tensors = read_card(resolved), read_weights(resolved)
    check_shapes(card, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, resolved)
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
