"""The options of the verb ``zoom``. Nothing here imports what zooms, so that ``--help`` comes at once."""

from __future__ import annotations

import argparse
from typing import get_args

from opticalzoom.cli.value_types import crop_part, memory_size, positive_number, whole_number
from opticalzoom.weights.computing import MEMORY, PRECISIONS
from opticalzoom.zooming.options import DEFAULT_NAME, FIELDS, FORMATS, Bits, Siblings


def zoom_parser() -> argparse.ArgumentParser:
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
    group.add_argument("--scale", type=positive_number, metavar="S", help="any number (default: 3, of RAW files 4)")
    group.add_argument(
        "--crop", type=crop_part, metavar="PART", help="zoom a part: WxH+X+Y or WxH in pixels, or P%% for the middle"
    )
    group.add_argument(
        "--digital-zoom",
        type=positive_number,
        metavar="Z",
        help="the middle of the photo, Z times larger, at its old size",
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
    group.add_argument(
        "--quality", type=whole_number(1, 100), default=95, help="of JPEG and WebP, 1 to 100 (default: 95)"
    )
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
        type=memory_size,
        default=MEMORY,
        metavar="SIZE",
        help=f"for one photo, beside Python and libraries, as 1GB (default: {MEMORY // 10**6}MB)",
    )
    where = group.add_mutually_exclusive_group()
    where.add_argument("--workers", type=whole_number(1), metavar="N", help="processes (default: as many as help)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, to work on a cluster")


def _fields() -> str:
    return ", ".join(f"{{{name}}}" for name in FIELDS)
