"""Files of photos: what is opened, and how it is read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from photos import smooth
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.vips import open_picture
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.raw_file import read_preview, read_raw
from opticalzoom.photo.size import read_size

POSIX = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


@POSIX
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".heic", ".dng"])
def test_pipes_sockets_and_devices_are_not_opened(tmp_path, suffix, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    pipe, device, plug = (Path(f"{name}{suffix}") for name in ("pipe", "device", "plug"))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(plug))
        for path, kind in ((pipe, "a named pipe"), (device, "a device"), (plug, "a socket")):
            for read in (read_raw, read_preview) if suffix == ".dng" else (read_photo,):
                with pytest.raises(PhotoError, match=f"is {kind}"):
                    read(path)
            for read in (read_size, read_metadata):
                with pytest.raises(PhotoError, match=f"is {kind}"):
                    read(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])  # WebP is read whole when it is opened
def test_a_file_that_is_cut_while_it_is_read_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (500, 700, 3), np.uint8)
    if suffix == ".tif":
        tifffile.imwrite(path, noise, photometric="rgb", compression="zlib", rowsperstrip=16)
    else:
        Image.fromarray(noise).save(path)
    image = open_picture(path).image
    os.truncate(path, 9000)
    with pytest.raises(pyvips.Error):
        image.write_to_memory()


def test_files_are_closed_again(tmp_path):
    Image.fromarray(smooth(20, 30, 3)).save(tmp_path / "a.jpg")
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("open files cannot be counted")
    read_photo(tmp_path / "a.jpg")
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(20):
        read_photo(tmp_path / "a.jpg")
    assert len([*Path("/proc/self/fd").iterdir()]) <= before + 1
