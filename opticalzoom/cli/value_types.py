"""Values as people type them: each parser takes a word, and returns a value in its range or says what is expected.

They are the ``type`` of options of :mod:`argparse`, which names the option, prints the message and ends with exit
code 2.
"""

from __future__ import annotations

import math
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from opticalzoom.errors import visible

if TYPE_CHECKING:
    from opticalzoom.zooming.crop import Crop

MOST_SEED = 2**32 - 1
"""The largest seed that all generators of random numbers take, NumPy's and Lightning's among them."""

MOST_WORKERS = 1024
"""The largest number of processes."""
MOST_STEPS = 10**9
"""The largest number of steps of a training."""
MOST_PIXELS = 1000.0
"""The largest displacement of a picture's pixels, in pixels."""
_LONGEST = 40
_MOST_MEMORY, _MOST_SECONDS = 10**15, 366 * 86400.0

_BYTES = {"M": 10**6, "G": 10**9}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class VerbParser(ArgumentParser):
    """The options of a verb; what it complains about is shown without the escapes that a name may hold."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, and end with exit code 2."""
        super().error(visible(message))


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers from ``least`` to ``most``, both included.

    >>> whole_number(1, 100)("95")
    95
    """
    expected = f"a whole number from {least} to {most}"

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise _unexpected(text, expected) from None
        if not least <= number <= most:
            raise _unexpected(text, expected)
        return number

    return parse


def positive_number(most: float) -> Callable[[str], float]:
    """A parser of numbers above 0, up to ``most``, as a scale or a number of seconds.

    >>> positive_number(10)("2.5")
    2.5
    """

    def parse(text: str) -> float:
        number = _number(text)
        if not 0 < number <= most:
            raise _unexpected(text, f"a number above 0, at most {most:g}")
        return number

    return parse


def number_from_zero(most: float) -> Callable[[str], float]:
    """A parser of numbers from 0 to ``most``, as a displacement in pixels.

    >>> number_from_zero(10)("0")
    0.0
    """

    def parse(text: str) -> float:
        number = _number(text)
        if not 0 <= number <= most:
            raise _unexpected(text, f"a number from 0 to {most:g}")
        return number

    return parse


def memory_size(text: str) -> int:
    """Bytes of ``500MB`` or ``1.5 GB``, up to a million GB; M and G are powers of ten.

    >>> memory_size("1.5GB")
    1500000000
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([MG])B", text, re.IGNORECASE)
    size = float(found[1]) * _BYTES[found[2].upper()] if found else 0.0
    if not 1 <= size <= _MOST_MEMORY:
        raise _unexpected(text, "a size as 500MB or 1.5GB")
    return round(size)


def duration(text: str) -> float:
    """Seconds of ``90s``, ``20m``, ``1.5h`` or ``3d``, up to a year.

    >>> duration("20m")
    1200.0
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        raise _unexpected(text, "a time as 90s, 20m, 1.5h or 3d")
    return seconds


def crop_part(text: str) -> Crop:
    """A part of a photo, see :func:`~opticalzoom.zooming.crop.parse_crop`."""
    from opticalzoom.errors import ConfigError
    from opticalzoom.zooming.crop import parse_crop

    try:
        return parse_crop(text)
    except ConfigError as error:
        raise ArgumentTypeError(str(error)) from error


def named_file(text: str) -> tuple[str, Path]:
    """Name and file of ``NAME=FILE``.

    >>> named_file("ours=a.safetensors")[0]
    'ours'
    """
    name, sign, file = text.partition("=")
    if not (name and sign and file):
        raise _unexpected(text, "NAME=FILE")
    return name, Path(file)


def _number(text: str) -> float:
    """The number, NaN for other words."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _unexpected(text: str, expected: str) -> ArgumentTypeError:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return ArgumentTypeError(f"got {shown!r}, expected {expected}")
