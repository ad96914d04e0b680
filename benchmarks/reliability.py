"""The table of docs/reliability.md: what was tried, what held, and what was lost.

    python benchmarks/reliability.py --files 2000 --kills 15 --calls 1000 --markdown docs/results/reliability.md

Damaged files of each kind are opened in a process with limits (tests/fuzz), each verb is killed at random moments and
run again (tests/faults), and eight threads share each engine. The same seed tries the same. What is lost is kept in the
folder that is printed. Exit code 1 if anything was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import numpy as np

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS.parent), *(str(TESTS / room) for room in ("", "fuzz", "faults"))]

from arena import Arena  # noqa: E402 - lies in the folders above
from fuzz_seeds import KINDS  # noqa: E402
from killing import WORKS, Victim  # noqa: E402

import opticalzoom  # noqa: E402

THREADS = 8
BACKENDS = ("torch", "onnxruntime", "openvino", "ncnn")
Row = tuple[str, int, int, str]
"""What was tried, how often, how often it was lost, and a remark."""


def damaged_files(count: int, seed: int, folder: Path) -> Iterator[Row]:
    arena = Arena(folder / "files")
    try:
        for kind in KINDS:
            tally = arena.try_files(kind, count, seed)
            for lost in tally.lost:
                print(f"lost: {lost.name}: {lost.reason}", file=sys.stderr)
            remark = f"{tally.refused} refused, {tally.taken} taken; slowest {tally.seconds:.2f} s of a processor"
            yield f"damaged files: {kind}", tally.tried, len(tally.lost), f"{remark}, most {tally.memory / 1e6:.0f} MB"
    finally:
        arena.close()


def killed_runs(count: int, seed: int, folder: Path) -> Iterator[Row]:
    for work in WORKS:
        (folder / work.name).mkdir()
        victim, random = Victim(work, folder / work.name), Random(f"{seed} {work.name}")
        wrong = [found for _ in range(count) if (found := victim.kill(random))]
        for found in wrong:
            print(f"lost: {work.name}: {found}", file=sys.stderr)
        yield f"kill −9: {work.name}", count, len(wrong), f"at any moment of {victim.seconds:.0f} s; equal results"


def shared_engines(calls: int, seed: int) -> Iterator[Row]:
    random = np.random.default_rng(seed)
    images = [random.integers(0, 256, (*size, 3), np.uint8) for size in random.integers(5, 40, (THREADS, 2))]
    for backend in BACKENDS:
        zoom = opticalzoom.load(backend=backend, precision="float32")  # type: ignore[arg-type]
        expected = [zoom(image) for image in images]
        numbers = [number % THREADS for number in range(calls)]
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda number: zoom(images[number]), numbers))  # noqa: B023
        wrong = sum(not np.array_equal(expected[n], image) for n, image in zip(numbers, found, strict=True))
        yield f"calls from {THREADS} threads: {backend}", calls, wrong, f"{THREADS} sizes"


def table(rows: list[Row]) -> str:
    lines = [f"| {what} | {tried} | {tried - lost} | {lost} | {remark} |" for what, tried, lost, remark in rows]
    return "\n".join(["| | tried | held | lost | |", "|---|---:|---:|---:|---|", *lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=0, help="damaged files of each kind")
    parser.add_argument("--kills", type=int, default=0, help="of each verb")
    parser.add_argument("--calls", type=int, default=0, help="of each engine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", type=Path, help="where the table goes; else it is printed")
    args = parser.parse_args()
    folder, rows = Path(mkdtemp(prefix="reliability-")), []
    parts = [damaged_files(args.files, args.seed, folder)] if args.files else []
    parts += [killed_runs(args.kills, args.seed, folder)] if args.kills else []
    parts += [shared_engines(args.calls, args.seed)] if args.calls else []
    for part in parts:
        for row in part:
            print(*row, sep="\t", file=sys.stderr, flush=True)
            rows.append(row)
    if args.markdown:
        args.markdown.write_text(table(rows), encoding="utf-8")
    else:
        print(table(rows))
    print(f"What was lost is kept in {folder}", file=sys.stderr)
    return 1 if any(lost for _, _, lost, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
