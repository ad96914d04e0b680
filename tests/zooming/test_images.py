"""``opticalzoom.load``: the same picture through NumPy, Pillow and PyTorch."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from profiles import rgb_profile

import opticalzoom
from opticalzoom.engines.checkpoint import load_model, save_model
from opticalzoom.errors import CheckpointError, ConfigError, ModelError, PhotoError, ShapeError
from opticalzoom.models import build
from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear
from opticalzoom.weights.card import ModelCard
from opticalzoom.zooming.in_memory import zoom


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    arguments = {"scale": 3, "features": 8, "blocks": 1}
    model = build("sdan_lite", **arguments)
    return save_model(tmp_path_factory.mktemp("w") / "tiny.safetensors", model, ModelCard("sdan_lite", arguments))


@pytest.fixture(scope="module")
def z(weights):
    return opticalzoom.load(weights, backend="torch", precision="float32")


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def test_bundled_weights_by_name_and_by_default():
    pixels = noise(10, 12, 3)
    expected = zoom(load_model("city100-x3"), pixels)
    load = partial(opticalzoom.load, backend="torch", precision="float32")
    for z in (load("city100-x3"), load(), load(scale=3)):
        assert z.scale == 3
        np.testing.assert_array_equal(z(pixels), expected)


# --- NumPy


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 2), (9, 12, 3), (9, 12, 4)])
def test_integers(z, weights, shape, dtype):
    pixels = noise(*shape, dtype=dtype)
    zoomed = z(pixels)
    assert zoomed.dtype == dtype
    assert zoomed.shape == (27, 36, *shape[2:])
    np.testing.assert_array_equal(zoomed, zoom(load_model(weights), pixels.reshape(9, 12, -1)).reshape(zoomed.shape))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 2), (9, 12, 3), (9, 12, 4)])
def test_floats_are_the_same_picture(z, shape, dtype):
    steps = noise(*shape, dtype=np.uint16)
    zoomed = z((steps / 65535).astype(dtype))
    assert zoomed.dtype == dtype
    tolerance = 2e-3 if dtype == np.float16 else 3e-5  # half a step of 1/65535 and OpenCV's bicubic weights
    np.testing.assert_allclose(zoomed, z(steps) / 65535, atol=tolerance)


def test_rows_that_run_backwards_and_the_input_left_alone(z):
    pixels = noise(9, 12, 3)
    before = pixels.copy()
    np.testing.assert_array_equal(z(pixels[::-1, ::-1]), z(np.ascontiguousarray(pixels[::-1, ::-1])))
    np.testing.assert_array_equal(pixels, before)


def test_subclasses_are_plain_arrays(z):
    class Own(np.ndarray):
        pass

    for pixels, kinds in ((noise(9, 12), (np.matrix, np.ma.array, np.rec.array)), (noise(9, 12, 3), (np.ma.array,))):
        expected = z(pixels)
        for found in (*(z(kind(pixels)) for kind in kinds), z(pixels.view(Own))):
            assert type(found) is np.ndarray
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["u2", "f2", "f4", "f8"])
def test_byte_orders(z, dtype):
    pixels = noise(9, 12, 3, dtype=np.uint16)
    pixels = (pixels if dtype == "u2" else pixels / 65535).astype(dtype)
    for order in "<>":
        found = z(pixels.astype(order + dtype))
        assert found.dtype == np.dtype(order + dtype)
        np.testing.assert_array_equal(found, z(pixels))


def test_a_little_beyond_the_range_along_edges_is_clipped(z):
    pixels = noise(40, 40, 3) / np.float32(255)
    beyond = pixels.copy()
    beyond[0, :6], beyond[1, :6] = -0.2, 1.2
    np.testing.assert_allclose(z(np.clip(pixels, -0.04, 1.04)), z(pixels))
    assert (z(beyond).min(), z(beyond).max()) == (0, 1)


# --- Pillow


@pytest.mark.parametrize(("mode", "kept"), [("L", "L"), ("LA", "LA"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("1", "L")])
def test_pillow_modes(z, mode, kept):
    image = Image.fromarray(noise(9, 12, 4)).convert(mode)
    zoomed = z(image)
    assert (zoomed.mode, zoomed.size) == (kept, (36, 27))
    np.testing.assert_array_equal(np.asarray(zoomed), z(np.asarray(image.convert(kept))))


@pytest.mark.parametrize(("mode", "order"), [("I;16", "<"), ("I;16L", "<"), ("I;16B", ">")])
def test_pillow_sixteen_bits(z, mode, order):
    pixels = noise(9, 12, dtype=np.uint16)
    zoomed = z(Image.frombytes(mode, (12, 9), pixels.astype(f"{order}u2").tobytes()))
    assert zoomed.mode == "I;16"
    np.testing.assert_array_equal(np.asarray(zoomed), z(pixels))


@pytest.mark.parametrize("transparent", [False, True])
def test_palettes_become_colours(z, transparent):
    image = Image.fromarray(noise(9, 12, 3)).quantize(16)
    if transparent:
        image.info["transparency"] = 3
    mode = "RGBA" if transparent else "RGB"
    zoomed = z(image)
    assert zoomed.mode == mode
    assert "transparency" not in zoomed.info
    np.testing.assert_array_equal(np.asarray(zoomed), z(np.asarray(image.convert(mode))))


def test_profile_and_exif_stay(z):
    image = Image.fromarray(noise(4, 4, 3))
    image.info |= {"icc_profile": b"profile", "exif": b"Exif\0\0..."}
    assert z(image).info == image.info


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pillow_modes_of_unknown_range(z, mode):
    with pytest.raises(PhotoError, match=f"mode {mode}, expected 8 or 16 bits"):
        z(Image.new(mode, (4, 4)))


# --- PyTorch


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_tensors(z, channels, batch):
    x = torch.rand(*batch, channels, 9, 12)
    zoomed = z(x)
    assert zoomed.shape == (*batch, channels, 27, 36)
    assert zoomed.dtype == x.dtype
    for one, its in zip(x.reshape(-1, channels, 9, 12), zoomed.reshape(-1, channels, 27, 36), strict=True):
        np.testing.assert_allclose(its.permute(1, 2, 0), z(one.permute(1, 2, 0).numpy()), atol=1e-6)


def test_tensors_are_tiled_without_seams(z, weights):
    x = torch.rand(3, 3, 270)
    with torch.inference_mode():
        whole = load_model(weights).forward_unaligned(x[None]).image[0].clamp(0, 1)
    torch.testing.assert_close(z(x), whole, atol=3e-5, rtol=0)  # positions of far pixels are rounded


def test_enlarged_input_is_made_inside(tmp_path):
    arguments = {"scale": 2, "input": "resized", "features": 8, "blocks": 1}
    card = ModelCard("srresnet_lite", arguments)
    z = opticalzoom.load(
        save_model(tmp_path / "a.safetensors", build("srresnet_lite", **arguments), card),
        backend="torch",
        precision="float32",
    )
    steps = noise(9, 12, 3, dtype=np.uint16)
    np.testing.assert_allclose(
        z(torch.from_numpy(steps / 65535).permute(2, 0, 1)).permute(1, 2, 0), z(steps) / 65535, atol=2e-5
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_tensors_keep_their_dtype(z, dtype):
    x = torch.rand(3, 8, 8)
    zoomed = z(x.to(dtype))
    assert zoomed.dtype == dtype
    torch.testing.assert_close(zoomed.float(), z(x), atol=0.02, rtol=0)


def test_the_result_can_be_trained_on(z):
    weight = torch.ones(1, requires_grad=True)
    (z(torch.rand(3, 4, 4)) * weight).sum().backward()
    assert weight.grad is not None


@pytest.mark.parametrize("channels", [2, 4])
def test_hidden_colours_do_not_matter(z, channels):
    pixels = noise(20, 24, channels)
    pixels[..., -1] = 255 * (np.arange(24) > 11)
    black = np.where(pixels[..., -1:] == 0, np.uint8(0), pixels)
    for kind in (lambda a: a, Image.fromarray, lambda a: a / 255, lambda a: torch.tensor(a / 255).movedim(-1, 0)):
        zoomed, expected = (np.asarray(z(kind(one))) for one in (pixels, black))
        visible = np.s_[:, 33:] if zoomed.shape[-1] == channels else np.s_[:, :, 33:]
        np.testing.assert_allclose(zoomed[visible], expected[visible], atol=1e-6)


def test_linear_light_is_zoomed_under_srgbs_curve(z):
    icc = rgb_profile(1.0)
    linear = Image.fromarray(np.rint(srgb_to_linear(noise(9, 12, 3) / 255) * 255).astype(np.uint8))
    encoded = np.rint(linear_to_srgb(np.asarray(linear) / 255) * 65535).astype(np.uint16)
    linear.info["icc_profile"] = icc
    zoomed = np.asarray(z(linear)).astype(np.float32) / 255
    np.testing.assert_allclose(zoomed, srgb_to_linear(z(encoded) / 65535), atol=3e-3)


# --- what is refused


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("photo.jpg", "is a str"),
        ([[1]], "is a list"),
        (np.zeros((4, 4, 5), np.uint8), "expected uint8 or uint16"),
        (np.zeros((4, 4), object), "object"),
        (np.ma.masked_less(noise(4, 4), 100), "masked pixels have no value"),
        (np.linspace(-1, 1, 48).reshape(4, 4, 3), r"from -1 to 1, expected \[0, 1\]. .*\(image \+ 1\) / 2"),
        (np.linspace(0, 2, 48).reshape(4, 4, 3), r"from 0 to 2, expected"),
        (np.linspace(-0.2, 0.9, 48).reshape(4, 4, 3), r"from -0.2 to 0.9, expected"),
        (np.zeros((4, 4, 3), np.int64), "int64"),
        (np.zeros((4, 4, 3), bool), "bool"),
        (np.full((4, 4, 3), 255.0), r"from 255 to 255, expected \[0, 1\]"),
        (np.full((4, 4, 3), np.nan), "nan"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), r"torch.uint8, expected floats"),
        (torch.full((3, 4, 4), -2.0), "from -2"),
    ],
)
def test_bad_images(z, image, words):
    with pytest.raises(PhotoError, match=words):
        z(image)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 3, 4, 3), np.uint8), r"shape \(2, 3, 4, 3\), expected H×W"),
        (np.zeros((), np.uint8), r"shape \(\), expected H×W"),
        (np.zeros((0, 4, 3), np.uint8), "no side of 0"),
        (np.zeros((4, 0), np.float32), "no side of 0"),
        (Image.new("RGB", (0, 4)), "no side of 0"),
        (np.zeros((4, 4, 5), np.float32), "C from 1 to 4"),
        (torch.zeros(4, 4), "is not C×H×W"),
        (torch.zeros(3, 0, 4), "is not C×H×W"),
        (torch.zeros(0, 3, 4, 4), "is not C×H×W"),
    ],
)
def test_images_of_another_shape(z, image, words):
    with pytest.raises(ShapeError, match=words):
        z(image)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_other_runtimes(weights, z, backend):
    pytest.importorskip(backend)
    pytest.importorskip("onnxscript", reason="exporting is an extra")
    image = torch.rand(3, 20, 30)
    torch.testing.assert_close(opticalzoom.load(weights, backend=backend, precision="float32")(image), z(image))


def test_bad_weights(tmp_path):
    with pytest.raises(CheckpointError, match="no such weights file"):
        opticalzoom.load(tmp_path / "none.safetensors")
    with pytest.raises(ConfigError, match="×4"):
        opticalzoom.load("city100-x3", scale=4)
    with pytest.raises(ModelError, match="RAW"):
        opticalzoom.load("raw-x4")


def test_importing_costs_nothing():
    code = "import sys, opticalzoom; print([m for m in ('torch', 'numpy', 'PIL', 'cv2', 'rich') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
