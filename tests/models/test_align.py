"""The resampling against torchvision's operator, brute-force loops and known answers."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchvision.ops import deform_conv2d

from opticalzoom.errors import ShapeError
from opticalzoom.models.align import deform_conv, enlarge_mask, inside_mask, squared_deform_conv, warp

DOUBLE = torch.float64


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def draw_offset(*shape: int, reach: int, seed: int = 1) -> Tensor:
    """Offsets of up to ±reach that keep away from whole pixels, where bilinear interpolation has no derivative."""
    generator = torch.Generator().manual_seed(seed)
    whole = torch.randint(-reach, reach, shape, generator=generator)
    return whole + 0.2 + 0.6 * torch.rand(*shape, dtype=DOUBLE, generator=generator)


def torchvision_conv(x: Tensor, offset: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """torchvision's operator on H×W: it gives one row and column more for even kernels, which are cut off."""
    rows, columns = weight.shape[-2:]
    taps = rows * columns
    if offset.shape[1] == 2:
        offset = offset.repeat(1, taps, 1, 1)
    padded = F.pad(offset, (0, 1 - columns % 2, 0, 1 - rows % 2))
    out = deform_conv2d(x, padded, weight, bias, padding=(rows // 2, columns // 2))
    return out[..., : x.shape[-2], : x.shape[-1]]


@pytest.mark.parametrize("reach", [1, 6, 20])
@pytest.mark.parametrize("images", [1, 2])
def test_squared_equals_torchvision_with_all_gradients(reach: int, images: int) -> None:
    shapes = draw(images, 4, 13, 17), draw_offset(images, 2, 13, 17, reach=reach), draw(6, 4, 3, 3), draw(6)
    upstream = draw(images, 6, 13, 17, seed=5)
    ours = [tensor.clone().requires_grad_() for tensor in shapes]
    theirs = [tensor.clone().requires_grad_() for tensor in shapes]
    out, expected = squared_deform_conv(*ours), torchvision_conv(*theirs)
    torch.testing.assert_close(out, expected)
    gradients = torch.autograd.grad(out, ours, upstream), torch.autograd.grad(expected, theirs, upstream)
    for name, got, wanted in zip(("x", "offset", "weight", "bias"), *gradients, strict=True):
        assert wanted.abs().max() > 0, name
        torch.testing.assert_close(got, wanted, msg=lambda text, name=name: f"gradient of {name}: {text}")


@pytest.mark.parametrize("reach", [2, 20])
def test_per_point_equals_torchvision_with_all_gradients(reach: int) -> None:
    shapes = draw(2, 4, 9, 14), draw_offset(2, 18, 9, 14, reach=reach), draw(5, 4, 3, 3), draw(5)
    upstream = draw(2, 5, 9, 14, seed=5)
    ours = [tensor.clone().requires_grad_() for tensor in shapes]
    theirs = [tensor.clone().requires_grad_() for tensor in shapes]
    out, expected = deform_conv(*ours), torchvision_conv(*theirs)
    torch.testing.assert_close(out, expected)
    gradients = torch.autograd.grad(out, ours, upstream), torch.autograd.grad(expected, theirs, upstream)
    for got, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(got, wanted)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    images=st.integers(1, 3),
    reach=st.integers(1, 60),
    kernel=st.sampled_from([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (3, 2), (1, 4)]),
    seed=st.integers(0, 9),
)
def test_any_size_kernel_and_offset(
    height: int, width: int, images: int, reach: int, kernel: tuple[int, int], seed: int
) -> None:
    x, weight, bias = draw(images, 2, height, width, seed=seed), draw(3, 2, *kernel, seed=seed), draw(3)
    offset = draw_offset(images, 2, height, width, reach=reach, seed=seed)
    torch.testing.assert_close(squared_deform_conv(x, offset, weight, bias), torchvision_conv(x, offset, weight, bias))
    offsets = draw_offset(images, 2 * kernel[0] * kernel[1], height, width, reach=reach, seed=seed)
    torch.testing.assert_close(deform_conv(x, offsets, weight, bias), torchvision_conv(x, offsets, weight, bias))


def test_float32_stays_close_on_a_larger_image() -> None:
    x, offset = draw(1, 8, 120, 200).float(), draw_offset(1, 2, 120, 200, reach=20).float()
    weight = draw(8, 8, 3, 3).float()
    expected = torchvision_conv(x.double(), offset.double(), weight.double())
    assert (squared_deform_conv(x, offset, weight) - expected).abs().max() < 1e-3
    assert squared_deform_conv(x, offset, weight).dtype == torch.float32


@pytest.mark.parametrize("images", [1, 2])
def test_gradcheck(images: int) -> None:
    inputs = [draw(images, 2, 4, 3), draw_offset(images, 2, 4, 3, reach=3), draw(2, 2, 3, 3), draw(2)]
    assert torch.autograd.gradcheck(squared_deform_conv, [tensor.requires_grad_() for tensor in inputs])
    per_point = [draw(images, 2, 3, 3), draw_offset(images, 18, 3, 3, reach=2), draw(2, 2, 3, 3), draw(2)]
    assert torch.autograd.gradcheck(deform_conv, [tensor.requires_grad_() for tensor in per_point])


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (12, 9)])
def test_zero_offset_is_a_plain_convolution(size: tuple[int, int]) -> None:
    x, weight, bias = draw(2, 3, *size), draw(4, 3, 3, 3), draw(4)
    plain = F.conv2d(x, weight, bias, padding=1)
    torch.testing.assert_close(squared_deform_conv(x, torch.zeros(2, 2, *size, dtype=DOUBLE), weight, bias), plain)
    torch.testing.assert_close(deform_conv(x, torch.zeros(2, 18, *size, dtype=DOUBLE), weight, bias), plain)


