"""XMP packets of photos turned upright and zoomed: what counts pixels follows, what no longer holds is not kept.

https://developer.adobe.com/xmp/docs/; panoramas: https://developers.google.com/streetview/spherical-metadata
"""

from __future__ import annotations

from typing import NamedTuple
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from opticalzoom.photo.window import Window

_ADOBE, _GOOGLE = "http://ns.adobe.com", "http://ns.google.com/photos/1.0"
_TIFF, _EXIF, _BASIC = f"{_ADOBE}/tiff/1.0/", f"{_ADOBE}/exif/1.0/", f"{_ADOBE}/xap/1.0/"
_CAMERA_RAW, _PANORAMA = f"{_ADOBE}/camera-raw-settings/1.0/", f"{_GOOGLE}/panorama/"
_REGIONS = ("http://www.metadataworkinggroup.com/schemas/regions/", "http://ns.microsoft.com/photo/1.2/")
_SIZES = {
    (_TIFF, "ImageWidth"): 1,
    (_EXIF, "PixelXDimension"): 1,
    (_TIFF, "ImageLength"): 0,
    (_EXIF, "PixelYDimension"): 0,
}
"""Properties that give the size, and of which side."""
_GAIN_MAP = "its gain map, with which screens show it in HDR, is left out"
_PARTS = "the moving picture, depth or sound that its XMP tells of is left out"
_OTHER_PARTS = ("camera", "depthmap", "image", "audio", "device")
_OF_OTHER_PARTS = {
    **dict.fromkeys((f"{_ADOBE}/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/"), _GAIN_MAP),
    **dict.fromkeys((f"{_GOOGLE}/{part}/" for part in _OTHER_PARTS), _PARTS),
    f"{_GOOGLE}/container/": "",  # a list of the other parts
}
_EXTENDED = (f"{_ADOBE}/xmp/note/", "HasExtendedXMP")
_THUMBNAILS = (_BASIC, "Thumbnails")

_LONGEST = 2**22
"""Bytes of a packet that is looked into."""
_MOST_PARTS, _DEEPEST = 30_000, 100
"""Tags and attributes of a packet that is looked into, and elements within each other: the editors' have far less."""
_DAMAGED = "XMP is left out, as it is damaged or very long"
_EXTENDED_LEFT_OUT = "the part of its XMP that stands beside the packet is left out"
_SETTINGS_LEFT_OUT = "settings for a RAW converter in XMP are left out, as they are not applied"
_REGIONS_LEFT_OUT = "regions (of faces) in XMP are left out, as they lie elsewhere in what was turned or cropped"
_PANORAMA_LEFT_OUT = "the panorama in XMP is left out, as it does not fit what was turned or cropped"


class EditedPacket(NamedTuple):
    """A packet, and what had to be left out of it, a phrase each."""

    packet: bytes | None = None
    notes: tuple[str, ...] = ()


class _Property(NamedTuple):
    """An attribute or an element of a packet."""

    node: minidom.Attr | minidom.Element
    owner: minidom.Element

    @property
    def name(self) -> tuple[str | None, str]:
        return self.node.namespaceURI, self.node.localName or ""

    @property
    def value(self) -> str:
        if isinstance(self.node, minidom.Attr):
            return self.node.value
        return "".join(child.data for child in self.node.childNodes if isinstance(child, minidom.Text)).strip()

    def set(self, value: object) -> None:
        if isinstance(self.node, minidom.Attr):
            self.node.value = str(value)
            return
        text = minidom.Text()
        text.data = str(value)
        self.node.childNodes[:] = [text]

    def remove(self) -> None:
        if isinstance(self.node, minidom.Attr):
            self.owner.removeAttributeNode(self.node)
        elif self.node.parentNode is self.owner:
            self.owner.removeChild(self.node)


def upright_xmp(packet: bytes, orientation: int) -> EditedPacket:
    """The packet of the photo turned upright, without what tells of parts of the file that are not taken."""
    document = _parsed(packet)
    if document is None:
        return EditedPacket(None, (_DAMAGED,))
    properties = _properties(document)
    applied = any(one.name == (_CAMERA_RAW, "AlreadyApplied") and one.value.lower() == "true" for one in properties)
    settings = not applied and any(one.name == (_CAMERA_RAW, "HasSettings") for one in properties)
    notes, changed = [], False
    for one in properties:
        space, name = one.name
        note = _OF_OTHER_PARTS.get(space or "")
        if (space, name) == (_TIFF, "Orientation"):
            changed |= one.value != "1"
            one.set(1)
        elif (space, name) == _EXTENDED:
            note = _EXTENDED_LEFT_OUT
        elif space == _CAMERA_RAW and settings:
            note = _SETTINGS_LEFT_OUT
        elif orientation != 1 and space in _REGIONS:
            note = _REGIONS_LEFT_OUT
        elif orientation != 1 and space == _PANORAMA:
            note = _PANORAMA_LEFT_OUT
        if note is not None or (space, name) == _THUMBNAILS:
            one.remove()
            notes.append(note)
            changed = True
    return EditedPacket(_packet(document) if changed else packet, tuple(dict.fromkeys(filter(None, notes))))


