"""Where pairs come from: City100, prepared folders, two parallel folders, or plain photographs with a simulated zoom.

A source knows names and loads pairs; it neither misaligns nor registers (see :mod:`opticalzoom.pairs.registered`).
"""

from __future__ import annotations

from pathlib import Path

from opticalzoom.errors import PairError, PhotoError
from opticalzoom.files import home_path, real_path
from opticalzoom.pairs import manifest
from opticalzoom.pairs.kinds import SourceName, Split
from opticalzoom.pairs.pair import Pair, Pixels, Source, as_rgb
from opticalzoom.pairs.prepared import PreparedPairs
from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.photograph import READABLE, find_photos, read_photo

__all__ = ["City100", "FolderPairs", "Pair", "Pixels", "SimulatedZoom", "Source", "SourceName", "Split", "open_source"]

_CITY100_TEST = ("001", "016", "048", "060", "098")
"""Official test pairs of https://github.com/ngchc/CameraSR, for both cameras."""
_FOLDER_NAMES = (("x", "y"), ("lr", "hr"), ("short", "long"), ("input", "target"))


class City100(Source):
    """City100 in its published layout: ``City100_NikonD5500/001H.PNG`` and ``001L.PNG`` (resized to H's size).

    Source: Chen, Xiong, Tian, Zha, Wu, "Camera Lens Super-Resolution", CVPR 2019.

    Args:
        root: the folder of a camera, or one or two levels above it.
        camera: NikonD5500 or iPhoneX, where ``root`` holds both.
    """

    registered = True

    def __init__(self, root: Path, scale: int, camera: str = "NikonD5500") -> None:
        super().__init__(scale)
        self.folder = _city100_folder(root, camera)
        self._files = {p.name.upper(): p for p in self.folder.iterdir()}

    def all_names(self) -> list[str]:
        """Numbers of the pairs of which both files are there."""
        return sorted(n[:-5] for n in self._files if n.endswith("H.PNG") and f"{n[:-5]}L.PNG" in self._files)

    def names(self, split: Split = "all") -> list[str]:
        """The five official test pairs; of the others ten, at most a fifth, spread evenly, for validation."""
        training = [n for n in self.all_names() if n not in _CITY100_TEST]
        count = min(10, max(1, len(training) // 5))
        held_out = training[4 :: max(1, len(training) // count)][:count]
        parts = {
            "all": self.all_names(),
            "test": [n for n in self.all_names() if n in _CITY100_TEST],
            "val": held_out,
            "train": [n for n in training if n not in held_out],
        }
        return parts[split]

    def files(self, name: str) -> tuple[Path, ...]:
        """The L and the H file."""
        return self._files[f"{name}L.PNG"], self._files[f"{name}H.PNG"]

    def load(self, name: str) -> Pair:
        """L (enlarged by the data set's authors) and H."""
        x, y = (as_rgb(read_photo(path).color) for path in self.files(name))
        if x.shape != y.shape:
            raise PairError(
                f"L has {x.shape[:2]} pixels and H {y.shape[:2]}, equal sizes expected.", path=self.folder / name
            )
        return Pair(name, x, y, resized=True)


class FolderPairs(Source):
    """Two folders with photographs of the same stems: x and y, lr and hr, short and long, or input and target."""

    def __init__(self, root: Path, scale: int) -> None:
        super().__init__(scale)
        found = parallel_folders(root)
        if found is None:
            raise PairError("holds no two parallel folders.", path=root, remedy="Name them x and y, or lr and hr.")
        self._x, self._y = (_by_stem(folder) for folder in found)
        if not self._x.keys() & self._y.keys():
            raise PairError(
                "the two folders have no file name in common.",
                path=root,
                remedy="Give the two shots of a scene the same stem.",
            )

    def all_names(self) -> list[str]:
        """Stems that both folders have."""
        return sorted(self._x.keys() & self._y.keys())

    def files(self, name: str) -> tuple[Path, ...]:
        """The short and the long shot."""
        return self._x[name], self._y[name]

    def load(self, name: str) -> Pair:
        """Both photographs; X counts as resized when it has the size of Y."""
        x, y = (as_rgb(read_photo(path).color) for path in self.files(name))
        return Pair(name, x, y, resized=x.shape == y.shape)


class SimulatedZoom(Source):
    """Plain photographs as Y, and X made from them by a simulated lens at a shorter focal length, as photo and mosaic.

    Args:
        root: folder of photographs.
        scale: Y over X.
        seed: of lenses and sensors.
        simulation: of the lens, by default any from sharp to soft.
    """

    registered = True

    def __init__(self, root: Path, scale: int, seed: int = 0, simulation: LensSimulation | None = None) -> None:
        super().__init__(scale)
        self._photos = _by_stem(root)
        self._simulation = simulation or LensSimulation(scale, seed)
        self._sensor = MosaicSimulation(seed)

    def all_names(self) -> list[str]:
        """Stems of the photographs."""
        return sorted(self._photos)

    def files(self, name: str) -> tuple[Path, ...]:
        """The one photograph."""
        return (self._photos[name],)

    def describe(self) -> str:
        """The simulations' parameters."""
        return f"{self._simulation} {self._sensor}"

    def load(self, name: str) -> Pair:
        """The photograph cut to a multiple of the scale, and its simulated short shot."""
        y = as_rgb(read_photo(self._photos[name]).color)
        height, width = (side // self.scale * self.scale for side in y.shape[:2])
        if min(height, width) == 0:
            raise PairError(
                f"has {y.shape[:2]} pixels, at least {self.scale} a side expected.", path=self._photos[name]
            )
        y = y[:height, :width]
        x, mosaic = self._simulation.shoot_both(y, name, self._sensor)
        return Pair(name, x, y, resized=False, mosaic=mosaic)


def open_source(
    root: str | Path, name: SourceName = "auto", *, scale: int = 3, camera: str = "NikonD5500", seed: int = 0
) -> Source:
    """The source that ``root`` holds: City100's layout, a prepared folder, two parallel folders, or plain photographs.

    Args:
        root: folder of the pairs.
        name: which kind, or ``auto`` to look.
        scale: Y over the RGB size of X.
        camera: City100 only.
        seed: of simulated lenses.

    Raises:
        PairError: if the folder is missing, empty or of another kind.
    """
    root = home_path(root)
    if not root.is_dir():
        raise PairError("no such folder.", path=root, remedy="Name the folder that holds the pairs.")
    kind = _detect(root) if name == "auto" else name
    if kind == "city100":
        source: Source = City100(root, scale, camera)
    elif kind == "prepared":
        source = PreparedPairs(root, scale)
    elif kind == "folders":
        source = FolderPairs(root, scale)
    else:
        source = SimulatedZoom(root, scale, seed)
    if not source.all_names():
        raise PairError(
            f"holds no pairs of the kind {kind}.", path=root, remedy="Check the folder, or choose another source."
        )
    return source


def _by_stem(folder: Path) -> dict[str, Path]:
    try:
        return {p.stem: p for p in find_photos([folder], READABLE)}
    except PhotoError as error:
        raise PairError(error.cause, path=error.path, remedy=error.remedy) from error


def _detect(root: Path) -> SourceName:
    if any("City100" in p.name for p in (real_path(root), *root.iterdir())):
        return "city100"
    if (root / manifest.NAME).is_file():
        return "prepared"
    return "folders" if parallel_folders(root) else "simulated"


def parallel_folders(root: Path) -> tuple[Path, Path] | None:
    """The folders of the short and the long shots in ``root``, if it has two of such names."""
    present = {p.name.lower(): p for p in root.iterdir() if p.is_dir()}
    return next(((present[x], present[y]) for x, y in _FOLDER_NAMES if x in present and y in present), None)


def _city100_folder(root: Path, camera: str) -> Path:
    wanted = f"City100_{camera}"
    candidates = [root] if root.name == wanted else [root / wanted, root / "City100" / wanted]
    folder = next((f for f in candidates if f.is_dir()), None)
    if folder is None:
        raise PairError(
            f"holds no folder {wanted}.",
            path=root,
            remedy="Name the folder that holds City100_NikonD5500 and City100_iPhoneX.",
        )
    return folder