def test_memory_format_does_not_matter() -> None:
    x, offset, weight = draw(2, 4, 10, 11), draw_offset(2, 2, 10, 11, reach=4), draw(4, 4, 3, 3)
    last = squared_deform_conv(
        *(tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, offset, weight))
    )
    torch.testing.assert_close(last, squared_deform_conv(x, offset, weight))


def test_warp_by_whole_pixels_shifts_and_fills_with_zeros() -> None:
    x = draw(2, 3, 6, 8)
    offset = torch.tensor([2.0, -3.0], dtype=DOUBLE).view(1, 2, 1, 1).expand(2, 2, 6, 8)
    expected = torch.zeros_like(x)
    expected[..., :4, 3:] = x[..., 2:, :5]  # out(p) = x(p + (2, −3))
    torch.testing.assert_close(warp(x, offset), expected)


@pytest.mark.parametrize("offset", [(0.5, 0.0), (0.0, 0.5), (0.0, -0.5), (-1.0, 0.0), (0.0, 2.0)])
def test_warp_of_a_single_pixel_fades_outside(offset: tuple[float, float]) -> None:
    shift = torch.tensor(offset).view(1, 2, 1, 1)
    weight = max(0.0, 1 - abs(offset[0])) * max(0.0, 1 - abs(offset[1]))
    assert warp(torch.ones(1, 1, 1, 1), shift).item() == pytest.approx(weight)


def test_coordinates_stay_float32_under_autocast() -> None:
    """Binary features and a unit kernel are exact in bfloat16; columns beyond 256 are not."""
    x = (draw(1, 1, 4, 700) > 0).float()
    offset = torch.tensor([0.0, 0.25]).view(1, 2, 1, 1).expand(1, 2, 4, 700)
    with torch.autocast("cpu", torch.bfloat16):
        out = squared_deform_conv(x, offset, torch.ones(1, 1, 1, 1))
    shifted = F.pad(x, (0, 1))[..., 1:]
    torch.testing.assert_close(out.float(), 0.75 * x + 0.25 * shifted, atol=1e-3, rtol=0)


def test_mask_against_a_loop() -> None:
    offset = torch.cat((draw(1, 2, 7, 9) * 3, draw(1, 2, 7, 9).mul(3).round()))  # the second lands on the border too
    expected = torch.zeros(2, 1, 7, 9, dtype=DOUBLE)
    for n, y, x in itertools.product(range(2), range(7), range(9)):
        row, column = y + offset[n, 0, y, x].item(), x + offset[n, 1, y, x].item()
        expected[n, 0, y, x] = float(0 <= row <= 6 and 0 <= column <= 8)
    mask = inside_mask(offset.requires_grad_())
    assert 0 < expected.mean() < 1
    assert torch.equal(mask, expected)
    assert not mask.requires_grad


def test_mask_is_enlarged_by_repetition_and_cropped() -> None:
    mask = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).view(1, 1, 2, 3)
    expected = mask.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert torch.equal(enlarge_mask(mask, (8, 12)), expected)
    assert torch.equal(enlarge_mask(mask, (6, 9)), mask.repeat_interleave(3, 2).repeat_interleave(3, 3))
    assert torch.equal(enlarge_mask(mask, (5, 11)), expected[..., :5, :11])


@pytest.mark.parametrize(
    ("operator", "channels"), [(squared_deform_conv, 18), (squared_deform_conv, 1), (deform_conv, 2)]
)
def test_offset_of_another_shape_is_refused(operator: object, channels: int) -> None:
    x, weight = torch.zeros(1, 2, 5, 6), torch.zeros(2, 2, 3, 3)
    with pytest.raises(ShapeError, match=rf"\(1, {channels}, 5, 6\), expected \(1, (2|18), 5, 6\)"):
        operator(x, torch.zeros(1, channels, 5, 6), weight)  # type: ignore[operator]
    with pytest.raises(ShapeError, match="expected"):
        warp(x, torch.zeros(1, 2, 6, 5))


def test_one_image_is_shared_among_threads_without_a_difference() -> None:
    """A single image is spread over its channels when there are threads to spare."""
    inputs = [draw(1, 4, 9, 12), draw_offset(1, 2, 9, 12, reach=4), draw(6, 4, 3, 3), draw(6)]
    tensors = [tensor.requires_grad_() for tensor in inputs]
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            out = squared_deform_conv(*tensors)
            results.append((out, *torch.autograd.grad(out.square().sum(), tensors)))
    finally:
        torch.set_num_threads(threads)
    for alone, shared in zip(*results, strict=True):
        torch.testing.assert_close(shared, alone)


def test_offsets_in_half_precision_are_added_in_float32() -> None:
    x = draw(1, 1, 2, 700).bfloat16()
    offset = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 2, 700).bfloat16()
    out = warp(x, offset)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out, F.pad(x, (0, 1))[..., 1:], atol=0.02, rtol=0)
