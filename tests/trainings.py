"""Trainings that take seconds: a dozen small photographs, a tiny network, few steps."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from skimage import data


def write_photos(root: Path, side: int = 96) -> Path:
    """A dozen square parts of one photograph; returns their folder."""
    photo = data.astronaut()
    for number in range(12):
        Image.fromarray(photo[20 * number :][:side, 10 * number :][:, :side]).save(root / f"{number:02d}.png")
    return root


def quick(folder: Path, out: Path) -> dict[str, object]:
    """Options of ``opticalzoom train`` by name, for photos that are aligned."""
    return {
        "data.root": folder,
        "data.cache": folder.parent / "cache",
        "data.registration": "none",
        "data.misalignment": 0,
        "data.local": 0,
        "data.batch_size": 2,
        "data.patch_size": 12,
        "data.workers": 0,
        "model.arguments": '{"features": 4, "blocks": 1}',
        "trainer.max_steps": 6,
        "trainer.val_check_interval": 6,
        "trainer.log_every_n_steps": 1,
        "trainer.precision": "32-true",
        "trainer.accelerator": "cpu",
        "out": out,
    }
