"""Files of ncnn: what is written is read, and damage is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from opticalzoom.engines.ncnn_engine import NCNN_SUFFIXES, NcnnFiles
from opticalzoom.errors import CheckpointError
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import Exported

FILES = NcnnFiles("7767517\n0 0\n", b"weights", Exported(Contract(3, receptive_field=5), 700))


def test_files_come_back(tmp_path):
    FILES.write(tmp_path / "a.param")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted(NCNN_SUFFIXES)
    assert NcnnFiles.read(tmp_path / "a.param") == FILES


def test_contents_are_what_the_files_hold(tmp_path):
    FILES.write(tmp_path / "a.param")
    found = {suffix: (tmp_path / f"a{suffix}").read_bytes() for suffix in NCNN_SUFFIXES}
    assert found == FILES.contents()
    assert NcnnFiles.parse(Path("a.param"), *FILES.contents().values()) == FILES


@pytest.mark.parametrize("suffix", NCNN_SUFFIXES)
def test_a_missing_file_is_told(tmp_path, suffix):
    FILES.write(tmp_path / "a.param")
    (tmp_path / f"a{suffix}").unlink()
    with pytest.raises(CheckpointError, match="together"):
        NcnnFiles.read(tmp_path / "a.param")


@pytest.mark.parametrize(
    ("suffix", "content"), [(".bin", b"less"), (".param", b"\xff"), (".json", b"{"), (".json", b"[]")]
)
def test_damaged_files_are_told(tmp_path, suffix, content):
    FILES.write(tmp_path / "a.param")
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(CheckpointError):
        NcnnFiles.read(tmp_path / "a.param")
