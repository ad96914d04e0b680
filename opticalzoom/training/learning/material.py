"""What there is to learn from: the registered pairs of each lens, out of whatever folder or photos were named."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from opticalzoom.errors import PairError, PhotoError
from opticalzoom.files import real_path
from opticalzoom.lenses.lens_card import LensInput
from opticalzoom.pairs import manifest
from opticalzoom.pairs.kinds import CAMERAS
from opticalzoom.pairs.manifest import Record, read_manifest
from opticalzoom.pairs.pair_cache import PAIR_CACHE, PairCache
from opticalzoom.pairs.prepared import PreparedPairs
from opticalzoom.pairs.preparing.cost import affordable_pairs
from opticalzoom.pairs.preparing.prepare_card import PreparedCard, prepare_card, survey_card
from opticalzoom.pairs.registered import Preparation, TrainingPair
from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.pairs.scenes.ratios import Survey, nearest_scale
from opticalzoom.pairs.scenes.survey import survey
from opticalzoom.pairs.sources import City100, FolderPairs, Source, parallel_folders
from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.size import read_size
from opticalzoom.training.datamodule import prepare_all
from opticalzoom.weights.contract import SCALES

TOLERANCE = 0.6
"""How far a measured ratio may be from the whole scale that serves it, see :func:`~..pairs.scenes.ratios.suits`."""
_LEAST_RATIO = 1.35
"""Ratios below are served by no scale: ×2 would be mostly guessed."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class LensPairs:
    """Registered pairs of one lens setting.

    Attributes:
        metadata: of a short shot; without a camera's name where the photos have no EXIF.
        scale: of the target over X.
        input: whether X is a photo or a mosaic.
        ratio: of the fields of view as measured, median; the scale where it was not measured.
        pairs: that can be trained on, by name.
        scenes: the scene of each pair.
        report: the page about all pairs, accepted or not, if they were prepared.
    """

    metadata: Metadata
    scale: int
    input: LensInput
    ratio: float
    pairs: list[TrainingPair]
    scenes: list[str]
    report: Path | None = None

    @property
    def title(self) -> str:
        """As ``Google Pixel 7 at 2.35 mm, ×1.85, photos``; the scale where EXIF does not tell a focal length.

        Pictures without EXIF may have been cropped, and the ratio of what they show is not that of their pixels.
        """
        camera, length = self.metadata.camera or "a camera without EXIF", self.metadata.focal_length
        at, ratio = (f" at {length:g} mm", self.ratio) if length else ("", self.scale)
        return f"{camera}{at}, ×{ratio:.3g}, {'RAW' if self.input == 'raw' else 'photos'}"


@dataclass(frozen=True)
class _Setting:
    """What tells one lens setting from another."""

    camera: str | None
    lens: str | None
    focal_length: float | None
    raw: bool


def gather(
    photos: Sequence[Path], output: Path, scale: int | None, say: Say, seconds: float = math.inf
) -> list[LensPairs]:
    """The pairs of every lens in a folder or among some photos, prepared and registered; goes on after a stop.

    Args:
        photos: one folder (a card, a prepared folder, parallel folders x and y, or City100_<camera>), or photos.
        output: folder for what is prepared.
        scale: of the target over X; by default the one that most pairs of a lens suit.
        say: told what was found.
        seconds: for preparing a card: of more pairs than it suffices for, some are taken, evenly spread.

    Raises:
        PairError: there is no pair that can be used; the reasons are told.
    """
    sets = [lens for lens in _every_lens(photos, output, scale, say, seconds) if lens.pairs]
    if not sets:
        raise PairError("no pair could be used.", path=photos[0], remedy="The reasons are above and in the report.")
    return sets


def _every_lens(photos: Sequence[Path], output: Path, scale: int | None, say: Say, seconds: float) -> list[LensPairs]:
    root = photos[0]
    if len(photos) == 1 and root.is_dir():
        if (root / manifest.NAME).is_file():
            return _of_prepared(root, say)
        camera = next((name for name in CAMERAS if root.name == f"City100_{name}"), None)
        if camera:
            source = City100(root, scale or SCALES[1], camera)
            return _of_source(source, source.names("train") + source.names("val"), Metadata(camera=camera), say)
        if parallel_folders(root):
            return _of_folders(root, scale, say)
    return _of_card(photos, output, scale, say, seconds)


