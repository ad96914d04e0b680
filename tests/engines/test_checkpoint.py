from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import SIZES
from safetensors.torch import save_file

from opticalzoom.engines.checkpoint import check_shapes, load_model, save_model
from opticalzoom.errors import CheckpointError, OutputExistsError
from opticalzoom.lenses.linear_filter import LinearFilter
from opticalzoom.models import MODELS, build
from opticalzoom.models.baselines import Linear
from opticalzoom.weights.card import ModelCard, bundled, read_card

TINY = {"features": 8, "blocks": 1}


def arguments(builder: str) -> dict[str, object]:
    return {"scale": 2, "input": "rgb", **SIZES.get(builder, TINY)}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    card = ModelCard("sdan_lite", arguments("sdan_lite"))
    return save_model(tmp_path / "tiny.safetensors", build(card.builder, **card.arguments), card)


@pytest.mark.parametrize("builder", MODELS)
def test_round_trip(builder, tmp_path):
    card = ModelCard(builder, arguments(builder), {"steps": 3, "val/psnr_y": 30.5})
    model = build(builder, **card.arguments).eval()
    path = save_model(tmp_path / "weights.safetensors", model, card)
    loaded, x = load_model(path), torch.rand(1, 3, 9, 7)
    assert read_card(path) == card
    assert not loaded.training
    assert torch.equal(loaded(x).image, model(x).image)


def test_the_umask_decides_who_may_read_and_the_same_weights_are_the_same_bytes(weights):
    (weights.parent / "plain").touch()
    assert weights.stat().st_mode == (weights.parent / "plain").stat().st_mode
    card = ModelCard("sdan_lite", arguments("sdan_lite"), {"steps": 3})
    content = {save_model(weights, load_model(weights), card, overwrite=True).read_bytes() for _ in range(8)}
    assert len(content) == 1, "safetensors alone sorts the four entries of a card in 24 ways"


@pytest.mark.parametrize("builder", MODELS)
def test_shapes_are_those_of_the_network_that_is_named(builder):
    card = ModelCard(builder, arguments(builder))
    state = build(builder, **card.arguments).state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert {tensor.dtype for tensor in state.values()} <= {torch.float32}
    check_shapes(card, shapes, Path("mine"))
    wrong = [shapes | {"more": (1,)}, *({k: v for k, v in shapes.items() if k != name} for name in list(shapes)[:1])]
    wrong += [shapes | {name: (*shape, 1)} for name, shape in list(shapes.items())[-1:]]
    for others in wrong:
        with pytest.raises(CheckpointError, match="mine: does not fit the model"):
            check_shapes(card, others, Path("mine"))


def test_a_network_is_not_built_to_look_at_its_shapes():
    with pytest.raises(CheckpointError, match="expected"):  # its weights would take 38 TB
        check_shapes(ModelCard("sdan_lite", {"scale": 2, "features": 10**6, "blocks": 1}), {}, Path("mine"))
    for unbuildable in ({"scale": 5}, {"scale": 2, "features": "x"}, {"scale": 2, "evil": 1}):
        with pytest.raises(CheckpointError, match="cannot be built"):
            check_shapes(ModelCard("sdan_lite", unbuildable), {}, Path("mine"))


def test_a_measured_filter_zooms_the_same_from_its_file(tmp_path):
    rng = np.random.default_rng(0)
    measured = LinearFilter(2, rng.normal(0, 0.02, (3, 4, 5, 5)).astype(np.float32))
    card = ModelCard("linear", {"scale": 2, "radius": 2}, {"pairs": 1})
    loaded = load_model(save_model(tmp_path / "linear.safetensors", Linear.of(measured), card))
    x = rng.random((9, 7, 3), np.float32)
    image = loaded(torch.from_numpy(x).permute(2, 0, 1)[None]).image[0].permute(1, 2, 0)
    np.testing.assert_allclose(image.detach(), measured.zoom(x), atol=1e-5)


def test_not_overwritten_unless_asked(weights):
    before = weights.read_bytes()
    model = load_model(weights)
    with pytest.raises(OutputExistsError):
        save_model(weights, model, read_card(weights))
    assert weights.read_bytes() == before
    save_model(weights, model, ModelCard("sdan_lite", arguments("sdan_lite"), {"steps": 1}), overwrite=True)
    assert read_card(weights).training == {"steps": 1}


class Explosive:
    def __reduce__(self):
        return (pytest.fail, ("a file was unpickled",))


def test_files_that_are_no_weights(weights, tmp_path):
    whole = weights.read_bytes()
    contents = {
        "truncated": whole[: len(whole) // 2],
        "header only": whole[:100],
        "empty": b"",
        "text": b"not weights at all\n" * 20,
        "pickle": pickle.dumps(Explosive()),
    }
    for name, content in contents.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            load_model(path)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"format": "opticalzoom-1", "builder": "sdan_lite"},
        {"format": "opticalzoom-1", "builder": "sdan_lite", "arguments": "{", "training": "{}"},
        {"format": "opticalzoom-1", "builder": "nobody", "arguments": "{}", "training": "{}"},
        {"format": "opticalzoom-1", "builder": "sdan_lite", "arguments": '{"scale": 2}', "training": "{}"},
        {"format": "opticalzoom-1", "builder": "sdan_lite", "arguments": '{"scale": 5}', "training": "{}"},
    ],
)
def test_safetensors_of_others(metadata, tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match="other"):
        load_model(path)


def test_missing_file_names_the_bundled_ones(tmp_path):
    with pytest.raises(CheckpointError, match="city100-x3"):
        load_model(tmp_path / "missing.safetensors")


def test_bundled_weights_are_small_and_load():
    for name, path in bundled().items():
        assert path.stat().st_size <= 8 * 2**20
        model = load_model(name)
        factor = model.contract.output_factor
        assert model(torch.rand(1, model.contract.channels, 5, 6)).image.shape == (1, 3, 5 * factor, 6 * factor)
