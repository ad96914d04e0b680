"""Whole files of every kind that the product opens, small and generated: what is damaged to see what becomes of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from cards import write_mosaic
from lensed import bundled_lens_file, lens_file
from photos import RGB_ICC, camera_exif, smooth, tiff_bytes
from PIL import Image
from places import REPOSITORY

from opticalzoom.engines.ncnn_engine import NCNN_SUFFIXES
from opticalzoom.weights.card import bundled
from opticalzoom.weights.graphs import read_graph

HEIGHT, WIDTH = 40, 56
Seed = tuple[str, bytes]
"""Suffix and content."""


def _saved(kind: str, channels: int = 3, mode: str | None = None, **options: object) -> bytes:
    pixels = smooth(HEIGHT, WIDTH, channels)
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    file = io.BytesIO()
    (picture.convert(mode) if mode else picture).save(file, kind, **options)
    return file.getvalue()


def _written(write: Callable[[Path], object], name: str) -> bytes:
    with TemporaryDirectory() as folder:
        write(Path(folder, name))
        return Path(folder, name).read_bytes()


def _jpeg() -> list[Seed]:
    exif = b"Exif\0\0" + camera_exif(6)
    kinds = [
        {"exif": exif, "icc_profile": RGB_ICC, "quality": 90},
        {"progressive": True, "exif": exif, "xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"},
        {"mode": "CMYK"},
        {"channels": 1, "restart_marker_blocks": 2},
    ]
    return [(".jpg", _saved("JPEG", **kind)) for kind in kinds]  # type: ignore[arg-type]


def _png() -> list[Seed]:
    deep = io.BytesIO()
    Image.fromarray(smooth(HEIGHT, WIDTH, 1, np.uint16)[..., 0]).save(deep, "PNG")
    plain = [_saved("PNG", icc_profile=RGB_ICC, exif=camera_exif(3)), _saved("PNG", mode="P"), _saved("PNG", 4)]
    return [(".png", content) for content in (*plain, deep.getvalue())]


def _tiff() -> list[Seed]:
    rgb, deep = smooth(HEIGHT, WIDTH, 3), smooth(HEIGHT, WIDTH, 4, np.uint16)
    kinds = [
        tiff_bytes(rgb, photometric="rgb", iccprofile=RGB_ICC),
        tiff_bytes(rgb, photometric="rgb", tile=(16, 16), compression="deflate"),
        tiff_bytes(deep, photometric="rgb", extrasamples=["unassalpha"], compression="lzw", rowsperstrip=8),
        tiff_bytes(rgb, photometric="rgb", compression="jpeg"),
        tiff_bytes(rgb, photometric="rgb", bigtiff=True),
        _saved("TIFF", save_all=True, append_images=[Image.new("RGB", (9, 7))], exif=camera_exif(8)),
    ]
    return [(".tif", content) for content in kinds]


def _webp() -> list[Seed]:
    frames = {"save_all": True, "append_images": [Image.new("RGB", (WIDTH, HEIGHT))]}
    kinds: list[dict[str, object]] = [
        {"exif": camera_exif(6), "icc_profile": RGB_ICC},
        {"channels": 4, "lossless": True},
        frames,
    ]
    return [(".webp", _saved("WEBP", **kind)) for kind in kinds]  # type: ignore[arg-type]


def _heif() -> list[Seed]:
    import pillow_heif  # noqa: PLC0415 - an extra

    picture = pillow_heif.from_pillow(Image.fromarray(smooth(HEIGHT, WIDTH, 3)))
    file = io.BytesIO()
    picture.save(file, exif=camera_exif(6))
    seeds = [(".heic", file.getvalue())]
    if "AVIF" in Image.SAVE or ".avif" in Image.registered_extensions():
        seeds.append((".avif", _saved("AVIF")))
    return seeds


def _dng() -> list[Seed]:
    def write(path: Path) -> None:
        write_mosaic(path, smooth(HEIGHT, WIDTH, 3), focal_length=35.0, time=datetime(2026, 1, 2))

    return [(".dng", _written(write, "a.dng"))]


def _manifest() -> list[Seed]:
    record = {"name": "größe", "scene": "a", "scale": 2, "accepted": True, "reason": "", "ratio": 1.9, "short": "a.jpg"}
    lines = [json.dumps(record | {"name": f"p{number}"}, ensure_ascii=False) + "\n" for number in range(4)]
    return [(".jsonl", "".join(lines).encode())]


def _pair_sets() -> list[Seed]:
    files = {"x/a.png": "|u1(2, 3) 56", "field/a.npz": "<f4(2, 3, 2) 77"}
    whole = {"parameters": {"scale": 3}, "versions": {"numpy": "2"}, "names": ["a", "b"], "left_out": {"b": "dark"}}
    return [(".json", json.dumps(whole | {"pairs": {"a": files}}, indent=1).encode())]


def _weights() -> list[Seed]:
    return [(".safetensors", _written(lens_file, "a.safetensors"))]


def _lens() -> list[Seed]:
    return [(".safetensors", _written(lambda path: bundled_lens_file(path, "city100-x3"), "a.safetensors"))]


def _graph(suffix: str) -> bytes:
    graph = read_graph(bundled()["city100-x3"], suffix)  # type: ignore[arg-type]
    assert graph is not None
    return graph


def _onnx() -> list[Seed]:
    return [(".onnx", _graph(".onnx"))]


def _ncnn() -> list[Seed]:
    return [(suffix, _graph(suffix)) for suffix in NCNN_SUFFIXES]


def _checkpoint() -> list[Seed]:
    import torch  # noqa: PLC0415 - an extra

    file = io.BytesIO()
    torch.save({"step": 3, "seconds": 1.5, "model": {"a.weight": torch.ones(3, 4)}, "curve": [(1, 2.0)]}, file)
    return [(".ckpt", file.getvalue())]


def _study() -> list[Seed]:
    settings = {"study": "table1", "size": "lite", "steps": 5, "precision": "32-true", "seconds": {"sdan": 0.5}}
    return [(".json", json.dumps(settings, indent=1).encode())]


def _config() -> list[Seed]:
    return [(".yaml", (REPOSITORY / "configs" / "city100-sdan-lite-x3.yaml").read_bytes())]


_MAKERS: dict[str, Callable[[], list[Seed]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "tiff": _tiff,
    "webp": _webp,
    "heif": _heif,
    "dng": _dng,
    "manifest": _manifest,
    "pair set": _pair_sets,
    "weights": _weights,
    "lens": _lens,
    "onnx": _onnx,
    "ncnn": _ncnn,
    "checkpoint": _checkpoint,
    "study": _study,
    "config": _config,
}
KINDS = tuple(_MAKERS)
PHOTOS = KINDS[:6]


@cache
def seeds_of(kind: str) -> list[Seed]:
    """The whole files of a kind, the same every time."""
    return _MAKERS[kind]()
