"""What an exported model says of itself, as text in or beside the file: enough to run it without this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from opticalzoom.errors import CheckpointError, ModelError
from opticalzoom.weights.contract import Contract, InputKind

ExportPrecision = Literal["float32", "float16"]

TOLERANCE = {"float32": 1e-4, "bfloat16": 1 / 255, "float16": 1 / 255}
"""Largest difference from PyTorch in float32, of values in [0, 1]."""

INPUT, OUTPUT = "x", "image"
"""Names of the graph's tensors."""

_MOST_REACH, _MOST_LAYER = 10_000, 10**8
"""Far above what any network needs: the largest receptive field, and bytes for each pixel of the photo."""

FORMAT = "opticalzoom-2"

_NORMALISATION = "float32 in [0, 1]: 8-bit values / 255, 16-bit values / 65535; clip the result to [0, 1]"
_PADDING = "none: any batch, height and width; a tile needs receptive_field input pixels of the picture around it"
_COLORS = {
    "rgb": "RGB, sRGB-encoded",
    "resized": "RGB, sRGB-encoded, already enlarged to the size of the result",
    "raw": "camera RGB, encoded with sRGB's curve; x is a Bayer mosaic packed as R, G of R's row, G of B's row, B",
}


@dataclass(frozen=True)
class Exported:
    """An exported model's description.

    Attributes:
        contract: scale, kind of input, receptive field.
        layer_bytes: of the largest layer and the result, for each pixel of the photo (RAW: cell).
        precision: of the weights and of what is computed in between; input and result are float32.
        white_balance: whether the gains are in a mosaic (``input``) or follow after the network (``target``).
    """

    contract: Contract
    layer_bytes: int
    precision: ExportPrecision = "float32"
    white_balance: str = "input"

    def properties(self) -> dict[str, str]:
        """As text: ``metadata_props`` of an ONNX file."""
        raw = {"white_balance": self.white_balance} if self.contract.input == "raw" else {}
        return raw | {
            "format": FORMAT,
            "scale": str(self.contract.scale),
            "input": self.contract.input,
            "channels": str(self.contract.channels),
            "output_factor": str(self.contract.output_factor),
            "receptive_field": str(self.contract.receptive_field),
            "precision": self.precision,
            "layer_bytes": str(self.layer_bytes),
            "normalisation": _NORMALISATION,
            "color_space": _COLORS[self.contract.input],
            "padding": _PADDING,
        }

    @classmethod
    def parse(cls, properties: Mapping[str, str], path: str) -> Exported:
        """The inverse of :meth:`properties`.

        Raises:
            CheckpointError: the file at ``path`` is of another program, or its description is damaged.
        """
        if properties.get("format") != FORMAT:
            raise CheckpointError(
                "was not exported by this version.", path=path, remedy="Use what its opticalzoom export wrote."
            )
        from opticalzoom.photo.raw.camera_space import WhiteBalance  # noqa: PLC0415 - NumPy: --help of export is quick

        try:
            scale, kind = _number(properties, "scale", _MOST_REACH), cast(InputKind, properties["input"])
            reach = _number(properties, "receptive_field", _MOST_REACH)
            contract = Contract(scale, kind, scale if kind == "resized" else 1, reach)
            needed = _number(properties, "layer_bytes", _MOST_LAYER)
            precision, gains = properties["precision"], properties.get("white_balance", "input")
            if precision not in get_args(ExportPrecision) or gains not in get_args(WhiteBalance):
                raise ValueError(f"{precision}, {gains}")
        except (KeyError, ValueError, TypeError, ModelError) as error:
            raise CheckpointError(
                f"has a damaged description ({error!r}).", path=path, remedy="Export it again."
            ) from error
        return cls(contract, needed, cast(ExportPrecision, precision), gains)


def _number(properties: Mapping[str, str], name: str, most: int) -> int:
    """A whole number from 0 to ``most``; ValueError for others."""
    number = int(properties[name])
    if not 0 <= number <= most:
        raise ValueError(f"{name} is {number}, expected 0 to {most}")
    return number
