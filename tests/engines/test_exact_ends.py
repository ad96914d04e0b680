"""What OpenVINO leaves in float32 when it is asked for a lower precision."""

from __future__ import annotations

import tempfile
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from exportables import KINDS, tiny
from exports import exported

from opticalzoom.engines.exact_ends import mark, with_exact_ends
from opticalzoom.engines.runtimes import OpenVinoEngine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import ConfigError

openvino = pytest.importorskip("openvino")


def marked(content: bytes, folder) -> dict[str, list[bool]]:
    """Whether operations are exempt, those of each kind in their order."""
    openvino.serialize(openvino.Core().read_model(content), folder / "model.xml", folder / "model.bin")
    root = ElementTree.fromstring((folder / "model.xml").read_bytes())
    mark(root)
    found: dict[str, list[bool]] = {}
    for layer in root.iter("layer"):
        exempt = any(its.get("name") == "precise" for its in layer.findall("rt_info/attribute"))
        found.setdefault(str(layer.get("type")), []).append(exempt)
    return found


def test_rgb(tmp_path):
    """The head; two convolutions of the block, the one behind it, the deformable and the tail's are not."""
    found = marked(exported(), tmp_path)
    assert found["Convolution"][0]
    assert not any(found["Convolution"][1:])
    assert found["GroupConvolution"] == [True]  # bicubic
    assert found["Pad"] == [True]
    assert found["DepthToSpace"] == [False, True]  # of the tail and of the bicubic skip
    assert found["Const"] == [False] * len(found["Const"])


def test_developing_a_mosaic_makes_no_features(tmp_path):
    found = marked(exported("sdan_lite", "raw", 2), tmp_path)
    assert found["Convolution"].count(True) == 2  # the head, and the development behind it
    assert found["GroupConvolution"] == [True]


def test_all_of_what_has_no_features(tmp_path):
    found = marked(exported("bicubic", "raw", 4), tmp_path)
    assert all(all(exempt) for kind, exempt in found.items() if kind not in {"Const", "Parameter", "Result"})


@pytest.mark.parametrize(("name", "input", "scale"), KINDS)
def test_the_same_model(name, input, scale):
    """Written and read again: in float32 it computes what it did."""
    core = openvino.Core()
    graph = core.read_model(exported(name, input, scale))
    x = np.random.default_rng(0).random((1, 4 if input == "raw" else 3, 12, 16), np.float32)
    first, second = (
        core.compile_model(its, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0]
        for its in (graph, with_exact_ends(openvino, core, graph))
    )
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-6)


def test_no_room_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    core = openvino.Core()
    with pytest.raises(ConfigError, match=r"temporary files cannot be written.*TMPDIR"):
        with_exact_ends(openvino, core, core.read_model(exported()))


def test_the_skip_is_exact_in_bfloat16():
    """A network that adds nothing of its own gives the bicubic picture, to float32's last bits."""
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bfloat16")
    from opticalzoom.engines.exporting.onnx_export import export_bytes  # noqa: PLC0415 - an extra, which exports checked for

    model = tiny()
    with torch.no_grad():
        model.trunk.tail[0].weight.zero_()
        model.trunk.tail[0].bias.zero_()
    x = np.random.default_rng(0).random((1, 3, 20, 24), np.float32)
    run = OpenVinoEngine(export_bytes(model), precision="bfloat16")
    np.testing.assert_allclose(run(x), TorchEngine(model)(x), rtol=0, atol=1e-6)
