"""Registration of shots at different focal lengths, simulated from photographs: accuracy, trusted pixels, wrong pairs.

    python benchmarks/views.py --data /path/to/City100 -o docs/results

Scenes: walls of City100's postcards (H), photos of Debian's lomiri-wallpapers-16.04 and plasma-workspace-wallpapers,
and scikit-image's. X is LensSimulation's shot of the whole scene at a quarter of its pixels, Y shows the middle:
displaced by up to 80 pixels of Y at the corners and 6 locally, rolled by up to 5°, with a focal length that is off
by up to 10% and an exposure that differs by up to two stops. Errors are against the true displacement.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track
from simulated import SCALE, Difference, SimulatedPair, crop_to, errors, read, simulate, wall
from skimage import data

from opticalzoom.files import write_text
from opticalzoom.registration.warp import Image
from opticalzoom.registration.zoom_view import register_views

STRENGTHS = ((0, 0), (12, 2), (24, 4), (40, 4), (80, 6))  # (corners, local field) in pixels of Y
PLASMA = (
    "Path",
    "EveningGlow",
    "OneStandsOut",
    "BytheWater",
    "ColorfulCups",
    "Grey",
    "FallenLeaf",
    "Kite",
    "ColdRipple",
    "Autumn",
)
SMALL = ("astronaut", "coffee", "chelsea", "rocket")
HIGHEST, LARGE = 2600, 3800  # pixels: width that photos are reduced to, and from which on they are used whole as well

Scene = tuple[str, float, Callable[[], Image]]  # name, ratio of the fields of view, and what makes it


def postcards(folder: Path) -> list[Scene]:
    paths = sorted(folder.rglob("City100_NikonD5500/*H.PNG"))
    rows = [[paths[(n + k) % len(paths)] for k in (1, 2, 3, 4, 0, 5, 6, 7, 8)] for n in range(len(paths))]
    return [(f"City100 {row[4].stem}", 2.0, partial(lambda row: wall([read(p) for p in row]), row)) for row in rows]


def photos(backgrounds: Path, wallpapers: Path) -> list[Scene]:
    scenes: list[Scene] = []
    lomiri = sorted(backgrounds.glob("*_by_*.jpg"))
    plasma = [max((wallpapers / name / "contents/images").glob("*"), key=lambda p: p.stat().st_size) for name in PLASMA]
    for path in [*lomiri, *plasma]:
        name = path.stem if path in lomiri else path.parents[2].name
        scenes.append((name, 2.0, partial(lambda p: reduced(read(p)), path)))
    for path in lomiri:
        if max(read(path).shape) >= LARGE:
            scenes.append((f"{path.stem} whole", 4.0, partial(read, path)))
    scenes += [(f"{path.stem} 1.5", 1.5, partial(lambda p: reduced(read(p)), path)) for path in lomiri[:5]]
    scenes += [(name, 1.6, partial(lambda n: enlarged(getattr(data, n)()), name)) for name in SMALL]
    return scenes


def reduced(photo: Image) -> Image:
    factor = min(1.0, HIGHEST / photo.shape[1])
    return np.asarray(cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def enlarged(photo: Image) -> Image:
    """Twice the size: X still has all of its detail, as it is a quarter of it."""
    return np.asarray(cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def pair_of(scene: Scene, number: int) -> tuple[SimulatedPair, Difference]:
    _, ratio, make = scene
    corners, local = STRENGTHS[number % len(STRENGTHS)]
    rng = np.random.default_rng((0, number))
    part = corners / STRENGTHS[-1][0]
    difference = Difference(
        corners, local, part * rng.uniform(-5, 5), 1 + part * rng.uniform(-0.1, 0.1), rng.uniform(-2, 2)
    )
    picture = crop_to(make(), 2 * SCALE)
    height, width = (int(side / ratio) // 2 * 2 for side in picture.shape[:2])
    return simulate(picture, (height, width), difference, number), difference


def measure(scene: Scene, number: int) -> tuple[dict, SimulatedPair]:
    pair, difference = pair_of(scene, number)
    start = time.perf_counter()
    found = register_views(pair.y, pair.x, SCALE, pair.ratio)
    row = {"scene": scene[0], **difference.__dict__, "width": pair.y.shape[1], "seconds": time.perf_counter() - start}
    row |= found.summary()
    return row | (errors(pair, found) if found.view.rows.stop else {}), pair


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder of City100")
    parser.add_argument("--backgrounds", type=Path, default=Path("/usr/share/backgrounds"), help="lomiri's photos")
    parser.add_argument("--wallpapers", type=Path, default=Path("/usr/share/wallpapers"), help="plasma's photos")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    parser.add_argument("--every", type=int, default=1, help="take every n-th scene: a quick look")
    args = parser.parse_args()
    scenes = [*photos(args.backgrounds, args.wallpapers), *postcards(args.data)]
    numbered = list(enumerate(scenes))[:: args.every]
    rows, wrong, pairs = [], [], []
    for number, scene in track(numbered):
        row, pair = measure(scene, number)
        rows.append(row)
        print({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}, flush=True)
        pairs.append((scene[0], pair))
    for (name, one), (other_name, other) in track(list(zip(pairs, pairs[len(pairs) // 2 :] + pairs, strict=False))):
        found = register_views(other.y, one.x, SCALE, one.ratio)  # neighbours share postcards
        wrong.append({"scene": f"{name}, {other_name}", **found.summary()})
        print({k: round(v, 3) if isinstance(v, float) else v for k, v in wrong[-1].items()}, flush=True)
    result = {"seed": 0, "threads": cv2.getNumThreads(), "pairs": rows, "wrong_pairs": wrong}
    write_text(args.output / "views.json", json.dumps(result, indent=1) + "\n", overwrite=True)
    write_text(args.output / "views.md", table(result), overwrite=True)
    print(table(result))


def table(result: dict) -> str:
    pairs, wrong = result["pairs"], result["wrong_pairs"]
    lines = []
    for corners, local in STRENGTHS:
        rows = [r for r in pairs if r["corners"] == corners]
        lines.append(line(f"{corners} + {local} local", rows))
    accepted = sum(r["ok"] for r in pairs)
    head = ("displacement / px", "pairs", "accepted", "median error / px", "95% / px", "trusted", "s a pair")
    return "\n".join(
        [
            "# Registration of simulated shots at two focal lengths",
            "",
            "Pixels of Y; X has a quarter of its resolution. The error columns are medians over accepted pairs of each",
            "pair's median and 95th percentile over its trusted pixels; in brackets the worst pair. Roll up to 5°,",
            "focal length off by up to 10% (both in proportion to the displacement), exposure up to two stops apart.",
            f"Made by `python benchmarks/views.py --data City100`, seed {result['seed']}, {result['threads']} threads.",
            "",
            f"| {' | '.join(head)} |",
            "|---" * len(head) + "|",
            *lines,
            line("all", pairs),
            "",
            f"Right pairs accepted: {accepted} of {len(pairs)}. "
            f"Pairs of different scenes accepted: {sum(r['ok'] for r in wrong)} of {len(wrong)}.",
            "",
            *[f"- {r['scene']}: {r['reason']}" for r in pairs if not r["ok"]],
        ]
    )


def line(name: str, rows: list[dict]) -> str:
    good = [r for r in rows if r["ok"]]
    if not good:
        return f"| {name} | {len(rows)} | 0 | | | | |"
    median, most = ([r[key] for r in good] for key in ("error_median", "error_95"))
    trusted = [r["trusted"] for r in good]
    return (
        f"| {name} | {len(rows)} | {len(good)} | {np.median(median):.2f} ({max(median):.2f}) "
        f"| {np.median(most):.2f} ({max(most):.2f}) | {np.median(trusted):.0%} ({min(trusted):.0%}) "
        f"| {np.median([r['seconds'] for r in rows]):.1f} |"
    )


if __name__ == "__main__":
    main()
