"""Kinds of sources of pairs and their parts, as plain values: the command line offers them before any import."""

from __future__ import annotations

from typing import Literal

SourceName = Literal["auto", "city100", "prepared", "folders", "simulated"]
"""Where pairs come from, see :func:`~opticalzoom.pairs.sources.open_source`."""

Split = Literal["train", "val", "test", "all"]
"""Which of the source's pairs."""

CAMERAS = ("NikonD5500", "iPhoneX")
"""Cameras of City100."""
