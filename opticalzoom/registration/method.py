"""How two photographs are registered, as plain values: the command line offers them before any import."""

from __future__ import annotations

from typing import Literal

Method = Literal["none", "homography", "flow"]
"""``none`` leaves them as they are, ``homography`` moves planes onto each other, ``flow`` adds a smooth field."""
