from __future__ import annotations

import zlib

import pytest

from opticalzoom.photo.carried.png_texts import hexed, international_text, text_in, unhexed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"tEXt", b"Author\0somebody"),
        (b"zTXt", b"Author\0\0" + zlib.compress(b"somebody")),
        (b"iTXt", b"Author\0\0\0en\0Urheber\0somebody"),
        (b"iTXt", b"Author\0\1\0\0\0" + zlib.compress(b"somebody")),
        (b"iTXt", international_text(b"Author", b"somebody")),
    ],
)
def test_texts_of_every_kind(name, content):
    assert text_in(name, content) == (b"Author", b"somebody")


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(200))])
def test_hexadecimal_and_back(content):
    assert unhexed(hexed("iptc", content)) == content


def test_other_texts_are_no_profiles():
    for text in (b"", b"a text", b"\nexif\n 3\nnot hexadecimal", b"\nexif\n3\nabc"):
        assert unhexed(text) == b""
