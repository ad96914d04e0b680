"""One pair of shots: registered, judged, written to its folder, with pictures that show why it can be trusted."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PairError, PhotoError
from opticalzoom.files import atomic_folder
from opticalzoom.pages.flow_pictures import flow_limit
from opticalzoom.pairs.manifest import MASK, MOSAIC, PAIRS, Record, X, Y
from opticalzoom.pairs.pair import Pixels, as_rgb
from opticalzoom.pairs.preparing.detail import detail_gain
from opticalzoom.pairs.preparing.pair_pictures import write_pictures
from opticalzoom.pairs.preparing.verdict import verdict
from opticalzoom.pairs.scenes.focal_lengths import digital_share
from opticalzoom.pairs.scenes.pairing import LEAST_RATIO
from opticalzoom.pairs.scenes.sequence import Shot, ShotPair
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.orientation import as_stored
from opticalzoom.photo.photograph import Photo, from_float, read_photo, to_float, write_photo
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import RawPhoto, develop, read_raw, render
from opticalzoom.photo.siblings import Problem
from opticalzoom.registration.colour_match import apply_colour, fit_colour
from opticalzoom.registration.same_view import VERSION
from opticalzoom.registration.zoom_view import RegisteredView, register_views


@dataclass(frozen=True)
class PairJob:
    """A pair to prepare.

    Attributes:
        pair: of shots.
        scene: its scene's name.
        output: the prepared folder.
        scale: of the target over X.
        key: of all that the result depends on.
        tolerance: how far the measured ratio may be from the scale, see
            :func:`~opticalzoom.pairs.scenes.ratios.suits`.
        unused: the RAW file of X, if it cannot be used and the photo beside it is.
    """

    pair: ShotPair
    scene: str
    output: Path
    scale: int
    key: str
    tolerance: float = 0.25
    unused: Problem | None = None


def job_key(pair: ShotPair, scale: int, tolerance: float = 0.25) -> str:
    """Changes when the files, the scale, the tolerance or the registration do."""
    paths = [path for shot in (pair.short, pair.long) for path in (shot.photo, shot.raw) if path]
    stamps = [(str(path), stat.st_size, stat.st_mtime_ns) for path in paths for stat in (path.stat(),)]
    return hashlib.sha256(json.dumps([VERSION, scale, tolerance, pair.ratio, stamps]).encode()).hexdigest()[:16]


def is_prepared(job: PairJob, record: Record | None) -> bool:
    """Whether this record is the job's, and its files are there."""
    if record is None or record.get("key") != job.key:
        return False
    folder = job.output / PAIRS / job.pair.name
    return not record["accepted"] or all((folder / name).is_file() for name in (X, Y, MASK))


def prepare_shots(job: PairJob) -> Record:
    """Register a pair and write it; its record for the manifest. Pairs that cannot be used are rejected with a reason.

    Raises:
        PairError: the output cannot be written.
    """
    cv2.setNumThreads(1)  # on a cluster's workers, too: parallelism comes from the pairs
    try:
        loaded, found, job = _registered(job)
        registered = _Registered(found, loaded)
        gain = registered.detail_gain(job.scale)
        summary = {name: _plain(value) for name, value in found.summary().items() if name not in {"ok", "reason"}}
        summary["detail"] = gain
    except Exception as error:  # one odd file must not end a night's run
        return rejection(job, str(as_told(error)))
    reason = verdict(found, job.pair, job.scale, job.tolerance, gain)
    try:
        pictures = registered.pictures if min(found.view.shape) else ()
        write_pictures(job.output, job.pair.name, loaded.x, loaded.y, *pictures)
        if reason:
            shutil.rmtree(job.output / PAIRS / job.pair.name, ignore_errors=True)  # of an earlier, better photo
        else:
            _write(job, registered)
    except OSError as error:
        raise PairError(
            f"cannot be written ({error.strerror or error}).",
            path=job.output,
            remedy="Free some space or choose another disk, and run again to go on.",
        ) from error
    flow = flow_limit(found.registration.flow) if found.registration.flow.size else 0.0
    return {**_record(job), "accepted": not reason, "reason": reason, **summary, "flow": flow}


def rejection(job: PairJob, reason: str) -> Record:
    """The record of a pair that could not even be read or compared."""
    return {**_record(job), "accepted": False, "reason": reason}


