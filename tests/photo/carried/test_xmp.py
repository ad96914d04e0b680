"""XMP of zoomed photos, as an XML parser of the standard library reads it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from opticalzoom.photo.carried.xmp import upright_xmp, zoomed_xmp
from opticalzoom.photo.window import Window

PANORAMA = "http://ns.google.com/photos/1.0/panorama/"
NAMESPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    f'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pano="{PANORAMA}" '
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:C="http://ns.google.com/photos/1.0/container/" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:note="http://ns.adobe.com/xmp/note/"'
)


def packet(inside="", attributes=""):
    description = f'<rdf:Description rdf:about="" {NAMESPACES} {attributes}>{inside}</rdf:Description>'
    rdf = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{description}</rdf:RDF>'
    whole = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}</x:xmpmeta>'
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{whole}\n<?xpacket end="w"?>'.encode()


def properties(data):
    """Name without namespace -> value, of attributes and elements."""
    found = {}
    for element in ElementTree.fromstring(data.decode()).iter():
        found[element.tag.rpartition("}")[2]] = (element.text or "").strip()
        found |= {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    return found


def whole(height, width):
    return Window(slice(0, height), slice(0, width))


KEYWORDS = "<dc:subject><rdf:Bag><rdf:li>Jörg</rdf:li></rdf:Bag></dc:subject>"


def test_what_stays_stays_byte_by_byte():
    data = packet(KEYWORDS, 'xmp:Rating="5" tiff:Orientation="1"')
    assert upright_xmp(data, 1) == (data, ())
    assert zoomed_xmp(data, (80, 160), whole(80, 160), (240, 480)) == (data, ())


@pytest.mark.parametrize("way", ["attribute", "element"])
def test_orientation_and_sizes_follow(way):
    values = {"tiff:Orientation": 6, "tiff:ImageWidth": 80, "tiff:ImageLength": 160, "exif:PixelXDimension": 80}
    if way == "attribute":
        data = packet(KEYWORDS, " ".join(f'{name}="{value}"' for name, value in values.items()))
    else:
        data = packet(KEYWORDS + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()))
    upright = upright_xmp(data, 6).packet
    found = properties(zoomed_xmp(upright, (80, 160), whole(80, 160), (240, 480)).packet)
    assert (found["Orientation"], found["ImageWidth"], found["ImageLength"]) == ("1", "480", "240")
    assert (found["PixelXDimension"], found["li"]) == ("480", "Jörg")
    assert b"<?xpacket begin" in upright[:20]


def panorama(**numbers):
    return packet(KEYWORDS + "".join(f"<pano:{name}>{value}</pano:{name}>" for name, value in numbers.items()))


SPHERE = {
    "ProjectionType": "equirectangular",
    "FullPanoWidthPixels": 400,
    "FullPanoHeightPixels": 200,
    "CroppedAreaImageWidthPixels": 160,
    "CroppedAreaImageHeightPixels": 80,
    "CroppedAreaLeftPixels": 30,
    "CroppedAreaTopPixels": 40,
}


def test_a_panorama_is_as_much_larger_as_its_picture():
    edited = zoomed_xmp(panorama(**SPHERE), (80, 160), whole(80, 160), (240, 480))
    expected = {name: value if isinstance(value, str) else str(3 * value) for name, value in SPHERE.items()}
    assert {name: properties(edited.packet)[name] for name in SPHERE} == expected
    assert edited.notes == ()


def test_a_part_of_a_panorama_knows_where_it_lies():
    found = properties(
        zoomed_xmp(panorama(**SPHERE), (80, 160), Window(slice(8, 48), slice(20, 80)), (120, 180)).packet
    )
    assert (found["FullPanoWidthPixels"], found["FullPanoHeightPixels"]) == ("1200", "600")
    assert (found["CroppedAreaLeftPixels"], found["CroppedAreaTopPixels"]) == (str(3 * 50), str(3 * 48))
    assert (found["CroppedAreaImageWidthPixels"], found["CroppedAreaImageHeightPixels"]) == ("180", "120")


def test_a_panorama_whose_picture_was_reduced_before_fits_again():
    found = properties(zoomed_xmp(panorama(**SPHERE), (40, 80), whole(40, 80), (120, 240)).packet)
    assert (found["CroppedAreaImageWidthPixels"], found["FullPanoWidthPixels"]) == ("240", "600")


@pytest.mark.parametrize("broken", [{"FullPanoWidthPixels": "wide"}, {"CroppedAreaLeftPixels": None}])
def test_a_panorama_that_cannot_be_counted_is_left_out_with_a_word(broken):
    numbers = {name: value for name, value in (SPHERE | broken).items() if value is not None}
    edited = zoomed_xmp(panorama(**numbers), (80, 160), Window(slice(0, 40), slice(0, 80)), (120, 240))
    assert "ProjectionType" not in properties(edited.packet)
    assert properties(edited.packet)["li"] == "Jörg"
    assert any("panorama" in note for note in edited.notes)


@pytest.mark.parametrize(
    ("inside", "attributes", "word"),
    [
        ("", 'hdrgm:Version="1.0"', "gain map"),
        ("<C:Directory><rdf:Seq><rdf:li>x</rdf:li></rdf:Seq></C:Directory>", 'hdrgm:Version="1.0"', "gain map"),
        ("", 'note:HasExtendedXMP="ABC"', "beside"),
        ("", 'crs:HasSettings="True" crs:Exposure2012="+1.00"', "RAW converter"),
    ],
)
def test_what_no_longer_holds_is_left_out_with_a_word(inside, attributes, word):
    edited = upright_xmp(packet(inside, attributes + ' xmp:Rating="5"'), 1)
    assert len(edited.notes) == 1
    assert word in edited.notes[0]
    assert set(properties(edited.packet)) == {"xmpmeta", "RDF", "Description", "about", "Rating"}


def test_settings_that_were_applied_stay():
    data = packet("", 'crs:HasSettings="True" crs:AlreadyApplied="True"')
    assert upright_xmp(data, 1) == (data, ())


def test_regions_stay_where_nothing_moves():
    data = packet("<mwg-rs:Regions><rdf:Bag/></mwg-rs:Regions>")
    assert upright_xmp(data, 1) == (data, ())
    assert "Regions" not in properties(upright_xmp(data, 6).packet)
    assert "Regions" in properties(zoomed_xmp(data, (8, 8), whole(8, 8), (24, 24)).packet)
    assert "Regions" not in properties(zoomed_xmp(data, (8, 8), whole(4, 4), (12, 12)).packet)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_other_encodings(encoding):
    text = packet(KEYWORDS, 'tiff:Orientation="6"').decode()
    assert properties(upright_xmp(text.encode(encoding), 6).packet)["Orientation"] == "1"


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>'


DEEP = b"<a>" * 9000 + b"</a>" * 9000
WIDE = b"<a " + b" ".join(b'a%d=""' % number for number in range(40_000)) + b"/>"


@pytest.mark.parametrize(
    "data", [b"", b"<x", b"\xff\xfe\xff", DEEP, WIDE, BOMB, BOMB.decode().encode("utf-16"), b" " * 2**23]
)
def test_what_is_damaged_or_a_bomb_is_left_out(data):
    assert upright_xmp(data, 1) == (None, ("XMP is left out, as it is damaged or very long",))
    assert zoomed_xmp(data, (8, 8), whole(8, 8), (24, 24)).packet is None
