"""Where the weights of pretrained networks are found, and how they are read: nothing but tensors is unpickled."""

from __future__ import annotations

import importlib.metadata
import re
import warnings
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from opticalzoom.errors import CheckpointError, DependencyError

VGG19_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
"""torchvision's ``VGG19_Weights.IMAGENET1K_V1``, 548 MB."""


_REMEDY = "Copy or download it again."


def download_vgg19() -> dict[str, Tensor]:
    """torchvision's ImageNet weights, from the cache that it shares or from the network, with the hash checked.

    Raises:
        DependencyError: offline, or for a damaged download.
    """
    try:
        return torch.hub.load_state_dict_from_url(VGG19_URL, map_location="cpu", check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise DependencyError(
            f"the weights of VGG19 cannot be downloaded ({error}).",
            path=VGG19_URL,
            remedy="Fetch that file elsewhere and give its path as the weights, or use stlpips-vgg16.",
        ) from error


def stlpips_file(network: Literal["vgg", "alex"]) -> Path:
    """The weights of ST-LPIPS in the installed wheel of ``stlpips-pytorch``, which is located and never imported.

    Importing it fails: it needs packages that it does not declare.

    Raises:
        DependencyError: if it is not installed.
    """
    name = f"stlpips_pytorch/weights/vST0.0/{network}_shift_tolerant.pth"
    try:
        path = Path(str(importlib.metadata.distribution("stlpips-pytorch").locate_file(name)))
    except importlib.metadata.PackageNotFoundError as error:
        raise DependencyError(
            "the weights of ST-LPIPS are not installed.", remedy="Run: pip install stlpips-pytorch==0.0.2"
        ) from error
    if not path.is_file():
        raise DependencyError(
            "this version of stlpips-pytorch lacks it.", path=path, remedy="Run: pip install stlpips-pytorch==0.0.2"
        )
    return path


def lpips_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The learned weights of LPIPS's layers out of an (ST-)LPIPS checkpoint: ``lin0`` … ``lin4``, 1×C×1×1 each.

    Raises:
        CheckpointError: if there are none.
    """
    found = {key.split(".")[0]: state[key] for key in sorted(state) if re.fullmatch(r"lin\d\..*weight", key)}
    if not found:
        raise CheckpointError("this checkpoint holds no LPIPS weights (lin0 …).", remedy="Give the one of ST-LPIPS.")
    return found


def read_state(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch weights file, on the CPU; nothing but tensors is unpickled.

    Raises:
        CheckpointError: if it is missing, damaged or holds anything else.
    """
    state = read_tensors(path)
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise CheckpointError("holds something else than a state dict.", path=path, remedy=_REMEDY)
    return dict(state)


def read_tensors(path: str | PathLike[str], device: Any = "cpu", remedy: str = _REMEDY) -> object:
    """What a PyTorch file holds: tensors, numbers and text in lists and mappings; no other object is unpickled.

    Args:
        path: of the file.
        device: where its tensors go, as :func:`torch.load` takes it.
        remedy: for a file that cannot be read.

    Raises:
        CheckpointError: if it is missing, damaged or holds anything else.
    """
    try:
        _check_sums(path)
        with warnings.catch_warnings():  # of what only damaged files have
            warnings.simplefilter("ignore")
            return torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # of many classes, for damaged files
        raise CheckpointError(
            f"cannot be read as PyTorch weights ({brief(error)}).", path=path, remedy=remedy
        ) from error


def _check_sums(path: str | PathLike[str]) -> None:
    """Compare the sums in a file with its content, which PyTorch does not; files of its old format have none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            if sum(part.file_size for part in file.infolist()) > Path(path).stat().st_size:
                raise ValueError("it claims to hold more than it does")  # PyTorch compresses nothing
            if damaged := file.testzip():
                raise ValueError(f"{damaged} is not as it was written")


def brief(error: Exception) -> str:
    """What PyTorch says of a file in a line, without its advice to unpickle it all the same."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0].partition(' This file can still')[0][:200]}"
