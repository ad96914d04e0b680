"""Lenses that come from other people: what is right is installed, and whatever else a file may hold is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from lensed import DSLR, bundled_lens_file, lens_card, lens_file
from safetensors.numpy import load_file, save, save_file

from opticalzoom.errors import CheckpointError, ConfigError, DependencyError, OpticalZoomError, OutputExistsError
from opticalzoom.lenses import sharing
from opticalzoom.lenses.library import install_lens, installed, installed_lens
from opticalzoom.lenses.sharing import export_lens, import_lens
from opticalzoom.weights.card import ModelCard, bundled, read_card
from opticalzoom.weights.graphs import has_graph, read_graph, with_graphs

KERNELS = np.zeros((12, 3, 3, 3), np.float32)
RIGHT = {"scale": 2, "input": "rgb", "radius": 1}


@pytest.fixture
def quick(monkeypatch):
    """No graphs are made, which takes seconds."""
    torch_part = pytest.importorskip("opticalzoom.engines.exporting.graphs_export")
    monkeypatch.setattr(torch_part, "exported_files", lambda path: {})


@pytest.fixture
def without_pytorch(monkeypatch):
    """The small installation, as far as finding PyTorch goes."""
    find = importlib.util.find_spec
    monkeypatch.setattr(sharing, "find_spec", lambda name: None if name == "torch" else find(name))


def weights(path, tensors=None, arguments=RIGHT, builder="linear", training=None, **metadata):
    """A file with whatever a stranger puts into it."""
    training = {"lens": lens_card().to_dict()} if training is None else training
    said = ModelCard(builder, dict(arguments), training).to_metadata() | metadata
    save_file({"filter.weight": KERNELS} if tensors is None else tensors, path, metadata=said)
    return path


# --- there and back


def test_a_lens_travels(tmp_path, quick):
    name = install_lens(lens_file(tmp_path / "learned.safetensors"))
    before = load_file(installed_lens(name).path)
    file = export_lens(name, tmp_path / "for a friend.safetensors")
    assert import_lens(file) == f"{name}-2"
    assert import_lens(file, "friend") == "friend"
    lens = installed_lens("friend")
    assert lens.card == lens_card()
    assert load_file(lens.path)["filter.weight"].tobytes() == before["filter.weight"].tobytes()
    with pytest.raises(OutputExistsError):
        import_lens(file, "friend")
    assert import_lens(file, "friend", overwrite=True) == "friend"


def test_nothing_is_exported_over_a_file(tmp_path):
    name = install_lens(lens_file(tmp_path / "learned.safetensors"))
    file = tmp_path / "out.safetensors"
    file.write_text("mine")
    with pytest.raises(OutputExistsError):
        export_lens(name, file)
    assert file.read_text() == "mine"
    assert export_lens(name, file, overwrite=True).stat().st_size > 1000
    with pytest.raises(ConfigError, match=r"expected \.safetensors"):
        export_lens(name, tmp_path / "out.onnx")


def test_what_is_not_there_or_damaged_is_not_exported(tmp_path, lens_library):
    with pytest.raises(CheckpointError, match="no lens 'mine'"):
        export_lens("mine", tmp_path / "out.safetensors")
    lens_library.mkdir(parents=True)
    (lens_library / "mine.safetensors").touch()
    with pytest.raises(CheckpointError, match="lenses remove mine"):
        export_lens("mine", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_graphs_are_made_anew_where_pytorch_is(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    plain = weights(tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(with_graphs(plain, {".onnx": b"a stranger's", ".param": b"a stranger's"}))
    path = installed_lens(import_lens(tmp_path / "a.safetensors")).path
    graph = read_graph(path, ".onnx")
    assert graph is not None
    assert graph != b"a stranger's"
    assert read_graph(path, ".param") != b"a stranger's"
    from opticalzoom.engines.runtimes import OnnxRuntimeEngine  # noqa: PLC0415

    zoomed = OnnxRuntimeEngine(graph)(np.full((1, 3, 4, 5), 0.5, np.float32))
    np.testing.assert_allclose(zoomed, np.full((1, 3, 8, 10), 0.5), atol=1e-6)  # kernels of zero: bicubic


def test_only_what_is_needed_is_kept(tmp_path, quick):
    path = installed_lens(import_lens(weights(tmp_path / "a.safetensors", evil="x" * 1000))).path
    assert b"evil" not in path.read_bytes()
    assert not has_graph(path, ".onnx")


# --- what is refused


def nested(depth):
    """A list in a list in a list."""
    return [nested(depth - 1)] if depth else []


def refused(file, message):
    before = sorted(Path(file).parent.rglob("*"))
    with pytest.raises(CheckpointError, match=message) as caught:
        import_lens(file)
    assert str(file) in str(caught.value)
    assert installed() == []
    assert sorted(Path(file).parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (RIGHT | {"blocks": 1_000_000}, "'blocks' of 1000000"),
        (RIGHT | {"blocks": 900}, "asks for 900 blocks and has 1 tensors"),
        (RIGHT | {"radius": 10**30}, "'radius'"),
        (RIGHT | {"radius": -1}, "'radius'"),
        (RIGHT | {"radius": 1.5}, "'radius'"),
        (RIGHT | {"radius": [1]}, "'radius'"),
        (RIGHT | {"radius": None}, "'radius'"),
        (RIGHT | {"x": "a" * 100}, "'x'"),
    ],
)
def test_arguments_beyond_reason(tmp_path, arguments, message):
    refused(weights(tmp_path / "a.safetensors", arguments=arguments), message)


@pytest.mark.parametrize(
    ("builder", "arguments", "message"),
    [
        ("linear", RIGHT | {"radius": 2}, r"filter.weight has the shape \(12, 3, 3, 3\), expected \(12, 3, 5, 5\)"),
        ("linear", RIGHT | {"radius": "1"}, "cannot be built"),
        ("linear", RIGHT | {"evil": 1}, "cannot be built"),
        ("../../linear", RIGHT, "cannot be built"),
        ("__import__", RIGHT, "cannot be built"),
        ("sdan_plus", {"scale": 2, "blocks": 1}, r"\(12, 3, 3, 3\), expected none"),
        ("rrdb", {"scale": 2, "blocks": 1, "growth": 1024, "features": 1024}, "has the shape none"),
        ("bicubic", {"scale": 2}, "expected none"),
    ],
)
def test_tensors_of_another_network(tmp_path, builder, arguments, message):
    pytest.importorskip("torch")
    refused(weights(tmp_path / "a.safetensors", builder=builder, arguments=arguments), message)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"filter.weight": np.full_like(KERNELS, np.nan)}, "not finite"),
        ({"filter.weight": np.where(np.arange(324).reshape(KERNELS.shape) == 7, np.inf, KERNELS)}, "not finite"),
        ({"filter.weight": KERNELS.astype(np.float64)}, "has F64 in filter.weight, expected float32"),
        ({"filter.weight": KERNELS.astype(np.int32)}, "has I32"),
        ({}, "has 0 tensors"),
        ({"filter.weight": KERNELS, "../../../etc/passwd": KERNELS}, "etc/passwd has the shape"),
        ({"filter.weight": KERNELS, "\x1b[31m": KERNELS}, "whose name is none"),
        ({"filter.weight": KERNELS, "x" * 300: KERNELS}, "whose name is none"),
    ],
)
def test_tensors_that_no_network_has(tmp_path, tensors, message):
    pytest.importorskip("torch")
    tensors = {name: np.asarray(tensor, tensor.dtype) for name, tensor in tensors.items()}
    refused(weights(tmp_path / "a.safetensors", tensors), message)


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({}, "says of no lens"),
        ({"lens": lens_card().to_dict() | {"camera": "../../x", "scale": 99}}, "damaged lens card"),
        ({"lens": lens_card(DSLR, 3).to_dict()}, "of another network"),
        ({"lens": lens_card().to_dict(), "notes": "x" * 200_000}, "more of itself"),
        ({"lens": lens_card().to_dict(), "notes": nested(600)}, "more of itself"),
    ],
)
def test_cards_that_do_not_fit(tmp_path, training, message):
    refused(weights(tmp_path / "a.safetensors", training=training), message)


class Evil:
    """What unpickling would run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(pickle.dumps(Evil(tmp_path / "run")))
    refused(tmp_path / "a.safetensors", "no safetensors file")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 64, b"PK\3\4 a zip file", save({"x": KERNELS}), save({"x": KERNELS}, {"format": "pt"})],
)
def test_files_of_other_programs(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    refused(tmp_path / "a.safetensors", "safetensors file")


def test_cut_and_missing_and_folders_and_huge_files(tmp_path):
    whole = weights(tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(whole[:-4])
    refused(tmp_path / "a.safetensors", "damaged")
    refused(tmp_path / "none.safetensors", "no such weights file")
    refused(tmp_path, "no such weights file")
    with (tmp_path / "a.safetensors").open("wb") as file:
        file.truncate(300_000_000)  # a hole: it takes no place
    refused(tmp_path / "a.safetensors", "larger than 256 MB")


def test_offsets_that_point_elsewhere(tmp_path):
    whole = weights(tmp_path / "a.safetensors").read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    for offsets in ([0, 10**12], [-8, 1288], [8, 1304]):
        header["filter.weight"]["data_offsets"] = offsets
        text = json.dumps(header).encode()
        (tmp_path / "a.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])
        refused(tmp_path / "a.safetensors", "damaged")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "CON", "x" * 101])
def test_names_with_paths(tmp_path, quick, name):
    with pytest.raises(ConfigError):
        import_lens(weights(tmp_path / "a.safetensors"), name)
    assert installed() == []


def test_cameras_with_paths_give_names_without(tmp_path, quick, lens_library):
    card = lens_card().to_dict() | {"camera": "../../../root/.bashrc\\..\\x"}
    name = import_lens(weights(tmp_path / "a.safetensors", training={"lens": card}))
    assert name == "root-bashrc-x-6-81mm-x2"
    assert [path.name for path in lens_library.iterdir()] == [f"{name}.safetensors"]


# --- without PyTorch


@pytest.mark.parametrize("name", ["city100-x3", "raw-x4"])
def test_without_pytorch_the_graph_comes_along(tmp_path, without_pytorch, name):
    file = bundled_lens_file(tmp_path / "a.safetensors", name)
    lens = installed_lens(import_lens(file))
    assert read_graph(lens.path, ".onnx") == read_graph(bundled()[name], ".onnx")
    assert read_card(lens.path).builder == read_card(name).builder


@pytest.mark.parametrize("graph", [b"", b"no graph at all", b"\x08\x08"])
def test_without_pytorch_a_graph_must_run(tmp_path, without_pytorch, graph):
    plain = weights(tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(with_graphs(plain, {".onnx": graph}))
    refused(tmp_path / "a.safetensors", "holds a graph that")


def test_without_pytorch_a_graph_must_be_of_the_network(tmp_path, without_pytorch):
    plain = weights(tmp_path / "a.safetensors").read_bytes()
    other = read_graph(bundled()["city100-x3"], ".onnx")
    (tmp_path / "a.safetensors").write_bytes(with_graphs(plain, {".onnx": other}))
    refused(tmp_path / "a.safetensors", "graph of another network")


def test_without_pytorch_and_without_a_graph_it_could_not_zoom(tmp_path, without_pytorch):
    with pytest.raises(DependencyError, match="opticalzoom\\[train\\]"):
        import_lens(weights(tmp_path / "a.safetensors"))
    assert installed() == []


def test_without_pytorch_graphs_that_would_be_run_by_other_runtimes_stay_behind(tmp_path, without_pytorch):
    file = bundled_lens_file(tmp_path / "a.safetensors", "city100-x3")
    graph = read_graph(file, ".onnx")
    file.write_bytes(with_graphs(file.read_bytes(), {".onnx": graph, ".param": b"evil", ".bin": b"", ".json": b"{}"}))
    path = installed_lens(import_lens(file)).path
    assert read_graph(path, ".param") is None


def test_a_library_that_cannot_be_written(tmp_path, quick, lens_library):
    lens_library.parent.mkdir()
    lens_library.touch()
    with pytest.raises(OpticalZoomError, match="cannot be written"):
        import_lens(weights(tmp_path / "a.safetensors"))
