"""What the data module injects, and into which part of the data."""

from __future__ import annotations

import numpy as np
from PIL import Image
from skimage import data

from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.training.datamodule import PairsDataModule


def test_misalignment_and_parallax_are_injected_into_training_pairs_alone(tmp_path):
    photos = {f"{number:02d}": data.astronaut()[20 * number :][:96, :120] for number in range(12)}
    (tmp_path / "photos").mkdir()
    for name, photo in photos.items():
        Image.fromarray(photo).save(tmp_path / "photos" / f"{name}.png")
    module = PairsDataModule(
        str(tmp_path / "photos"),
        scale=3,
        misalignment=4,
        parallax=6,
        registration="none",
        seed=2,
        cache=str(tmp_path / "cache"),
    )
    module.setup("fit")
    assert module.training[0]
    assert module.validation
    for pair in module.training[0]:
        motion = Misalignment(4, 0, seed=2, parallax=6).motion(pair.name, 96, 120)
        np.testing.assert_array_equal(pair.y, motion.apply(photos[pair.name]))
        np.testing.assert_array_equal(pair.mask, motion.valid)
    for pair in module.validation:
        np.testing.assert_array_equal(pair.y, photos[pair.name])
