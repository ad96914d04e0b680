"""C libraries are silent while they decode, and nobody else is."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

import numpy as np
import pytest
from mosaics import raw_photo
from photos import smooth
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.native_output import silenced
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import read_raw

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what C prints cannot be held back here")


def print_by_c(text: bytes) -> None:
    library = ctypes.CDLL(None)
    library.fputs(text, ctypes.c_void_p.in_dll(library, "stderr"))
    library.fflush(None)


def test_c_is_silent_in_the_block_and_python_is_not(capfd):
    with silenced():
        with silenced():
            print_by_c(b"inner")
        print_by_c(b"outer")
        print("python", file=sys.__stderr__, flush=True)
        os.write(2, b"descriptor\n")
    print_by_c(b"after\n")
    assert capfd.readouterr().err.split() == ["python", "descriptor", "after"]


def test_damaged_files_say_nothing_but_our_words(tmp_path, capfd):
    mosaic = np.random.default_rng(0).integers(600, 9000, (64, 96), np.uint16)
    write_dng(tmp_path / "a.dng", raw_photo(mosaic, "RGGB", 600, 15520, white_balance=(2, 1, 1.5)))
    Image.fromarray(smooth(90, 120, 3)).convert("YCbCr").save(tmp_path / "a.tif", compression="tiff_lzw")
    for path, read in ((tmp_path / "a.dng", read_raw), (tmp_path / "a.tif", read_photo)):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2 - 100] + bytes(200) + data[len(data) // 2 + 100 :][: len(data) // 4])
        with pytest.raises(PhotoError, match="cannot be decoded"):
            read(path)
    assert capfd.readouterr().err == ""
