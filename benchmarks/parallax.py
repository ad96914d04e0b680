"""What registration makes of two layers of depth: error and trust by the distance from the silhouette.

    python benchmarks/parallax.py --data /path/to/City100 -o docs/results

X is L as shipped, Y is H moved by a known misalignment with and without parallax. Every pixel of X that the moved Y
shows too is measured, trusted or not, against the true displacement.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from rich.progress import track

from opticalzoom.files import write_text
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import Source, open_source
from opticalzoom.registration.method import Method
from opticalzoom.registration.same_view import register
from opticalzoom.registration.warp import inside

MOVES = (Misalignment(12, 2, 0, 0), Misalignment(12, 2, 0, 12))
METHODS: tuple[Method, ...] = ("homography", "flow")
BANDS = (0, 8, 24, 48, np.inf)
"""Pixels of Y from the silhouette, on X."""
HIDDEN = "hidden"


def measure(source: Source, names: list[str], moves: Misalignment, method: Method) -> list[dict]:
    """A row for each band, over all pixels of all pairs."""
    found: dict[str, list[np.ndarray]] = {}
    for name in track(names, f"parallax {moves.parallax:g}, {method}"):
        for band, values in bands(source, name, moves, method):
            found.setdefault(band, []).append(values)
    total = sum(values.shape[1] for parts in found.values() for values in parts)
    return [
        {"parallax": moves.parallax, "method": method, "band": band, **summary(np.concatenate(parts, axis=1), total)}
        for band, parts in found.items()
    ]


def bands(source: Source, name: str, moves: Misalignment, method: Method) -> Iterator[tuple[str, np.ndarray]]:
    """Error and trust, 2×N, of what is hidden and of the pixels in each band that both show."""
    pair = source.load(name)
    motion = moves.motion(name, *pair.y.shape[:2])
    registration = register(motion.apply(pair.y), pair.x, scale=source.scale, method=method)
    error = np.linalg.norm(registration.field - motion.inverse, axis=-1)
    shown = inside(motion.inverse, *pair.y.shape[:2])
    values = np.stack((error, registration.trusted & registration.ok))
    if not moves.parallax:
        yield "all", values[:, shown]
        return
    distance = np.abs(motion.front)
    for nearest, farthest in pairwise(BANDS):
        part = shown & ~motion.hidden & (distance >= nearest) & (distance < farthest)
        yield f"{nearest}-{farthest}" if farthest < np.inf else f"> {nearest}", values[:, part]
    yield HIDDEN, values[:, shown & motion.hidden]


def summary(values: np.ndarray, total: int) -> dict[str, float]:
    error, trusted = values[0], values[1].astype(bool)
    return {
        "share": values.shape[1] / total,
        "error_median": float(np.median(error)),
        "error_95": float(np.percentile(error, 95)),
        "trusted": float(trusted.mean()),
        "trusted_error_median": float(np.median(error[trusted])),
        "trusted_error_95": float(np.percentile(error[trusted], 95)),
        "trusted_wrong": float((error[trusted] > 1).mean()),
    }


HEADINGS = (
    "parallax / px",
    "registration",
    "px from the silhouette",
    "share of pixels",
    "median error / px",
    "95% / px",
    "trusted",
    "95% of the trusted / px",
    "of the trusted wrong by > 1 px",
)


def table(rows: list[dict], pairs: int) -> str:
    lines = [line(row) for row in rows]
    return "\n".join(
        [
            "# Registration of two layers of depth (City100, Nikon)",
            "",
            f"{pairs} training pairs, misaligned by 12 px and 2 px local, without and with parallax: a front layer",
            "moves by 12 px against the rest. Pixels of Y; all pixels of all pairs together, against the true",
            "displacement. Hidden is background that the moved Y does not show: whatever is found there is wrong.",
            f"Made by `python benchmarks/parallax.py --data City100 --pairs {pairs}`, seed 0.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---" * len(HEADINGS) + "|",
            *lines,
            "",
        ]
    )


def line(row: dict) -> str:
    errors = [f"{row[key]:.2f}" for key in ("error_median", "error_95")]
    trusted = [f"{row['trusted']:.0%}", f"{row['trusted_error_95']:.2f}", f"{row['trusted_wrong']:.0%}"]
    if row["band"] == HIDDEN:
        errors, trusted[1:] = ["", ""], ["", ""]
    cells = [f"{row['parallax']:g}", row["method"], row["band"], f"{row['share']:.1%}", *errors, *trusted]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of City100")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    parser.add_argument("--pairs", type=int, default=5, help="how many training pairs")
    args = parser.parse_args()
    source = open_source(args.data, "city100", scale=3)
    names = source.names("train")[: args.pairs]
    rows = [row for moves, method in product(MOVES, METHODS) for row in measure(source, names, moves, method)]
    text = json.dumps({"pairs": names, "seed": 0, "rows": rows}, indent=2)
    write_text(args.output / "parallax.json", text + "\n", overwrite=True)
    write_text(args.output / "parallax.md", table(rows, len(names)), overwrite=True)
    print(table(rows, len(names)))


if __name__ == "__main__":
    main()
