from __future__ import annotations

from itertools import chain, islice

import numpy as np
import pytest
import torch

from opticalzoom.errors import ConfigError
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.photo.raw.mosaic import pack, unpack
from opticalzoom.training.datamodule import shares
from opticalzoom.training.patches import PatchDataset, StepSampler, to_tensor, turned

SCALE = 3


def trusted(rows, columns):
    """A mask that depends on the place in Y, true at four fifths of the pixels."""
    return (3 * rows + 7 * columns) % 5 != 0


def coded(height, width, resized=False):
    """A pair whose pixels tell where they are: red the row and green the column in X, blue the place in the block."""
    rows, columns = np.mgrid[: height * SCALE, : width * SCALE]
    place = rows % SCALE * SCALE + columns % SCALE
    y = np.stack((rows // SCALE, columns // SCALE, place), axis=2).astype(np.uint8)
    return TrainingPair("coded", y if resized else y[::SCALE, ::SCALE], y, trusted(rows, columns))


def decode(image):
    """Red, green and blue of a patch as H×W integers."""
    return (image * 255).round().long()


@pytest.mark.parametrize("augment", [False, True])
def test_x_y_and_mask_are_cut_from_the_same_place_and_turned_together(augment):
    patches = PatchDataset([coded(20, 31)], SCALE, 6, augment=augment)
    for index in range(40):
        item = patches[index]
        assert [item[key].shape for key in ("x", "y", "mask")] == [(3, 6, 6), (3, 18, 18), (1, 18, 18)]
        assert all(item[key].dtype == torch.float32 for key in item)
        x, y = decode(item["x"]), decode(item["y"])
        assert torch.equal(x[:2].repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2), y[:2])
        rows, columns = y[0] * SCALE + y[2] // SCALE, y[1] * SCALE + y[2] % SCALE
        assert torch.equal(trusted(rows, columns), item["mask"][0] == 1)
        assert len(torch.unique(rows * 1000 + columns)) == 18 * 18


def test_without_augmentation_patches_are_upright_windows_from_everywhere():
    patches = PatchDataset([coded(8, 9)], SCALE, 6, augment=False)
    corners = set()
    for index in range(100):
        x = decode(patches[index]["x"])
        row, column = int(x[0, 0, 0]), int(x[1, 0, 0])
        np.testing.assert_array_equal(x[:2], np.mgrid[row : row + 6, column : column + 6])
        corners.add((row, column))
    assert corners == {(row, column) for row in range(3) for column in range(4)}


def test_resized_input_has_the_window_of_y():
    patches = PatchDataset([coded(10, 12, resized=True)], SCALE, 4)
    assert all(torch.equal(patches[i]["x"], patches[i]["y"]) for i in range(10))
    assert patches[0]["x"].shape == (3, 12, 12)


def test_a_patch_depends_on_the_seed_and_its_index_alone():
    pairs = [coded(30, 20), coded(14, 40)]
    first, again, other = (PatchDataset(pairs, SCALE, 5, seed=seed) for seed in (4, 4, 5))
    forward = [first[i] for i in range(10)]
    backward = [again[i] for i in reversed(range(10))][::-1]
    assert all(torch.equal(a[k], b[k]) for a, b in zip(forward, backward, strict=True) for k in a)
    assert any(not torch.equal(forward[i]["x"], other[i]["x"]) for i in range(10))
    assert len({item["x"].numpy().tobytes() for item in forward}) > 5
    assert first[2**61]["x"].shape == (3, 5, 5)
    assert len(first) > 2**61


def test_windows_that_are_trusted_are_preferred():
    pair = coded(20, 60)
    mask = np.zeros_like(pair.mask)
    mask[:, : 30 * SCALE] = True
    patches = PatchDataset([TrainingPair("half", pair.x, pair.y, mask)], SCALE, 6)
    enough = sum(float(patches[i]["mask"].mean()) >= 0.6 for i in range(100))
    assert enough >= 95  # about half of them if windows were drawn once


def test_an_untrusted_pair_still_gives_patches():
    pair = coded(8, 8)
    patches = PatchDataset([TrainingPair("none", pair.x, pair.y, np.zeros_like(pair.mask))], SCALE, 6)
    assert float(patches[0]["mask"].sum()) == 0


def test_pairs_too_small_are_passed_over():
    small = TrainingPair("small", *(np.full((s, s, 3), 255, np.uint8) for s in (5, 15)), np.ones((15, 15), bool))
    patches = PatchDataset([small, coded(6, 6)], SCALE, 6)
    assert all(float(patches[i]["x"].max()) < 1 for i in range(20))
    with pytest.raises(ConfigError, match="6×6"):
        PatchDataset([small], SCALE, 6)
    with pytest.raises(ConfigError):
        PatchDataset([], SCALE, 6)


def test_turned_gives_the_eight_symmetries_of_the_square():
    image = np.arange(3 * 4 * 2).reshape(3, 4, 2)
    expected = [
        image,
        np.rot90(image, 1),
        np.rot90(image, 2),
        np.rot90(image, 3),
        np.fliplr(image),
        image.transpose(1, 0, 2),
        np.flipud(image),
        image.transpose(1, 0, 2)[::-1, ::-1],
    ]
    results = [turned(image, turn) for turn in range(8)]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)
    assert len({(r.shape, r.tobytes()) for r in results}) == 8


