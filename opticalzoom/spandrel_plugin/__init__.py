"""Our weights in programs that load models through spandrel (chaiNNer, ComfyUI, ...): ``install()`` teaches it them.

spandrel hands an architecture nothing but tensors, so the network is built from their names and shapes. One choice
leaves no trace in them, whether the enlarged input is added: it is taken from the tail, as in all our named networks.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import DependencyError
from opticalzoom.models.sdan import SquaredDeformConv
from opticalzoom.models.trunk import Trunk
from opticalzoom.weights.contract import SCALES

try:
    from spandrel import MAIN_REGISTRY, Architecture, ArchSupport, ImageModelDescriptor, StateDict
except ImportError as error:
    raise DependencyError(
        f"spandrel cannot be used ({error}).", remedy='Install it with: pip install "opticalzoom[spandrel]"'
    ) from error

_HEAD, _DEFORM = "trunk.head.weight", "deform.weight"


class UnalignedNetwork(nn.Module):
    """What zooms in SDAN and SRResNet: the trunk and, of SDAN, its deformable convolution at zero offset.

    Shape:
        N×3×H×W in [0, 1] to N×3×sH×sW.
    """

    def __init__(self, trunk: Trunk, aligned: bool, features: int) -> None:
        super().__init__()
        self.trunk = trunk
        if aligned:
            self.deform = SquaredDeformConv(features)

    def forward(self, x: Tensor) -> Tensor:
        """Zoom x."""
        features = self.trunk.extract(x)
        if hasattr(self, "deform"):
            features = F.relu(self.deform(features))
        return self.trunk.restore(features, x)


class OpticalZoomArch(Architecture[UnalignedNetwork]):
    """SDAN and SRResNet of this package for RGB input, of any size and with any alignment."""

    def __init__(self) -> None:
        super().__init__(id="OpticalZoom", detect=_is_ours)

    def load(self, state_dict: StateDict) -> ImageModelDescriptor[UnalignedNetwork]:
        """The network of these tensors; those that are only for training are left out."""
        used = {name: tensor for name, tensor in state_dict.items() if name.startswith(("trunk.", "deform."))}
        features, blocks = len(used[_HEAD]), _count(used, "trunk.body.{}.conv1.weight")
        scale, direct = _factor(used), "trunk.tail.0.weight" in used
        trunk = Trunk(
            scale=scale,
            input="rgb",
            features=features,
            blocks=blocks,
            skip="bicubic" if direct else "none",
            tail_kind="direct" if direct else "paper",
        )
        return ImageModelDescriptor(
            UnalignedNetwork(trunk, _DEFORM in used, features),
            used,
            architecture=self,
            purpose="SR",
            tags=[f"{features}nf", f"{blocks}nb"],
            supports_half=True,
            supports_bfloat16=True,
            scale=scale,
            input_channels=3,
            output_channels=3,
        )


def install() -> None:
    """Teach spandrel's main registry our networks; calling it again does nothing."""
    MAIN_REGISTRY.add(ArchSupport.from_architecture(OpticalZoomArch()), ignore_duplicates=True)


def _is_ours(state_dict: StateDict) -> bool:
    """Whether these are tensors of a network with a :class:`Trunk` for RGB input (RAW has 4 channels)."""
    return _HEAD in state_dict and state_dict[_HEAD].shape[1] == 3 and _factor(state_dict) in SCALES


def _factor(state_dict: StateDict) -> int:
    """How many times the tail enlarges a side; 1 if the tensors hold no tail of ours."""
    direct = state_dict.get("trunk.tail.0.weight")
    if direct is not None:
        return math.isqrt(len(direct) // 3)
    stages = [state_dict.get(f"trunk.tail.0.{3 * stage}.weight") for stage in range(4)]
    return math.prod(math.isqrt(len(weight) // weight.shape[1]) for weight in stages if weight is not None)


def _count(state_dict: StateDict, pattern: str) -> int:
    """How many names, numbered from 0, are there."""
    count = 0
    while pattern.format(count) in state_dict:
        count += 1
    return count
