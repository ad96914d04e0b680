from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.errors import ConfigError
from opticalzoom.zooming.names import NamePattern, result_suffix

PHOTO = Path("holiday/IMG 1.JPG")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{stem}-x{scale}{suffix}", "IMG 1-x3.png"),
        ("{stem}_{kind}_{scale:02d}{suffix}", "IMG 1_jpg_03.png"),
        ("{scale}x {stem:.3}{suffix}", "3x IMG.png"),
        ("big.TIF", "big.TIF"),
        ("{stem}{suffix}", "IMG 1.png"),
    ],
)
def test_patterns(pattern, name):
    assert NamePattern(pattern).result(PHOTO, 3.0, ".png") == name


@pytest.mark.parametrize(("scale", "shown"), [(3, "3"), (2.0, "2"), (2.5, "2.5"), (10, "10")])
def test_scales(scale, shown):
    assert NamePattern().result(PHOTO, scale, ".jpg") == f"IMG 1-x{shown}.jpg"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{steem}{suffix}", "steem"),
        ("{}{suffix}", "cannot be used"),
        ("{stem", "cannot be used"),
        ("{stem.parent.x}{suffix}", "cannot be used"),
        ("{stem:d}{suffix}", "cannot be used"),
        ("x{scale}/{stem}{suffix}", "names folders"),
        ("../{stem}{suffix}", "names folders"),
        ("{stem}", "ends in no format"),
        ("{stem}.gif", "ends in no format"),
        ("{stem}{suffix}.bak", "ends in no format"),
        ("", "names folders"),
        ("{stem:/>9}{suffix}", "names folders"),
        ("{stem:/>9999999999}{suffix}", "cannot be used"),
        ("{scale:.9999}{suffix}", "cannot be used"),
        ("{stem:{scale}}{suffix}", "cannot be used"),
    ],
)
def test_patterns_that_make_no_sense(pattern, words):
    with pytest.raises(ConfigError, match=words) as error:
        NamePattern(pattern)
    assert "{stem}, {kind}, {scale}, {suffix}" in str(error.value)


@pytest.mark.parametrize("pattern", ["{stem:/<6}{suffix}", "{stem:/>6}{suffix}", "{stem:.1}/{suffix}"])
def test_a_format_makes_no_folder_of_any_photos_name(pattern):
    with pytest.raises(ConfigError, match="names folders"):
        NamePattern(pattern).result(Path("ab.jpg"), 3, ".jpg")


@given(
    stem=st.text(st.characters(exclude_characters="/\0\n\r", exclude_categories=["Cs"]), min_size=1).filter(
        lambda stem: not stem.startswith(".") and not stem.endswith(".")
    ),
    scale=st.sampled_from([2, 3, 2.5, 10]),
    pattern=st.sampled_from(["{stem}-x{scale}{suffix}", "big {stem}{suffix}", "{stem}.{kind}.{stem}{suffix}"]),
)
def test_the_source_of_a_result_is_found_again(stem, scale, pattern):
    pattern = NamePattern(pattern)
    assert pattern.source_stem(pattern.result(Path(f"{stem}.jpg"), scale, ".tif")) == stem


@pytest.mark.parametrize("name", ["a.jpg", "a-x.jpg", "a-xl.jpg", "-x3.jpg", "a-x3"])
def test_other_names_have_no_source(name):
    assert NamePattern().source_stem(name) is None


@pytest.mark.parametrize(
    ("photo", "kind", "bits", "suffix"),
    [
        ("a.JPG", "keep", None, ".JPG"),
        ("a.JPG", "keep", 8, ".JPG"),
        ("a.JPG", "keep", 16, ".png"),
        ("a.webp", "keep", 16, ".png"),
        ("a.tif", "keep", 16, ".tif"),
        ("a.NEF", "keep", None, ".tif"),
        ("a.HEIC", "keep", None, ".jpg"),
        ("a.avif", "keep", 16, ".png"),
        ("a.hif", "tif", None, ".tif"),
        ("a.NEF", "jpg", None, ".jpg"),
        ("a.png", "tif", 16, ".tif"),
    ],
)
def test_formats(photo, kind, bits, suffix):
    assert result_suffix(Path(photo), kind, bits) == suffix


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_formats_that_cannot_hold_it(kind):
    with pytest.raises(ConfigError, match="has 8 bits, --bits asks for 16"):
        result_suffix(Path("a.png"), kind, 16)


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.JFIF", ".JFIF"), ("a.jpe", ".jpe"), ("a.MPO", ".jpg"), ("a.x3f", ".tif")]
)
def test_suffixes_of_other_programs(name, suffix):
    assert result_suffix(Path(name)) == suffix
    assert result_suffix(Path(name), bits=16) == {".tif": ".tif"}.get(suffix, ".png")
