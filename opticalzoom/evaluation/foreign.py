"""Other projects' super-resolution models as methods of an evaluation: whatever spandrel knows (extra ``spandrel``).

Nothing but tensors is unpickled: files are read here, and spandrel gets their tensors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import CheckpointError, DependencyError
from opticalzoom.evaluation.methods import Method
from opticalzoom.models.backbones.weight_files import read_tensors
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.weights.card import damaged_weights, is_weights_file, read_card
from opticalzoom.weights.contract import SCALES, Contract


class ForeignModel(ZoomModel):
    """Another project's network behind our contract, for whole pictures: how far it looks is not known.

    Args:
        descriptor: spandrel's, of an image model with three channels in and out.

    Shape:
        N×3×H×W in [0, 1] to :class:`ZoomOutput` with the picture only, clipped to [0, 1].
    """

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self._descriptor = descriptor.eval()
        self.network: nn.Module = descriptor.model
        self.contract = Contract(descriptor.scale)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x, padded and cropped as its network needs; a reference is checked and otherwise ignored.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        self.contract.check(x, reference)
        return ZoomOutput(self._descriptor(x))


def load_method(name: str, weights: str) -> Method:
    """Our weights, by file or bundled name, or another project's model file, as a method of an evaluation.

    Args:
        name: of the method, in tables.
        weights: file or bundled name.

    Raises:
        CheckpointError: the file is missing or damaged, or holds no model that can be scored.
        DependencyError: it is another project's, and spandrel is not installed.
    """
    if Path(weights).is_file() and not is_weights_file(weights):
        return Method(name, load_foreign(weights))
    return Method(name, load_model(weights), read_card(weights).white_balance)


def load_foreign(path: str | Path) -> ForeignModel:
    """A model file (.pth, .pt, .ckpt, .safetensors) of any architecture that spandrel knows, on the CPU.

    Raises:
        CheckpointError: the file is damaged, holds more than tensors, or no super-resolution of RGB pictures by a
            scale that we have.
        DependencyError: spandrel is not installed, or its torchvision does not fit torch.
    """
    state = _read(Path(path))
    try:
        from spandrel import ImageModelDescriptor, ModelLoader  # noqa: PLC0415 - an extra, and it brings torchvision
    except (ImportError, RuntimeError) as error:  # torchvision built for another torch: operator does not exist
        raise DependencyError(
            f"is another project's model, and spandrel cannot be used ({error}).",
            path=path,
            remedy='Install it, and the torchvision of your torch: pip install "opticalzoom[spandrel]"',
        ) from error
    try:
        found = ModelLoader().load_from_state_dict(state)
    except Exception as error:  # what architectures raise at the tensors of others is their own affair
        raise CheckpointError(
            f"holds no model that spandrel knows ({type(error).__name__}: {error}).",
            path=path,
            remedy="Is it a super-resolution network, and is spandrel up to date?",
        ) from error
    kind = f"{found.architecture.name}, {found.purpose}, ×{found.scale}, channels {found.input_channels} to "
    channels = found.input_channels, found.output_channels
    image = isinstance(found, ImageModelDescriptor) and found.purpose == "SR" and channels == (3, 3)
    if not image or found.scale not in SCALES:
        raise CheckpointError(
            f"holds another kind of model ({kind}{found.output_channels}), expected SR of RGB by one of {SCALES}.",
            path=path,
        )
    return ForeignModel(found)


def _read(path: Path) -> dict[str, Any]:
    """The content of a model file: tensors, perhaps in nested mappings."""
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:  # also of its types of numbers
            raise damaged_weights(path, error) from error
    state = read_tensors(path)
    if not isinstance(state, dict):
        raise CheckpointError(f"holds a {type(state).__name__}, expected a model's state dict.", path=path)
    return state
