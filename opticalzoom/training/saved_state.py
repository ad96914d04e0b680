"""Checkpoints of a training: tensors and plain values, written whole or not at all; no object is unpickled."""

from __future__ import annotations

from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import CheckpointIO
from torch import nn

from opticalzoom.errors import CheckpointError, TrainingError
from opticalzoom.files import atomic_path
from opticalzoom.models.backbones.weight_files import brief, read_tensors

_PARTS = {
    "global_step": int,
    "state_dict": dict,
    "current_model_state": dict,
    "averaging_state": dict,
    "optimizer_states": list,
    "lr_schedulers": list,
    "loops": dict,
    "callbacks": dict,
}
"""What the checkpoint of a run holds: of the averaged weights, those of the last step, and where the trainer stands."""
_MOST_STEPS = 10**9
REMEDY = "Copy it again if it was copied, or train anew with --overwrite."


def save_state(path: str | PathLike[str], state: dict[str, Any]) -> None:
    """Write a checkpoint; the last good one stays until the new one is whole.

    Raises:
        TrainingError: the disk refuses.
    """
    content = BytesIO()  # PyTorch's own writer tells a full disk as a fault of PyTorch
    torch.save(state, content)
    with atomic_path(path, overwrite=True, error=TrainingError) as part:
        part.write_bytes(content.getbuffer())


def load_state(path: str | PathLike[str], device: Any = "cpu", *, remedy: str = REMEDY) -> dict[str, Any]:
    """What :func:`save_state` wrote.

    Args:
        path: of the checkpoint.
        device: where its tensors go, as :func:`torch.load` takes it.
        remedy: for a checkpoint that cannot be used.

    Raises:
        CheckpointError: it cannot be read, is damaged, or is another kind of file.
    """
    state = read_tensors(path, device, remedy)
    if not isinstance(state, dict):
        raise CheckpointError(f"holds a {type(state).__name__}, expected a checkpoint.", path=path, remedy=remedy)
    return state


def load_run(path: Path, training: nn.Module) -> dict[str, Any]:
    """The checkpoint of a run by the trainer, of the same network.

    Raises:
        CheckpointError: see :func:`load_state`; or it lacks a part, or is of another network.
    """
    state = load_state(path)
    for part, kind in _PARTS.items():
        if not isinstance(state.get(part), kind):
            raise unusable_state(path, TypeError(f"{part} is {type(state.get(part)).__name__}, not {kind.__name__}"))
    if not 0 <= state["global_step"] <= _MOST_STEPS:
        raise unusable_state(path, ValueError("global_step is out of range"))
    wanted = {name: tuple(tensor.shape) for name, tensor in training.state_dict().items()}
    for part in ("state_dict", "current_model_state"):
        found = {name: tuple(getattr(tensor, "shape", ())) for name, tensor in state[part].items()}
        if different := sorted(map(str, dict(found.items() ^ wanted.items()))):
            raise CheckpointError(
                f"is of another network: {different[0]} has the shape {found.get(different[0], 'none')}, "
                f"expected {wanted.get(different[0], 'none')}.",
                path=path,
                remedy="Give the run's own --config, or choose another --out.",
            )
    return state


def unusable_state(path: str | PathLike[str], error: Exception, remedy: str = REMEDY) -> CheckpointError:
    """What is raised for a checkpoint that cannot be gone on with."""
    return CheckpointError(f"is damaged, or no checkpoint of this training ({brief(error)}).", path=path, remedy=remedy)


class StateFiles(CheckpointIO):
    """How Lightning's trainer writes and reads checkpoints: by :func:`save_state` and :func:`load_state`."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | PathLike[str], storage_options: Any = None
    ) -> None:
        """Write a checkpoint to a path on this machine; there are no options."""
        save_state(path, checkpoint)

    def load_checkpoint(
        self, path: str | PathLike[str], map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint; objects are never unpickled, whatever is asked for."""
        return load_state(path, map_location)

    def remove_checkpoint(self, path: str | PathLike[str]) -> None:
        """Delete a checkpoint, if it is there."""
        Path(path).unlink(missing_ok=True)
