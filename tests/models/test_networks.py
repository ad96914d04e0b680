"""Every model by its name: sizes, gradients, {X, X}, alignment, receptive field, errors."""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import pkgutil

import pytest
import torch
from networks import INPUTS, network_input, small_network
from torch import nn

import opticalzoom.models
from opticalzoom.errors import ModelError, ShapeError
from opticalzoom.models import MODELS, build
from opticalzoom.models.base import ZoomOutput
from opticalzoom.weights.contract import SCALES

EVERY = pytest.mark.parametrize(("name", "scale", "kind"), list(itertools.product(MODELS, SCALES, INPUTS)))


@EVERY
@pytest.mark.parametrize("size", [(1, 1), (7, 10)])
def test_output_sizes_and_finite_gradients(name: str, scale: int, kind: str, size: tuple[int, int]) -> None:
    model = small_network(name, scale=scale, input=kind)
    x = network_input(model, *size, images=2)
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


@EVERY
def test_channels_last_in_bfloat16(name: str, scale: int, kind: str) -> None:
    model = small_network(name, scale=scale, input=kind)
    x = network_input(model, 9, 11, images=2)
    exact = model(x)
    model = model.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(x.contiguous(memory_format=torch.channels_last))
    for got, expected in zip(output, exact, strict=True):
        assert (got is None) == (expected is None)
        if got is not None:
            assert got.dtype == torch.float32
            torch.testing.assert_close(got, expected, atol=0.05, rtol=0.05)


@EVERY
def test_training_begins_at_the_unaligned_path(name: str, scale: int, kind: str) -> None:
    model = small_network(name, scale=scale, input=kind).double()
    x = network_input(model, 9, 14).double()
    torch.testing.assert_close(model(x).image, model.forward_unaligned(x).image)


@pytest.mark.parametrize(("kind", "scale"), list(itertools.product(INPUTS, SCALES)))
@pytest.mark.parametrize("name", ["sdan", "sdan_lite", "srresnet", "srresnet_lite", "rrdb", "linear", "bicubic"])
def test_receptive_field(name: str, kind: str, scale: int) -> None:
    """Positive weights keep every ReLU open, so the gradient reaches all that an output pixel looks at."""
    model = small_network(name, scale=scale, input=kind).double()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.1, 0.2)
    contract = model.contract
    cell = scale if kind == "resized" else 1
    cells = 2 * (contract.receptive_field // cell) + 5
    x = network_input(model, cells * cell, cells * cell).double().requires_grad_()
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


@pytest.mark.parametrize(
    ("name", "scale", "kind"), list(itertools.product(("sdan_lite", "srresnet_lite"), SCALES, INPUTS))
)
def test_lite_models_are_small_network(name: str, scale: int, kind: str) -> None:
    assert sum(p.numel() for p in build(name, scale=scale, input=kind).parameters()) <= 2_000_000


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
    model = small_network(name, scale=2, input=kind)
    for shape in ((1, 5, 8, 8), (3, 8, 8), (1, model.contract.channels, 0, 8)):
        for call in (model, model.forward_unaligned):
            with pytest.raises(ShapeError, match=rf"{kind} input has shape .*expected N×{model.contract.channels}×H×W"):
                call(torch.zeros(shape))
    x, (height, width) = network_input(model, 7, 8), model.contract.grid_size(7, 8)
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
        ({"name": "linear", "scale": 3, "radius": 0}, "radius is 0, expected an integer"),
        ({"name": "sdan", "scale": 3, "blocks": 1_000_000}, "blocks is 1000000, expected at most 1024"),
        ({"name": "linear", "scale": 3, "radius": float("nan")}, "radius is nan, expected at most 1024"),
        ({"name": "bicubic", "scale": 1}, "scale is 1, expected one of"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        build(**arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_every_module_documents_its_shapes() -> None:
    documented = set()
    for found in pkgutil.iter_modules(opticalzoom.models.__path__):
        file = importlib.import_module(f"opticalzoom.models.{found.name}")
        for name, cls in inspect.getmembers(file, inspect.isclass):
            if issubclass(cls, nn.Module) and cls.__module__ == file.__name__:
                assert "Shape:" in (cls.__doc__ or ""), name
                documented.add(name)
    assert documented >= {"SDAN", "SRResNet", "Trunk", "PackedAttention"}
