"""Networks that begin where a trained one is: deeper ones, ones for another input, and ones for another scale.

The last layer of the networks that zoom fast is one convolution with a pixel shuffle behind it. The convolution of
another scale whose pictures come nearest to the old network's, resampled, is therefore a least-squares problem. A
network that grows so begins where the old one is; a layer that begins anew leaves a checkerboard that hundreds of steps
do not remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.engines.checkpoint import read_weights
from opticalzoom.errors import CheckpointError
from opticalzoom.models.base import ZoomModel
from opticalzoom.weights.card import resolve

_TRUNK, _BODY, _HEAD, _TAIL = "trunk.", "trunk.body.", "trunk.head.weight", "trunk.tail."
_RIDGE = 1e-5
"""Pull of the weights towards zero, which is bicubic, relative to the mean square of a feature."""
_BAND = 64
"""Rows of the grid whose features are unfolded at a time, which bounds memory."""


def load_into(model: nn.Module, path: str | Path) -> None:
    """Load the weights of a file into a model that is there already, and that may be larger (see :func:`grow_weights`).

    Args:
        model: it is changed.
        path: a file, or the name of bundled weights.

    Raises:
        CheckpointError: the file is missing, damaged, no file of ours, or of a model that this one cannot grow out of.
    """
    try:
        model.load_state_dict(grow_weights(read_weights(path), model.state_dict()))
    except RuntimeError as error:
        raise CheckpointError(
            f"has weights of another model ({error}).",
            path=resolve(path),
            remedy="Use the builder, scale and arguments that they were trained with.",
        ) from error


def grow_weights(trained: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of the shape ``wanted`` with which another network begins where the trained one is.

    Residual blocks that the trained one lacks come last and are the identity at first: their second convolution is
    zero, the first one as it was initialised. Where the trained head takes RGB and the wanted one ``resized`` input,
    which is packed to s² times the channels, it takes their mean: X reduced by area averages, as the trained network
    saw it. The other way round it takes every pixel s² times: X enlarged by repetition. A tail for another scale starts
    anew, and of a network that aligns only the trunk goes into one that is a trunk alone. Whatever fits already is
    returned as it is.

    Args:
        trained: state of the trained network.
        wanted: state of the untrained one, both around a :class:`opticalzoom.models.trunk.Trunk`.

    Returns:
        The new state; what cannot be grown keeps the trained shape, for ``load_state_dict`` to refuse.
    """
    last_trained, last = _last_body(trained), _last_body(wanted)
    trunk_alone = all(name.startswith(_TRUNK) for name in wanted)
    state = {name: value for name, value in trained.items() if name.startswith(_TRUNK) or not trunk_alone}
    if 0 <= last_trained < last:
        for name in [name for name in state if name.startswith(f"{_BODY}{last_trained}.")]:
            state[name.replace(f"{_BODY}{last_trained}.", f"{_BODY}{last}.")] = state.pop(name)
        for name in wanted.keys() - state.keys():
            if name.startswith(_BODY):
                state[name] = torch.zeros_like(wanted[name]) if ".conv2." in name else wanted[name].clone()
    if _HEAD in state and _HEAD in wanted and state[_HEAD].shape != wanted[_HEAD].shape:
        state[_HEAD] = _repacked(state[_HEAD], wanted[_HEAD].shape[1])
    for name in [name for name in wanted.keys() & state.keys() if name.startswith(_TAIL)]:
        if state[name].shape != wanted[name].shape:
            state[name] = wanted[name].clone()
    return state


def _repacked(head: Tensor, channels: int) -> Tensor:
    """A head for input of so many channels; ``pixel_unshuffle`` keeps a colour's cell together."""
    cell = max(channels, head.shape[1]) // min(channels, head.shape[1])
    if head.shape[1] * cell == channels:
        return head.repeat_interleave(cell, 1) / cell
    return head.unflatten(1, (-1, cell)).sum(2) if channels * cell == head.shape[1] else head


def _last_body(state: Mapping[str, Tensor]) -> int:
    """Index of the body's last convolution, behind its residual blocks; −1 without a body."""
    return max((int(name.removeprefix(_BODY).split(".")[0]) for name in state if name.startswith(_BODY)), default=-1)


@torch.no_grad()
def grow_tail(old: ZoomModel, new: ZoomModel, pictures: Iterable[Tensor]) -> None:
    """Give ``new`` the last layer with which it zooms as ``old`` does, but by its own scale.

    Args:
        old: a trained network, in eval mode.
        new: the same network for another scale, with equal weights but for its last layer, which is changed: one
            convolution and a pixel shuffle, added to the bicubic picture.
        pictures: inputs of both networks, 1×C×h×w in [0, 1]; about 100,000 pixels in all are enough.
    """
    last = last_convolution(new)
    torch.nn.init.zeros_(last.weight)
    if last.bias is not None:
        torch.nn.init.zeros_(last.bias)
    seen: list[Tensor] = []
    hook = last.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    fit, factor = _ConvolutionFit(last), new.contract.output_factor
    for x in pictures:
        bicubic = new.forward_unaligned(x).image
        wanted = F.interpolate(old.forward_unaligned(x).image, size=bicubic.shape[-2:], mode="bicubic", antialias=True)
        fit.add(seen.pop(), F.pixel_unshuffle(wanted - bicubic, factor))
    hook.remove()
    fit.solve()


def last_convolution(model: ZoomModel) -> nn.Conv2d:
    """The convolution whose shuffled output is added to the bicubic picture."""
    main = getattr(model, "trunk", model)  # what aligns lies beside the trunk, and zooming does without it
    return [module for module in main.modules() if isinstance(module, nn.Conv2d)][-1]


class _ConvolutionFit:
    """Normal equations of a convolution, summed over pictures.

    A convolution over N features with k×k taps has N·k² unknowns and a bias for each of its outputs.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        self._convolution = convolution
        unknowns = convolution.weight[0].numel() + 1
        self._gram = torch.zeros(unknowns, unknowns, dtype=torch.float64)
        self._right = torch.zeros(unknowns, convolution.out_channels, dtype=torch.float64)

    def add(self, features: Tensor, wanted: Tensor) -> None:
        """Features 1×N×h×w, and what the convolution should make of them, 1×M×h×w."""
        kernel = self._convolution.kernel_size[0]
        padded = F.pad(features, [kernel // 2] * 4)
        for top in range(0, features.shape[-2], _BAND):
            columns = F.unfold(padded[..., top : top + _BAND + kernel - 1, :], kernel)[0]
            columns = torch.cat((columns, torch.ones_like(columns[:1]))).double()
            self._gram += columns @ columns.T
            self._right += columns @ wanted[0, :, top : top + _BAND].flatten(1).T.double()

    def solve(self) -> None:
        """Give the convolution the weights that fit best."""
        ridge = torch.full((len(self._gram),), _RIDGE * float(self._gram.diagonal()[:-1].mean()), dtype=torch.float64)
        ridge[-1] = 0  # the bias is free
        found = torch.linalg.solve(self._gram + ridge.diag(), self._right)
        weight, bias = self._convolution.weight, self._convolution.bias
        weight.copy_(found[:-1].T.reshape(weight.shape))
        if bias is not None:
            bias.copy_(found[-1])
