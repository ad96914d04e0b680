"""What the program says of itself: the greeting, and what a report of a fault should tell of the machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from opticalzoom.parallel.processor import processor_features, processor_name

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
    from opticalzoom.engines.engine_cache import package_version

    features = ", ".join(processor_features()) or "features unknown"
    lines = [
        f"opticalzoom {own_version()}, {Path(__file__).parents[1]}",
        f"Python      {platform.python_version()}, {sys.executable}",
        f"system      {platform.platform()}",
        f"processor   {processor_name()}, {os.cpu_count()} cores, {features}",
        f"memory      {_memory()}",
    ]
    for what, packages in PACKAGES.items():
        found = [f"{package} {number}" for package in packages if (number := package_version(package))]
        lines.append(f"{what:<11} {', '.join(found) or 'none installed'}")
    return "\n".join(lines)


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return "unknown"
    return f"{size / 2**30:.1f} GiB"
