"""Every model by its name: sizes, gradients, {X, X}, alignment, receptive field, errors."""

from __future__ import annotations

import doctest
import importlib
import inspect
import itertools
import json
import pkgutil

import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor, nn

import opticalzoom.models
from opticalzoom.errors import ModelError, ShapeError
from opticalzoom.models import MODELS, build, layers, trunk
from opticalzoom.models.base import ZoomOutput
from opticalzoom.models.rrdb import RRDB
from opticalzoom.models.sdan import ReferenceEncoder
from opticalzoom.weights.contract import SCALES, Contract

INPUTS = ("rgb", "raw", "resized")
SMALL = {"features": 4, "blocks": 1}
EVERY = pytest.mark.parametrize(("name", "scale", "kind"), list(itertools.product(MODELS, SCALES, INPUTS)))


def small(name: str, **arguments: object) -> nn.Module:
    """A model that is quick to run; bicubic interpolation has no size."""
    torch.manual_seed(0)
    return build(name, **arguments, **({} if name == "bicubic" else SMALL))


def moved(planes: Tensor, by: float) -> Tensor:
    """N×h×w, read ``by`` pixels further down and right, bilinearly."""
    return torch.from_numpy(ndimage.shift(planes.numpy(), (0, -by, -by), order=1, mode="nearest"))


