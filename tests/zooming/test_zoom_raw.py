"""RAW files: tiles of mosaics against the untiled network, and the verb on small DNGs."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
import torch
from skimage import data
from zooms import zoom_photo, zoom_raw

from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.models import build
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.orientation import upright
from opticalzoom.photo.photograph import from_float, read_photo, write_photo
from opticalzoom.photo.raw.camera_space import decode_picture, encode_mosaic, encode_picture
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import RawPhoto, develop
from opticalzoom.weights import card
from opticalzoom.weights.card import ModelCard
from opticalzoom.zooming import jobs as zoom_jobs
from opticalzoom.zooming import zoomer

METADATA = Metadata("SONY ILCE-7RM2", "FE 24-240mm", 35.5, 36.0, datetime(2024, 5, 1, 10, 2, 3), 6, 1 / 125, 5.6, 200)


def network(builder="sdan_lite", scale=2):
    torch.manual_seed(0)
    arguments = {} if builder == "bicubic" else {"features": 8, "blocks": 1}
    return build(builder, scale=scale, input="raw", **arguments).eval()


def shot(height=40, width=56) -> RawPhoto:
    return MosaicSimulation().shoot(np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width]), "astronaut")


@pytest.fixture
def dng(tmp_path):
    write_dng(tmp_path / "a.DNG", shot(), METADATA)
    return tmp_path / "a.DNG"


@pytest.mark.parametrize("white_balance", ["input", "target"])
@pytest.mark.parametrize("tile", [2, 14, 33])
def test_tiled_equals_untiled(tile, white_balance):
    raw, model = shot(), network()
    x = torch.from_numpy(encode_mosaic(raw, white_balance).astype(np.float32) / 65535).permute(2, 0, 1)[None]
    with torch.inference_mode():
        whole = model.forward_unaligned(x).image[0].permute(1, 2, 0).numpy()
    expected = from_float(decode_picture(whole, raw, white_balance), np.uint16).astype(int)
    zoomed = zoom_raw(raw, model, white_balance, tile=tile).pixels
    assert zoomed.shape == (80, 112, 3)
    assert np.abs(zoomed - expected).max() <= 3


@pytest.mark.parametrize("white_balance", ["input", "target"])
def test_camera_space_returns_to_where_it_came_from(white_balance):
    raw = shot()
    picture = data.astronaut()[:40, 100:156]
    back = decode_picture(encode_picture(picture, raw, white_balance) / np.float32(65535), raw, white_balance)
    assert np.abs(back - picture / 255).mean() < 1e-3
    mosaic = encode_mosaic(raw, white_balance)
    truth = encode_picture(picture, raw, white_balance)
    assert np.abs(mosaic[..., 0].astype(float) - truth[::2, ::2, 0]).mean() < 0.02 * 65535  # but for noise


def test_bicubic_keeps_the_colours():
    zoomed = zoom_raw(shot(), network("bicubic")).pixels / 65535
    developed = develop(shot()).pixels / 65535
    assert np.allclose(zoomed.mean((0, 1)), developed.mean((0, 1)), atol=0.01)


def test_the_result_is_upright():
    raw = shot()
    turned = RawPhoto(raw.mosaic, raw.white_balance, raw.matrix, 6)
    model = network("bicubic")
    assert np.array_equal(zoom_raw(turned, model).pixels, upright(zoom_raw(raw, model).pixels, 6))


def verb(*arguments):
    return main(["zoom", *map(str, arguments)])


def save(folder, name, builder="bicubic", training=None, **arguments):
    model = build(builder, **arguments)
    return save_model(folder / f"{name}.safetensors", model, ModelCard(builder, arguments, training or {}))


def test_a_raw_file_is_zoomed_from_its_mosaic_with_raw_weights(tmp_path, dng):
    weights = save(tmp_path, "raw", scale=4, input="raw")
    assert verb(dng, "-o", tmp_path / "out", "--weights", weights) == 0
    zoomed = read_photo(tmp_path / "out" / "a-x4.tif")
    assert zoomed.pixels.shape == (224, 160, 3)  # turned upright
    assert zoomed.pixels.dtype == np.uint16
    metadata = read_metadata(tmp_path / "out" / "a-x4.tif")
    assert (metadata.camera, metadata.lens, metadata.time) == (METADATA.camera, METADATA.lens, METADATA.time)
    assert metadata.orientation == 1


def test_weights_say_where_the_white_balance_goes(tmp_path, dng):
    for choice in ("input", "target"):
        save(tmp_path, choice, "srresnet_lite", {"data": {"white_balance": choice}}, scale=2, input="raw", blocks=1)
        assert zoomer.load_zoomer(tmp_path / f"{choice}.safetensors").white_balance == choice


def test_a_raw_file_is_developed_first_for_weights_of_photos(tmp_path, dng):
    weights = save(tmp_path, "rgb", scale=3)
    assert verb(dng, "-o", tmp_path / "out", "--weights", weights, "--format", "png") == 0
    expected = zoom_photo(develop(zoomer.read_raw(dng)), build("bicubic", scale=3)).pixels
    assert np.abs(read_photo(tmp_path / "out" / "a-x3.png").pixels.astype(int) - expected).max() <= 1


def test_photos_are_refused_by_raw_weights_and_the_others_done(tmp_path, dng, capsys):
    weights = save(tmp_path, "raw", scale=4, input="raw")
    write_photo(tmp_path / "b.png", develop(shot()))
    assert verb(tmp_path / "b.png", dng, "-o", tmp_path / "out", "--weights", weights) == 2
    errors = capsys.readouterr().err
    assert "b.png: these weights take the mosaic of a RAW file" in " ".join(errors.split())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-x4.tif"]


def test_bundled_weights_are_chosen_by_kind_and_scale(tmp_path, dng, monkeypatch):
    shipped = {"lens-x3": save(tmp_path, "lens-x3", scale=3), "raw-x4": save(tmp_path, "raw-x4", scale=4, input="raw")}
    zoom_jobs.load_once.cache_clear()
    for module in (card, zoomer):
        monkeypatch.setattr(module, "bundled", lambda: shipped)
    write_photo(tmp_path / "b.jpg", develop(shot()))
    assert verb(tmp_path, "-o", tmp_path / "out") == 0
    assert verb(dng, "-o", tmp_path / "out", "--scale", 3) == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-x3.tif", "a-x4.tif", "b-x3.jpg"]


def test_a_text_with_the_suffix_of_a_raw_file_is_listed(tmp_path, dng, capsys):
    (tmp_path / "c.ARW").write_text("no photo")
    weights = save(tmp_path, "raw", scale=4, input="raw")
    assert verb(tmp_path / "c.ARW", dng, "-o", tmp_path / "out", "--weights", weights) == 2
    errors = capsys.readouterr().err
    assert "c.ARW" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "out" / "a-x4.tif").is_file()
