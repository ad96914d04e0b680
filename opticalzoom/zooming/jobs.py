"""Zooming many photographs: a job each, in this process, in several, or on a cluster, under one progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console

from opticalzoom.engines.backends import WORTH_MEASURING
from opticalzoom.errors import DamagedPhotoError, OpticalZoomError, OutputExistsError, PhotoError
from opticalzoom.lenses.library import named_weights
from opticalzoom.parallel.cores import cores, limit_cores
from opticalzoom.parallel.faults import as_told
from opticalzoom.parallel.progress import progress_bar
from opticalzoom.parallel.schedule import run_here, run_on_cluster
from opticalzoom.photo.raw.libraw import is_raw
from opticalzoom.photo.window import Window
from opticalzoom.weights.computing import MEMORY, Backend, Precision
from opticalzoom.zooming.options import Bits
from opticalzoom.zooming.zoomer import Zoomer, load_zoomer

_SMALL, _WORTH_A_PROCESS = 1_000_000, 2_000_000
"""Pixels of the largest photo that one core zooms best, and pixels that keep a core busy for much longer than a process
takes to start."""
_MOST_WORKERS = 8
"""Processes at most: each takes some 500 MB."""

_SALVAGED = "it is damaged, and what is left of it was zoomed"


@dataclass(frozen=True)
class Recipe:
    """How photos are zoomed.

    Attributes:
        weights: a file, or bundled weights by name; None for those that suit.
        scale: output pixels per source pixel and side; None for the weights' own.
        self_ensemble: whether to zoom eight times, see :class:`~opticalzoom.engines.engine_ensemble.EnsembleEngine`.
        bits: of a channel of the result; None for those of the source (RAW: 16).
        quality: of JPEG and WebP, 1 to 100.
        overwrite: whether results may replace files.
        backend: what computes, see :func:`~opticalzoom.engines.backends.load_engine`.
        precision: what in, likewise.
        pixels: about how many will be zoomed, of all photos together; likewise.
        memory: bytes that zooming a photo may have in use at once.
        salvage: whether what is left of damaged photos is zoomed.
    """

    weights: str | None = None
    scale: float | None = None
    self_ensemble: bool = False
    bits: Bits | None = None
    quality: int = 95
    overwrite: bool = False
    backend: Backend | Literal["auto"] = "auto"
    precision: Precision | Literal["auto"] = "auto"
    pixels: int = WORTH_MEASURING
    memory: int = MEMORY
    salvage: bool = False

    def zoomer(self, raw: bool) -> Zoomer:
        """What zooms photos, or RAW files; loaded once in a process.

        Raises:
            OpticalZoomError: the weights cannot be used.
        """
        return load_once(self, raw)


@lru_cache
def load_once(recipe: Recipe, raw: bool) -> Zoomer:
    """What zooms so; the same object every time it is asked for, as loading takes up to a second."""
    zoomer = replace(
        load_zoomer(
            recipe.weights,
            recipe.scale,
            raw=raw,
            backend=recipe.backend,
            precision=recipe.precision,
            pixels=recipe.pixels,
        ),
        memory=recipe.memory,
    )
    return zoomer.ensemble() if recipe.self_ensemble else zoomer


@dataclass(frozen=True)
class Job:
    """One photo to zoom.

    Attributes:
        photo: the source.
        target: the result, which isn't there yet, or which may be replaced.
        pixels: how many are to be zoomed: the measure of progress. 0 if unknown.
        crop: the part to zoom; None for all of it.
        recipe: how.
        spare: the job of the JPEG beside a RAW file, which is done instead if that cannot be used.
    """

    photo: Path
    target: Path
    pixels: int
    crop: Window | None
    recipe: Recipe
    spare: Job | None = None

    def anywhere(self) -> Job:
        """The same with absolute names, for a process that runs elsewhere."""
        weights = self.recipe.weights and named_weights(self.recipe.weights)
        named = str(Path(weights).absolute()) if weights and Path(weights).is_file() else weights
        recipe = replace(self.recipe, weights=named)
        spare = self.spare and self.spare.anywhere()
        return replace(self, photo=self.photo.absolute(), target=self.target.absolute(), recipe=recipe, spare=spare)

    def without_taken_spare(self) -> Job:
        """The same without a spare whose result is there already, so that it is not counted as this one's."""
        return replace(self, spare=None) if self.spare and self.spare.target.exists() else self


