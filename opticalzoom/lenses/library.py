"""The user's library of learned lenses: weights files in one folder, each with its card, from which zooming chooses.

One file is one lens: tensors, card, and the graphs with which it zooms where PyTorch is not installed. So installing,
removing and replacing are single steps of the file system, and a file is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from opticalzoom.errors import CheckpointError, ConfigError, OpticalZoomError, OutputExistsError
from opticalzoom.files import atomic_path
from opticalzoom.lenses.lens_card import LensCard, LensInput, read_lens
from opticalzoom.photo.metadata import Metadata
from opticalzoom.weights.card import bundled, read_card
from opticalzoom.weights.graphs import GraphFile, read_graph, with_graphs

FOLDER_VARIABLE = "OPTICALZOOM_LENSES"
"""The environment variable that names another folder for the library."""

SUFFIX = ".safetensors"
"""Of the library's files, and of those that travel."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that Windows keeps for itself."""
_GRAPHS: tuple[GraphFile, ...] = (".onnx", ".param", ".json", ".bin")


@dataclass(frozen=True)
class InstalledLens:
    """A file of the library.

    Attributes:
        name: of the lens.
        path: of its file.
        card: what it was learned for; None if the file is damaged.
        problem: what is wrong with a damaged one.
    """

    name: str
    path: Path
    card: LensCard | None
    problem: str = ""


def library_folder() -> Path:
    """Where the library is: what ``OPTICALZOOM_LENSES`` names, or a folder of the user's data as the system has it.

    Raises:
        ConfigError: the user has no home folder, and the variable is not set.
    """
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).absolute()
    try:
        return _data_folder() / "opticalzoom" / "lenses"
    except RuntimeError as error:
        raise ConfigError(
            "there is no home folder, and so no library of lenses.", remedy=f"Let {FOLDER_VARIABLE} name a folder."
        ) from error


def installed() -> list[InstalledLens]:
    """Every lens of the library, by name; damaged files are among them. Empty if there is no library."""
    try:
        files = sorted(library_folder().glob(f"*{SUFFIX}"))
    except (OSError, ConfigError):
        return []
    return [_read(path) for path in files if _NAME.fullmatch(path.stem)]


def lenses_for(photo: Metadata, input: LensInput, lenses: Iterable[InstalledLens]) -> list[InstalledLens]:
    """Those that were learned for a photo's camera, lens and focal length, the best first.

    That is the one of the nearest focal length, of several the one that was learned last, then the first by name.
    """

    found = [
        (lens.card.distance(photo), -lens.card.learned_at.timestamp(), lens.name, lens)
        for lens in lenses
        if lens.card and lens.card.input == input and lens.card.matches(photo)
    ]
    return [lens for *_, lens in sorted(found, key=lambda ranked: ranked[:3])]


def find_lens(photo: Metadata, scale: int | None, input: LensInput) -> InstalledLens | None:
    """The best lens of the library for a photo, see :func:`lenses_for`; with a scale, of those of that scale."""
    suitable = lenses_for(photo, input, installed())
    return next((lens for lens in suitable if lens.card and scale in (None, lens.card.scale)), None)


def named_weights(weights: str) -> str:
    """The file of the installed lens of that name; any other word, as a file's or that of bundled weights, as it is."""
    if not _NAME.fullmatch(weights) or weights in bundled() or Path(weights).exists():
        return weights
    return next((str(lens.path) for lens in installed() if lens.name == weights), weights)


def installed_lens(name: str) -> InstalledLens:
    """The lens of that name.

    Raises:
        CheckpointError: there is none; the message lists what there is.
    """
    path = _place(name)
    if not path.is_file():
        others = ", ".join(lens.name for lens in installed()) or "none"
        raise CheckpointError(f"there is no lens {name!r}.", remedy=f"Installed are: {others}.")
    return _read(path)


