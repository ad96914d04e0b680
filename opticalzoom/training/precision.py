"""Which precision a training step is fastest in, on this machine."""

from __future__ import annotations

import timeit
from statistics import median

import torch


def fast_precision() -> str:
    """bf16-mixed where a convolution of the network's kind is faster in bfloat16, otherwise 32-true.

    The processor's flags do not tell: with AVX-512 BF16, bfloat16 was 2.7 times faster than float32 on one machine
    and half as fast on another.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    seconds = {dtype: _convolution_seconds(dtype, device) for dtype in (torch.float32, torch.bfloat16)}
    return "bf16-mixed" if seconds[torch.bfloat16] < 0.9 * seconds[torch.float32] else "32-true"


def _convolution_seconds(dtype: torch.dtype, device: torch.device) -> float:
    """Median seconds of a 64→64 convolution and its gradients."""
    x = torch.randn(8, 64, 48, 48, dtype=dtype, device=device).contiguous(memory_format=torch.channels_last)
    convolution = torch.nn.Conv2d(64, 64, 3, padding=1, dtype=dtype, device=device).to(
        memory_format=torch.channels_last
    )

    def step() -> float:
        convolution(x.requires_grad_()).sum().backward()
        return float(convolution.weight.grad[0, 0, 0, 0])  # type: ignore[index]  # waits for a GPU

    return median(timeit.repeat(step, number=1, repeat=10))
