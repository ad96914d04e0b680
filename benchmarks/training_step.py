"""A training step of SDAN against the same net with the paper's operators.

    python benchmarks/training_step.py --json docs/results/training_step.json

Ours: squeeze-and-excitation on packed channels, and a convolution followed by one warp, in channels_last. The paper's,
as in the released code: Gram attention, and torchvision's deform_conv2d with the one offset repeated for every tap, in
PyTorch's default format. Each operator is exchanged alone as well. A step is forward, Eq. 6, backward and Adam; all
nets take turns in one run, so that other work on the machine falls on each alike.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
import torchvision
from torch import Tensor

from opticalzoom.losses import alignment_loss
from opticalzoom.models import build
from opticalzoom.models.layers import AttentionKind
from opticalzoom.models.sdan import SDAN, SquaredDeformConv


class TorchvisionDeformConv(SquaredDeformConv):
    """The same convolution by torchvision's operator."""

    def forward(self, input: Tensor, offset: Tensor | None = None) -> Tensor:
        assert offset is not None
        return torchvision.ops.deform_conv2d(input, offset.repeat(1, 9, 1, 1), self.weight, self.bias, padding=1)


NETS: dict[str, tuple[AttentionKind, type[SquaredDeformConv], torch.memory_format]] = {
    "ours": ("packed", SquaredDeformConv, torch.channels_last),
    "ours, default format": ("packed", SquaredDeformConv, torch.contiguous_format),
    "gram attention": ("gram", SquaredDeformConv, torch.channels_last),
    "torchvision's convolution": ("packed", TorchvisionDeformConv, torch.channels_last),
    "paper": ("gram", TorchvisionDeformConv, torch.contiguous_format),
}


def stepper(name: str, args: argparse.Namespace) -> Callable[[], None]:
    """A call of one training step of the net."""
    attention, convolution, memory_format = NETS[name]
    torch.manual_seed(0)
    arguments = {"scale": args.scale, "features": args.features, "blocks": args.blocks, "attention": attention}
    model = cast(SDAN, build(args.builder, **arguments))
    model.deform = convolution(args.features)
    torch.nn.init.normal_(model.offsets.head.weight, std=0.01)  # zero offsets would be easy to sample
    model.to(memory_format=memory_format)
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.9, 0.99))
    x = torch.rand(args.batch, 3, args.crop, args.crop).contiguous(memory_format=memory_format)
    y = torch.rand(args.batch, 3, args.crop * args.scale, args.crop * args.scale)
    reference = torch.nn.functional.adaptive_avg_pool2d(y, args.crop)
    trusted = torch.ones_like(y[:, :1])

    def step() -> None:
        optimiser.zero_grad()
        torch.stack(alignment_loss(model(x, reference), y, trusted)).sum().backward()
        optimiser.step()

    return step


def measure(args: argparse.Namespace) -> dict[str, float]:
    """Median seconds of a step of each net."""
    steps = {name: stepper(name, args) for name in NETS}
    times: dict[str, list[float]] = {name: [] for name in NETS}
    for repetition in range(args.repetitions + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if repetition:  # the first one warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(of) for name, of in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builder", choices=("sdan", "sdan_lite"), default="sdan_lite")
    parser.add_argument("--scale", type=int, default=3)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8, help="crops a step")
    parser.add_argument("--crop", type=int, default=48, help="side of a crop of X")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    seconds = measure(args)
    report = {
        "settings": {name: value for name, value in vars(args).items() if name != "json"},
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "machine": platform.processor() or platform.machine(),
        "seconds": seconds,
        "times_ours": {name: of / seconds["ours"] for name, of in seconds.items()},
    }
    text = json.dumps(report, indent=1, ensure_ascii=False)
    print(text)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
