"""A measured lens in JSON text and back; every number is checked, since the text may come from anybody.

Text holds the fields of a lens by name, arrays as nested lists, and figures for other programs that are not read back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import ConfigError
from opticalzoom.lenses.modulation import FREQUENCIES
from opticalzoom.lenses.noise import BRIGHTNESS
from opticalzoom.lenses.point_spread import WIDTH

_FORMAT = "opticalzoom-lens-1"
_LONGEST = 8_000_000  # characters
_SCALES, _MOST_CELLS, _MOST_PAIRS, _ASPECTS = range(2, 9), 16, 1_000_000, (0.05, 20)
_LARGEST = 10.0  # of any number in an array: shares of light, frequencies, pixels of X
_UNEVEN = 0.01  # by how much the sum of a kernel may differ from 1
_REMEDY = "Measure the lens again, or ask for the file again."

Array = NDArray[np.float64]


def lens_to_text(fields: Mapping[str, Any], figures: Mapping[str, Array]) -> str:
    """JSON of a lens.

    Args:
        fields: numbers and arrays by name, those that :func:`lens_from_text` gives.
        figures: what can be computed from them, for people and other programs.
    """
    plain = {name: _plain(value) for name, value in fields.items()}
    more = {"frequencies": _plain(FREQUENCIES), "brightness": _plain(BRIGHTNESS)}
    more |= {name: _plain(value) for name, value in figures.items()}
    return json.dumps({"format": _FORMAT, **plain, "figures": more}, allow_nan=False) + "\n"


def lens_from_text(text: str) -> dict[str, Any]:
    """The fields in text of :func:`lens_to_text`: numbers, and arrays of the shapes that fit together.

    Raises:
        ConfigError: the text is too long, no JSON, or not what a lens can be; it names the first field that is wrong.
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"has {len(text)} characters, expected a lens in at most {_LONGEST}.", remedy=_REMEDY)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is no JSON ({error}).", remedy=_REMEDY) from error
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise ConfigError("is not a measured lens.", remedy=_REMEDY)
    scale = _number(found, "scale", _SCALES.start, _SCALES.stop - 1, whole=True)
    side = WIDTH * int(scale)
    measured = _array(found, "measured", (None, None), "b").astype(bool)
    grid = measured.shape
    if not all(1 <= count <= _MOST_CELLS for count in grid):
        raise _wrong("measured", f"{grid[0]}×{grid[1]} cells", f"1 to {_MOST_CELLS} a side")
    lens: dict[str, Any] = {
        "scale": int(scale),
        "aspect": _number(found, "aspect", *_ASPECTS),
        "pairs": int(_number(found, "pairs", 1, _MOST_PAIRS, whole=True)),
        "measured": measured,
        "kernels": _array(found, "kernels", (3, side, side)).astype(np.float32),
        "field": _array(found, "field", (*grid, 3, side, side)).astype(np.float32),
    }
    for name in ("kernels", "field"):
        if np.abs(lens[name].sum(axis=(-2, -1)) - 1).max() > _UNEVEN:
            raise _wrong(name, "a kernel of another sum", "sums of 1")
    shapes = {
        "mtf_doubt": (3, len(FREQUENCIES)),
        "mtf50_doubt": (*grid, 3),
        "shift_doubt": (*grid, 2, 2),
        "noise": (3, len(BRIGHTNESS)),
        "noise_doubt": (3, len(BRIGHTNESS)),
    }
    for name, shape in shapes.items():
        lens[name] = _array(found, name, shape)
        if lens[name].min() < 0:
            raise _wrong(name, f"{lens[name].min():g}", "no number below 0")
    return lens


def _plain(value: Any) -> Any:
    """A number or an array as what JSON has, to six digits."""
    if not isinstance(value, np.ndarray):
        return value
    short = [float(f"{number:.6g}") for number in value.ravel()] if value.dtype.kind == "f" else value.ravel()
    return np.reshape(short, value.shape).tolist()


def _number(found: Mapping[str, Any], name: str, least: float, most: float, *, whole: bool = False) -> float:
    value = found.get(name)
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise _wrong(name, repr(value)[:40], f"{'a whole' if whole else 'a'} number from {least} to {most}")
    return value


def _array(found: Mapping[str, Any], name: str, shape: tuple[int | None, ...], kinds: str = "iuf") -> Array:
    try:
        array = np.array(found.get(name))
    except (ValueError, OverflowError, RecursionError) as error:
        raise _wrong(name, "lists of unequal length", "an array") from error
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if array.dtype.kind not in kinds or not fits:
        sizes = "×".join("·" if side is None else str(side) for side in shape)
        raise _wrong(name, f"{array.dtype} of shape {array.shape}", f"numbers, {sizes}")
    if not (np.isfinite(array).all() and np.abs(array.astype(np.float64)).max(initial=0) <= _LARGEST):
        raise _wrong(name, "a number out of range", f"at most {_LARGEST:g}")
    return array.astype(np.float64)


def _wrong(name: str, got: str, expected: str) -> ConfigError:
    return ConfigError(f"the lens has {got} for {name!r}, expected {expected}.", remedy=_REMEDY)
