"""Squared deformable convolution against torchvision's operator and a plain convolution.

    python benchmarks/squared_deform_conv.py --json FILE

One run measures all of them, taking turns, so that other work on the machine falls on each alike. Every operator
runs in both memory formats and is judged by its better one. 64→64 channels, 3×3, float32, offsets of ±6 px.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor

from opticalzoom.models.align import squared_deform_conv

CHANNELS, REACH = 64, 6.0
SIZES = ((8, 64), (1, 256))  # images, side
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}

Operator = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

OPERATORS: dict[str, Operator] = {
    "squared": squared_deform_conv,
    "torchvision": lambda x, offset, weight, bias: torchvision.ops.deform_conv2d(
        x, offset.repeat(1, 9, 1, 1), weight, bias, padding=1
    ),
    "plain": lambda x, offset, weight, bias: F.conv2d(x, weight, bias, padding=1),
}


def inputs(images: int, side: int, memory_format: torch.memory_format, gradients: bool) -> list[Tensor]:
    """Features, offsets, weight and bias."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(images, CHANNELS, side, side, generator=generator).contiguous(memory_format=memory_format)
    offset = (torch.rand(images, 2, side, side, generator=generator) * 2 - 1) * REACH
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3, generator=generator).contiguous(memory_format=memory_format)
    bias = torch.randn(CHANNELS, generator=generator)
    return [tensor.requires_grad_(gradients) for tensor in (x, offset, weight, bias)]


def runner(operator: Operator, tensors: list[Tensor]) -> Callable[[], object]:
    """A call of the operator, with the backward pass to all that want a gradient."""
    if not tensors[0].requires_grad:
        return lambda: operator(*tensors)
    gradient = torch.randn_like(operator(*tensors))

    def forward_backward() -> object:
        return torch.autograd.grad(operator(*tensors), tensors, gradient, allow_unused=True)

    return forward_backward


def measure(images: int, side: int, gradients: bool, repetitions: int) -> dict[str, dict[str, float]]:
    """Median milliseconds by operator and memory format."""
    calls = {
        (name, kind): runner(operator, inputs(images, side, memory_format, gradients))
        for name, operator in OPERATORS.items()
        for kind, memory_format in FORMATS.items()
    }
    times: dict[tuple[str, str], list[float]] = {key: [] for key in calls}
    for repetition in range(repetitions + 1):
        for key, call in calls.items():
            start = time.perf_counter()
            call()
            if repetition > 0:  # the first one warms up
                times[key].append((time.perf_counter() - start) * 1e3)
    return {name: {kind: round(statistics.median(times[name, kind]), 3) for kind in FORMATS} for name in OPERATORS}


def row(images: int, side: int, gradients: bool, repetitions: int) -> dict[str, object]:
    """One measurement and its ratios, every operator in its better memory format."""
    milliseconds = measure(images, side, gradients, repetitions)
    best = {name: min(of.values()) for name, of in milliseconds.items()}
    return {
        "size": f"{images}×{side}²",
        "pass": "forward+backward" if gradients else "forward",
        "milliseconds": milliseconds,
        "best_format": {name: min(of, key=of.__getitem__) for name, of in milliseconds.items()},
        "times_faster_than_torchvision": round(best["torchvision"] / best["squared"], 2),
        "times_a_plain_convolution": round(best["squared"] / best["plain"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--repetitions", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = [row(*size, gradients, arguments.repetitions) for size in SIZES for gradients in (False, True)]
    for entry in rows:
        print(
            f"{entry['size']} {entry['pass']}: {entry['times_faster_than_torchvision']}× faster than torchvision, "
            f"{entry['times_a_plain_convolution']}× the time of a plain convolution; {entry['milliseconds']} ms"
        )
    if arguments.json:
        versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "cpu": platform.machine()}
        report = {**versions, "threads": arguments.threads, "repetitions": arguments.repetitions, "rows": rows}
        arguments.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
