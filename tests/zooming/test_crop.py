from __future__ import annotations

import pytest

from opticalzoom.errors import ConfigError
from opticalzoom.zooming.crop import Middle, Pixels, parse_crop


@pytest.mark.parametrize(
    ("text", "rows", "columns"),
    [
        ("30x20+5+7", (7, 27), (5, 35)),
        ("30×20+0+0", (0, 20), (0, 30)),
        ("30x20", (20, 40), (35, 65)),
        ("100x60", (0, 60), (0, 100)),
        ("50%", (15, 45), (25, 75)),
        ("100%", (0, 60), (0, 100)),
        ("33.3%", (20, 40), (33, 66)),
        ("0.1%", (29, 30), (49, 50)),
    ],
)
def test_parts_of_a_photo_of_60_rows_and_100_columns(text, rows, columns):
    window = parse_crop(text).window(60, 100)
    assert (window.rows, window.columns) == (slice(*rows), slice(*columns))


@pytest.mark.parametrize("text", ["", "30", "30x", "0x5", "30x20+5", "-3x4", "0%", "101%", "30x20-1-1", "a%"])
def test_nonsense(text):
    with pytest.raises(ConfigError, match="is no part of a photo"):
        parse_crop(text)


@pytest.mark.parametrize("crop", [Pixels(61, 100), Pixels(10, 101), Pixels(10, 10, (51, 0)), Pixels(10, 10, (0, 91))])
def test_what_reaches_beyond_the_photo(crop):
    with pytest.raises(ConfigError, match="the crop takes"):
        crop.window(60, 100)


@pytest.mark.parametrize("zoom", [1, 1.7, 3, 8])
def test_a_digital_zoom_has_nearly_the_size_of_the_photo(zoom):
    for height, width in [(4000, 6000), (4001, 5999)]:
        rows, columns = Middle(1 / zoom).window(height, width).shape
        assert abs(rows * zoom - height) <= zoom / 2
        assert abs(columns * zoom - width) <= zoom / 2
