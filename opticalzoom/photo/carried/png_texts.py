"""Texts in chunks of PNG files, and the profiles that ImageMagick and exiftool put into them in hexadecimal."""

from __future__ import annotations

import re

from opticalzoom.photo.carried.containers import inflated

RAW_PROFILE = b"Raw profile type "
XMP_KEYWORD = b"XML:com.adobe.xmp"
_HEXED = re.compile(rb"\s*[^\n]*\n\s*\d+\s*\n([\da-fA-F\s]*)")
_LINE = 72
_LONGEST_KEYWORD = 79


def text_in(name: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Keyword and text of a tEXt, zTXt or iTXt chunk; the text of the former two in Latin-1, that of iTXt in UTF-8."""
    keyword, _, rest = content.partition(b"\0")
    if name == b"tEXt":
        return keyword, rest
    if name == b"zTXt":
        return keyword, inflated(rest[1:])
    text = rest[2:].split(b"\0", 2)[-1]  # behind language and translated keyword
    return keyword, inflated(text) if rest[:1] == b"\1" else text


def international_text(keyword: bytes, text: bytes) -> bytes:
    """The content of an iTXt chunk."""
    return keyword[:_LONGEST_KEYWORD] + b"\0\0\0\0\0" + text


def unhexed(text: bytes) -> bytes:
    """The bytes that are written as a name, their number, and hexadecimal lines; none for other texts."""
    found = _HEXED.match(text)
    try:
        return bytes.fromhex(found[1].decode()) if found else b""
    except ValueError:
        return b""


def hexed(name: str, content: bytes) -> bytes:
    """The inverse of :func:`unhexed`."""
    digits = content.hex()
    lines = "\n".join(digits[at : at + _LINE] for at in range(0, len(digits), _LINE))
    return f"\n{name}\n{len(content):8}\n{lines}\n".encode()
