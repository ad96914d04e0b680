"""Registration of zoom sequences against the classical recipe of SR-RAW's authors: accuracy, and time for 24 MP.

    python benchmarks/classical.py --data /path/to/City100 -o docs/results

The recipe (https://github.com/ceciliavision/zoom-learn-zoom): both shots cut to the same field of view by their focal
lengths, resized to one size, and one affine ECC of 500 iterations on images reduced by 8, from identity, whose result
warps the photo; numbers as there: float32, cubic reduction, ε 1e-6. Accuracy is measured on the same simulated pairs
and the same pixels (those that ours trusts); time from decoded photos to registered ones, on one sequence of seven
photos of 6000×4000 pixels, all registered with the longest focal length (ours on X's grid enlarged by the whole number
nearest to the ratio, theirs on Y's: about as many pixels). One thread.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from simulated import SCALE, Difference, SimulatedPair, simulate
from views import STRENGTHS, postcards

from opticalzoom.files import write_text
from opticalzoom.registration.warp import Image
from opticalzoom.registration.zoom_view import RegisteredView, register_views

REDUCTION, ITERATIONS = 8, 500
FOCAL_LENGTHS = (240, 150, 100, 70, 50, 35, 24)
LARGE = (4000, 6000)


def classical(x: Image, y: Image, ratio: float) -> tuple[NDArray[np.float64], Image]:
    """2×3, pixels of X's middle resized to Y's size to those of Y, the identity where ECC fails; and Y warped by it."""
    rows, columns = (round(side / ratio) for side in x.shape[:2])
    top, left = (x.shape[0] - rows) // 2, (x.shape[1] - columns) // 2
    middle = cv2.resize(x[top : top + rows, left : left + columns], y.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    pictures = [image.astype(np.float32) / 255 for image in (middle, y)]
    size = y.shape[1] // REDUCTION, y.shape[0] // REDUCTION
    small = [cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC) for picture in pictures]
    fixed, moving = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in small)
    criteria = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ITERATIONS, 1e-6
    try:
        _, affine = cv2.findTransformECC(fixed, moving, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, criteria)
    except cv2.error:
        affine = np.eye(2, 3)
    found = affine.astype(np.float64)
    found[:, 2] = REDUCTION * found[:, 2] + (REDUCTION - 1) / 2 * (1 - found[:, :2].sum(axis=1))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(pictures[1], found, y.shape[1::-1], flags=flags)
    return found, (255 * warped).astype(np.uint8)


def compare(pair: SimulatedPair) -> dict[str, float]:
    """Median error of both at the pixels that ours trusts, in pixels of Y."""
    start = time.perf_counter()
    found = register_views(pair.y, pair.x, SCALE, pair.ratio)
    found.registration.warp(pair.y, cv2.INTER_LINEAR)
    between = time.perf_counter()
    affine, _ = classical(pair.x, pair.y, pair.ratio)
    end = time.perf_counter()
    if not found.ok:
        return {}
    at_y, at_x = pair.truth(found.view.rows, found.view.columns)
    rows, columns = np.mgrid[: at_y.shape[0], : at_y.shape[1]]
    field, trusted = found.registration.field, found.registration.trusted
    ours = np.hypot(rows + field[..., 0] - at_y, columns + field[..., 1] - at_x)[trusted]
    corner = [(SCALE * side - other) / 2 for side, other in zip(pair.x.shape[:2], pair.y.shape[:2], strict=True)]
    u = columns + SCALE * found.view.columns.start - corner[1]
    v = rows + SCALE * found.view.rows.start - corner[0]
    theirs_x = affine[0, 0] * u + affine[0, 1] * v + affine[0, 2]
    theirs_y = affine[1, 0] * u + affine[1, 1] * v + affine[1, 2]
    theirs = np.hypot(theirs_y - at_y, theirs_x - at_x)[trusted]
    return {
        "ours": float(np.median(ours)),
        "classical": float(np.median(theirs)),
        "ours_seconds": between - start,
        "classical_seconds": end - between,
    }


def sequence(scene: Image) -> list[tuple[Image, float]]:
    """Photos of a scene at all focal lengths, longest first, each with its ratio to the longest."""
    shots = []
    for focal in FOCAL_LENGTHS:
        part = min(FOCAL_LENGTHS) / focal
        rows, columns = (round(side * part) for side in scene.shape[:2])
        top, left = (scene.shape[0] - rows) // 2, (scene.shape[1] - columns) // 2
        top, left = top + round(0.004 * rows), left - round(0.003 * columns) if part < 1 else left
        cut = scene[max(top, 0) : top + rows, max(left, 0) : left + columns]
        shot = cv2.resize(cut, LARGE[::-1], interpolation=cv2.INTER_AREA if part == 1 else cv2.INTER_CUBIC)
        shots.append((shot, FOCAL_LENGTHS[0] / focal))
    return shots


def large_sequence(scene: Image) -> dict[str, object]:
    """Seconds of both for seven photos of 24 megapixels."""
    longest, *others = sequence(scene)
    seconds: dict[str, float] = {"ours": 0.0, "ours_warping": 0.0, "classical": 0.0}
    verdicts: list[bool] = []
    for shot, ratio in others:
        start = time.perf_counter()
        found: RegisteredView = register_views(longest[0], shot, max(1, round(ratio)), ratio)
        registered = time.perf_counter()
        found.registration.warp(longest[0], cv2.INTER_LINEAR)
        between = time.perf_counter()
        seconds["ours_warping"] += between - registered
        classical(shot, longest[0], ratio)
        seconds["ours"] += between - start
        seconds["classical"] += time.perf_counter() - between
        verdicts.append(found.ok)
    return {"seconds": seconds, "accepted": sum(verdicts), "pairs": len(verdicts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of City100")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    parser.add_argument("--pairs", type=int, default=8, help="for each strength")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    scenes = [(make(), ratio) for _, ratio, make in track(postcards(args.data)[: args.pairs], "Reading")]
    rows = []
    for corners, local in STRENGTHS:
        found = []
        for number, (scene, ratio) in enumerate(track(scenes, f"{corners} px")):
            height, width = (int(side / ratio) // 2 * 2 for side in scene.shape[:2])
            found.append(compare(simulate(scene, (height, width), Difference(corners, local), number)))
        good = [row for row in found if row]
        rows.append({"corners": corners, "local": local, "accepted": len(good), "pairs": len(found)})
        rows[-1] |= {key: float(np.median([row[key] for row in good])) for key in good[0]}
    large = large_sequence(cv2.resize(scenes[0][0], LARGE[::-1], interpolation=cv2.INTER_CUBIC))
    result = {"seed": 0, "threads": 1, "rows": rows, "large": large}
    write_text(args.output / "classical.json", json.dumps(result, indent=1) + "\n", overwrite=True)
    write_text(args.output / "classical.md", table(result), overwrite=True)
    print(table(result))


def table(result: dict) -> str:
    lines = [
        f"| {r['corners']} + {r['local']} local | {r['ours']:.2f} | {r['classical']:.2f} | {r['ours_seconds']:.2f} "
        f"| {r['classical_seconds']:.2f} | {r['accepted']} of {r['pairs']} |"
        for r in result["rows"]
    ]
    large, seconds = result["large"], result["large"]["seconds"]
    return "\n".join(
        [
            "# Registration against the classical recipe of SR-RAW's authors",
            "",
            "Simulated shots at two focal lengths (×4, ratio of the fields of view 2, City100's postcards), medians of",
            "each pair's median error over the pixels that ours trusts, in pixels of Y. One thread, one run, seed 0.",
            "Made by `python benchmarks/classical.py --data City100`.",
            "",
            "| displacement / px | ours / px | classical / px | ours / s | classical / s | accepted by ours |",
            "|---|---|---|---|---|---|",
            *lines,
            "",
            f"Seven photos of 24 megapixels, six registered to the seventh: ours {seconds['ours']:.1f} s "
            f"({large['accepted']} of {large['pairs']} accepted), classical {seconds['classical']:.1f} s "
            f"({seconds['classical'] / seconds['ours']:.1f} times as long). From decoded photos to warped ones; "
            f"{seconds['ours_warping']:.1f} s of ours are the warping, whose pictures are larger than theirs here.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
