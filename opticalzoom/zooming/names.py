"""What zoomed photographs are called: a pattern such as ``{stem}-x{scale}{suffix}``, and which format holds what."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

from opticalzoom.errors import ConfigError
from opticalzoom.photo.formats.heif import HEIF_SUFFIXES
from opticalzoom.photo.formats.jpeg import MULTI_PICTURE
from opticalzoom.photo.photograph import SUFFIXES
from opticalzoom.photo.raw.libraw import RAW_SUFFIXES, is_raw
from opticalzoom.zooming.options import DEFAULT_NAME, FIELDS, Bits

_UNBOUNDED = re.compile(r"[{}]|\d{4}")
"""In the format of a field: another field, or a width that would fill the memory."""
_EIGHT_BITS = (".jpg", ".jpeg", ".jpe", ".jfif", ".webp")


class NamePattern:
    """Names of results.

    Args:
        pattern: with ``{stem}`` of the photo, ``{kind}`` (its suffix without the point, in lower case), ``{scale}`` and
            ``{suffix}`` (of the result, with the point). Without ``{suffix}`` its own suffix names the format.

    Raises:
        ConfigError: another field, a folder in it, or no format to write.
    """

    def __init__(self, pattern: str = DEFAULT_NAME) -> None:
        self._pattern = pattern
        if any(_UNBOUNDED.search(spec or "") for spec in self._specifications()):
            raise self._error("cannot be used (a format of thousands of letters, or in another)")
        example = self.result(Path("photo.jpg"), 3, ".jpg")
        if Path(example).suffix.lower() not in SUFFIXES:
            raise self._error(f"ends in no format ({', '.join(SUFFIXES)}), expected {{suffix}} at the end")

    @property
    def names_format(self) -> bool:
        """Whether the pattern has a suffix of its own."""
        return "{suffix" not in self._pattern

    def result(self, photo: Path, scale: float, suffix: str) -> str:
        """The name of a photo's result.

        Raises:
            ConfigError: the pattern makes a folder of this photo's name.
        """
        number = int(scale) if float(scale).is_integer() else scale
        try:
            name = self._pattern.format(stem=photo.stem, kind=photo.suffix[1:].lower(), scale=number, suffix=suffix)
        except (LookupError, ValueError, AttributeError, TypeError, OverflowError) as error:
            raise self._error(f"cannot be used ({error})") from error
        # A format such as {stem:/<8} makes folders of some photos' names only.
        if name in ("", ".", "..") or Path(name).name != name or ("\\" in name and "\\" not in photo.stem):
            raise self._error(f"names folders, expected a file name, for {photo.name!r}")
        return name

    def source_stem(self, name: str) -> str | None:
        """The stem of the photo that a file of this name is the result of, if it can be one."""
        expression, named = "", False
        for literal, field, _, _ in Formatter().parse(self._pattern):
            expression += re.escape(literal)
            if field != "stem":
                expression += FIELDS.get(field or "", "")
            elif named:  # the stem once more
                expression += "(?P=stem)"
            else:
                expression += f"(?P<stem>{FIELDS['stem']})"
                named = True
        match = re.fullmatch(expression, name) if named else None
        return match["stem"] if match else None

    def _specifications(self) -> list[str | None]:
        """What stands behind the colons of the fields."""
        try:
            return [specification for _, _, specification, _ in Formatter().parse(self._pattern)]
        except ValueError as error:
            raise self._error(f"cannot be used ({error})") from error

    def _error(self, cause: str) -> ConfigError:
        fields = ", ".join(f"{{{name}}}" for name in FIELDS)
        return ConfigError(f"--name {self._pattern!r} {cause}.", remedy=f"It may have {fields}, as {DEFAULT_NAME}.")


def result_suffix(photo: Path, kind: str = "keep", bits: Bits | None = None) -> str:
    """The suffix, with the point, of a format that holds what a photo's result has.

    HEIC, HIF, AVIF and MPO are not written: JPEG takes their place. So does a JPEG that has the name of a RAW file.
    JPEG and WebP cannot hold 16 bits: PNG does.

    Args:
        photo: the source.
        kind: one of :data:`~opticalzoom.zooming.options.FORMATS`.
        bits: of a channel, if they're asked for.

    Raises:
        ConfigError: the format that is asked for does not have so many bits.
    """
    if kind == "keep":
        as_jpeg = photo.suffix.lower() in (*HEIF_SUFFIXES, *RAW_SUFFIXES, MULTI_PICTURE)
        suffix = ".tif" if is_raw(photo) else ".jpg" if as_jpeg else photo.suffix
        return ".png" if bits == 16 and suffix.lower() in _EIGHT_BITS else suffix
    if bits == 16 and f".{kind}" in _EIGHT_BITS:
        raise ConfigError(f"{kind} has 8 bits, --bits asks for 16.", remedy="Choose --format png or tif.")
    return f".{kind}"
