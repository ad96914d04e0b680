"""The verb on a real Dask cluster of which a worker dies."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import numpy as np

from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.models import build
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.weights.card import ModelCard

COUNT = 30


def test_a_cluster_that_loses_a_worker_zooms_every_photo(cluster, tmp_path, monkeypatch, capsys):
    address, workers = cluster
    monkeypatch.chdir(tmp_path)
    save_model("bicubic.safetensors", build("bicubic", scale=2), ModelCard("bicubic", {"scale": 2}))
    for number in range(COUNT):
        write_photo(f"photos/{number}.png", Photo(np.full((200, 300, 3), number, np.uint8)))
    Path("photos/text.png").write_text("hello")

    def kill_one() -> None:
        while len(list(Path("out").glob("[0-9]*"))) < 3:
            time.sleep(0.05)
        workers[0].kill()

    killer = Thread(target=kill_one, daemon=True)
    killer.start()
    command = ["zoom", "photos", "-o", "out", "--weights", "bicubic.safetensors", "--scheduler", address]
    assert main(command) == 2
    killer.join(timeout=10)
    assert workers[0].poll() is not None
    printed = capsys.readouterr()
    assert printed.out.endswith(f"{COUNT} of {COUNT + 1} zoomed, in out\n")
    assert [line.split(": ")[1] for line in printed.err.splitlines()] == [str(Path("photos/text.png").absolute())]
    for number in range(COUNT):
        assert (read_photo(f"out/{number}-x2.png").pixels == number).all()
