"""Arrays in files, and the manifest of a folder of them: what they are made with, and fingerprints to compare by."""

from __future__ import annotations

import hashlib
import json
import platform
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PairError
from opticalzoom.files import atomic_path, path_within
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.registration.same_view import VERSION

MANIFEST = "manifest.json"
_FIELD = ".npz"  # what is no picture

Array = NDArray[Any]
Manifest = dict[str, Any]
"""``parameters`` and ``versions`` that made the arrays; ``names`` of all pairs; ``pairs``: name -> file ->
:func:`fingerprint`, paths relative to the manifest; ``left_out``: name -> reason; ``fingerprint`` of it all."""


def fingerprint(array: Array) -> str:
    """An array in one line: dtype and shape, and the SHA-256 of that and the values in C order, little-endian.

    >>> fingerprint(np.zeros((2, 3), np.uint8))
    '|u1(2, 3) 56ba2b0a88c05fbb1b5dc5eb2220f3fc2f8abe7a63afdb84dc2e6f46e80e130e'
    """
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    head = f"{little.dtype.str}{little.shape}"
    return f"{head} {hashlib.sha256(head.encode() + little.tobytes()).hexdigest()}"


def read_array(path: Path) -> Array:
    """Pixels H×W×3 or H×W from a PNG, anything from a file of :func:`write_array`.

    Raises:
        OpticalZoomError: the file is missing or damaged.
    """
    if path.suffix != _FIELD:
        pixels = read_photo(path).color
        return pixels[..., 0] if pixels.shape[2] == 1 else pixels
    try:
        with np.load(path) as file:
            return np.asarray(file["field"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise PairError(f"cannot be read ({error}).", path=path, remedy="Make it again, or copy it again.") from error


def write_array(path: Path, array: Array) -> None:
    """Pixels H×W×3 or H×W, uint8 or uint16, as PNG; by the suffix ``.npz`` anything else, under the name ``field``.

    Raises:
        OpticalZoomError: the disk refuses. An older file is replaced only by a whole one.
    """
    if path.suffix != _FIELD:
        write_photo(path, Photo(array if array.ndim == 3 else array[..., None]), overwrite=True)
        return
    with atomic_path(path, overwrite=True, error=PairError) as part:
        np.savez_compressed(part, field=array)


def versions() -> dict[str, Any]:
    """Of whatever the arrays' last bits may depend on."""
    return {
        "opticalzoom": version("opticalzoom"),
        "registration": VERSION,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def set_fingerprint(pairs: Mapping[str, Mapping[str, str]]) -> str:
    """SHA-256 of the lines "file fingerprint", in order of the files: one word to compare two copies by."""
    lines = sorted(f"{file} {expected}\n" for files in pairs.values() for file, expected in files.items())
    return hashlib.sha256("".join(lines).encode(errors="backslashreplace")).hexdigest()


def read_set_manifest(folder: Path) -> Manifest | None:
    """A folder's manifest, None if there is none.

    Raises:
        PairError: it is damaged, or names files elsewhere.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if {"parameters", "versions", "names", "pairs", "left_out"} <= found.keys():
            expected = {file: text for files in found["pairs"].values() for file, text in files.items()}
            if set(map(type, expected.values())) <= {str} and isinstance(found["left_out"], dict):
                for file in (*found["names"], *expected):
                    path_within(folder, file, error=PairError)
                return dict(found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        pass
    raise PairError("is no manifest of misaligned pairs.", path=path, remedy="Make the pairs again with --overwrite.")


def write_set_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace it, with the fingerprint of the pairs as they are now."""
    text = json.dumps({**manifest, "fingerprint": set_fingerprint(manifest["pairs"])}, indent=1, allow_nan=False)
    with atomic_path(folder / MANIFEST, overwrite=True, error=PairError) as part:
        part.write_text(text + "\n", encoding="utf-8")


def problems(folder: Path, manifest: Manifest) -> Iterator[list[str]]:
    """What is wrong with each pair of a folder, in the order of ``names``; nothing, if all is as the manifest says."""
    if manifest.get("fingerprint") != set_fingerprint(manifest["pairs"]):
        yield [f"{MANIFEST}: its fingerprint does not fit its pairs"]
    for name in manifest["names"]:
        files = manifest["pairs"].get(name, {})
        missing = [] if files or name in manifest["left_out"] else [f"{name}: not made yet"]
        yield missing + [text for file, expected in files.items() if (text := _problem(folder / file, expected))]


def _problem(path: Path, expected: str) -> str:
    try:
        found = fingerprint(read_array(path))
    except Exception as error:  # of every class, for damaged files
        return str(as_told(error))
    return "" if found == expected else f"{path}: is {found}, expected {expected}."