def _of_card(photos: Sequence[Path], output: Path, scale: int | None, say: Say, seconds: float) -> list[LensPairs]:
    if len(photos) == 1 and photos[0].is_dir():
        found = survey_card(real_path(photos[0]), real_path(output))
    else:
        found = survey(list(photos))
    say(f"Found: {found}")
    for problem in found.problems:
        say(f"not used: {problem.path}: {problem.reason}")
    wanted = _by_scale(found, scale)
    if not wanted:
        ratios = f": {found}" if found.pairs else ""
        raise PairError(
            f"holds no two shots of one scene at different focal lengths{f' for ×{scale}' if scale else ''}{ratios}.",
            path=photos[0],
            remedy="Photograph a few scenes twice from one place, first zoomed out, then zoomed in.",
        )
    sets: list[LensPairs] = []
    for number, pairs in sorted(wanted.items()):
        chosen = affordable_pairs(pairs, number, seconds * len(pairs) / sum(map(len, wanted.values())))
        if len(chosen) < len(pairs):
            say(f"×{number}: {len(chosen)} of {len(pairs)} pairs are prepared; a larger budget takes more.")
        part = Survey(found.scenes, chosen, found.problems)
        folder = output / f"pairs-x{number}"
        done = prepare_card(_folder_of(photos), folder, number, tolerance=TOLERANCE, found=part)
        say(f"×{number}: {len(done.accepted)} of {len(done.records)} pairs accepted. Look at them: {done.report}")
        for record in done.records:
            if not record["accepted"]:
                say(f"rejected: {record['name']}: {record['reason']}")
        for problem in done.problems:
            if problem not in found.problems:  # they have been told
                say(f"not used: {problem.path}: {problem.reason}")
        sets += _sets(done, number, {pair.name: pair.short.metadata for _, pair in pairs}) if done.accepted else []
    return sets


def _by_scale(found: Survey, scale: int | None) -> dict[int, list[tuple[str, ShotPair]]]:
    """The pairs to prepare for each scale: of every setting those of the scale that most of its pairs suit."""
    settings: dict[_Setting, dict[int, list[tuple[str, ShotPair]]]] = defaultdict(lambda: defaultdict(list))
    for scene, pair in found.pairs:
        ratio = pair.likely_ratio
        if ratio is None or ratio < _LEAST_RATIO:
            continue
        optical = pair.optical_ratio or ratio
        number = scale or nearest_scale(optical if optical >= _LEAST_RATIO else ratio)
        metadata = pair.short.metadata
        setting = _Setting(metadata.camera, metadata.lens, metadata.focal_length, pair.short.raw is not None)
        settings[setting][number].append((scene, pair))
    wanted: dict[int, list[tuple[str, ShotPair]]] = defaultdict(list)
    for scales in settings.values():
        number = max(scales, key=lambda number: (len(scales[number]), -number))
        wanted[number] += scales[number]
    return wanted


def _of_prepared(root: Path, say: Say) -> list[LensPairs]:
    records = [record for record in read_manifest(root).values() if record["accepted"]]
    if not records:
        raise PairError("holds no accepted pair.", path=root, remedy="Look at its report, and prepare other photos.")
    say(f"{len(records)} prepared pairs")
    known = {str(record["name"]): _metadata(Path(str(record.get("short", "")))) for record in records}
    return _sets(PreparedCard(root, records), int(records[0]["scale"]), known)


def _sets(card: PreparedCard, scale: int, metadata: dict[str, Metadata]) -> list[LensPairs]:
    """The accepted pairs of a prepared folder, a set for each lens setting."""
    groups: dict[_Setting, list[Record]] = defaultdict(list)
    for record in card.accepted:
        known = metadata.get(record["name"], Metadata())
        groups[_Setting(known.camera, known.lens, known.focal_length, bool(record.get("raw")))].append(record)
    source, sets = PreparedPairs(card.folder, scale), []
    for setting, records in groups.items():
        names = sorted(str(record["name"]) for record in records)
        kind: LensInput = "raw" if setting.raw else "rgb"
        pairs = prepare_all(source, names, Preparation(kind, method="none"), _cache())
        ratios = [record["ratio"] for record in records if record.get("ratio")]
        scenes = {str(record["name"]): str(record["scene"]) for record in records}
        sets.append(
            LensPairs(
                metadata.get(names[0], Metadata()),
                scale,
                kind,
                float(median(ratios)) if ratios else float(scale),
                pairs,
                [scenes[pair.name] for pair in pairs],
                card.report if card.report.is_file() else None,
            )
        )
    return sets


def _of_folders(root: Path, scale: int | None, say: Say) -> list[LensPairs]:
    source = FolderPairs(root, scale or SCALES[0])
    names = source.all_names()
    if scale is None:
        source = FolderPairs(root, _scale_of(source, root))
    return _of_source(source, names, _metadata(source.files(names[0])[0]), say)


def _scale_of(source: FolderPairs, root: Path) -> int:
    """How many times Y is as large as X, by the first pair whose sizes can be read."""
    for name in source.all_names():
        with suppress(PhotoError):
            (x, _), (y, _) = map(read_size, source.files(name))
            if y / x in SCALES:
                return y // x
            break
    raise PairError(
        "does not tell its scale: X and Y are not whole times as large as each other.",
        path=root,
        remedy="Add --scale 2, 3, 4 or 8.",
    )


def _of_source(source: Source, names: list[str], metadata: Metadata, say: Say) -> list[LensPairs]:
    pairs = prepare_all(source, sorted(names), Preparation(), _cache())
    say(f"{len(pairs)} of {len(names)} pairs registered, ×{source.scale}")
    scenes = [source.group(pair.name) for pair in pairs]
    return [LensPairs(metadata, source.scale, "rgb", float(source.scale), pairs, scenes)]


def _metadata(path: Path) -> Metadata:
    try:
        return read_metadata(path)
    except PhotoError:
        return Metadata()


def _folder_of(photos: Sequence[Path]) -> Path:
    return photos[0] if photos[0].is_dir() else photos[0].parent


def _cache() -> PairCache:
    return PairCache(PAIR_CACHE)