def _registered(job: PairJob) -> tuple[_Loaded, RegisteredView, PairJob]:
    """Both shots and their registration; if they turn out to be the other way round, of the job with them turned."""
    loaded, job = _load(job)
    found = register_views(loaded.y, loaded.x, job.scale, job.pair.likely_ratio)
    if not found.ok or found.ratio > 1 / LEAST_RATIO:
        return loaded, found, job
    pair = job.pair
    turned = replace(pair, short=pair.long, long=pair.short, ratio=1 / pair.ratio if pair.ratio else None)
    turned = replace(turned, measured=1 / found.ratio, magnification=1 / found.magnification)
    loaded, job = _load(replace(job, pair=turned))
    return loaded, register_views(loaded.y, loaded.x, job.scale, turned.measured), job


@dataclass(frozen=True)
class _Loaded:
    """A pair in memory, both in the orientation of X's sensor if X is a mosaic, else upright."""

    x: Pixels
    y: Pixels
    raw: RawPhoto | None


def _load(job: PairJob) -> tuple[_Loaded, PairJob]:
    """The pictures of a job, and the job without a RAW file that cannot be used beside a photo that can."""
    short, y = job.pair.short, _picture(job.pair.long)
    if short.raw is None:
        return _Loaded(_picture(short), y, None), job
    try:
        raw = read_raw(short.raw)
    except PhotoError as error:
        if short.photo is None:
            raise
        unused = Problem(short.raw, f"{error.cause.rstrip('.')}; {short.photo.name} is taken instead")
        pair = replace(job.pair, short=replace(short, raw=None))
        return _Loaded(_picture(short), y, None), replace(job, pair=pair, unused=unused)
    x, turned = from_float(render(raw), np.uint16), np.ascontiguousarray(as_stored(y, raw.orientation))
    return _Loaded(x, turned, raw), job


def _picture(shot: Shot) -> Pixels:
    """Upright, H×W×3; as the camera developed it where it did."""
    if shot.photo is not None:
        return as_rgb(read_photo(shot.photo).color)
    return develop(read_raw(shot.path)).pixels


class _Registered:
    """What is made of a registered pair, once."""

    def __init__(self, found: RegisteredView, loaded: _Loaded) -> None:
        self.found, self.loaded = found, loaded

    @cached_property
    def x(self) -> Pixels:
        """X's part, h×w×3."""
        return np.ascontiguousarray(self.found.crop(self.loaded.x))

    @cached_property
    def y(self) -> Pixels:
        """Y on X's grid times the scale, in X's colours."""
        trusted = self.found.registration.trusted
        return _matched(self.found.warp(self.loaded.y), self.x, trusted, self.loaded.y.dtype)

    def detail_gain(self, scale: int) -> float | None:
        """See :func:`~opticalzoom.pairs.preparing.detail.detail_gain`; None also without a registration."""
        if not self.found.ok:
            return None
        return detail_gain(self.y, self.x, self.found.registration.trusted, scale, self.found.magnification)

    @property
    def pictures(self) -> tuple[RegisteredView, Pixels, Pixels]:
        """What the report's pictures are made of."""
        return self.found, self.x, self.y


def _write(job: PairJob, pair: _Registered) -> None:
    loaded, view = pair.loaded, pair.found.view
    with atomic_folder(job.output / PAIRS / job.pair.name, error=PairError) as part:
        write_photo(part / X, Photo(pair.x))
        write_photo(part / Y, Photo(pair.y))
        write_photo(part / MASK, Photo(pair.found.registration.trusted[..., None].astype(np.uint8) * 255))
        if loaded.raw is not None:
            write_dng(part / MOSAIC, loaded.raw.crop(view.rows, view.columns), job.pair.short.metadata)


def _matched(y: Pixels, x: Pixels, trusted: NDArray[np.bool_], dtype: np.dtype) -> Pixels:
    """Y in the colours of X."""
    size = x.shape[1::-1]  # colours can be compared on X's grid, which takes a fraction of memory and time
    reduced = cv2.resize(y, size, interpolation=cv2.INTER_AREA)
    whole = cv2.resize(trusted.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) == 255
    return from_float(apply_colour(to_float(y), fit_colour(to_float(reduced), to_float(x), whole)), dtype)


def _record(job: PairJob) -> Record:
    short, long = job.pair.short, job.pair.long
    return {
        "name": job.pair.name,
        "scene": job.scene,
        "scale": job.scale,
        "key": job.key,
        "short": str(short.raw or short.photo),
        "long": str(long.photo or long.raw),
        "raw": short.raw is not None,
        "focal_short": short.focal_length,
        "focal_long": long.focal_length,
        "focal_ratio": job.pair.ratio,
        "digital_zoom": digital_share(short.metadata, long.metadata),
        **({"unused": str(job.unused.path), "unused_reason": job.unused.reason} if job.unused else {}),
    }


def _plain(value: Any) -> Any:
    """For JSON: no numpy numbers, and no infinity."""
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not np.isfinite(number) else number
