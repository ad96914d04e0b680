"""The processor that computes here: its name, and what it has that decides which engine and precision is fast."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "bf16", "sve")
"""As Linux names them."""


def processor_name() -> str:
    """As the processor calls itself; the kind of machine where the system does not tell."""
    named = [line.partition(":")[2].strip() for line in processor_lines() if line.startswith("model name")]
    return (named or [platform.processor() or platform.machine()])[0]


def processor_features() -> list[str]:
    """Those of :data:`FEATURES` that Linux lists; none on other systems."""
    told = [line for line in processor_lines() if line.startswith(("flags", "Features"))]
    words = set(told[0].split()) if told else set()
    return [feature for feature in FEATURES if feature in words]


def processor_lines() -> list[str]:
    """Name and features of the first processors, as Linux lists them; none on other systems."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines[:40] if line.startswith(("model name", "flags", "Features"))]
    return []
