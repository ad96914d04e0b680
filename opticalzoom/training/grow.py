"""Weights of a trained network for a larger one: what a deeper net, or one for another input, starts from."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_TRUNK, _BODY, _HEAD, _TAIL = "trunk.", "trunk.body.", "trunk.head.weight", "trunk.tail."


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
