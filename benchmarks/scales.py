"""Which whole scale serves a ratio of fields of view that is none: the lens filter learned at each, on simulated pairs.

    python benchmarks/scales.py --photos FOLDER -o docs/results

Y is a photo, X the same behind a soft lens at 1/ratio of its pixels, with noise. For every scale the target is Y on X's
grid times the scale, as ``prepare`` makes it; what the filter makes of other photos is resampled to Y's own pixels.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from opticalzoom.files import write_text
from opticalzoom.lenses.linear_filter import Image, fit_filter
from opticalzoom.weights.contract import SCALES

RATIOS = (1.5, 1.7, 1.85, 2.04, 2.3, 2.6, 2.9, 3.3, 3.6, 4.6, 5.2, 5.7, 6.5, 8.0)
BLUR, NOISE, BORDER = 0.45, 0.004, 8  # sigma in pixels of X, of 1, and pixels of Y that are not scored
FARTHEST = 2.2  # factor between ratio and scale up to which a scale is tried
TAUGHT, SCORED = 8, 6  # photos


def pair(path: Path, ratio: float, seed: int) -> tuple[Image, Image]:
    photo = cv2.imread(str(path)).astype(np.float32) / 255
    height, width = (int(side / ratio) // 2 * 2 for side in photo.shape[:2])
    y = photo[: round(height * ratio), : round(width * ratio)]
    x = resized(cv2.GaussianBlur(y, (0, 0), BLUR * ratio), width, height)
    return x + np.random.default_rng(seed).normal(0, NOISE, x.shape).astype(np.float32), y


def resized(picture: Image, width: int, height: int) -> Image:
    how = cv2.INTER_CUBIC if width > picture.shape[1] else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.float32)


def gain(ratio: float, scale: int, taught: list[Path], scored: list[Path]) -> float:
    """dB of the filter over bicubic, mean over the photos."""
    pairs = []
    for seed, path in enumerate(taught):
        x, y = pair(path, ratio, seed)
        target = resized(y, x.shape[1] * scale, x.shape[0] * scale)
        pairs.append((x, target, np.ones(target.shape[:2], bool)))
    found = fit_filter(pairs, scale)
    gains = []
    for seed, path in enumerate(scored, start=len(taught)):
        x, y = pair(path, ratio, seed)
        size = y.shape[1::-1]
        gains.append(psnr(resized(found.zoom(x), *size), y) - psnr(resized(x, *size), y))
    return float(np.mean(gains))


def psnr(found: Image, truth: Image) -> float:
    inner = slice(BORDER, -BORDER)
    return float(-10 * np.log10(np.square(np.clip(found, 0, 1) - truth)[inner, inner].mean()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, help="folder of sharp photos about 1,000 pixels wide")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    args = parser.parse_args()
    photos = sorted(args.photos.glob("urban-*.jpg"))
    taught, scored = photos[: 5 * TAUGHT : 5], photos[5 * TAUGHT : 5 * TAUGHT + 7 * SCORED : 7]
    rows = [
        {
            "ratio": ratio,
            "gain": {scale: gain(ratio, scale, taught, scored) for scale in SCALES if close(ratio, scale)},
        }
        for ratio in track(RATIOS)
    ]
    write_text(args.output / "scales.json", json.dumps({"seed": 0, "rows": rows}, indent=1) + "\n", overwrite=True)
    write_text(args.output / "scales.md", table(rows), overwrite=True)
    print(table(rows))


def close(ratio: float, scale: int) -> bool:
    return 1 / FARTHEST < scale / ratio < FARTHEST


def table(rows: list[dict]) -> str:
    lines = [
        f"| {row['ratio']} | " + " | ".join(f"{row['gain'][s]:+.2f}" if s in row["gain"] else "" for s in SCALES) + " |"
        for row in rows
    ]
    return "\n".join(
        [
            "# Which scale serves a ratio that is none",
            "",
            f"Gain of the linear filter over bicubic in dB, learned from {TAUGHT} simulated pairs at each scale,",
            f"on {SCORED} other photos, on Y's own pixels. Made by `python benchmarks/scales.py --photos FOLDER`,",
            "seed 0, with photos of Urban100.",
            "",
            f"| ratio | {' | '.join(f'×{scale}' for scale in SCALES)} |",
            "|---" * (len(SCALES) + 1) + "|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
