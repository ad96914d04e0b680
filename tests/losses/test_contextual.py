"""CX and CoBi against the papers' equations in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from opticalzoom.errors import ConfigError, ShapeError
from opticalzoom.losses.contextual import contextual_bilateral_loss, contextual_loss, draw_places, image_patches

LOSSES = {"cx": contextual_loss, "cobi": contextual_bilateral_loss}


def features(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def slow_distance(x, y, mean):
    """1 − cosine of two feature vectors about the target's mean."""
    a, b = x - mean, y - mean
    return 1 - float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))


def slow_matrix(x, y):
    channels = x.shape[0]
    x, y = x.reshape(channels, -1).T, y.reshape(channels, -1).T
    mean = y.mean(0)
    return [[slow_distance(a, b, mean) for b in y] for a in x]


def slow_cx(x, y, bandwidth):
    similarity = []
    for row in slow_matrix(x, y):
        least = min(row)
        weights = [math.exp((1 - d / (least + 1e-5)) / bandwidth) for d in row]
        similarity.append([w / sum(weights) for w in weights])
    best = [max(similarity[i][j] for i in range(len(similarity))) for j in range(len(similarity))]
    return -math.log(sum(best) / len(best))


def slow_cobi(x, y, weight):
    height, width = x.shape[1:]
    places = [(i / height, j / width) for i in range(height) for j in range(width)]
    total = 0.0
    for here, row in zip(places, slow_matrix(x, y), strict=True):
        total += min(d + weight * math.dist(here, there) for d, there in zip(row, places, strict=True))
    return total / len(places)


@pytest.mark.parametrize("bandwidth", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("chunk", [1, 4, 12, 100])
def test_cx_against_the_equations(bandwidth, chunk):
    x, y = features(0, 2, 5, 3, 4), features(1, 2, 5, 3, 4)
    expected = np.mean([slow_cx(a.numpy(), b.numpy(), bandwidth) for a, b in zip(x, y, strict=True)])
    assert contextual_loss(x, y, bandwidth, chunk).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("weight", [0.0, 0.1, 3.0])
@pytest.mark.parametrize("chunk", [1, 4, 12, 100])
def test_cobi_against_the_equations(weight, chunk):
    x, y = features(0, 2, 5, 3, 4), features(1, 2, 5, 3, 4)
    expected = np.mean([slow_cobi(a.numpy(), b.numpy(), weight) for a, b in zip(x, y, strict=True)])
    assert contextual_bilateral_loss(x, y, weight, chunk).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("name", "slow"), [("cx", slow_cx), ("cobi", slow_cobi)])
def test_some_places_only(name, slow):
    """Those of one row are an image of one row, whose height does not count."""
    x, y = features(0, 1, 5, 3, 4), features(1, 1, 5, 3, 4)
    got = LOSSES[name](x, y, 0.5, places=torch.arange(4, 8)).item()
    assert got == pytest.approx(slow(x[0, :, 1:2].numpy(), y[0, :, 1:2].numpy(), 0.5), rel=1e-9)


def test_places_are_drawn_once_each_and_repeatably():
    x = features(0, 2, 3, 5, 6)
    one, again, other = (draw_places(x, 12, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert len(set(one.tolist())) == 12
    assert set(one.tolist()) <= set(range(30))
    assert draw_places(x, 30, torch.Generator()) is None
    with pytest.raises(ConfigError, match="samples"):
        draw_places(x, 0, torch.Generator())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("chunk", [2, 100])
def test_gradient(name, chunk):
    x, y = (features(seed, 1, 3, 2, 3).requires_grad_() for seed in (0, 1))
    assert gradcheck(lambda a, b: LOSSES[name](a, b, chunk=chunk), (x, y))


@pytest.mark.parametrize("name", LOSSES)
def test_chunks_change_no_gradient(name):
    gradients = []
    for chunk in (3, 100):
        x = features(0, 2, 4, 5, 4).requires_grad_()
        LOSSES[name](x, features(1, 2, 4, 5, 4), chunk=chunk).backward()
        gradients.append(x.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_features_give_the_minimum(name, dtype):
    x = features(0, 2, 16, 8, 9, dtype=dtype)
    assert LOSSES[name](x, x).item() == pytest.approx(0, abs=1e-5)
    assert LOSSES[name](x, features(1, 2, 16, 8, 9, dtype=dtype)).item() > 0.01


def test_cx_does_not_see_where_features_stand_and_cobi_does():
    x = features(0, 1, 8, 4, 4)
    moved = x.roll(1, dims=3)
    assert contextual_loss(moved, x).item() == pytest.approx(0, abs=1e-5)
    # A step to the right costs ¼ of the side; the last column comes from the first and goes ¾ back.
    assert contextual_bilateral_loss(moved, x, 0.1).item() == pytest.approx(0.1 * (3 * 0.25 + 0.75) / 4)
    assert contextual_bilateral_loss(moved, x, 0.0).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_half_precision_is_computed_in_full(name):
    x, y = (features(seed, 1, 8, 4, 4, dtype=torch.float32).bfloat16() for seed in (0, 1))
    with torch.autocast("cpu", torch.bfloat16):
        half = LOSSES[name](x, y)
    torch.testing.assert_close(half, LOSSES[name](x.float(), y.float()))


@pytest.mark.parametrize("name", LOSSES)
def test_flat_pictures_have_finite_gradients(name):
    x = torch.full((1, 3, 4, 4), 0.5, requires_grad=True)
    loss = LOSSES[name](x, torch.full((1, 3, 4, 4), 0.5))
    loss.backward()
    assert loss.isfinite()
    assert x.grad is not None
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_patches_are_what_slicing_gives(stride):
    image = features(0, 2, 3, 7, 9)
    patches = image_patches(image, 3, stride)
    assert patches.shape == (2, 27, (7 - 3) // stride + 1, (9 - 3) // stride + 1)
    for i in range(patches.shape[2]):
        for j in range(patches.shape[3]):
            block = image[:, :, i * stride : i * stride + 3, j * stride : j * stride + 3]
            torch.testing.assert_close(patches[:, :, i, j], block.flatten(1))


def test_what_does_not_fit_is_refused():
    x = torch.rand(1, 3, 4, 4)
    for loss in LOSSES.values():
        with pytest.raises(ShapeError, match="one shape"):
            loss(x, torch.rand(1, 3, 4, 5))
        with pytest.raises(ConfigError, match="chunk"):
            loss(x, x, chunk=0)
    with pytest.raises(ConfigError, match="bandwidth"):
        contextual_loss(x, x, 0)
    with pytest.raises(ConfigError, match="spatial"):
        contextual_bilateral_loss(x, x, -0.1)
    with pytest.raises(ShapeError, match="at least 5"):
        image_patches(x, 5)


@pytest.mark.parametrize("name", LOSSES)
def test_no_whole_matrix_is_kept_for_the_backward_pass(name):
    kept = []
    x = features(0, 1, 4, 16, 16).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        LOSSES[name](x, features(1, 1, 4, 16, 16), chunk=32)
    assert sum(kept) < 256 * 256 // 2
