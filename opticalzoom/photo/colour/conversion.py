"""Pictures in CMYK and CIELAB -> sRGB, through the profile where there is one (Little CMS, by libvips)."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
import pyvips
from PIL import Image, ImageCms

_NO_PROFILE = "CMYK without a usable profile is converted by a rule of thumb"
_LAB = ("lab", "labs")


def in_rgb(image: pyvips.Image, icc: bytes | None) -> tuple[pyvips.Image, bytes | None, tuple[str, ...]]:
    """The same picture in sRGB if it is in CMYK or CIELAB, else as it is; alpha is kept.

    Args:
        image: as libvips reads it.
        icc: its profile.

    Returns:
        The picture, the profile that fits it, and what there is to say, a phrase each.
    """
    if image.interpretation == "cmyk" and image.format in ("uchar", "ushort") and image.bands in (4, 5):
        colours, notes = _from_cmyk(image[:4], icc)
        return _with_alpha(colours, image, 4), None, notes
    if image.interpretation in _LAB and image.bands in (3, 4):
        depth = 16 if image.get_typeof("bits-per-sample") and image.get("bits-per-sample") == 16 else 8
        colours = image[:3].icc_export(output_profile="srgb", intent="relative", pcs="lab", depth=depth)
        return _with_alpha(colours, image, 3), None, ()
    return image, icc, ()


def lab_of_eight_bits(file: BinaryIO) -> pyvips.Image:
    """A TIFF file in CIELAB of 8 bits, which libvips cannot read, decoded by Pillow."""
    file.seek(0)
    with Image.open(file) as picture:
        lightness, red, yellow = (np.asarray(plane).astype(np.float32) for plane in picture.split())
    lab = np.dstack([lightness * np.float32(100 / 255), red - 128, yellow - 128])
    return pyvips.Image.new_from_array(lab).copy(interpretation="lab")


def srgb_image(image: Image.Image) -> Image.Image:
    """Pillow's image in sRGB and without a profile if its mode is CMYK or LAB, else as it is."""
    icc, srgb = image.info.get("icc_profile") or b"", ImageCms.createProfile("sRGB")
    if image.mode == "LAB":
        source, intent = ImageCms.createProfile("LAB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
        converted = ImageCms.profileToProfile(image, source, srgb, intent, "RGB")
    elif image.mode == "CMYK" and _is_usable(icc):
        converted = ImageCms.profileToProfile(image, io.BytesIO(icc), srgb, ImageCms.Intent.PERCEPTUAL, "RGB")
    elif image.mode == "CMYK":
        converted = image.convert("RGB")
    else:
        return image
    assert converted is not None  # it is only where it is asked to change the image
    converted.info = {key: value for key, value in image.info.items() if key != "icc_profile"}
    return converted


def _from_cmyk(image: pyvips.Image, icc: bytes | None) -> tuple[pyvips.Image, tuple[str, ...]]:
    depth = 8 if image.format == "uchar" else 16
    if _is_usable(icc):  # perceptual, as Little CMS's users have it by default
        profiled = image.copy()
        profiled.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        return profiled.icc_transform("srgb", embedded=True, intent="perceptual", depth=depth), ()
    largest = 2**depth - 1
    ink = largest - image
    plain = (ink[:3] * ink[3] / largest).rint().cast(image.format)
    return plain.copy(interpretation="srgb" if depth == 8 else "rgb16"), (_NO_PROFILE,)


def _is_usable(icc: bytes | None) -> bool:
    """Whether a profile leads from CMYK to sRGB. libvips would take another one in place of one that is damaged."""
    if not icc or icc[16:20] != b"CMYK":
        return False
    try:
        ImageCms.buildTransform(io.BytesIO(icc), ImageCms.createProfile("sRGB"), "CMYK", "RGB")
    except ImageCms.PyCMSError:
        return False
    return True


def _with_alpha(colours: pyvips.Image, image: pyvips.Image, at: int) -> pyvips.Image:
    if image.bands == at:
        return colours
    alpha = image[at]
    if image.interpretation == "labs":  # signed: half of what 16 bits hold
        alpha = alpha * 2
    return colours.bandjoin(alpha.cast(colours.format))
