"""The options of the verb ``zoom``."""

from __future__ import annotations

import argparse
import math
import re
from typing import get_args

from opticalzoom.engines.backends import PRECISIONS
from opticalzoom.engines.memory import MEMORY
from opticalzoom.zooming.crop import parse_crop
from opticalzoom.zooming.find import Siblings
from opticalzoom.zooming.names import DEFAULT_NAME, FIELDS, FORMATS, Bits


def parser() -> argparse.ArgumentParser:
    """The command line of ``opticalzoom zoom``."""
    parser = argparse.ArgumentParser(
        prog="opticalzoom zoom",
        description="Zoom photographs and RAW files. What cannot be zoomed is listed at the end.",
    )
    _add_photos(parser.add_argument_group("which photos"))
    _add_zoom(parser.add_argument_group("how they are zoomed"))
    _add_result(parser.add_argument_group("what is written"))
    _add_machine(parser.add_argument_group("where it runs"))
    return parser


def _add_photos(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "photos", nargs="+", metavar="PHOTO", help="photos and RAW files, folders of them, or patterns ('**/*.jpg')"
    )
    group.add_argument("-r", "--recursive", action="store_true", help="also photos in folders in the folders")
    group.add_argument(
        "--raw-jpeg",
        choices=get_args(Siblings),
        default="raw",
        help="what to zoom of shots that are there as RAW file and JPEG (default: raw)",
    )


def _add_zoom(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--weights", metavar="FILE", help="a weights file, an exported .onnx or .param file, or bundled weights by name"
    )
    group.add_argument("--scale", type=_positive, metavar="S", help="any number (default: 3, of RAW files 4)")
    group.add_argument(
        "--crop", type=parse_crop, metavar="PART", help="zoom a part: WxH+X+Y or WxH in pixels, or P%% for the middle"
    )
    group.add_argument(
        "--digital-zoom", type=_positive, metavar="Z", help="the middle of the photo, Z times larger, at its old size"
    )
    group.add_argument(
        "--self-ensemble",
        "--tta",
        action="store_true",
        help="mean of eight flips and turns: a little better, 8 times slower",
    )


def _add_result(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the zoomed photos go")
    group.add_argument(
        "--name", default=DEFAULT_NAME, metavar="PATTERN", help=f"of {_fields()} (default: {DEFAULT_NAME})"
    )
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="keep",
        help="format to write (default: the photo's own; of RAW files tif, of HEIC and AVIF jpg)",
    )
    group.add_argument("--quality", type=_quality, default=95, help="of JPEG and WebP, 1 to 100 (default: 95)")
    group.add_argument("--bits", type=int, choices=get_args(Bits), help="of a channel (default: as the photo has)")
    there = group.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="leave zoomed photos that are there, do the others")
    there.add_argument("--overwrite", action="store_true", help="replace zoomed photos that are there")


def _add_machine(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--backend",
        choices=("auto", *PRECISIONS),
        default="auto",
        help="what computes: onnxruntime, openvino and ncnn are extras (default: the fastest that is installed)",
    )
    group.add_argument(
        "--precision",
        choices=("auto", *PRECISIONS["torch"]),
        default="auto",
        help="default: the fastest here whose result stays within 1/255 of float32's",
    )
    group.add_argument(
        "--memory",
        type=_bytes,
        default=MEMORY,
        metavar="SIZE",
        help=f"for one photo, beside Python and libraries, as 1GB (default: {MEMORY // 10**6}MB)",
    )
    where = group.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_count, metavar="N", help="processes (default: as many as help)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, to work on a cluster")


def _fields() -> str:
    return ", ".join(f"{{{name}}}" for name in FIELDS)


def _quality(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no quality from 1 to 100")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return number


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([MG])B", text, re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no size as 500MB or 1.5GB")
    return round(float(found[1]) * {"M": 10**6, "G": 10**9}[found[2].upper()])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return int(text)
