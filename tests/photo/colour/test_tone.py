"""Tone curves of profiles, against Little CMS."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
from profiles import grey_profile, rendered, rgb_profile

from opticalzoom.photo.colour.tone import linear_tone


def with_curve(body: bytes) -> bytes:
    """A profile of RGB whose curves are this tag, in place of those of gamma 1."""
    icc = bytearray(rgb_profile(1.0))
    (count,) = struct.unpack_from(">I", icc, 128)
    for entry in range(count):
        name, _, _ = struct.unpack_from(">4sII", icc, 132 + 12 * entry)
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            struct.pack_into(">II", icc, 132 + 12 * entry + 4, len(icc), len(body))
    icc += body.ljust(-(-len(body) // 4) * 4, b"\0")
    struct.pack_into(">I", icc, 0, len(icc))
    return bytes(icc)


def parametric(kind: int, *numbers: float) -> bytes:
    return with_curve(struct.pack(f">4sIHH{len(numbers)}i", b"para", 0, kind, 0, *(round(n * 65536) for n in numbers)))


def table(values) -> bytes:
    return with_curve(struct.pack(f">4sII{len(values)}H", b"curv", 0, len(values), *(round(v * 65535) for v in values)))


LINEAR = {  # all with black at 0: Little CMS moves it there
    "gamma 1": rgb_profile(1.0),
    "gamma 1.3, wide": rgb_profile(1.3, "prophoto"),
    "no curve at all": with_curve(struct.pack(">4sII", b"curv", 0, 0)),
    "table": table(np.linspace(0, 1, 33) ** 1.2),
    "parametric 0": parametric(0, 1.1),
    "parametric 1": parametric(1, 1.1, 0.95, 0),
    "parametric 2": parametric(2, 1.2, 0.9, 0, 0),
    "parametric 3": parametric(3, 1.1, 0.95, 0.05, 0.8, 0.1),
    "parametric 4": parametric(4, 1.1, 0.9, 0.05, 0.8, 0.1, 0.01, 0),
}


LINEAR_GREY = {"grey": grey_profile(1.0), "grey 1.2": grey_profile(1.2)}


@pytest.mark.parametrize("name", [*LINEAR, *LINEAR_GREY])
def test_greys_in_linear_light_are_rendered_as_by_little_cms(name):
    icc = (LINEAR | LINEAR_GREY)[name]
    channels = 1 if name in LINEAR_GREY else 3
    ramp = np.linspace(0, 65535, 1000).astype(np.uint16)[None, :, None].repeat(channels, axis=2)
    tone = linear_tone(icc)
    assert tone is not None
    np.testing.assert_allclose(tone.encode(ramp / np.float32(65535))[..., :1], rendered(ramp, icc)[..., 1:2], atol=1e-3)


@pytest.mark.parametrize("name", LINEAR)
def test_back_again(name):
    tone = linear_tone(LINEAR[name])
    values = np.random.default_rng(0).uniform(0.05, 0.95, (4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(tone.decode(tone.encode(values)), values, atol=2e-4 if name == "parametric 3" else 2e-5)


@pytest.mark.parametrize(
    "icc",
    [
        None,
        b"",
        b"no profile",
        imagecodecs.cms_profile("srgb"),
        imagecodecs.cms_profile("adobergb"),
        rgb_profile(1.8, "prophoto"),
        rgb_profile(2.2, "p3"),
        grey_profile(2.2),
        rgb_profile(1.0)[:200],
        table([0, 0.9, 0.4, 0.9, 1]),  # falls
        parametric(9, 1.0),
    ],
)
def test_others_need_nothing(icc):
    assert linear_tone(icc) is None
