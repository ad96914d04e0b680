"""How much of H can be told from L, and from L reduced by 3: the best linear filters, fitted and judged on City100.

    python benchmarks/limits.py --data /path/to/City100 -o docs/results

For each of the nine pixels of Y under a pixel of X, the linear filter with the least squared error (a Wiener filter) is
fitted to the 45 training pairs and applied to the ten validation pairs, in luminance (limited-range Y), 24 pixels of Y
at the border left out. A network does better than any filter; what filters lose by a change of the input is a measure
of what the change takes away. Nothing is random.

L was enlarged by the data set's authors. Interpolated pictures are softer between the pixels that they were made from,
so the roughness of L has the period of the sensor's grid (Gallagher, "Detection of linear and cubic interpolation in
JPEG compressed images", CRV 2005): that is how the enlargement and the place between two of the sensor's pixels, the
"phase", are found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from opticalzoom.files import write_text
from opticalzoom.metrics.fidelity import limited_range_y
from opticalzoom.pairs.sources import City100, Pixels
from opticalzoom.training.patches import to_tensor

SCALE, WINDOW, BORDER = 3, 9, 8  # of Y's pixels to one of X; of X
PHASES, ZONES = 4, (3, 4)
ENLARGEMENTS = (2.3, 3.4)  # searched for

Plane = NDArray[np.floating]
Labels = NDArray[np.integer]


def luminance(picture: Pixels) -> Plane:
    """H×W×3 to H×W, 16 to 235, cropped to whole pixels of X."""
    height, width = (side // SCALE * SCALE for side in picture.shape[:2])
    y = limited_range_y(to_tensor(picture[:height, :width])[None])[0, 0]
    return (255 * y).numpy().astype(np.float32)


def means(plane: Plane) -> Plane:
    return np.asarray(cv2.resize(plane, size_of_x(plane), interpolation=cv2.INTER_AREA))


def lanczos(plane: Plane) -> Plane:
    return np.asarray(Image.fromarray(plane).resize(size_of_x(plane), Image.Resampling.LANCZOS))


def size_of_x(plane: Plane) -> tuple[int, int]:
    return plane.shape[1] // SCALE, plane.shape[0] // SCALE


def windows(plane: Plane, side: int, step: int = 1) -> Plane:
    """Of each ``step``-th pixel what is around it, N×side², and a column of ones."""
    around = sliding_window_view(np.pad(plane, side // 2, mode="reflect"), (side, side))
    start = step // 2
    flat = around[start::step, start::step].reshape(-1, side * side)
    return np.concatenate([flat, np.ones((len(flat), 1), flat.dtype)], axis=1).astype(np.float64)


def targets(plane: Plane) -> Plane:
    """The pixels of Y under each of X, N×9."""
    height, width = (side // SCALE for side in plane.shape)
    blocks = plane.reshape(height, SCALE, width, SCALE).transpose(0, 2, 1, 3)
    return blocks.reshape(-1, SCALE * SCALE).astype(np.float64)


def roughness(plane: Plane) -> Plane:
    """Logarithm of second differences down the columns, without what changes slowly."""
    rough = np.log1p(np.abs(np.pad(np.diff(plane, 2, axis=0), [(1, 1), (0, 0)], mode="edge")))
    return np.asarray(rough - cv2.blur(rough, (1, 15)))


def enlargement(rough: Plane) -> float:
    """By how much L was enlarged vertically, of its roughness."""
    profile = rough.mean(axis=1)
    spectrum = np.abs(np.fft.rfft(profile * np.hanning(len(profile)), 1 << 16))
    frequency = np.fft.rfftfreq(1 << 16)
    inside = (frequency > 1 / ENLARGEMENTS[1]) & (frequency < 1 / ENLARGEMENTS[0])
    return float(1 / frequency[np.argmax(spectrum * inside)])


def vertical_phases(plane: Plane) -> Labels:
    """At which of the PHASES places between two of the sensor's rows each pixel of X is."""
    rough = roughness(plane)
    carrier = np.exp(-2j * np.pi * np.arange(len(plane)) / enlargement(rough))[:, None]
    product = rough * carrier
    parts = [cv2.GaussianBlur(part.astype(np.float32), (0, 0), 80) for part in (product.real, product.imag)]
    angle = np.angle((parts[0] + 1j * parts[1]) / carrier)[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE]
    return np.asarray(np.floor((angle / (2 * np.pi) + 0.5) * PHASES).astype(int) % PHASES)


def phases(plane: Plane) -> Labels:
    """At which of the PHASES² places between the sensor's pixels each pixel of X is, N."""
    return (vertical_phases(plane) * PHASES + vertical_phases(plane.T).T).ravel()


