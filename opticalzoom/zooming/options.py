"""What can be asked for when photos are zoomed, as plain values: the command line offers them before any import."""

from __future__ import annotations

from typing import Literal

Siblings = Literal["raw", "jpeg", "both"]
"""What is zoomed of a shot that the camera wrote as RAW file and JPEG."""

FORMATS = ("keep", "png", "jpg", "tif", "webp")
"""Formats of results. ``keep`` is that of the photo; RAW files become TIFF."""

Bits = Literal[8, 16]
"""Bits of a channel of the result."""

DEFAULT_NAME = "{stem}-x{scale}{suffix}"
FIELDS = {"stem": ".+", "kind": r"\w+", "scale": r"[\d.]+", "suffix": r"\.\w+"}
"""What may stand in the pattern of a name, and the regular expression of what it becomes."""
