"""Zooming with an exported model: ONNX Runtime and OpenVINO, each an extra and imported only when used."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import LifoQueue
from types import ModuleType
from typing import Any, cast

import numpy as np

from opticalzoom.engines.engine import Array
from opticalzoom.engines.exact_ends import with_exact_ends
from opticalzoom.errors import CheckpointError, ConfigError, DependencyError
from opticalzoom.parallel.signal_stack import signal_stack_kept
from opticalzoom.weights.computing import Precision
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import INPUT, Exported

_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
_CAPABILITIES = {"bfloat16": "BF16", "float16": "FP16"}
_REQUESTS = 2
"""Calls that OpenVINO takes up at once: it computes one and reads the input of the next. Each holds its tensors."""
_PREPARED = 500
"""Layers that OpenVINO keeps prepared for the sizes that it has met, some 20 for each. Its own 5000 take half a
gigabyte; a photo has at most nine sizes of tiles."""


def require(module: str, extra: str | None = None) -> ModuleType:
    """A package that is imported only when it is used.

    Args:
        module: its name.
        extra: of this package, that installs it; None for what is always installed.

    Raises:
        DependencyError: it is not installed or doesn't start.
    """
    try:
        return import_module(module)
    except (ImportError, OSError) as error:
        remedy = f"pip install 'opticalzoom[{extra}]'" if extra else f"pip install --force-reinstall {module}"
        raise DependencyError(f"{module} is needed and cannot be imported ({error}).", remedy=remedy) from error


class ExportedEngine(ABC):
    """What runs an exported model.

    Attributes:
        exported: what the file says of itself.
        memory_factor: how many times :attr:`Exported.layer_bytes` it needs at most for each pixel of a tile, as
            measured in docs/zoom.md.
        streams: see :class:`opticalzoom.engines.engine.Engine`.
    """

    exported: Exported
    memory_factor: float
    streams = 1

    @property
    def contract(self) -> Contract:
        """What the exported model takes and gives."""
        return self.exported.contract

    @property
    def bytes_per_pixel(self) -> int:
        """See :class:`opticalzoom.engines.engine.Engine`; its layers were looked at when it was exported."""
        return math.ceil(self.memory_factor * self.exported.layer_bytes)

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""

    def _check_result(self, name: str) -> None:
        """Zoom some pixels, as a file whose description is not that of its network would give wrong pictures.

        Raises:
            CheckpointError: the file called ``name`` gives a picture of another shape than it says, or none.
        """
        contract = self.contract
        height, width = 2 * contract.scale, 3 * contract.scale  # multiples of the scale, which nothing pads or crops
        expected = (1, 3, height * contract.output_factor, width * contract.output_factor)
        try:
            found = self(np.zeros((1, contract.channels, height, width), np.float32)).shape
        except Exception as error:  # runtimes' exceptions share no other base
            reason = (str(error).strip() or repr(error)).splitlines()[-1]
            raise CheckpointError(
                f"cannot zoom what it says it takes ({reason}).", path=name, remedy="Export it again."
            ) from error
        if found != expected:
            raise CheckpointError(
                f"gives a picture of shape {found}, expected {expected} for the scale and input that it names.",
                path=name,
                remedy="Export it again.",
            )


class OnnxRuntimeEngine(ExportedEngine):
    """An exported model in ONNX Runtime, on CUDA where the installed package has it.

    Args:
        model: an exported file, or its bytes.
        threads: of the CPU.

    Raises:
        CheckpointError: the file cannot be loaded or is none of ours.
        DependencyError: ONNX Runtime is not installed.
    """

    memory_factor = 2.4

    def __init__(self, model: Path | bytes, threads: int = 1) -> None:
        ort = require("onnxruntime")
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4  # prints nothing: an exception says what went wrong
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
        providers = [name for name in wanted if name in ort.get_available_providers()]
        fallback = int(len(providers) > 1)  # it prints; without a GPU it tries the same again
        source = model if isinstance(model, bytes) else str(model)
        try:
            self._session = ort.InferenceSession(source, options, providers=providers, enable_fallback=fallback)
            described = self._session.get_modelmeta().custom_metadata_map
        except Exception as error:  # its exceptions share no other base
            raise _damaged(model, error) from error
        self.exported = Exported.parse(described, _name(model))
        self._check_result(_name(model))

    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""
        return cast(Array, self._session.run(None, {INPUT: _checked(x, self.contract)})[0])


class OpenVinoEngine(ExportedEngine):
    """An exported model in OpenVINO, on the CPU.

    Args:
        model: an exported file, or its bytes.
        threads: of the CPU.
        precision: what is computed in; the first convolution and the bicubic skip stay float32.

    Raises:
        CheckpointError: the file cannot be loaded or is none of ours.
        ConfigError: the processor does not have the precision.
        DependencyError: OpenVINO is not installed.
    """

    memory_factor = 2.4

    def __init__(
        self,
        model: Path | bytes,
        threads: int = 1,
        precision: Precision = "float32",
    ) -> None:
        openvino = require("openvino", "openvino")
        # Left to itself it computes in bfloat16 where the processor has it.
        hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": _HINTS[precision]}
        hints |= {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        with signal_stack_kept():
            compiled, properties = _compiled(openvino, model, precision, hints)
        self.exported = Exported.parse(properties, _name(model))
        # A request holds the tensors of one call, so that no two threads may have the same one. The last one that was
        # given back is taken first: a single thread always has the same, and the other takes no memory.
        self._requests: LifoQueue[Any] = LifoQueue()
        for _ in range(_REQUESTS):
            self._requests.put(compiled.create_infer_request())
        self._check_result(_name(model))

    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`; of more threads than there are requests, some wait."""
        checked = _checked(x, self.contract)
        request = self._requests.get()
        try:
            return cast(Array, request.infer({INPUT: checked}, share_inputs=True, share_outputs=False)[0])
        finally:
            self._requests.put(request)


def _compiled(
    openvino: ModuleType, model: Path | bytes, precision: Precision, hints: dict[str, Any]
) -> tuple[Any, dict[str, str]]:
    """A network ready to compute, and what its file says of it."""
    core = openvino.Core()
    with suppress(RuntimeError):  # a version that has no such property
        core.set_property("CPU", {"CPU_RUNTIME_CACHE_CAPACITY": str(_PREPARED)})
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision != "float32" and _CAPABILITIES[precision] not in able:
        raise ConfigError(f"this processor has no {precision} for OpenVINO.", remedy="Use --precision float32.")
    try:
        graph = core.read_model(model if isinstance(model, bytes) else str(model))
        computed = graph if precision == "float32" else with_exact_ends(openvino, core, graph)
        compiled = core.compile_model(computed, "CPU", hints)
        described = graph.get_rt_info()["framework"] if graph.has_rt_info("framework") else {}
        return compiled, {key: str(value.value) for key, value in described.items()}
    except (RuntimeError, UnicodeDecodeError) as error:
        raise _damaged(model, error) from error


def _checked(x: Array, contract: Contract) -> Array:
    contract.check(x)
    return np.ascontiguousarray(x)


def _name(model: Path | bytes) -> str:
    return "exported model" if isinstance(model, bytes) else str(model)


def _damaged(model: Path | bytes, error: Exception) -> CheckpointError:
    reason = str(error).strip().splitlines()[-1]
    return CheckpointError(f"is damaged or no ONNX file ({reason}).", path=_name(model), remedy="Export it again.")
