"""Exported files in ONNX Runtime and OpenVINO: callers in several threads, and files that don't give what they say."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from exportables import tiny
from exports import exported

from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine, require
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import CheckpointError, DependencyError
from opticalzoom.zooming.images import Zoom

RUNTIMES = {"onnxruntime": OnnxRuntimeEngine, "openvino": OpenVinoEngine}
THREADS = 8
SIZES = [(7 + 3 * number, 40 - 4 * number) for number in range(THREADS)]
"""Height and width of each thread's picture."""


def pictures() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.random((1, 3, *size), np.float32) for size in SIZES]


def in_threads(zoom, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Each input's result, five times over, from as many threads as there are inputs."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(zoom, inputs * 5))


def started(backend):
    """An engine of each kind for the same network."""
    if backend == "torch":
        return TorchEngine(tiny())
    pytest.importorskip(backend)
    if backend != "ncnn":
        return RUNTIMES[backend](exported(), threads=2)
    pytest.importorskip("pnnx", reason="an extra, and not built for every platform")
    from opticalzoom.engines.exporting.ncnn_export import export_ncnn  # noqa: PLC0415 - after the checks above
    from opticalzoom.engines.ncnn_engine import NcnnEngine  # noqa: PLC0415 - as above

    return NcnnEngine(export_ncnn(tiny()), threads=2)


@pytest.mark.parametrize("backend", ["torch", "ncnn", *RUNTIMES])
def test_threads_get_their_own_pictures(backend):
    engine = started(backend)
    alone = [engine(x) for x in pictures()]
    for expected, found in zip(alone * 5, in_threads(engine, pictures()), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_result_stays_what_it_is_after_later_calls(backend):
    engine, (first, second, *_) = started(backend), pictures()
    found = engine(first)
    before = found.copy()
    engine(second)
    engine(1 - first)
    np.testing.assert_array_equal(found, before)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_threads_share_what_load_gives(backend, tmp_path):
    pytest.importorskip(backend)
    path = tmp_path / "tiny.onnx"
    path.write_bytes(exported())
    zoom = Zoom(path, None, backend, "float32")
    images = [np.uint8(255 * x[0].transpose(1, 2, 0)) for x in pictures()]
    alone = [zoom(image) for image in images]
    for expected, found in zip(alone * 5, in_threads(zoom, images), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize(("said", "lie"), [("3", "2"), ("rgb", "resized"), ("rgb", "raw")])
def test_files_that_give_something_else_than_they_say(backend, said, lie):
    pytest.importorskip(backend)
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(exported())
    (entry,) = [its for its in model.metadata_props if its.key == ("scale" if said == "3" else "input")]
    assert entry.value == said
    entry.value = lie
    with pytest.raises(CheckpointError, match=r"gives a picture of shape|cannot zoom what it says"):
        RUNTIMES[backend](model.SerializeToString())


def test_what_is_required_and_missing():
    assert require("json").loads("1") == 1
    with pytest.raises(DependencyError, match=r"pip install 'opticalzoom\[some\]'"):
        require("no_such_module_anywhere", "some")


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is looked up where Linux tells it")
def test_openvino_does_not_grow_with_every_new_size():
    engine, sizes = started("openvino"), [(8 + number % 15, 8 + number // 15) for number in range(300)]
    grown = []
    for number, size in enumerate(sizes):
        engine(np.zeros((1, 3, *size), np.float32))
        grown += [resident()] if number in {149, 299} else []
    assert grown[1] - grown[0] < 40  # 80 MB where all of them are kept
