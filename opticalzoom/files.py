"""Outputs that are either complete or not there at all."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path, PurePath
from tempfile import TemporaryFile

from opticalzoom.errors import OpticalZoomError, OutputExistsError

_REMEDIES = {
    errno.ENOSPC: "Free some space or choose another disk.",
    errno.EDQUOT: "Free some space or choose another disk.",
    errno.EFBIG: "Choose a disk that holds larger files.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def write_text(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write UTF-8 text, whole or not at all.

    Raises:
        OutputExistsError: it is there and must not be replaced.
        OpticalZoomError: the system refused to write.
    """
    with atomic_path(path, overwrite) as part:
        part.write_text(text, encoding="utf-8")


def check_writable(folder: Path) -> None:
    """Make the folder if it is not there, and find out whether files can be written to it.

    Raises:
        OpticalZoomError: they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OpticalZoomError(
            f"cannot be written to: {error.strerror}.", path=folder, remedy="Choose a folder that you may write to."
        ) from error


@contextmanager
def atomic_path(
    path: str | PathLike[str], overwrite: bool = False, *, error: type[OpticalZoomError] = OpticalZoomError
) -> Iterator[Path]:
    """A temporary name to write to, which becomes ``path`` only when the ``with`` block succeeds.

    The temporary file is in the same folder (so that renaming is atomic), hidden, and has the same
    suffix (so that writers which go by it work). It's removed when the block fails, Ctrl-C included.

    Args:
        path: the final name; its folder is created.
        overwrite: whether a file of that name may be replaced.
        error: the class of exception that the caller's users expect.

    Raises:
        OutputExistsError: ``path`` is there and ``overwrite`` is false.
        OpticalZoomError: (as ``error``) the system refused to write: full disk, no permission, a folder in the way.
    """
    path = Path(path)
    # Cut, so that a long name that the disk still takes isn't made too long by the addition.
    temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}")
    try:
        if path.is_dir():
            raise error("is a folder, expected the name of a file.", path=path, remedy="Choose another name.")
        if path.exists() and not overwrite:
            raise OutputExistsError("is already there.", path=path, remedy="Choose another name, or ask to overwrite.")
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        remedy = _REMEDIES.get(problem.errno or 0, "Check the folder, or choose another one.")
        raise error(f"cannot be written: {reason}.", path=path, remedy=remedy) from problem
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def within(folder: Path, name: str | PathLike[str], *, error: type[OpticalZoomError] = OpticalZoomError) -> Path:
    """The path of a name in a folder. Whatever is named by a file or a user is joined to a folder here.

    Links in the folder are followed: they are its owner's.

    Args:
        folder: any.
        name: of a file in it, or in folders in it.
        error: the class of exception that the caller's users expect.

    Raises:
        OpticalZoomError: (as ``error``) the name is none, absolute, or leads out of the folder.
    """
    parts = PurePath(name)
    if not parts.parts or parts.anchor or ".." in parts.parts or "\0" in str(name):
        raise error(f"the name {str(name)!r} leads elsewhere, expected one in it.", path=folder)
    return folder / parts