def install_lens(weights: str | Path, name: str | None = None, *, overwrite: bool = False) -> str:
    """Copy a weights file with a lens card into the library, with the graphs that lie beside it.

    Args:
        weights: the file; it is trusted, as what :func:`~opticalzoom.lenses.sharing.import_lens` checks is.
        name: of the lens: small letters, digits, ``-`` and ``_``. By default made of camera, focal length and scale,
            with a number where that name is taken.
        overwrite: whether a lens of that name may be replaced.

    Returns:
        The name.

    Raises:
        CheckpointError: it is missing, damaged, without a lens card, or of a camera that is not known.
        ConfigError: the name is none that every system takes.
        OutputExistsError: a lens of that name is there and ``overwrite`` is false.
        OpticalZoomError: the library cannot be written to.
    """
    path = Path(weights)
    card = card_for_library(path)
    graphs = {suffix: graph for suffix in _GRAPHS if (graph := read_graph(path, suffix)) is not None}
    content = path.read_bytes()
    return put(with_graphs(content, graphs) if graphs else content, card, name, overwrite=overwrite)


def installed_name(card: LensCard) -> str | None:
    """Name of what is installed for the very same lens, scale and input, which newer weights take the place of."""
    return next((one.name for one in installed() if one.card and one.card.identity == card.identity), None)


def card_for_library(weights: Path) -> LensCard:
    """The lens card of a weights file that can be found by photos.

    Raises:
        CheckpointError: the file has none, it is damaged, or it names no camera.
    """
    model = read_card(weights)
    try:
        card = read_lens(model.training)
    except CheckpointError as error:
        raise error.about(weights) from error
    if card is None:
        raise CheckpointError(
            "says of no lens that it was learned for it.", path=weights, remedy="Zoom with --weights, or learn one."
        )
    if not (card.camera and card.focal_length):
        raise CheckpointError(
            "was learned from photos without EXIF, so that no photo is known to suit it.",
            path=weights,
            remedy="Zoom with --weights.",
        )
    if (model.arguments.get("scale"), model.arguments.get("input", "rgb")) != (card.scale, card.input):
        raise CheckpointError("has a lens card of another network.", path=weights, remedy="Download it again.")
    return card


def put(content: bytes, card: LensCard, name: str | None, *, overwrite: bool) -> str:
    """Write the content of a weights file under a name, see :func:`install_lens`; of two at once one gets the name.

    Raises:
        ConfigError, OutputExistsError, OpticalZoomError: as there.
    """
    wanted, number = default_name(card) if name is None else name, 1
    while True:
        chosen = wanted if number == 1 else f"{wanted}-{number}"
        try:
            _write(_place(chosen), content, overwrite)
        except OutputExistsError:
            if name is not None:
                raise
            number += 1
        else:
            return chosen


def remove_lens(name: str) -> None:
    """Delete a lens.

    Raises:
        CheckpointError: there is none of that name.
        OpticalZoomError: the system refuses.
    """
    lens = installed_lens(name)
    try:
        lens.path.unlink()
    except OSError as error:
        raise OpticalZoomError(
            f"cannot be removed: {error.strerror}.", path=lens.path, remedy="Check its permissions."
        ) from error


def default_name(card: LensCard) -> str:
    """A name for a lens: letters, digits and hyphens, as ``google-pixel-7-6-81mm-x2``."""
    return plain_name(f"{card.camera} {card.focal_length:g}mm x{card.scale}{' raw' if card.input == 'raw' else ''}")


def plain_name(words: str) -> str:
    """The words as a name that every system takes: small letters, digits and hyphens, 90 at most."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[-90:].strip("-")


def _read(path: Path) -> InstalledLens:
    try:
        return InstalledLens(path.stem, path, card_for_library(path))
    except CheckpointError as error:
        return InstalledLens(path.stem, path, None, error.cause)


def _place(name: str) -> Path:
    """The file of a name."""
    if not _NAME.fullmatch(name) or name in _DEVICES:
        raise ConfigError(
            f"{name!r} is no name for a lens.", remedy="Use up to 100 small letters, digits, hyphens and underscores."
        )
    if name in bundled():
        raise ConfigError(f"{name!r} is the name of bundled weights.", remedy="Choose another one.")
    return library_folder() / f"{name}{SUFFIX}"


def _write(path: Path, content: bytes, overwrite: bool) -> None:
    with atomic_path(path, overwrite) as part:
        part.write_bytes(content)
        if not overwrite:
            try:
                os.link(part, path)
            except FileExistsError:  # another process was faster
                raise OutputExistsError("is already there.", path=path, remedy="Choose another name.") from None
            except OSError:
                pass  # a disk without hard links: of two processes at the same moment the later one wins


def _data_folder() -> Path:
    """Of the user's data, as Windows, macOS and https://specifications.freedesktop.org/basedir-spec have it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".local" / "share"
