"""The list of a prepared folder's pairs: JSON Lines, one object for each pair, accepted or not.

A line is complete or it is not there: a run that was killed leaves at most a last line cut short, which is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from opticalzoom.errors import PairError
from opticalzoom.files import atomic_path

NAME = "manifest.jsonl"
PAIRS, X, MOSAIC, Y, MASK = "pairs", "x.png", "x.dng", "y.png", "mask.png"
"""Folder of the pairs, and the files of each."""

Record = dict[str, Any]
"""At least ``name``, ``scene``, ``scale``, ``accepted`` (bool) and ``reason``."""

_FIELDS = ("name", "scene", "scale", "accepted", "reason")


def read_manifest(folder: Path) -> dict[str, Record]:
    """Name -> record; the last one counts. Empty if there is no manifest.

    Raises:
        PairError: it cannot be read, or a line in the middle is damaged.
    """
    path = folder / NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise PairError(f"cannot be read ({error}).", path=path, remedy="Prepare the photos again.") from error
    records: dict[str, Record] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            if lacking := [field for field in _FIELDS if field not in record]:
                raise KeyError(lacking[0])
            records[record["name"]] = record
        except (ValueError, KeyError, TypeError) as error:
            if number < len(lines):
                raise PairError(
                    f"line {number} is damaged.", path=path, remedy="Delete the file and prepare the photos again."
                ) from error
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
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