class Outcome(NamedTuple):
    """A job that is over, why it failed, if it did, and what of the photo is not in the result, a phrase each."""

    job: Job
    error: OpticalZoomError | None = None
    notes: tuple[str, ...] = ()


def check_engines(jobs: list[Job]) -> None:
    """Load whatever zooms these photos here, so that what cannot be used is found before the first photo.

    Raises:
        OpticalZoomError: the backend or the weights cannot be used.
    """
    for raw, recipe in {(is_raw(job.photo), job.recipe) for job in jobs}:
        recipe.zoomer(raw)


def zoom_job(job: Job, progress: Callable[[int, int], None] | None = None, *, again: bool = False) -> Outcome:
    """Zoom one photo; whatever is wrong with it is in the outcome.

    Args:
        job: what to do.
        progress: called after every tile with the number of tiles done and of all tiles.
        again: whether a process may have done the job before, and died before it could say so.
    """
    try:
        return Outcome(job, None, _zoomed(job, progress))
    except OutputExistsError as error:
        return Outcome(job, None if again else error)  # it was not there when the jobs were planned
    except Exception as error:  # of every class, for damaged files
        told = as_told(error, job.photo)
    if job.spare and isinstance(told, PhotoError) and told.path == job.photo:
        spare, _, notes = outcome = zoom_job(job.spare, progress)
        if not outcome.error:
            why = f"the JPEG is zoomed instead of its RAW file, which cannot be used: {told.cause.rstrip('.')}"
            return Outcome(replace(spare, pixels=job.pixels), None, (why, *notes))
    return Outcome(job, told)


def _zoomed(job: Job, progress: Callable[[int, int], None] | None) -> tuple[str, ...]:
    """Zoom one photo; what of it is not in the result."""
    recipe = job.recipe
    zoom = partial(
        recipe.zoomer(is_raw(job.photo)).zoom_to,
        job.photo,
        job.target,
        crop=job.crop,
        bits=recipe.bits,
        quality=recipe.quality,
        overwrite=recipe.overwrite,
        progress=progress,
    )
    try:
        return zoom()
    except DamagedPhotoError:
        if not recipe.salvage:
            raise
        return (_SALVAGED, *zoom(salvage=True))


def run_jobs(jobs: list[Job], workers: int, scheduler: str | None, console: Console) -> Iterator[Outcome]:
    """The outcomes as they come, with a progress bar over all pixels.

    Args:
        jobs: whose photos a cluster must see under the same names.
        workers: processes; 1 for this one, which uses all cores for each photo.
        scheduler: address of a Dask scheduler: its workers take the place of processes here.
        console: for the bar.

    Raises:
        ConfigError: ``workers`` is below 1, or no scheduler answers.
    """
    with progress_bar(console, counted=False) as bar:
        task = bar.add_task("", total=sum(job.pixels for job in jobs))
        pixels = 0

        def advance(job: Job, tile: int, tiles: int) -> None:
            bar.update(task, completed=pixels + job.pixels * tile / tiles)

        for done, outcome in enumerate(_outcomes(jobs, workers, scheduler, advance), start=1):
            pixels += outcome.job.pixels
            bar.update(task, completed=pixels, description=f"{done} of {len(jobs)}")
            yield outcome


def default_workers(jobs: list[Job]) -> int:
    """How many processes zoom these photos fastest: one a core for many small photos, else one with all cores.

    Several threads on a small photo mostly wait for each other; but each process takes seconds to begin.
    """
    threads, pixels = cores(), sum(job.pixels for job in jobs)
    small = pixels <= _SMALL * len(jobs)
    return min(threads, _MOST_WORKERS) if small and pixels >= _WORTH_A_PROCESS * threads else 1


def _outcomes(
    jobs: list[Job], workers: int, scheduler: str | None, advance: Callable[[Job, int, int], None]
) -> Iterator[Outcome]:
    if scheduler:
        return run_on_cluster(partial(zoom_job, again=True), [job.anywhere() for job in jobs], scheduler, _lost)
    if workers == 1:
        return (zoom_job(job, partial(advance, job)) for job in jobs)
    threads = max(1, cores() // workers)
    return run_here(partial(_zoom_with_threads, threads), jobs, workers, _lost)


def _zoom_with_threads(threads: int, job: Job) -> Outcome:
    limit_cores(threads)
    return zoom_job(job, again=True)


def _lost(job: Job) -> Outcome:
    remedy = "Try fewer --workers, or zoom it alone."
    return Outcome(
        job, PhotoError("its process died twice, perhaps for lack of memory.", path=job.photo, remedy=remedy)
    )
