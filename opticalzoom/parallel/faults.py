"""What goes wrong with one of many photos, pairs or rows: it is told with its reason, and the others go on.

Files of other people raise every class of exception there is. So whoever works through many of them catches
:class:`Exception` around each, once, and tells what :func:`as_told` makes of it.
"""

from __future__ import annotations

import platform
import re
import traceback
from contextlib import suppress
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path

from opticalzoom.errors import OpticalZoomError, OutOfMemoryError, UnforeseenError

LOG = Path("~/.cache/opticalzoom/unforeseen.log")
"""Where tracebacks of what nobody foresaw are kept."""

_MOST_BYTES = 1_000_000
"""Of the log: a longer one is begun anew."""
_MEMORY = re.compile(r"bad.?alloc|\balloc|out of memory|not enough memory|too little memory", re.IGNORECASE)
"""How libraries say that there is too little memory in exceptions of classes that do not say so."""


def as_told(error: Exception, path: str | PathLike[str] | None = None) -> OpticalZoomError:
    """What the user is told of an exception: an error with a reason, and with the file that it is about.

    Errors of ours are passed on. A lack of memory, what the system refuses and text in another encoding are told in a
    sentence. Anything else is a mistake of this program's: its traceback is appended to :data:`LOG`, and the message
    names that file.

    Args:
        error: what was caught.
        path: the file that was worked on.
    """
    if isinstance(error, OpticalZoomError):
        return error.about(path) if path is not None else error
    if isinstance(error, MemoryError) or _MEMORY.search(str(error)):
        remedy = "Close other programs, or do less at once: fewer --workers, a smaller --memory or a part of it."
        return OutOfMemoryError("there is too little memory for it.", path=path, remedy=remedy)
    if isinstance(error, OSError) and error.strerror:
        return OpticalZoomError(f"{error.strerror}.", path=error.filename or path)
    if isinstance(error, UnicodeDecodeError):
        return OpticalZoomError(f"text that is no UTF-8 ({error}).", path=path, remedy="Save the text as UTF-8.")
    words = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
    log = keep_traceback(error)
    remedy = f"Please report it, with the traceback that is in {log}" if log else "Please report it."
    return UnforeseenError(f"an unforeseen error ({words}).", path=path, remedy=remedy)


def keep_traceback(error: BaseException) -> Path | None:
    """Append the traceback of an exception to :data:`LOG`; returns its path, None if it cannot be written."""
    with suppress(PackageNotFoundError, OSError, RuntimeError):  # there may be no home
        path, now = LOG.expanduser(), datetime.now(timezone.utc)
        about = f"{now:%Y-%m-%d %H:%M:%S}Z, opticalzoom {version('opticalzoom')}, {platform.platform()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        anew = path.exists() and path.stat().st_size > _MOST_BYTES
        with path.open("w" if anew else "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{about}\n{''.join(traceback.format_exception(error))}\n")
        return path
    return None
