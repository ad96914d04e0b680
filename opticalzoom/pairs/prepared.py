"""The folder that ``opticalzoom prepare`` wrote, as a source of registered pairs."""

from __future__ import annotations

from pathlib import Path

from opticalzoom.errors import PairError
from opticalzoom.pairs.kinds import Split
from opticalzoom.pairs.manifest import MASK, MOSAIC, NAME, PAIRS, X, Y, read_manifest
from opticalzoom.pairs.pair import Pair, Source, as_rgb, split_groups
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.raw_file import read_raw

_OFFICIAL_TEST = "test-"
"""How scenes of a folder ``test`` are named."""


class PreparedPairs(Source):
    """Accepted pairs of a prepared folder. All pairs of a scene are in the same part of the data.

    Raises:
        PairError: the manifest is damaged, or of another scale.
    """

    registered = True

    def __init__(self, root: Path, scale: int) -> None:
        super().__init__(scale)
        self._root = root
        records = read_manifest(root)
        self._scenes = {name: str(record["scene"]) for name, record in records.items() if record["accepted"]}
        scales = {record["scale"] for record in records.values()} - {scale}
        if scales:
            raise PairError(
                f"holds pairs of ×{scales.pop()}, expected ×{scale}.",
                path=root / NAME,
                remedy="Set the scale to theirs, or prepare the photos for this one into another folder.",
            )

    def all_names(self) -> list[str]:
        """Accepted pairs."""
        return sorted(self._scenes)

    def group(self, name: str) -> str:
        """The scene that was photographed, by which test pairs are told from training pairs."""
        return self._scenes[name]

    def names(self, split: Split = "all") -> list[str]:
        """As of any source; but what lay in a folder ``test``, as in SR-RAW, is the test part, and nothing else is."""
        official = [name for name in self.all_names() if self._scenes[name].startswith(_OFFICIAL_TEST)]
        if split == "all" or len(official) in {0, len(self.all_names())}:
            return super().names(split)
        if split == "test":
            return official
        others = sorted(self._scenes.keys() - official)
        parts = split_groups({self._scenes[name] for name in others}, ("train", "val"))
        return [name for name in others if parts[self._scenes[name]] == split]

    def files(self, name: str) -> tuple[Path, ...]:
        """X, Y, the mask, and the mosaic if there is one."""
        folder = self._root / PAIRS / name
        mosaic = folder / MOSAIC
        return (folder / X, folder / Y, folder / MASK, *([mosaic] if mosaic.exists() else []))

    def load(self, name: str) -> Pair:
        """X, its mosaic if it was a RAW file, and Y on X's grid times the scale, with its mask."""
        paths = self.files(name)
        x, y, mask = (read_photo(path).color for path in paths[:3])
        expected = tuple(side * self.scale for side in x.shape[:2])
        if y.shape[:2] != expected or mask.shape[:2] != expected:
            raise PairError(
                f"Y has {y.shape[:2]} and its mask {mask.shape[:2]} pixels, {expected} expected.",
                path=paths[1],
                remedy="Delete the pair's folder and prepare the photos again.",
            )
        mosaic = read_raw(paths[3]) if len(paths) > len((X, Y, MASK)) else None
        return Pair(name, as_rgb(x), as_rgb(y), resized=False, mask=mask[..., 0] > 0, mosaic=mosaic)
