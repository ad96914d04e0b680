"""OpenVINO in low precision, except where pixels enter the network and where they are passed on to its result.

Those operations stay float32.

OpenVINO rounds every operation's input to the precision asked for. Of a bright pixel bfloat16 keeps seven bits, and
the first convolution and the bicubic skip both see pixels. An attribute, ``precise``, exempts operations on the CPU
(https://github.com/openvinotoolkit/openvino/pull/21440). Python has no function that sets it, but it is read from
OpenVINO's file format (https://github.com/openvinotoolkit/openvino/pull/20625).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from opticalzoom.errors import ConfigError

_PICTURE_CHANNELS = 4
_NO_OPERATIONS = {"Parameter", "Const", "Result"}


def with_exact_ends(openvino: ModuleType, core: Any, graph: Any) -> Any:
    """The same model, to be compiled with a hint for low precision.

    Args:
        openvino: the package.
        core: its ``Core``.
        graph: an ``openvino.Model``.

    Raises:
        ConfigError: there is no room for temporary files.
    """
    try:
        with TemporaryDirectory() as folder:
            text, weights = Path(folder, "model.xml"), Path(folder, "model.bin")
            openvino.serialize(graph, text, weights)
            root, values = ElementTree.fromstring(text.read_bytes()), weights.read_bytes()
    except (OSError, RuntimeError, ElementTree.ParseError) as error:
        raise ConfigError(
            f"OpenVINO's temporary files cannot be written ({error}).",
            remedy="Set TMPDIR to a folder with some megabytes of room, or use --precision float32.",
        ) from error
    mark(root)
    return core.read_model(ElementTree.tostring(root), values)


def mark(root: ElementTree.Element) -> None:
    """Exempt the convolutions that make features of pixels, and all that doesn't depend on features.

    Args:
        root: ``net`` of OpenVINO's file format, changed in place.
    """
    layers = {str(layer.get("id")): layer for layer in root.iter("layer")}
    following = defaultdict(list)
    for edge in root.iter("edge"):
        following[edge.get("from-layer")].append(str(edge.get("to-layer")))
    waiting = [after for name, layer in layers.items() if _makes_features(layer) for after in following[name]]
    features: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in features:
            features.add(name)
            waiting += following[name]
    for name in layers.keys() - features:
        if layers[name].get("type") not in _NO_OPERATIONS:
            _mark(layers[name])


def _makes_features(layer: ElementTree.Element) -> bool:
    """Whether it is a convolution whose result has more channels than a picture."""
    sizes = layer.findall("output/port/dim")
    return layer.get("type") == "Convolution" and int(sizes[1].text or 0) > _PICTURE_CHANNELS


def _mark(layer: ElementTree.Element) -> None:
    if layer.get("type") == "Pad":
        layer.set("version", "opset1")  # later ones are replaced by it, and the attribute does not go along
    info = layer.find("rt_info")
    if info is None:
        info = ElementTree.SubElement(layer, "rt_info")
    ElementTree.SubElement(info, "attribute", name="precise", version="0")
