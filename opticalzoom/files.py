"""Outputs that are either complete or not there at all, whenever a process is killed or a disk is full.

All writing goes one way: to a hidden name in the same folder, to the disk, and then renamed. The hidden file is locked
as long as its process lives, so that the next one knows what a killed one left behind, and removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from os import PathLike
from pathlib import Path, PurePath
from tempfile import TemporaryFile

from opticalzoom.errors import OpticalZoomError, OutputExistsError

if sys.platform != "win32":
    import fcntl

_REMEDIES = {
    errno.ENOSPC: "Free some space or choose another disk.",
    errno.EDQUOT: "Free some space or choose another disk.",
    errno.EFBIG: "Choose a disk that holds larger files.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
_ATTEMPTS = 100
"""At putting a folder in place while others put theirs there."""
_LEFTOVER = re.compile(r"\.opticalzoom-[0-9a-f]{8}-.*", re.DOTALL)


def write_text(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write UTF-8 text, whole or not at all; of names that are no text, escapes.

    Raises:
        OutputExistsError: it is there and must not be replaced.
        OpticalZoomError: the system refused to write.
    """
    with atomic_path(path, overwrite) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


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
    """An empty file to write to, which becomes ``path`` only when the ``with`` block succeeds.

    It is in the same folder (so that renaming is atomic), hidden, and has the same suffix (so that writers which go by
    it work) and the mode of any new file. It's removed when the block fails, Ctrl-C included.

    Args:
        path: the final name; its folder is created.
        overwrite: whether a file of that name may be replaced.
        error: the class of exception that the caller's users expect.

    Raises:
        OutputExistsError: ``path`` is there and ``overwrite`` is false.
        OpticalZoomError: (as ``error``) the system refused to write: full disk, no permission, a folder in the way.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise error("is a folder, expected the name of a file.", path=path, remedy="Choose another name.")
        if path.exists() and not overwrite:
            raise OutputExistsError("is already there.", path=path, remedy="Choose another name, or ask to overwrite.")
        with _hidden(path, folder=False) as part:
            yield part
            _reach_disk(part)
            part.replace(path)
            _reach_disk(path.parent)
    except OSError as problem:
        raise unwritable(problem, path, error) from problem


@contextmanager
def atomic_folder(path: str | PathLike[str], *, error: type[OpticalZoomError] = OpticalZoomError) -> Iterator[Path]:
    """An empty folder to fill with files, which becomes ``path`` when the block succeeds, in place of an older one.

    Raises:
        OpticalZoomError: (as ``error``) the system refused to write.
    """
    path = Path(path)
    try:
        with _hidden(path, folder=True) as part:
            yield part
            for file in part.iterdir():
                _reach_disk(file)
            _reach_disk(part)
            _put_in_place(part, path)
            _reach_disk(path.parent)
    except OSError as problem:
        raise unwritable(problem, path, error) from problem


def _put_in_place(part: Path, path: Path) -> None:
    """Give a folder its name, in place of an older one: a folder cannot be renamed over another that holds files."""
    for attempt in range(_ATTEMPTS):
        old = _hidden_name(path)  # a leftover if we are killed here
        with suppress(FileNotFoundError):
            path.replace(old)
        try:
            part.replace(path)
            return
        except OSError as problem:  # another thread or process was faster, and put its own there
            if problem.errno not in {errno.ENOTEMPTY, errno.EEXIST} or attempt == _ATTEMPTS - 1:
                raise
        finally:
            _remove(old)


def unwritable(problem: OSError, path: Path, error: type[OpticalZoomError] = OpticalZoomError) -> OpticalZoomError:
    """What the system's refusal to write a file is for the user: path, cause and remedy."""
    reason = problem.strerror or str(problem)
    remedy = _REMEDIES.get(problem.errno or 0, "Check the folder, or choose another one.")
    return error(f"cannot be written: {reason}.", path=path, remedy=remedy)


def remove_leftovers(folder: Path) -> None:
    """Remove the hidden files and folders that killed processes have left in a folder; those being written stay.

    The system frees a lock with its process, on whichever machine. Where it knows no locks, nothing is removed.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        for part in [path for path in folder.iterdir() if _LEFTOVER.fullmatch(path.name)]:
            with suppress(OSError):  # BlockingIOError: somebody is writing it
                descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(part)
                finally:
                    os.close(descriptor)


_remove_leftovers_once = lru_cache(maxsize=1024)(remove_leftovers)


@contextmanager
def _hidden(path: Path, *, folder: bool) -> Iterator[Path]:
    """A new hidden file or folder beside ``path``, locked as long as the block runs, and gone after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers_once(path.parent.absolute())
    part, lock = _new_hidden(path, folder)
    try:
        yield part
    finally:
        _remove(part)
        if lock is not None:
            os.close(lock)


def _new_hidden(path: Path, folder: bool) -> tuple[Path, int | None]:
    """The file or folder, and the descriptor that holds its lock; none on Windows, which renames no open file."""
    while True:
        part = _hidden_name(path)
        if folder:
            part.mkdir()
        else:
            part.touch(exist_ok=False)
        if sys.platform == "win32":
            return part, None
        try:
            lock = os.open(part, os.O_RDONLY)
        except FileNotFoundError:  # taken for a leftover before it was locked
            continue
        with suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        if part.exists():
            return part, lock
        os.close(lock)


def _hidden_name(path: Path) -> Path:
    # Cut, so that a long name that the disk still takes isn't made too long by the addition.
    return path.with_name(f".opticalzoom-{secrets.token_hex(4)}-{path.stem[:40]}{path.suffix}")


def _remove(part: Path) -> None:
    with suppress(OSError):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


def _reach_disk(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk: only then may what they replace go."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # some file systems cannot be asked
            raise
    finally:
        os.close(descriptor)


def path_within(folder: Path, name: str | PathLike[str], *, error: type[OpticalZoomError] = OpticalZoomError) -> Path:
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


def real_path(path: str | PathLike[str]) -> Path:
    """The absolute path that a path means, without links. A link that leads to itself stays as it is."""
    return Path(os.path.realpath(path))  # Path.resolve raises for such links


def home_path(path: str | PathLike[str]) -> Path:
    """The path with the user's home folder for ``~``; that of somebody whom the system does not know stays."""
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)