def test_all_eight_turns_are_drawn():
    patches = PatchDataset([coded(6, 6)], SCALE, 6)
    assert len({patches[i]["x"].numpy().tobytes() for i in range(100)}) == 8


def test_weights_say_how_often_a_pair_is_drawn():
    small, large = coded(6, 6), coded(12, 12)
    patches = PatchDataset([small, large], SCALE, 6, augment=False, weights=[3, 1])
    whole = to_tensor(small.x)
    drawn = sum(torch.equal(patches[i]["x"], whole) for i in range(200))
    assert 130 < drawn < 170


def test_shares_are_the_parts_of_all_pixels():
    assert shares([coded(6, 6), coded(12, 6), coded(6, 6)]) == pytest.approx([0.25, 0.5, 0.25])


def packed_pair(height, width):
    """A packed mosaic of 2·height × 2·width pixels of which each tells its place and colour, and Y three times as fine.

    A pixel of the mosaic is 3 · (its number), plus the number of its colour; Y has that number at all 9 pixels.
    """
    number = np.arange(4 * height * width, dtype=np.uint16).reshape(2 * height, 2 * width)
    colour = np.tile(np.array([[0, 1], [1, 2]], np.uint16), (height, width))
    y = np.stack([np.kron(number, np.ones((3, 3), np.uint16))] * 3, axis=2)
    return TrainingPair("raw", pack(3 * number + colour), y, np.ones(y.shape[:2], bool))


def test_packed_mosaics_keep_their_phase_and_their_place_above_y_whichever_way_they_are_turned():
    patches = PatchDataset([packed_pair(7, 9)], 6, 4)
    seen = set()
    for index in range(200):
        item = patches[index]
        assert [tuple(item[key].shape) for key in ("x", "y", "mask")] == [(4, 4, 4), (3, 24, 24), (1, 24, 24)]
        mosaic = unpack((item["x"] * 65535).round().long().permute(1, 2, 0).numpy())
        y = (item["y"][0] * 65535).round().long().numpy()
        assert np.array_equal(mosaic % 3, np.tile([[0, 1], [1, 2]], (4, 4)))
        assert np.array_equal(np.kron(mosaic // 3, np.ones((3, 3), int)), y)
        seen.add((int(y[0, 3] - y[0, 0]), int(y[3, 0] - y[0, 0])))
    assert seen == {(a, b) for a, b in [(1, 18), (-1, 18), (1, -18), (-1, -18), (18, 1), (-18, 1), (18, -1), (-18, -1)]}


def test_to_tensor_divides_integers_by_their_largest_value():
    ramp = np.array([[[0, 51, 255]]], np.uint8)
    assert to_tensor(ramp).flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert to_tensor(ramp.astype(np.uint16) * 257).flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert to_tensor(ramp > 0).flatten().tolist() == [0, 1, 1]


def test_a_resumed_sampler_goes_on_where_the_first_stopped():
    whole = list(islice(StepSampler(4), 10))
    assert whole[:2] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert list(islice(StepSampler(4, first_batch=6), 4)) == whole[6:]


def test_processes_share_the_indices_of_one_with_larger_batches():
    ranks = [list(islice(StepSampler(2, first_batch=3, rank=r, processes=3), 5)) for r in range(3)]
    together = [list(chain(*batches)) for batches in zip(*ranks, strict=True)]
    assert together == list(islice(StepSampler(6, first_batch=3), 5))
