"""Which lens something was learned for: what its photos say of themselves, and how good what was learned is.

The card lies in the weights file, as ``training["lens"]`` of its :class:`~opticalzoom.weights.card.ModelCard`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, get_args

from opticalzoom.errors import CheckpointError
from opticalzoom.photo.metadata import Metadata
from opticalzoom.weights.contract import SCALES

LensInput = Literal["rgb", "raw"]
"""What a lens is learned from and for: photos, or the mosaics of RAW files."""

FOCAL_TOLERANCE = 0.05
"""Relative difference of focal lengths up to which two photos are of the same setting of the same lens.

The cameras of one phone differ by a fifth and more; cameras round what they write by less than a twentieth.
"""

_ROUNDED = 1.0
"""Millimetres by which 35 mm equivalents differ at least before it tells anything: cameras write whole numbers."""
_LONGEST, _MOST_FIGURES = 200, 200
_LARGEST, _MOST_RATIO = 1e9, 100.0
_KEY = "lens"


@dataclass(frozen=True)
class LensCard:
    """What weights that were learned for one lens say of it.

    Attributes:
        camera: maker and model, as :class:`~opticalzoom.photo.metadata.Metadata` has it; empty if it is not known, and
            then the card is that of no photo.
        lens: model of the lens, empty if it is not known.
        focal_length: of X, in mm as EXIF has it; 0 if it is not known.
        equivalent: of X, in mm of a lens with the same field of view on 35 mm film; None if it is not known.
        ratio: Y's focal length over X's, as measured in the pictures.
        scale: of the network: 2, 3, 4 or 8.
        input: what it was learned from.
        date: when, as ISO 8601 has it.
        figures: of the verdict: ``psnr`` in dB and ``ssim`` of each method; ``gain`` over other methods in dB, with its
            error; ``pairs`` and ``scenes``. Numbers, lists of numbers, and such by name.
    """

    camera: str
    lens: str
    focal_length: float
    equivalent: float | None
    ratio: float
    scale: int
    input: LensInput
    date: str
    figures: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_photo(
        cls, photo: Metadata, *, ratio: float, scale: int, input: LensInput, date: str, figures: Mapping[str, Any]
    ) -> LensCard:
        """The card of what was learned from photos of which ``photo`` is one, taken at the short focal length."""
        return cls(
            camera=photo.camera or "",
            lens=photo.lens or "",
            focal_length=photo.focal_length or 0.0,
            equivalent=photo.focal_length_35mm,
            ratio=ratio,
            scale=scale,
            input=input,
            date=date,
            figures=dict(figures),
        )

    @property
    def identity(self) -> tuple[str, str, float, int, str]:
        """What two cards for the very same lens, scale and input have in common."""
        return self.camera, self.lens, self.focal_length, self.scale, self.input

    @property
    def title(self) -> str:
        """As ``Google Pixel 7, 6.8 mm``."""
        return f"{self.camera or 'camera without EXIF'}, {self.focal_length:g} mm"

    @property
    def learned_at(self) -> datetime:
        """The date; without a time zone it is taken for UTC."""
        found = datetime.fromisoformat(self.date)
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)

    def matches(self, photo: Metadata) -> bool:
        """Whether a photo was taken by this camera with this lens at this focal length.

        All three have to be known of both, but for the lens, which counts where both name it. So do 35 mm equivalents:
        phones write the true focal length and a larger equivalent where they enlarged the middle of the picture.
        """
        if not (self.camera and self.focal_length and photo.camera and photo.focal_length):
            return False
        if _words(self.camera) != _words(photo.camera):
            return False
        if self.lens and photo.lens and _words(self.lens) != _words(photo.lens):
            return False
        if self.equivalent and photo.focal_length_35mm:
            tolerance = max(_ROUNDED, FOCAL_TOLERANCE * self.equivalent)
            if abs(photo.focal_length_35mm - self.equivalent) > tolerance:
                return False
        return self.distance(photo) <= FOCAL_TOLERANCE

    def distance(self, photo: Metadata) -> float:
        """Relative difference of the focal lengths; infinite if one is not known."""
        if not (photo.focal_length and self.focal_length):
            return math.inf
        return abs(photo.focal_length / self.focal_length - 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which lacks infinity: it becomes None."""
        return {name: _finite(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, content: object) -> LensCard:
        """The inverse of :meth:`to_dict`, checked value by value: files come from strangers.

        Raises:
            CheckpointError: a value is missing, of another type, or out of range.
        """
        fields = set(cls.__dataclass_fields__)
        if not isinstance(content, dict) or set(content) != fields:
            found = sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__
            raise _damaged(f"it has {found}, expected {sorted(fields)}")
        checks = {
            "camera": _is_text(content["camera"]),
            "lens": _is_text(content["lens"]),
            "focal_length": _is_number(content["focal_length"], least=0),
            "equivalent": content["equivalent"] is None or _is_number(content["equivalent"], least=0),
            "ratio": _is_number(content["ratio"], least=1) and content["ratio"] <= _MOST_RATIO,
            "scale": type(content["scale"]) is int and content["scale"] in SCALES,
            "input": content["input"] in get_args(LensInput),
            "date": _is_date(content["date"]),
            "figures": isinstance(content["figures"], dict) and _count(content["figures"]) <= _MOST_FIGURES,
        }
        wrong = [name for name, fine in checks.items() if not fine]
        if wrong:
            raise _damaged(f"its {wrong[0]} is {str(content[wrong[0]])[:_LONGEST]!r}")
        return cls(**content)


def read_lens(training: Mapping[str, Any]) -> LensCard | None:
    """The lens card in what a :class:`~opticalzoom.weights.card.ModelCard` says of its training; None without one.

    Raises:
        CheckpointError: it is damaged.
    """
    return LensCard.from_dict(training[_KEY]) if _KEY in training else None


def _words(name: str) -> list[str]:
    return name.casefold().split()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and (value.isprintable() or not value)


def _is_number(value: object, least: float = -_LARGEST) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and least <= value <= _LARGEST


def _is_date(value: object) -> bool:
    if not _is_text(value):
        return False
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _count(value: object, depth: int = 3) -> float:
    """How many numbers there are; infinite if there is anything else, or too deep."""
    if value is None or _is_number(value):
        return 1
    if isinstance(value, list) and depth:
        return sum(_count(one, depth - 1) for one in value)
    if isinstance(value, dict) and depth and all(map(_is_text, value)):
        return sum(_count(one, depth - 1) for one in value.values())
    return math.inf


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _damaged(reason: str) -> CheckpointError:
    return CheckpointError(f"has a damaged lens card ({reason}).", remedy="Copy or download it again.")
