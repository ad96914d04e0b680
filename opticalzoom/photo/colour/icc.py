"""ICC profiles, which are kept as the bytes that they are: https://www.color.org/ICC1V42.pdf"""

from __future__ import annotations


def fitting_icc(icc: bytes | None, channels: int) -> bytes | None:
    """The profile if it's one for such pixels: its header names its colour space in bytes 16 to 19."""
    space = b"RGB " if channels > 2 else b"GRAY"
    return icc if icc is not None and icc[16:20] == space else None
