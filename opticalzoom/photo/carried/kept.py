"""What a photo carries besides pixels, EXIF and profile, for the file that is made of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from opticalzoom.photo.carried.xmp import EditedPacket, upright_xmp, zoomed_xmp
from opticalzoom.photo.orientation import SIDEWAYS
from opticalzoom.photo.window import Window

Text = tuple[str, str]
"""A keyword and what it says."""

COMMENT = "Comment"
"""The keyword of a JPEG file's comment."""
PHOTOSHOP = b"Photoshop 3.0\0"
"""What stands before Photoshop's entries in JPEG files."""
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
"""What stands before an XMP packet in JPEG files."""
XMP_TAG, IPTC_TAG = 0x02BC, 0x83BB
"""Of a TIFF file's main directory."""
_ENTRY, _IPTC = b"8BIM", 0x0404
_PATHS = range(2000, 2999)
_PATHS_LEFT_OUT = "clipping paths are left out"
_NO_ROOM = "is left out, as {} has no room for it"
_JPEG_MOST = {"XMP": 65533 - 29, "IPTC": 65533 - 14 - 13, "texts": 65533}
"""Bytes that a segment of a JPEG file holds of each, behind what stands before it."""


class Kept(NamedTuple):
    """What goes into the new file; None or empty where there is none.

    Attributes:
        xmp: XMP packet.
        iptc: IPTC-IIM records, https://iptc.org/standards/iim/.
        resolution: pixels per inch across and down, which say how large a print is: as many as before.
        texts: of PNG, and comments of JPEG.
    """

    xmp: bytes | None = None
    iptc: bytes | None = None
    resolution: tuple[float, float] | None = None
    texts: tuple[Text, ...] = ()

    def upright(self, orientation: int) -> tuple[Kept, tuple[str, ...]]:
        """The same of the photo turned upright, and what of it no longer holds, a phrase each."""
        edited = upright_xmp(self.xmp, orientation) if self.xmp else EditedPacket()
        turned = self.resolution[::-1] if self.resolution and orientation in SIDEWAYS else self.resolution
        return self._replace(xmp=edited.packet, resolution=turned), edited.notes

    def zoomed(self, shape: tuple[int, int], crop: Window, size: tuple[int, int]) -> tuple[Kept, tuple[str, ...]]:
        """The same of a zoomed part, and what of it no longer holds: see :func:`~.xmp.zoomed_xmp`."""
        edited = zoomed_xmp(self.xmp, shape, crop, size) if self.xmp else EditedPacket()
        return self._replace(xmp=edited.packet), edited.notes


NOTHING = Kept()


def fitting_kept(kept: Kept, kind: str) -> tuple[Kept, tuple[str, ...]]:
    """What a file of a format (``JPEG``, ``PNG``, ``TIFF``, ``WEBP``) has a place for, and what it has none for."""
    lost: list[str] = []
    if kind == "JPEG":
        if len(kept.xmp or b"") > _JPEG_MOST["XMP"]:
            kept, lost = kept._replace(xmp=None), [*lost, f"XMP {_NO_ROOM.format('JPEG')}"]
        if len(kept.iptc or b"") > _JPEG_MOST["IPTC"]:
            kept, lost = kept._replace(iptc=None), [*lost, f"IPTC {_NO_ROOM.format('JPEG')}"]
        if any(len(comment(text)) > _JPEG_MOST["texts"] for text in kept.texts):
            kept, lost = kept._replace(texts=()), [*lost, f"a text {_NO_ROOM.format('JPEG')}"]
    if kind == "WEBP" and kept.iptc:
        kept, lost = kept._replace(iptc=None), [*lost, f"IPTC {_NO_ROOM.format('WebP')}"]
    if kind in ("WEBP", "TIFF") and kept.texts:
        name = {"WEBP": "WebP", "TIFF": "TIFF"}[kind]
        kept, lost = kept._replace(texts=()), [*lost, f"a comment or text of PNG or JPEG {_NO_ROOM.format(name)}"]
    return kept, tuple(lost)


def comment(text: Text) -> bytes:
    """A text as a comment of a JPEG file."""
    keyword, words = text
    return (words if keyword == COMMENT else f"{keyword}: {words}").encode()


def photoshop_entries(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each of Photoshop's image resources, as JPEG, TIFF and PNG carry them.

    https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/#50577409_38034
    """
    at = 0
    while content[at : at + 4] == _ENTRY and at + 7 <= len(content):
        (number,) = struct.unpack_from(">H", content, at + 4)
        at += 6 + (content[at + 6] + 2) // 2 * 2  # a name with its length before it, of an even number of bytes
        size = int.from_bytes(content[at : at + 4], "big")
        yield number, content[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def iptc_in(content: bytes) -> tuple[bytes | None, tuple[str, ...]]:
    """IPTC among Photoshop's entries, and what else of them counts and is left out."""
    entries = list(photoshop_entries(content))
    iptc = next((body for number, body in entries if number == _IPTC and body), None)
    return iptc, (_PATHS_LEFT_OUT,) if any(number in _PATHS for number, _ in entries) else ()


def photoshop_entry(iptc: bytes) -> bytes:
    """IPTC as one of Photoshop's entries; inverse of :func:`iptc_in`."""
    return _ENTRY + struct.pack(">HHI", _IPTC, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
