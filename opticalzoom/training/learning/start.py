"""The network that learning starts from: bundled weights of the nearest scale, grown to the one that is wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import Tensor

from opticalzoom.engines.checkpoint import load_model, read_weights
from opticalzoom.errors import ConfigError
from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.pairs.selection import evenly_spread
from opticalzoom.training.grow import grow_tail
from opticalzoom.training.patches import to_tensor
from opticalzoom.weights.card import ModelCard, bundled, read_card
from opticalzoom.weights.contract import InputKind

_PICTURES, _SIDE = 8, 128
"""How many pictures, and of how many pixels of the grid a side, a tail is grown on."""


def nearest_base(scale: int, input: InputKind) -> str:
    """Name of the bundled weights for this kind of input whose scale is nearest, by its logarithm.

    Raises:
        ConfigError: there are none for this kind of input.
    """
    scales = {name: _contract(name) for name in bundled()}
    suited = [name for name, (_, kind) in scales.items() if kind == input]
    if not suited:
        raise ConfigError(f"no bundled weights take {input} input.", remedy="Learn from photos, or use train.")
    return min(suited, key=lambda name: (abs(math.log(scales[name][0] / scale)), name))


def starting_network(base: str, scale: int, pairs: Sequence[TrainingPair]) -> tuple[ZoomModel, ModelCard]:
    """The network of a weights file for a scale, in eval mode, and its card without a training.

    Args:
        base: weights file, or bundled name.
        scale: Y over the RGB size of X.
        pairs: whose X a tail for another scale is grown on; their Y is not looked at.
    """
    card, old = read_card(base), load_model(base)
    arguments = {**card.arguments, "scale": scale}
    if scale == card.arguments["scale"]:
        return old, ModelCard(card.builder, arguments)
    new = build(card.builder, **arguments).eval()
    state = new.state_dict()
    new.load_state_dict({**state, **{n: v for n, v in read_weights(base).items() if v.shape == state[n].shape}})
    grow_tail(old, new, _pictures(pairs))
    return new, ModelCard(card.builder, arguments)


def _pictures(pairs: Sequence[TrainingPair]) -> Iterator[Tensor]:
    """Middles of inputs, of pairs that are evenly spread over all of them."""
    for pair in evenly_spread(pairs, _PICTURES):
        x = pair.x
        top, left = (max(0, side - _SIDE) // 2 for side in x.shape[:2])
        yield to_tensor(x[top : top + _SIDE, left : left + _SIDE])[None]


def _contract(name: str) -> tuple[int, InputKind]:
    arguments = read_card(name).arguments
    return int(arguments["scale"]), arguments.get("input", "rgb")
