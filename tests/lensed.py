"""Tiny weights that were learned for a lens, photos of that lens, and exported graphs: for tests of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from cards import write_jpeg
from safetensors.numpy import load_file, save, save_file

from opticalzoom.lenses.lens_card import LensCard
from opticalzoom.photo.metadata import Metadata
from opticalzoom.weights.card import ModelCard, bundled, read_card
from opticalzoom.weights.graphs import read_graph, with_graphs

PHONE = Metadata("Google Pixel 7", "Pixel 7 back camera 6.81mm f/1.85", 6.81, 25.0)
TELE = Metadata("Google Pixel 7", "Pixel 7 back camera 19mm f/3.5", 19.0, 70.0)
DSLR = Metadata("NIKON D5500", "18.0-55.0 mm f/3.5-5.6", 24.0, 36.0)


def lens_card(photo: Metadata = PHONE, scale: int = 2, **changes: object) -> LensCard:
    """A card of what was learned from such photos."""
    figures = {"psnr": {"bicubic": 27.5, "learned": 28.25}, "gain": {"bicubic": [0.75, 0.1]}, "pairs": 8, "scenes": 4}
    known = {"ratio": scale - 0.15, "scale": scale, "input": "rgb", "date": "2026-11-28", "figures": figures}
    return LensCard.of_photo(photo, **(known | changes))  # type: ignore[arg-type]


def lens_file(path: Path, card: LensCard | None = None, seed: int = 0, **arguments: object) -> Path:
    """Weights of the network ``linear`` with random kernels, written without PyTorch."""
    card = card or lens_card()
    drawn = {"scale": card.scale, "input": card.input, "radius": 1} | arguments
    factor, channels = (2 * card.scale, 4) if card.input == "raw" else (card.scale, 3)
    kernels = np.random.default_rng(seed).normal(0, 0.02, (3 * factor**2, channels, 3, 3)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    model = ModelCard("linear", drawn, {"lens": card.to_dict()})
    save_file({"filter.weight": kernels}, path, metadata=model.to_metadata())
    return path


def bundled_lens_file(path: Path, name: str, photo: Metadata = PHONE) -> Path:
    """Bundled weights as if they had been learned for a lens, graphs within: they zoom where PyTorch is missing."""
    source, model = bundled()[name], read_card(name)
    card = lens_card(photo, model.arguments["scale"], input=model.arguments.get("input", "rgb"))
    learned = ModelCard(model.builder, model.arguments, {**model.training, "lens": card.to_dict()})
    graph = read_graph(source, ".onnx")
    assert graph is not None
    path.write_bytes(with_graphs(save(load_file(source), learned.to_metadata()), {".onnx": graph}))
    return path


def photo_of(metadata: Metadata, path: Path, pixels: np.ndarray | None = None) -> Path:
    """A JPEG with the EXIF of a photo."""
    maker, _, model = (metadata.camera or " ").partition(" ")
    write_jpeg(
        path,
        pixels,
        focal_length=metadata.focal_length,
        equivalent=metadata.focal_length_35mm,
        camera=(maker, model),
        lens=metadata.lens,
    )
    return path