def picture(model: nn.Module, height: int, width: int, images: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(images, model.contract.channels, height, width, generator=generator)


@EVERY
@pytest.mark.parametrize("size", [(1, 1), (7, 10)])
def test_output_sizes_and_finite_gradients(name: str, scale: int, kind: str, size: tuple[int, int]) -> None:
    model = small(name, scale=scale, input=kind)
    x = picture(model, *size, images=2)
    factor = model.contract.output_factor
    grid = model.contract.grid_size(*size)
    output = model(x, torch.rand(2, 3, *grid, generator=torch.Generator().manual_seed(4)))
    assert output.image.shape == (2, 3, factor * size[0], factor * size[1])
    if name.startswith("sdan"):
        shapes = [tuple(field.shape) for field in (output.aligned, output.offset, output.mask)]
        assert shapes == [(2, 3, *grid), (2, 2, *grid), (2, 1, *grid)]
    if parameters := dict(model.named_parameters()):
        fields = [field for field in output[:3] if field is not None]
        sum(field.square().mean() for field in fields).backward()
        for parameter_name, parameter in parameters.items():
            assert parameter.grad is not None, parameter_name
            assert torch.isfinite(parameter.grad).all(), parameter_name


@pytest.mark.parametrize("deform", ["squared", "per_point"])
@pytest.mark.parametrize("attention", ["none", "channel", "packed", "gram"])
@pytest.mark.parametrize("flips", [True, False])
def test_variants_train_the_offsets(deform: str, attention: str, flips: bool) -> None:
    torch.manual_seed(0)
    model = build("sdan", scale=2, features=16, blocks=1, deform=deform, attention=attention, flips=flips)
    nn.init.normal_(model.offsets.head.weight, std=0.1)
    for module in model.modules():
        if isinstance(module, layers.SqueezeExcitation):
            nn.init.ones_(module.squeeze.bias)  # its single unit must not be dead
    x = picture(model, 9, 12)
    output = model(x, x.flip(3))
    (output.image.square().mean() + output.aligned.square().mean()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


@EVERY
def test_channels_last_in_bfloat16(name: str, scale: int, kind: str) -> None:
    model = small(name, scale=scale, input=kind)
    x = picture(model, 9, 11, images=2)
    exact = model(x)
    model = model.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(x.contiguous(memory_format=torch.channels_last))
    for got, expected in zip(output, exact, strict=True):
        assert (got is None) == (expected is None)
        if got is not None:
            assert got.dtype == torch.float32
            torch.testing.assert_close(got, expected, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("kind", INPUTS)
def test_no_sum_of_two_dtypes(kind: str) -> None:
    """They are slow on CPUs; and the head is computed in float32, whatever its result is kept in."""
    trunk = small("srresnet", scale=2, input=kind).trunk
    dtypes = []
    for layer in trunk.body:
        layer.register_forward_pre_hook(lambda _, inputs: dtypes.append(inputs[0].dtype))
    x = picture(trunk, 8, 8)
    with torch.no_grad():
        exact = trunk.extract(x)
        with torch.autocast("cpu", torch.bfloat16):
            features = trunk.extract(x)
            trunk.restore(features, x)
    assert exact.dtype == torch.float32
    assert dtypes == [torch.bfloat16] * len(trunk.body)
    torch.testing.assert_close(features, exact.bfloat16(), atol=0, rtol=0)


@pytest.mark.parametrize("kind", INPUTS)
def test_x_is_its_own_reference(kind: str) -> None:
    model = small("sdan", scale=3, input=kind)
    nn.init.normal_(model.offsets.head.weight, std=0.5)
    x = picture(model, 12, 15)
    if kind == "rgb":
        reference = x
    elif kind == "raw":
        green = 0.5 * x[:, 1] + 0.5 * x[:, 2]
        reference = torch.stack((moved(x[:, 0], 0.25), green, moved(x[:, 3], -0.25)), dim=1)
    else:
        reference = sum(x[..., i::3, j::3] for i in range(3) for j in range(3)) / 9
    alone, paired = model(x), model(x, reference)
    torch.testing.assert_close(alone.image, paired.image)
    torch.testing.assert_close(alone.offset, paired.offset)
    other = model(x, reference.flip(2))
    assert (other.offset - alone.offset).abs().max() > 1e-3


@pytest.mark.parametrize("flips", [True, False])
def test_reference_is_seen_with_its_three_flips(flips: bool) -> None:
    encoder, y = ReferenceEncoder(5, flips), torch.rand(2, 3, 6, 7)
    turned = torch.rot90(y, 2, (2, 3))  # both flips
    upside_down = y[:, :, torch.arange(5, -1, -1)]
    stacked = torch.cat((y, upside_down, y[..., torch.arange(6, -1, -1)], turned), dim=1) if flips else y
    torch.testing.assert_close(encoder(y), torch.clamp(encoder.conv(stacked), min=0))


@EVERY
def test_training_begins_at_the_unaligned_path(name: str, scale: int, kind: str) -> None:
    model = small(name, scale=scale, input=kind).double()
    x = picture(model, 9, 14).double()
    torch.testing.assert_close(model(x).image, model.forward_unaligned(x).image)


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("deform", ["squared", "per_point"])
def test_offsets_move_features_and_skip_alike(kind: str, deform: str) -> None:
    """With offsets of (1, −2) everywhere, the output is that of the input moved by as much, but for the borders."""
    model = small("sdan", scale=2, input=kind, deform=deform, skip="bicubic").double()
    with torch.no_grad():
        model.offsets.head.bias.copy_(torch.tensor([1.0, -2.0]).repeat(len(model.offsets.head.bias) // 2))
    cell = 2 if kind == "resized" else 1
    x = picture(model, 24 * cell, 26 * cell).double()
    output = model(x)
    expected = model.forward_unaligned(x.roll((-1 * cell, 2 * cell), (2, 3))).image
    border = (model.contract.receptive_field + 3 * cell) * model.contract.output_factor
    inner = (..., slice(border, -border), slice(border, -border))
    assert expected[inner].numel() > 0
    torch.testing.assert_close(output.image[inner], expected[inner])
    inside = torch.zeros(1, 1, 24, 26, dtype=torch.float64)
    inside[..., :-1, 2:] = 1
    assert torch.equal(output.mask, inside)


@pytest.mark.parametrize(("kind", "scale"), list(itertools.product(INPUTS, SCALES)))
@pytest.mark.parametrize("name", ["sdan", "sdan_lite", "srresnet", "srresnet_lite", "rrdb", "bicubic"])
def test_receptive_field(name: str, kind: str, scale: int) -> None:
    """Positive weights keep every ReLU open, so the gradient reaches all that an output pixel looks at."""
    model = small(name, scale=scale, input=kind).double()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.1, 0.2)
    contract = model.contract
    cell = scale if kind == "resized" else 1
    cells = 2 * (contract.receptive_field // cell) + 5
    x = picture(model, cells * cell, cells * cell).double().requires_grad_()
    image = model.forward_unaligned(x).image
    first, factor, seen = cells // 2 * contract.grid_factor, contract.output_factor, 0
    for row, column in itertools.product((first, first + contract.grid_factor - 1), repeat=2):
        (gradient,) = torch.autograd.grad(image[0, :, row, column].sum(), x, retain_graph=True)
        rows, columns = gradient.abs().sum((0, 1)).nonzero().T
        far = (rows - row // factor).abs().max(), (columns - column // factor).abs().max()
        seen = max(seen, *(int(distance) for distance in far))
    if kind == "resized" and name in {
        "sdan",
        "srresnet",
        "rrdb",
    }:  # its tail looks less far from some places in the s×s cell
        assert seen <= contract.receptive_field < seen + scale
    else:
        assert contract.receptive_field == seen


@pytest.mark.parametrize("scale", SCALES)
def test_resized_input_is_packed_without_loss(scale: int) -> None:
    """With a head that picks out one packed channel, the features are every s-th pixel of the padded input."""
    base = trunk.Trunk(scale, "resized", features=3 * scale**2, blocks=1)
    nn.init.dirac_(base.head.weight)
    nn.init.zeros_(base.head.bias)
    x = torch.rand(1, 3, 2 * scale + 1, 3 * scale - 1)
    features = base.extract(x)
    rows = torch.arange(3 * scale).clamp(max=2 * scale)
    columns = torch.arange(3 * scale).clamp(max=3 * scale - 2)
    padded = x[:, :, rows][..., columns]
    for c, i, j in itertools.product(range(3), range(scale), range(scale)):
        expected = padded[:, c, i::scale, j::scale]
        assert torch.equal(features[:, c * scale**2 + i * scale + j], expected)


@pytest.mark.parametrize(
    ("name", "scale", "kind"), list(itertools.product(("sdan_lite", "srresnet_lite"), SCALES, INPUTS))
)
def test_lite_models_are_small(name: str, scale: int, kind: str) -> None:
    assert sum(p.numel() for p in build(name, scale=scale, input=kind).parameters()) <= 2_000_000


def test_paper_model_has_the_papers_layers() -> None:
    model = build("sdan", scale=4)
    assert len(model.trunk.body) == 17  # 16 residual blocks and a convolution
    assert model.trunk.head.out_channels == 64
    assert model.reference.conv.in_channels == 12
    assert model.offsets.head.out_channels == 2
    convolutions = sum(isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) for module in model.modules())
    assert convolutions == 1 + 1 + 3 + 1 + 1 + 33 + 2 + 1  # heads, offsets, deformable, X', body, ×2 ×2, RGB


def test_rrdb_has_the_papers_size() -> None:
    assert sum(p.numel() for p in build("rrdb", scale=4).parameters()) == 16_697_987  # of ESRGAN's released weights


def test_rrdb_adds_a_fifth_of_a_fifth() -> None:
    """With biases alone, a dense block adds 0.2 and three of them, behind their shortcut, 0.2 · 0.6."""
    block = RRDB(features=4, growth=2)
    for convolution in (part for part in block.modules() if isinstance(part, nn.Conv2d)):
        nn.init.zeros_(convolution.weight)
        nn.init.ones_(convolution.bias)
    x = torch.rand(1, 4, 5, 6)
    torch.testing.assert_close(block[0](x), x + 0.2)
    torch.testing.assert_close(block(x), x + 0.2 * (x + 0.6))


def test_bicubic_rows() -> None:
    x = torch.rand(1, 3, 5, 6)
    torch.testing.assert_close(build("bicubic", scale=3)(x).image, F.interpolate(x, (15, 18), mode="bicubic"))
    assert torch.equal(build("bicubic", scale=3, input="resized")(x).image, x)
    mosaic = torch.tensor([0.2, 0.3, 0.5, 0.8]).view(1, 4, 1, 1).expand(1, 4, 3, 2)
    flat = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 12, 8)
    torch.testing.assert_close(build("bicubic", scale=2, input="raw")(mosaic).image, flat)


@pytest.mark.parametrize("name", MODELS)
def test_arguments_survive_json(name: str) -> None:
    arguments = {key: value.default for key, value in inspect.signature(MODELS[name]).parameters.items()} | {"scale": 3}
    model = build(name, **json.loads(json.dumps(arguments)))
    assert model.contract.scale == 3
    assert [(key, value.shape) for key, value in model.state_dict().items()] == [
        (key, value.shape) for key, value in build(name, scale=3).state_dict().items()
    ]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", INPUTS)
def test_wrong_shapes_are_refused_with_expected_and_got(name: str, kind: str) -> None:
    model = small(name, scale=2, input=kind)
    for shape in ((1, 5, 8, 8), (3, 8, 8), (1, model.contract.channels, 0, 8)):
        for call in (model, model.forward_unaligned):
            with pytest.raises(ShapeError, match=rf"{kind} input has shape .*expected N×{model.contract.channels}×H×W"):
                call(torch.zeros(shape))
    x, (height, width) = picture(model, 7, 8), model.contract.grid_size(7, 8)
    assert isinstance(model(x, torch.zeros(1, 3, height, width)), ZoomOutput)
    with pytest.raises(ShapeError, match=rf"expected \(1, 3, {height}, {width}\)"):
        model(x, torch.zeros(1, 3, height + 1, width))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "edsr"}, "no model 'edsr'. Choose one of sdan, "),
        ({"name": "sdan"}, "missing a required argument: 'scale'"),
        ({"name": "sdan", "scale": 3, "depth": 2}, "unexpected keyword argument 'depth'"),
        ({"name": "sdan", "scale": 5}, "scale is 5, expected one of"),
        ({"name": "sdan", "scale": "3"}, "scale is '3', expected one of"),
        ({"name": "sdan", "scale": 3, "input": "bayer"}, "input kind is 'bayer', expected one of"),
        ({"name": "sdan", "scale": 3, "blocks": 0}, "blocks is 0, expected an integer"),
        ({"name": "sdan", "scale": 3, "features": "64"}, "features is '64', expected an integer"),
        ({"name": "sdan", "scale": 3, "deform": "dcn"}, "deform is 'dcn', expected one of"),
        ({"name": "sdan", "scale": 3, "attention": "se"}, "attention is 'se', expected one of"),
        ({"name": "sdan", "scale": 3, "skip": True}, "skip is True, expected one of"),
        ({"name": "srresnet", "scale": 3, "tail": ""}, "tail is '', expected one of"),
        ({"name": "bicubic", "scale": 1}, "scale is 1, expected one of"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        build(**arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_grid_size_and_channels_of_the_contract() -> None:
    assert Contract(3, "resized").grid_size(10, 9) == (4, 3)
    assert Contract(3, "rgb").grid_size(10, 9) == (10, 9)
    assert [Contract(4, kind).grid_channels for kind in INPUTS] == [3, 4, 48]  # type: ignore[arg-type]


def test_every_module_documents_its_shapes() -> None:
    documented = set()
    for found in pkgutil.iter_modules(opticalzoom.models.__path__):
        file = importlib.import_module(f"opticalzoom.models.{found.name}")
        for name, cls in inspect.getmembers(file, inspect.isclass):
            if issubclass(cls, nn.Module) and cls.__module__ == file.__name__:
                assert "Shape:" in (cls.__doc__ or ""), name
                documented.add(name)
    assert documented >= {"SDAN", "SRResNet", "Trunk", "PackedAttention"}


def test_examples_in_the_documentation_run() -> None:
    results = doctest.testmod(opticalzoom.models)
    assert results.attempted > 0
    assert results.failed == 0
