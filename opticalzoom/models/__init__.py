"""Tensors go in; the tensors of a zoomed picture come out, of networks that are built by name from plain arguments.

>>> build("sdan_lite", scale=3).contract.scale
3
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from opticalzoom.errors import ModelError
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.baselines import Bicubic, Linear, SRResNet
from opticalzoom.models.layers import AttentionKind, TailKind
from opticalzoom.models.matching import RADIUS
from opticalzoom.models.rrdb import RRDBNet
from opticalzoom.models.sdan import SDAN, DeformKind
from opticalzoom.models.sdan_plus import SDANPlus, WarpKind
from opticalzoom.models.trunk import SkipKind, Trunk
from opticalzoom.weights.contract import Contract, InputKind

__all__ = [
    "MODELS",
    "Contract",
    "ZoomModel",
    "ZoomOutput",
    "bicubic",
    "build",
    "linear",
    "rrdb",
    "sdan",
    "sdan_lite",
    "sdan_plus",
    "srresnet",
    "srresnet_lite",
]


def sdan(  # noqa: PLR0913, PLR0917 - one argument for each choice in the paper's tables
    scale: int,
    input: InputKind = "rgb",
    features: int = 64,
    blocks: int = 16,
    attention: AttentionKind = "packed",
    flips: bool = True,
    deform: DeformKind = "squared",
    skip: SkipKind = "none",
    tail: TailKind = "paper",
) -> SDAN:
    """SDAN of the paper's size."""
    trunk = Trunk(scale=scale, input=input, features=features, blocks=blocks, skip=skip, tail_kind=tail)
    return SDAN(trunk, features=features, attention=attention, flips=flips, deform=deform)


def sdan_lite(
    scale: int,
    input: InputKind = "rgb",
    features: int = 64,
    blocks: int = 8,
    attention: AttentionKind = "packed",
) -> SDAN:
    """SDAN small enough to train on a CPU: half the blocks, bicubic skip, nothing computed on the large grid."""
    return sdan(
        scale=scale,
        input=input,
        features=features,
        blocks=blocks,
        attention=attention,
        skip="bicubic",
        tail="direct",
    )


def sdan_plus(
    scale: int,
    input: InputKind = "rgb",
    features: int = 64,
    blocks: int = 8,
    radius: int = RADIUS,
    warped: WarpKind = "picture",
    skip: SkipKind = "bicubic",
    tail: TailKind = "direct",
) -> SDANPlus:
    """SDAN with matched offsets that move the zoomed picture; when zooming, nothing but :func:`srresnet_lite`."""
    trunk = Trunk(scale=scale, input=input, features=features, blocks=blocks, skip=skip, tail_kind=tail)
    return SDANPlus(trunk, radius=radius, warped=warped)


def srresnet(
    scale: int,
    input: InputKind = "rgb",
    features: int = 64,
    blocks: int = 16,
    skip: SkipKind = "none",
    tail: TailKind = "paper",
) -> SRResNet:
    """The base network of :func:`sdan`, without alignment."""
    return SRResNet(Trunk(scale=scale, input=input, features=features, blocks=blocks, skip=skip, tail_kind=tail))


def srresnet_lite(scale: int, input: InputKind = "rgb", features: int = 64, blocks: int = 8) -> SRResNet:
    """The base network of :func:`sdan_lite`, without alignment."""
    return srresnet(scale=scale, input=input, features=features, blocks=blocks, skip="bicubic", tail="direct")


def rrdb(scale: int, input: InputKind = "rgb", features: int = 64, growth: int = 32, blocks: int = 23) -> RRDBNet:
    """ESRGAN's generator."""
    return RRDBNet(scale=scale, input=input, features=features, growth=growth, blocks=blocks)


def linear(scale: int, input: InputKind = "rgb", radius: int = 5) -> Linear:
    """Bicubic interpolation and one convolution; :meth:`Linear.of` fills it from a lens."""
    return Linear(scale=scale, input=input, radius=radius)


def bicubic(scale: int, input: InputKind = "rgb") -> Bicubic:
    """Bicubic interpolation."""
    return Bicubic(scale=scale, input=input)


MOST = 1024
"""The largest number of blocks, channels and the like: a file of a stranger may ask for any."""

MODELS: dict[str, Callable[..., ZoomModel]] = {
    "sdan": sdan,
    "sdan_lite": sdan_lite,
    "sdan_plus": sdan_plus,
    "srresnet": srresnet,
    "srresnet_lite": srresnet_lite,
    "rrdb": rrdb,
    "linear": linear,
    "bicubic": bicubic,
}


def build(name: str, **arguments: object) -> ZoomModel:
    """Build a model by name.

    Args:
        name: a key of :data:`MODELS`.
        **arguments: the builder's arguments.

    Returns:
        A model with a ``contract``, called as ``model(x, reference)`` or ``model.forward_unaligned(x)``.

    Raises:
        ModelError: no such model, or arguments that its builder does not take or that are out of range.
    """
    if name not in MODELS:
        raise ModelError(f"there is no model {name!r}.", remedy=f"Choose one of {', '.join(MODELS)}.")
    signature = inspect.signature(MODELS[name])
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ModelError(f"{name}: {error}.", remedy=f"It takes {', '.join(signature.parameters)}.") from error
    for argument, value in arguments.items():
        if isinstance(value, int | float) and not value <= MOST:
            raise ModelError(f"{name}: {argument} is {str(value)[:40]}, expected at most {MOST}.")
    try:
        return MODELS[name](**arguments)
    except (ValueError, TypeError, ArithmeticError, RuntimeError) as error:  # of PyTorch, at what does not fit
        raise ModelError(f"{name} cannot be built: {error}.", remedy="Change its arguments.") from error