def zones(plane: Plane) -> Labels:
    """Which part of the picture each pixel of X is in, N."""
    width, height = size_of_x(plane)
    rows, columns = np.mgrid[:height, :width]
    return (rows * ZONES[0] // height * ZONES[1] + columns * ZONES[1] // width).ravel()


def one(plane: Plane) -> Labels:
    width, height = size_of_x(plane)
    return np.zeros(width * height, int)


def rounded_means(plane: Plane) -> Plane:
    """What the filters see of L reduced as `evaluate` does, which rounds each colour; here luminance is rounded."""
    return windows(np.rint(means(plane)), WINDOW)


Inputs = Callable[[Plane], Plane]
Labelling = Callable[[Plane], Labels]
REFERENCE = "L reduced by 3: means of 3×3, luminance rounded"
TRIALS: dict[str, tuple[Inputs, Labelling]] = {
    "L as shipped": (lambda plane: windows(plane, WINDOW * SCALE, SCALE), one),
    REFERENCE: (rounded_means, one),
    "… means, not rounded": (lambda plane: windows(means(plane), WINDOW), one),
    "… Lanczos, rounded": (lambda plane: windows(np.rint(lanczos(plane)), WINDOW), one),
    "… every third pixel": (lambda plane: windows(plane[1::SCALE, 1::SCALE], WINDOW), one),
    "… means, a filter for each of 3×4 parts of the picture": (rounded_means, zones),
    "… means, a filter for each of 4×4 places between the sensor's pixels": (rounded_means, phases),
}


def fit(data: City100, inputs: Inputs, labels: Labelling, name: str) -> dict[int, Plane]:
    """Least squares by the normal equations, one filter for each label."""
    left: dict[int, Plane] = {}
    right: dict[int, Plane] = {}
    for pair in track(data.names("train"), name[:40]):
        low, high = both(data, pair)
        x, y, label = inputs(low), targets(high), labels(low)
        for key in np.unique(label):
            mine = x[label == key]
            left[key] = left.get(key, 0) + mine.T @ mine
            right[key] = right.get(key, 0) + mine.T @ y[label == key]
    # Neighbours in an enlarged picture are nearly dependent: the smallest ridge that keeps the solution stable.
    ridge = {key: 1e-9 * np.trace(product) * np.eye(len(product)) for key, product in left.items()}
    return {key: np.linalg.solve(left[key] + ridge[key], right[key]) for key in left}


def judge(data: City100, inputs: Inputs, labels: Labelling, filters: dict[int, Plane]) -> float:
    """Mean PSNR over the validation pairs, dB."""
    found = []
    for pair in data.names("val"):
        low, high = both(data, pair)
        x, label, error = inputs(low), labels(low), targets(high)
        for key, weights in filters.items():
            error[label == key] -= x[label == key] @ weights
        width, height = size_of_x(low)
        inner = error.reshape(height, width, -1)[BORDER:-BORDER, BORDER:-BORDER]
        found.append(10 * np.log10(255**2 / np.mean(inner**2)))
    return float(np.mean(found))


def both(data: City100, name: str) -> tuple[Plane, Plane]:
    pair = data.load(name)
    return luminance(pair.x), luminance(pair.y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of City100")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    args = parser.parse_args()
    data = City100(args.data, SCALE)
    planes = [both(data, name)[0] for name in data.names("val")]
    found = [enlargement(roughness(way)) for plane in planes for way in (plane, plane.T)]
    psnr = {name: judge(data, *parts, fit(data, *parts, name)) for name, parts in TRIALS.items()}
    result = {"enlargement": {"median": np.median(found), "least": min(found), "most": max(found)}, "psnr_y": psnr}
    write_text(args.output / "limits.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n", overwrite=True)
    write_text(args.output / "limits.md", table(result), overwrite=True)
    print(table(result))


def table(result: dict) -> str:
    """As Markdown."""
    grid, reference = result["enlargement"], result["psnr_y"][REFERENCE]
    lines = [f"| {name} | {psnr:.2f} | {psnr - reference:+.2f} |" for name, psnr in result["psnr_y"].items()]
    return "\n".join(
        [
            "# What the input holds",
            "",
            "PSNR (dB, limited-range Y) of the best linear filters, fitted to City100's 45 training pairs of the Nikon",
            "and judged on its ten validation pairs. Made by `python benchmarks/limits.py --data City100`; nothing is",
            "random.",
            "",
            "| input | PSNR | |",
            "|---|---:|---:|",
            *lines,
            "",
            f"L was enlarged by {grid['median']:.3f} ({grid['least']:.3f} to {grid['most']:.3f} on the validation",
            "pairs), as the period of its roughness says.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