def zoomed_xmp(packet: bytes, shape: tuple[int, int], crop: Window, size: tuple[int, int]) -> EditedPacket:
    """The packet of a zoomed part of a photo.

    Args:
        packet: of the upright photo.
        shape: its height and width.
        crop: the part.
        size: height and width of the result.
    """
    document = _parsed(packet)
    if document is None:
        return EditedPacket(None, (_DAMAGED,))
    properties = _properties(document)
    whole = crop.shape == shape
    notes, changed = [], False
    for one in properties:
        if one.name in _SIZES:
            one.set(size[_SIZES[one.name]])
            changed = True
        elif not whole and one.name[0] in _REGIONS:
            one.remove()
            notes.append(_REGIONS_LEFT_OUT)
    panorama = {one.name[1]: one for one in properties if one.name[0] == _PANORAMA}
    if panorama and not _zoom_panorama(panorama, shape, crop, size):
        for one in panorama.values():
            one.remove()
        notes.append(_PANORAMA_LEFT_OUT)
    edited = changed or panorama or notes
    return EditedPacket(_packet(document) if edited else packet, tuple(dict.fromkeys(notes)))


def _zoom_panorama(told: dict[str, _Property], shape: tuple[int, int], crop: Window, size: tuple[int, int]) -> bool:
    """Count the pixels of a panorama anew; False if they cannot be."""
    whole = crop.shape == shape
    for axis, (side, edge) in enumerate((("Height", "Top"), ("Width", "Left"))):
        names = f"FullPano{side}Pixels", f"CroppedAreaImage{side}Pixels", f"CroppedArea{edge}Pixels"
        if not whole and not all(name in told for name in names):
            return False
        try:
            full, own, first = (int(float(told[name].value)) if name in told else 0 for name in names)
            inner = {
                f"LargestValidInteriorRect{part}": told.get(f"LargestValidInteriorRect{part}") for part in (side, edge)
            }
            numbers = {name: float(one.value) for name, one in inner.items() if one}
        except ValueError:
            return False
        scale = size[axis] / crop.shape[axis]
        ratio = shape[axis] / (own or full or shape[axis])
        start = crop[axis].start
        values = (full * ratio * scale, size[axis], (first * ratio + start) * scale)
        for name, value in zip(names, values, strict=True):
            if name in told:
                told[name].set(round(value))
        for name, number in numbers.items():
            told[name].set(round(number * ratio * scale)) if whole else told[name].remove()
    return True


def _parsed(packet: bytes) -> minidom.Document | None:
    if len(packet) > _LONGEST or b"<!" in packet.replace(b"\0", b"").replace(b"<!--", b""):  # entities can be bombs
        return None
    if packet.count(b"<") + packet.count(b"=") > _MOST_PARTS:
        return None
    encoding = "utf-16-le" if packet[1:2] == b"\0" else "utf-16-be" if packet[:1] == b"\0" else "utf-8"
    try:
        text = packet.decode("utf-16" if packet[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding)
        document = minidom.parseString(text.strip("\0\ufeff \r\n\t").encode())
    except (ExpatError, UnicodeError, ValueError):
        return None
    return document if _depth(document) <= _DEEPEST else None


def _depth(document: minidom.Document) -> int:
    """How many elements lie within each other."""
    depth, level = 0, [document.documentElement]
    while level and depth <= _DEEPEST:
        depth += 1
        level = [child for one in level if one for child in one.childNodes if isinstance(child, minidom.Element)]
    return depth


def _properties(document: minidom.Document) -> list[_Property]:
    """Every element and attribute, from the outside to the inside."""
    found = []
    for element in document.getElementsByTagName("*"):
        if isinstance(element.parentNode, minidom.Element):
            found.append(_Property(element, element.parentNode))
        attributes = map(element.getAttributeNode, list(element.attributes.keys()))
        found += [_Property(attribute, element) for attribute in attributes if attribute]
    return found


def _packet(document: minidom.Document) -> bytes:
    return "\n".join(child.toxml() for child in document.childNodes).encode()
