"""The list of a prepared folder's pairs: JSON Lines, one object for each pair, accepted or not.

A line is complete or it is not there: a run that was killed leaves at most a last line cut short, perhaps inside a
letter, which is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from opticalzoom.errors import OpticalZoomError, PairError
from opticalzoom.files import atomic_path, path_within

NAME = "manifest.jsonl"
PAIRS, X, MOSAIC, Y, MASK = "pairs", "x.png", "x.dng", "y.png", "mask.png"
"""Folder of the pairs, and the files of each."""

Record = dict[str, Any]
"""At least ``name``, ``scene``, ``scale``, ``accepted`` (bool) and ``reason``."""

_ANEW = "Delete the file and prepare the photos again."
_FIELDS = {"name": str, "scene": str, "scale": int, "accepted": bool, "reason": str}


def read_manifest(folder: Path) -> dict[str, Record]:
    """Name -> record; the last one counts. Empty if there is no manifest.

    Raises:
        PairError: it cannot be read, a line in the middle is damaged, or one names a folder elsewhere.
    """
    path = folder / NAME
    try:
        lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise PairError(f"cannot be read ({error.strerror}).", path=path, remedy="Prepare the photos again.") from error
    records: dict[str, Record] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line.decode("utf-8-sig"))
            if wrong := [field for field, kind in _FIELDS.items() if not isinstance(record[field], kind)]:
                raise TypeError(wrong[0])
            path_within(folder, record["name"])
            records[record["name"]] = record
        except OpticalZoomError as error:
            raise PairError(f"line {number}: {error.cause}", path=path, remedy=_ANEW) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if number < len(lines):
                raise PairError(f"line {number} is damaged.", path=path, remedy=_ANEW) from error
    return records


def append_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Add a line.

    Raises:
        PairError: the disk refuses.
    """
    path = folder / NAME
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(_line(record))
    except OSError as error:
        raise PairError(
            f"cannot be written ({error.strerror}).", path=path, remedy="Free some space, and run again to go on."
        ) from error


def write_manifest(folder: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Replace it, sorted by name.

    Raises:
        PairError: the disk refuses; the old one is kept.
    """
    text = "".join(map(_line, sorted(records, key=lambda record: str(record["name"]))))
    with atomic_path(folder / NAME, overwrite=True, error=PairError) as part:
        part.write_text(text, encoding="utf-8")


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, allow_nan=False) + "\n"
