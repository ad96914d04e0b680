"""Memory cards of simulated photographs, for tests: a few scenes, each at several focal lengths, with right EXIF.

    folder/DSC00001.JPG ...                        write_card(folder, scenes=5, seed=0)
    folder/DSC00001.JPG, folder/DSC00001.DNG ...   write_card(folder, suffixes=(".JPG", ".DNG"))

Every scene is one large textured picture (:func:`picture`). The camera sees all of it at its shortest focal length and
the middle of it at longer ones, each time through another small homography (:func:`photograph`), so that shots of one
scene can be registered and shots of two cannot.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from opticalzoom.photo.colour.srgb import srgb_to_camera
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.mosaic import mosaic_of
from opticalzoom.photo.raw.raw_file import RawPhoto

FOCAL_LENGTHS = (100.0, 50.0, 35.0, 24.0)
START = datetime(2024, 5, 1, 10)
SCENE, SHOT = timedelta(minutes=5), timedelta(seconds=7, milliseconds=250)
"""Time from scene to scene and from shot to shot."""
GAINS = np.array([2.0, 1.0, 1.6])
CAMERA_MATRIX = np.array([[1.6, -0.5, -0.1], [-0.2, 1.4, -0.2], [0.0, -0.5, 1.5]])
"""White balance of the simulated RAW files, and camera RGB to linear sRGB."""
MARGIN = 1.15
"""How much more of the scene is drawn than the camera sees, so that a moved camera sees no border."""


def write_card(
    folder: Path,
    scenes: int = 2,
    seed: int = 0,
    *,
    focal_lengths: tuple[float, ...] = FOCAL_LENGTHS,
    size: tuple[int, int] = (200, 300),
    motion: float = 0.01,
    suffixes: tuple[str, ...] = (".JPG",),
) -> list[list[Path]]:
    """Write ``DSC00001.JPG`` and so on: the focal lengths of the first scene in the order given, then the second's.

    Args:
        scenes: how many.
        seed: of textures and homographies.
        focal_lengths: mm; the 35 mm equivalents are half as long again.
        size: height and width of the photos, pixels.
        motion: how far the corners of a photo move, relative to its height, at most.
        suffixes: of the files of each shot: .JPG, .DNG (mosaics of the same pixels) or both.

    Returns:
        The files of each scene; of each shot the one with the first suffix.
    """
    folder.mkdir(parents=True, exist_ok=True)
    card: list[list[Path]] = []
    for scene in range(scenes):
        rng = np.random.default_rng((seed, scene))
        largest = max(focal_lengths) / min(focal_lengths) * MARGIN
        whole = picture(rng, *(round(side * largest) for side in size))
        card.append([])
        for shot, focal_length in enumerate(focal_lengths):
            name = f"DSC{scene * len(focal_lengths) + shot + 1:05}"
            pixels = photograph(whole, focal_length / min(focal_lengths), size, rng, motion)
            for suffix in suffixes:
                write = write_mosaic if suffix.lower() == ".dng" else write_jpeg
                write(
                    folder / (name + suffix),
                    pixels,
                    focal_length=focal_length,
                    time=START + scene * SCENE + shot * SHOT,
                )
            card[-1].append(folder / (name + suffixes[0]))
    return card


def picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A picture with texture at every scale and things in it, height×width×3 RGB uint8."""
    canvas = np.zeros((height, width, 3), np.float32)
    cell = max(height, width) // 2
    while cell >= 1:
        noise = rng.standard_normal((height // cell + 2, width // cell + 2, 3), np.float32)
        noise = 0.3 * noise + noise.mean(axis=2, keepdims=True)  # photographs are greyer than noise
        canvas += cell**0.4 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        cell //= 3
    canvas = np.clip(128 + 32 * (canvas - canvas.mean()) / canvas.std(), 0, 255).astype(np.uint8)
    # The middle, which all focal lengths see, gets as many things as all the rest.
    for spread in (0.5, 0.12):
        for _ in range(25):
            x, y = (int(side * (0.5 + rng.uniform(-spread, spread))) for side in (width, height))
            colour = rng.uniform(0, 255, 3).tolist()
            radius = max(2, int(height * spread * rng.uniform(0.02, 0.15)))
            cv2.circle(canvas, (x, y), radius, colour, -1, cv2.LINE_AA)
            corner = (x + int(radius * rng.uniform(0.5, 2)), y + int(radius * rng.uniform(0.5, 2)))
            cv2.rectangle(canvas, (x, y), corner, rng.uniform(0, 255, 3).tolist(), max(1, radius // 6))
            word = "".join(map(chr, rng.integers(65, 91, 4)))
            cv2.putText(canvas, word, (x - radius, y), 0, radius / 40, colour[::-1], max(1, radius // 12), cv2.LINE_AA)
    return canvas


def photograph(
    whole: np.ndarray, zoom: float, size: tuple[int, int], rng: np.random.Generator, motion: float = 0.01
) -> np.ndarray:
    """What a camera of ``size`` pixels sees of ``whole``, which is ``MARGIN`` larger than it sees at zoom 1."""
    height, width = size
    rows, columns = (round(side / zoom) for side in whole.shape[:2])
    top, left = (whole.shape[0] - rows) // 2, (whole.shape[1] - columns) // 2
    seen = whole[top : top + rows, left : left + columns]
    wide, high = round(width * MARGIN), round(height * MARGIN)
    seen = cv2.resize(seen, (wide, high), interpolation=cv2.INTER_AREA)
    x, y = (wide - width) / 2, (high - height) / 2
    corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float32)
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = corners + rng.uniform(-motion * height, motion * height, (4, 2)).astype(np.float32)
    return cv2.warpPerspective(seen, cv2.getPerspectiveTransform(moved, target), (width, height), flags=cv2.INTER_CUBIC)


def write_jpeg(
    path: Path,
    pixels: np.ndarray | None = None,
    *,
    focal_length: float | None = None,
    equivalent: float | None = None,
    time: datetime | None = None,
    camera: tuple[str, str] = ("Simulated", "Zoom 24-100"),
    lens: str | None = None,
    exposure: float | None = None,
) -> None:
    """Write one photo with the EXIF given; without pixels, a small grey one.

    Args:
        equivalent: 35 mm equivalent; without it, half as long again as the focal length.
        exposure: time in seconds.
    """
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = camera
    details: dict[int, object] = {}
    if time is not None:
        details[0x9003], details[0x9291] = f"{time:%Y:%m:%d %H:%M:%S}", f"{time.microsecond:06}"
    if focal_length is not None:
        details[0x920A] = focal_length
    if equivalent or focal_length:
        details[0xA405] = round(equivalent or 1.5 * (focal_length or 0))
    if lens is not None:
        details[0xA434] = lens
    if exposure is not None:
        details[0x829A] = exposure
    exif[0x8769] = details
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((8, 12, 3), 128, np.uint8) if pixels is None else pixels
    Image.fromarray(pixels).save(path, "JPEG", quality=95, subsampling=0, exif=exif)


def write_mosaic(path: Path, pixels: np.ndarray, *, focal_length: float, time: datetime) -> None:
    """Write what a Bayer sensor would have recorded of a photo (H×W×3 sRGB uint8, even sides), as a DNG."""
    camera = srgb_to_camera(np.float32(pixels / 255), CAMERA_MATRIX)
    raw = RawPhoto(mosaic_of(camera / GAINS.astype(np.float32)), GAINS, CAMERA_MATRIX)
    equivalent = float(round(1.5 * focal_length))
    write_dng(path, raw, Metadata("Simulated Zoom 24-100", None, focal_length, equivalent, time))


def write_sr_raw(root: Path, scenes: dict[str, int], seed: int = 0, size: tuple[int, int] = (240, 320)) -> None:
    """Write a tree as SR-RAW is downloaded, ``train/00001/00003.JPG`` and ``.DNG`` (for ``.ARW``) and so on.

    Args:
        root: of the tree.
        scenes: folder (``train``, ``test``) -> how many scenes.
        seed: of textures and homographies.
        size: height and width of the photos, pixels.
    """
    focal_lengths = {3: 100.0, 7: 24.0}  # what a pair at x4 needs of the seven
    for part, count in scenes.items():
        for scene in range(count):
            rng = np.random.default_rng((seed, len(part), scene))
            folder = root / part / f"{scene + 1 + 1000 * len(part):05}"
            folder.mkdir(parents=True)
            largest = 100 / 24 * MARGIN
            whole = picture(rng, *(round(side * largest) for side in size))
            for number, focal_length in focal_lengths.items():
                pixels = photograph(whole, focal_length / 24, size, rng)
                write_jpeg(folder / f"{number:05}.JPG", pixels, focal_length=focal_length, time=START)
                write_mosaic(folder / f"{number:05}.DNG", pixels, focal_length=focal_length, time=START)
