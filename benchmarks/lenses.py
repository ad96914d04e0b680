"""Lenses measured: simulated ones whose transfer is known, City100's two cameras, and filters that zoom.

    python benchmarks/lenses.py --data /path/to/City100 -o docs/results

Simulated: H of the Nikon's test pairs through a lens that is applied in the frequency domain, with noise, 8 bit. Real:
L reduced by 3 against H misaligned by 24 px (2 px local) and registered, or as the data set's authors aligned it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.progress import track

from opticalzoom.files import write_text
from opticalzoom.lenses.linear_filter import LinearFilter, filter_equations, solve_filter
from opticalzoom.lenses.measured import MeasuredLens, measure_lens
from opticalzoom.lenses.modulation import displacement, mtf50
from opticalzoom.lenses.point_spread import through_lens
from opticalzoom.metrics import METRICS, quantise
from opticalzoom.pages.tables import markdown_table
from opticalzoom.pairs.registered import Preparation, training_pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import open_source
from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear

CAMERAS = ("iPhoneX", "NikonD5500")
NOISE, PICTURES = 2 / 255, 3
BORDER = 4  # pixels of X: the frequency domain has no border, so what lies there shows the other side of the picture
Registered = tuple[np.ndarray, np.ndarray, np.ndarray]
Transfer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def gaussian(fy: np.ndarray, fx: np.ndarray, *, down: float, right: float, shift: float = 0) -> np.ndarray:
    """Standard deviations in pixels of X; the picture shows what lies ``shift`` pixels of X further to the right."""
    return np.exp(-2 * np.pi**2 * ((down * fy) ** 2 + (right * fx) ** 2) + 2j * np.pi * shift * fx)


def defocus(fy: np.ndarray, fx: np.ndarray, *, radius: float) -> np.ndarray:
    """A disc of equal light, as the mean of waves over its points."""
    places = (np.arange(201) - 100) / 100 * radius
    share = np.sqrt(np.maximum(radius**2 - places**2, 0))
    far, shape = np.hypot(fy, fx), np.shape(fy)
    table = np.linspace(0, far.max() + 1e-9, 2000)
    wave = np.cos(2 * np.pi * np.outer(table, places)) @ (share / share.sum())
    return np.interp(far, table, wave).reshape(shape)


LENSES: dict[str, Transfer] = {
    "sharp, σ 0.3": partial(gaussian, down=0.3, right=0.3),
    "soft, σ 0.6": partial(gaussian, down=0.6, right=0.6),
    "very soft, σ 0.9": partial(gaussian, down=0.9, right=0.9),
    "astigmatic, σ 0.8 and 0.4": partial(gaussian, down=0.8, right=0.4),
    "defocused, radius 1": partial(defocus, radius=1.0),
    "defocused, radius 1.5": partial(defocus, radius=1.5),
    "displaced by 0.3, σ 0.5": partial(gaussian, down=0.5, right=0.5, shift=0.3),
}


def pixel(frequency: np.ndarray, scale: int) -> np.ndarray:
    """The mean over the pixels of Y along a side of a pixel of X."""
    places = (np.arange(scale) - (scale - 1) / 2) / scale
    return np.cos(2 * np.pi * np.asarray(frequency)[..., None] * places).mean(axis=-1)


def shot(y: np.ndarray, lens: Transfer, scale: int) -> np.ndarray:
    """X of Y: sH×sW×3 display values to H×W×3, float32."""
    fy, fx = np.meshgrid(*(np.fft.fftfreq(side) * scale for side in y.shape[:2]), indexing="ij")
    middle = np.exp(1j * np.pi * (fy + fx) * (scale - 1) / scale)
    transfer = (pixel(fy, scale) * pixel(fx, scale) * middle * lens(fy, fx))[..., None]
    light = np.fft.ifft2(np.fft.fft2(srgb_to_linear(y), axes=(0, 1)) * transfer, axes=(0, 1)).real
    clean = linear_to_srgb(light[::scale, ::scale].astype(np.float32))
    noisy = clean + np.random.default_rng(0).normal(0, NOISE, clean.shape)
    return (np.round(np.clip(noisy, 0, 1) * 255) / 255).astype(np.float32)


def true_mtf50(lens: Transfer, scale: int) -> float:
    """The mean over eight directions, cycles per pixel of X."""
    fine, curves = np.arange(10001) / 10000, []
    for angle in np.arange(8) * np.pi / 8:
        fy, fx = fine * np.sin(angle), fine * np.cos(angle)
        curves.append(np.abs(lens(fy, fx)) * np.abs(pixel(fy, scale) * pixel(fx, scale)))
    return float(fine[np.argmax(np.mean(curves, axis=0) <= 0.5)])


def simulated(pictures: Sequence[np.ndarray], lens: Transfer, scale: int) -> dict[str, float]:
    """How far the measured lens is from the true one: from each picture alone, the worst of them and of the colours."""
    whole, cells, noise, doubts = [], [], [], []
    true = true_mtf50(lens, scale)
    for picture in pictures:
        height, width = (side // scale * scale for side in picture.shape[:2])
        y = picture[:height, :width]
        trusted = np.zeros(y.shape[:2], bool)
        trusted[BORDER * scale : -BORDER * scale, BORDER * scale : -BORDER * scale] = True
        found = measure_lens([(shot(y, lens, scale), y, trusted)], scale)
        whole.append(np.abs(mtf50(found.mtf) / true - 1).max())
        cells.append(np.abs(found.mtf50[found.measured] / true - 1).max(initial=0))
        doubts.append(np.mean(found.mtf50_doubt[found.measured] / true))
        known = found.noise_doubt < found.noise / 10
        noise.append(np.median(found.noise[known]) * 255)
    return {
        "true": true,
        "whole": float(max(whole)),
        "cells": float(max(cells)),
        "doubt": float(np.mean(doubts)),
        "noise": float(np.mean(noise)),
    }


def registered(data: Path, camera: str, names: Sequence[str], *, misaligned: bool) -> list[Registered]:
    """Pairs at ×3, moved and registered or as they are."""
    source = open_source(data, "city100", scale=3, camera=camera)
    how = Preparation(misalignment=Misalignment(24, 2)) if misaligned else Preparation(method="none")
    pairs = [training_pair(source.load(name), 3, how) for name in track(names, f"{camera}", transient=True)]
    return [(np.float32(p.x) / 255, np.float32(p.y) / 255, p.mask) for p in pairs if not p.reason]


def psnr_y(x: np.ndarray, y: np.ndarray, found: LinearFilter) -> float:
    zoomed, target = (torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (found.zoom(x), y))
    return float(METRICS["psnr_y"](quantise(zoomed), quantise(target), None))


def filters(data: Path, count: int) -> tuple[list[dict], dict[str, list[Registered]]]:
    """What filters learned from one pair and from many give on the test pairs, of their own camera and of the other."""
    pairs, learned, rows = {}, {}, []
    for camera in CAMERAS:
        source = open_source(data, "city100", scale=3, camera=camera)
        test = source.names("test")
        names = [name for name in source.all_names() if name not in test][:count]
        pairs[camera] = registered(data, camera, names, misaligned=True)
        sums = [filter_equations(*pair, 3) for pair in pairs[camera]]
        alone = [solve_filter(one, 3) for one in sums]
        learned[camera] = {"one": alone, "all": [solve_filter(sum(sums[1:], sums[0]), 3)]}
    for camera, other in zip(CAMERAS, CAMERAS[::-1], strict=True):
        source = open_source(data, "city100", scale=3, camera=camera)
        tests = registered(data, camera, source.names("test"), misaligned=False)
        nothing = LinearFilter(3, np.zeros_like(learned[camera]["all"][0].kernels))
        own = learned[camera]
        for method, tried in (
            ("bicubic", [nothing]),
            ("filter from one pair", own["one"]),
            (f"filter from {len(pairs[camera])} pairs", own["all"]),
            (f"filter of the {other}", learned[other]["all"]),
        ):
            scores = [np.mean([psnr_y(x, y, found) for x, y, _ in tests]) for found in tried]
            rows.append({"camera": camera, "method": method, "scores": [round(float(score), 3) for score in scores]})
    return rows, pairs


def lens_row(camera: str, which: str, lens: MeasuredLens, tests: Sequence[Registered]) -> dict:
    """Figures of a lens, and how well it says what X is of pairs that it was not measured from."""
    left, plain = [], []
    for x, y, _ in tests:
        left.append(np.square(through_lens(y, lens.kernels, lens.scale) - x).mean())
        plain.append(np.square(cv2.resize(y, x.shape[1::-1], interpolation=cv2.INTER_AREA) - x).mean())
    shift = displacement(lens.kernels[::2], lens.kernels[1], lens.scale)
    return {
        "camera": camera,
        "pairs": which,
        "mtf50": mtf50(lens.mtf).round(3).tolist(),
        "peak": float(lens.mtf.max()),
        "doubt": float(lens.mtf50_doubt.mean()),
        "field": [float(lens.mtf50[..., 1].min()), float(lens.mtf50[..., 1].max())],
        "shift": float(np.linalg.norm(shift, axis=-1).max()),
        "noise": float(np.median(lens.noise) * 255),
        "left": float(np.sqrt(np.mean(left)) * 255),
        "averaged": float(np.sqrt(np.mean(plain)) * 255),
    }


def real(data: Path, pairs: dict[str, list[Registered]]) -> list[dict]:
    """The lenses of both cameras: from one pair, from two halves of the pairs, and as the authors aligned them."""
    rows = []
    for camera, found in pairs.items():
        source = open_source(data, "city100", scale=3, camera=camera)
        test = source.names("test")
        tests = registered(data, camera, test, misaligned=False)
        names = [name for name in source.all_names() if name not in test][: len(found)]
        lots = {
            "1": found[:1],
            f"{len(found[::2])} (every other)": found[::2],
            f"{len(found[1::2])} (the others)": found[1::2],
            f"{len(found)}": found,
            f"{len(found)}, aligned by the authors": registered(data, camera, names, misaligned=False),
        }
        rows += [lens_row(camera, which, measure_lens(lot, 3), tests) for which, lot in lots.items()]
    return rows


TEXT = """# Lenses, measured

