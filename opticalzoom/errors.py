"""The exceptions of OpticalZoom: every one says what is wrong, where, and what to do about it.

The command line turns each of them into one message on standard error and exit code 2; what it prints is
:func:`visible`. How many of a thing there are is told by :func:`counted`.
"""

from __future__ import annotations

import unicodedata
from os import PathLike

_TURNS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""Characters that reverse the direction of what follows: a file's name can look like another's with them."""
_BREAKS = ("Cc", "Zl", "Zp")
"""Unicode's categories of control characters, and of separators of lines and paragraphs."""


class OpticalZoomError(Exception):
    """Base of all errors that a user can cause and mend.

    Args:
        cause: what is wrong, with expected and got where that makes sense.
        path: the file or folder it is about.
        remedy: what the user can do.
    """

    def __init__(self, cause: str, *, path: str | PathLike[str] | None = None, remedy: str | None = None) -> None:
        self.cause, self.path, self.remedy = cause, path, remedy
        where = f"{path}: " if path is not None else ""
        advice = f" {remedy}" if remedy else ""
        super().__init__(f"{where}{cause}{advice}")

    def about(self, path: str | PathLike[str]) -> OpticalZoomError:
        """The same error, of this file if it names none itself."""
        return self if self.path else type(self)(self.cause, path=path, remedy=self.remedy)


class PhotoError(OpticalZoomError):
    """A photograph that cannot be read or written."""


class DamagedPhotoError(PhotoError):
    """A photograph of which a decoder cannot make all pixels."""


class OutputExistsError(OpticalZoomError):
    """An output that is already there and that nobody asked to replace."""


class PairError(OpticalZoomError):
    """A folder that holds no usable pairs, or a pair that does not fit together."""


class CheckpointError(OpticalZoomError):
    """A weights file that is damaged, of another kind, or does not fit the request."""


class ModelError(OpticalZoomError):
    """A model built or used in a way that it does not support."""


class ShapeError(OpticalZoomError):
    """An array or a tensor of another shape than the one that is asked for."""


class ConfigError(OpticalZoomError):
    """A configuration or command line that contradicts itself or the data."""


class TrainingError(OpticalZoomError):
    """A training run that cannot go on."""


class OutOfMemoryError(OpticalZoomError):
    """Work that takes more memory than there is."""


class UnforeseenError(OpticalZoomError):
    """A mistake of this program's, which its user can only report."""


class DependencyError(OpticalZoomError):
    """An optional package or download that this needs and that is not there."""


def counted(number: int, noun: str) -> str:
    """As ``1 scene`` and ``2 scenes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def visible(text: str) -> str:
    r"""The text with escapes for characters that would move the cursor, change colours or end the line.

    File names may have them. Bytes in names that are no text become question marks.

    >>> visible("a\x1b[31m\n.jpg")
    'a\\x1b[31m\\n.jpg'
    """
    shown = text.encode(errors="replace").decode()
    return "".join(repr(c)[1:-1] if ord(c) in _TURNS or unicodedata.category(c) in _BREAKS else c for c in shown)
