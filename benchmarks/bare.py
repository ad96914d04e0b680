"""The convolutions of a network alone: how fast zooming could be if nothing else took time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from opticalzoom.engines.engine import Array
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.weights.computing import Precision

Convolution = tuple[nn.Conv2d, tuple[int, ...]]
FORMATS = (torch.channels_last, torch.contiguous_format)


def convolutions(model: nn.Module, x: Array) -> list[Convolution]:
    """The convolutions that zooming x takes, with the shapes of their inputs."""
    found: list[Convolution] = []

    def note(layer: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        assert isinstance(layer, nn.Conv2d)
        found.append((layer, tuple(inputs[0].shape)))

    hooks = [layer.register_forward_hook(note) for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    TorchEngine(model)(x)
    for hook in hooks:
        hook.remove()
    return found


def operations(found: list[Convolution]) -> int:
    """Floating-point operations, a multiplication and an addition each."""
    return sum(2 * layer.weight.numel() * shape[0] * shape[2] * shape[3] for layer, shape in found)


def bare(
    found: list[Convolution], memory_format: torch.memory_format, precision: Precision = "float32"
) -> Callable[[], None]:
    """A call of the convolutions alone."""
    dtype = getattr(torch, precision)
    inputs = {shape: torch.rand(shape).to(dtype).contiguous(memory_format=memory_format) for _, shape in found}
    layers = [(layer.to(dtype).to(memory_format=memory_format), inputs[shape]) for layer, shape in deepcopy(found)]

    @torch.inference_mode()
    def call() -> None:
        for layer, x in layers:
            layer(x)

    return call


def seconds(calls: list[Callable[[], object]], repetitions: int) -> list[float]:
    """Median of each, taking turns; the first turn warms up."""
    times: list[list[float]] = [[] for _ in calls]
    for repetition in range(repetitions + 1):
        for place, call in enumerate(calls):
            start = time.perf_counter()
            call()
            if repetition:
                times[place].append(time.perf_counter() - start)
    return [statistics.median(of) for of in times]
