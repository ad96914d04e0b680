"""Zooming with ncnn, whose Winograd convolutions are the fastest on processors with AVX2: files, and what runs them."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opticalzoom.engines.engine import Array
from opticalzoom.engines.runtimes import ExportedEngine, require
from opticalzoom.errors import CheckpointError
from opticalzoom.files import atomic_path
from opticalzoom.weights.exported import Exported
from opticalzoom.weights.graphs import GraphFile

INPUT, OUTPUT = "data", "output"
"""Names of the network's blobs: those that Real-ESRGAN's ncnn program, and Upscayl after it, look for."""

NCNN_SUFFIXES: tuple[GraphFile, GraphFile, GraphFile] = (".param", ".json", ".bin")
"""Suffixes of the three files of a model: the network as text, what it says of itself, and its weights."""

_DIGEST = "sha256"
_MOST_STREAMS = 4
"""Tiles at once. Each is in memory: more of them would be so small that overlaps are most of the work."""


@dataclass(frozen=True)
class NcnnFiles:
    """An exported model: ``model.param``, ``model.bin``, and ``model.json``, which other programs need not have.

    Attributes:
        param: the network, as text.
        weights: float32.
        exported: what it says of itself.
    """

    param: str
    weights: bytes
    exported: Exported

    @classmethod
    def read(cls, path: Path) -> NcnnFiles:
        """The model of a ``.param`` file and of the two files beside it.

        Raises:
            CheckpointError: one is missing, damaged or of another program.
        """
        try:
            contents = [path.with_suffix(suffix).read_bytes() for suffix in NCNN_SUFFIXES]
        except OSError as error:
            raise _unreadable(path, error) from error
        return cls.parse(path, *contents)

    @classmethod
    def parse(cls, path: Path, text: bytes, described: bytes, weights: bytes) -> NcnnFiles:
        """A model from the contents of its files, in the order of :data:`NCNN_SUFFIXES`; ``path`` is for messages.

        Raises:
            CheckpointError: one is damaged, or of another program or model.
        """
        try:
            param, properties = text.decode("utf-8"), json.loads(described)
        except (ValueError, RecursionError) as error:
            raise _unreadable(path, error) from error
        found = cls(param, weights, Exported.parse(properties if isinstance(properties, dict) else {}, str(path)))
        if properties.get(_DIGEST) != found._digest():  # ncnn itself would read beyond the end of weights
            raise CheckpointError("does not fit its .bin and .json.", path=path, remedy="Export it again.")
        return found

    def contents(self) -> dict[str, bytes]:
        """What is in each of the three files, by suffix."""
        described = self.exported.properties() | {_DIGEST: self._digest()}
        if self.exported.contract.multiple > 1:
            described["padding"] = f"height and width have to be multiples of {self.exported.contract.multiple}"
        text = json.dumps(described, indent=1) + "\n"
        return dict(zip(NCNN_SUFFIXES, (self.param.encode(), text.encode(), self.weights), strict=True))

    def write(self, path: Path, overwrite: bool = False) -> None:
        """Write the three files; if one of them cannot be written, none is left.

        Raises:
            OutputExistsError: one is there and ``overwrite`` is false.
            OpticalZoomError: one cannot be written.
        """
        with ExitStack() as stack:  # left from the last to the first: the .param appears when the others are there
            for suffix, content in self.contents().items():
                stack.enter_context(atomic_path(path.with_suffix(suffix), overwrite)).write_bytes(content)

    def _digest(self) -> str:
        return hashlib.sha256(self.param.encode() + self.weights).hexdigest()


class NcnnEngine(ExportedEngine):
    """An exported model in ncnn, on the CPU in float32.

    Two tiles on a core each take less time than one after the other on both: so there are several streams. Which
    convolutions take Winograd's way is left to ncnn: its own choice was the fastest.

    Args:
        model: a .param file, or what is in it.
        threads: of the CPU.

    Raises:
        CheckpointError: the files cannot be loaded or are none of ours.
        DependencyError: ncnn is not installed.
    """

    memory_factor = 5.5

    def __init__(self, model: Path | NcnnFiles, threads: int = 1) -> None:
        self._ncnn: Any = require("ncnn", "ncnn")
        # ncnn refers to the weights and does not copy them, so they have to live as long as the network.
        self._files = model if isinstance(model, NcnnFiles) else NcnnFiles.read(model)
        self.exported = self._files.exported
        self.streams = min(threads, _MOST_STREAMS)
        self._net = self._ncnn.Net()
        options = self._net.opt
        options.use_vulkan_compute, options.num_threads = False, max(1, round(threads / self.streams))
        for kind in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_packed", "bf16_storage"):
            setattr(options, f"use_{kind}", False)  # ARM processors would compute in them
        if self._net.load_param_mem(self._files.param):
            raise CheckpointError("has layers that this version of ncnn lacks.", remedy="Update ncnn.")
        self._net.load_model_mem(self._files.weights)
        self._check_result("exported model" if isinstance(model, NcnnFiles) else str(model))

    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""
        self.contract.check(x)
        rows, columns = self.contract.padding(*x.shape[2:])
        if not (rows or columns):
            return np.stack([self._zoom(picture) for picture in x])
        height, width = (side * self.contract.output_factor for side in x.shape[2:])
        padded = np.pad(x, ((0, 0), (0, 0), (0, rows), (0, columns)), mode="edge")  # as the network does in PyTorch
        return np.stack([self._zoom(picture) for picture in padded])[..., :height, :width]

    def _zoom(self, picture: Array) -> Array:
        """C×H×W to 3×H'×W'."""
        # Mat refers to the array without keeping it alive: the name does so until clone() has copied it.
        contiguous = np.ascontiguousarray(picture)
        extractor = self._net.create_extractor()
        # Memory of this call alone. The network's own allocators would keep blocks of every size that there has been.
        blobs, workspace = (self._ncnn.PoolAllocator() for _ in range(2))
        extractor.set_blob_allocator(blobs)
        extractor.set_workspace_allocator(workspace)
        extractor.input(INPUT, self._ncnn.Mat(contiguous).clone())
        failed, image = extractor.extract(OUTPUT)
        if failed:
            raise MemoryError("ncnn has too little memory")
        result = np.array(image)
        del image, extractor  # they have to go before the allocators that hold their pixels
        return result


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    remedy = "Keep the three files that opticalzoom export wrote together."
    return CheckpointError(f"cannot be read with its .bin and .json ({error}).", path=path, remedy=remedy)
