"""What the processor says of itself."""

from __future__ import annotations

import platform

import pytest

from opticalzoom.parallel import processor


@pytest.mark.parametrize(
    ("lines", "name", "features"),
    [
        (["model name\t: ACME 9", "flags\t\t: fpu avx2 avx512f amx_bf16"], "ACME 9", ["avx2", "avx512f", "amx_bf16"]),
        (["Features\t: fp asimd bf16"], None, ["asimd", "bf16"]),
        ([], None, []),
    ],
)
def test_processors_are_told_by_name_and_features(monkeypatch, lines, name, features):
    monkeypatch.setattr(processor, "processor_lines", lambda: lines)
    assert processor.processor_features() == features
    assert processor.processor_name() == (name or platform.processor() or platform.machine())
