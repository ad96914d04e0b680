"""What the program says of itself: the greeting, and what a report of a fault should tell of the machine."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = {
    "photos": (
        "numpy",
        "opencv-python-headless",
        "pyvips-binary",
        "Pillow",
        "tifffile",
        "rawpy",
        "pillow-heif",
    ),
    "engines": ("onnxruntime", "openvino", "ncnn", "torch"),
    "training": ("pytorch-lightning", "torchmetrics", "jsonargparse"),
}
"""What is told of -> the packages whose versions are."""
FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "bf16", "sve")
"""Of processors, as Linux names them, that decide which engine and precision is fast."""

_GREETING = """\
OpticalZoom {version} learns a camera's optical zoom from photos, and zooms photos with it.

  opticalzoom zoom PHOTO     zoom a photo, or a folder of them
  opticalzoom learn CARD     photograph a few scenes twice, zoomed out and zoomed in, and learn your own lens
  opticalzoom demo           see it work in a few minutes

opticalzoom --help lists the rest."""


def greeting() -> str:
    """The three commands that matter, for those who typed the program's name alone."""
    return _GREETING.format(version=own_version())


def own_version() -> str:
    """Of this package."""
    return version("opticalzoom")


def describe_installation() -> str:
    """A line each on the package, the system, the processor, the memory, and the versions of what is installed."""
    features = ", ".join(processor_features()) or "features unknown"
    lines = [
        f"opticalzoom {own_version()}, {Path(__file__).parents[1]}",
        f"Python      {platform.python_version()}, {sys.executable}",
        f"system      {platform.platform()}",
        f"processor   {processor_name()}, {os.cpu_count()} cores, {features}",
        f"memory      {_memory()}",
    ]
    for what, packages in PACKAGES.items():
        found = [f"{package} {number}" for package in packages if (number := _version(package))]
        lines.append(f"{what:<11} {', '.join(found) or 'none installed'}")
    return "\n".join(lines)


def processor_name() -> str:
    """As the processor calls itself; the kind of machine where the system does not tell."""
    named = [line.partition(":")[2].strip() for line in _processor_lines() if line.startswith("model name")]
    return (named or [platform.processor() or platform.machine()])[0]


def processor_features() -> list[str]:
    """Those of :data:`FEATURES` that Linux lists; none on other systems."""
    told = [line for line in _processor_lines() if line.startswith(("flags", "Features"))]
    words = set(told[0].split()) if told else set()
    return [feature for feature in FEATURES if feature in words]


def _processor_lines() -> list[str]:
    with suppress(OSError):
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    return []


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return "unknown"
    return f"{size / 2**30:.1f} GiB"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