Made by `python benchmarks/lenses.py --data City100`, seed 0. What the figures mean: [lenses.md](../lenses.md).

## Simulated lenses, whose transfer is known

H of three of the Nikon's test pairs through a lens applied in the frequency domain, noise of 2/255, rounded to 8 bit;
each measured from one picture alone. Errors are of MTF50, the worst of three pictures and three colours; of cells, the
worst of all 3×3 that were measured. σ and radius in pixels of X.

{simulated}

## The linear filter, ×3

L reduced by 3; learned from H misaligned by 24 px (2 px local) and registered, scored on the test pairs as they are: dB
on limited-range Y. From one pair: the mean of the filters of all training pairs, and their range.

{filters}

## City100's lenses

From the same pairs. MTF50 in cycles per pixel of X, red / green / blue; over the field of green; peak: the largest
contrast (above 1: sharpened); shift of red or blue against green in pixels of X; noise in values of 255, median over
brightness; what the lens leaves of X of the test pairs (in brackets: what Y averaged leaves), likewise.

{real}
"""


def report(result: dict) -> str:
    simulated = [
        f"{row['lens']}|×{row['scale']}|{row['true']:.3f}|{row['whole']:.1%}|{row['cells']:.1%}|{row['doubt']:.1%}|"
        f"{row['noise']:.2f}"
        for row in result["simulated"]
    ]
    filters = [
        f"{row['camera']}|{row['method']}|{np.mean(row['scores']):.2f}|"
        + (f"{min(row['scores']):.2f} to {max(row['scores']):.2f}" if len(row["scores"]) > 1 else "")
        for row in result["filters"]
    ]
    real = [
        f"{row['camera']}|{row['pairs']}|{' / '.join(f'{value:.3f}' for value in row['mtf50'])}|{row['doubt']:.3f}|"
        f"{row['field'][0]:.3f} to {row['field'][1]:.3f}|{row['peak']:.2f}|{row['shift']:.2f}|{row['noise']:.1f}|"
        f"{row['left']:.1f} ({row['averaged']:.1f})"
        for row in result["real"]
    ]
    heads = {
        "simulated": "lens|scale|true MTF50|error|error of cells|their mean doubt|noise found / 255",
        "filters": "camera|method|PSNR Y|range",
        "real": "camera|pairs|MTF50|doubt of a cell|over the field|peak|shift|noise|left of X",
    }
    rows = {"simulated": simulated, "filters": filters, "real": real}
    tables = {
        name: markdown_table(head.split("|"), [line.split("|") for line in rows[name]]) for name, head in heads.items()
    }
    return TEXT.format(**tables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of City100")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the tables go")
    parser.add_argument("--pairs", type=int, default=13, help="how many training pairs of each camera")
    args = parser.parse_args()
    nikon = open_source(args.data, "city100", scale=3)
    pictures = [np.float32(nikon.load(name).y) / 255 for name in nikon.names("test")[:PICTURES]]
    tried = [(scale, name) for scale in (2, 3, 4) for name in LENSES]
    known = [
        {"lens": name, "scale": scale, **simulated(pictures, LENSES[name], scale)}
        for scale, name in track(tried, "Simulated", transient=True)
    ]
    rows, pairs = filters(args.data, args.pairs)
    result = {"seed": 0, "simulated": known, "filters": rows, "real": real(args.data, pairs)}
    write_text(args.output / "lenses.json", json.dumps(result, indent=2) + "\n", overwrite=True)
    write_text(args.output / "lenses.md", report(result), overwrite=True)
    print(report(result))


if __name__ == "__main__":
    main()
