"""Shots of one scene by focal length, and the pairs among them: how many times wider one shot sees than another."""

from __future__ import annotations

from dataclasses import dataclass

from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot

_SAME_SENSOR = 0.06
"""Largest relative difference of crop factors that rounding (of the 35 mm equivalent, to mm) explains."""


_SAME_LENGTH = 0.02
"""Relative difference of focal lengths, in mm, that counts as none."""


@dataclass(frozen=True)
class Scene:
    """Shots of the same thing, by focal length, longest first; those without focal length last, by name."""

    name: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class ShotPair:
    """Two shots of a scene.

    Attributes:
        name: scene, short and long shot; unique among the pairs of a folder.
        short: of the shorter focal length; shows more of the scene.
        long: of the longer one.
        ratio: how many times wider the field of view of ``short`` is, a matter of the optics alone. Two pictures of
            different pixel counts have another ratio of pixels. None where the files don't tell; nor is it known
            then which of the two is the long one: it's taken to be the first by name.
        measured: the same ratio by what thumbnails show, to a few percent; None where they show too little.
        magnification: likewise, pixels of ``long`` per pixel of ``short``; it is the ratio for equal pixel counts.
    """

    name: str
    short: Shot
    long: Shot
    ratio: float | None
    measured: float | None = None
    magnification: float | None = None

    @property
    def likely_ratio(self) -> float | None:
        """What the pictures show, or else what the files say."""
        return self.measured or self.ratio

    @property
    def optical_ratio(self) -> float | None:
        """What a target can be enlarged by: the lesser of ratio and magnification, less what was zoomed digitally."""
        if self.likely_ratio is None:
            return None
        share = digital_share(self.short.metadata, self.long.metadata)
        return min(self.likely_ratio, self.magnification or self.likely_ratio) / share


def field_of_view_ratio(short: Metadata, long: Metadata) -> float | None:
    """How many times wider the field of view of ``short`` is, or None if the files don't tell.

    The ratio of focal lengths, as long as the sensor was the same. Phones have a smaller sensor behind their tele
    lens, and zoom digitally: where the crop factors differ, it's the ratio of 35 mm equivalents, which are rounded.
    """
    crops = [crop_factor(metadata) for metadata in (short, long)]
    same_sensor = None in crops or abs(crops[1] / crops[0] - 1) <= _SAME_SENSOR  # type: ignore[operator]
    if same_sensor and short.focal_length and long.focal_length:
        return long.focal_length / short.focal_length
    if short.focal_length_35mm and long.focal_length_35mm:
        return long.focal_length_35mm / short.focal_length_35mm
    return None


def crop_factor(metadata: Metadata) -> float | None:
    """35 mm equivalent over focal length."""
    if metadata.focal_length_35mm is None or metadata.focal_length is None:
        return None
    return metadata.focal_length_35mm / metadata.focal_length


def by_focal_length(shots: list[Shot]) -> tuple[Shot, ...]:
    """Longest first."""
    comparable = all(shot.metadata.focal_length_35mm for shot in shots)

    def key(shot: Shot) -> tuple[float, float, str]:
        equivalent = shot.metadata.focal_length_35mm if comparable else None
        return -(equivalent or 0), -(shot.focal_length or 0), shot.name

    return tuple(sorted(shots, key=key))


def digital_share(short: Metadata, long: Metadata) -> float:
    """By how much more the camera enlarged ``long`` than ``short``, as far as the files say so; 1 for none.

    The optical part of a ratio of fields of view is the ratio over it.
    """
    return (long.digital_zoom or 1.0) / (short.digital_zoom or 1.0)


def same_lens_setting(short: Metadata, long: Metadata) -> bool:
    """Whether both have the same focal length by the files: what differs then is a crop, unless the files are wrong."""
    lengths = short.focal_length, long.focal_length
    return None not in lengths and abs(lengths[1] / lengths[0] - 1) < _SAME_LENGTH  # type: ignore[operator]
