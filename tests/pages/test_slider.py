"""The page's slider: both pictures, their names as text, and a handle that keys can move."""

from __future__ import annotations

from html.parser import HTMLParser

from opticalzoom.pages.slider import SLIDER_SCRIPT, SLIDER_STYLE, slider


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_names_and_files_are_text_and_never_html():
    parser = _Tags()
    parser.feed(slider('a"><script>.png', "b.png", ("<b>bicubic</b>", "learned"), (40, 30)))
    tags = [tag for tag, _ in parser.found]
    assert set(tags) == {"div", "img", "span", "input"}
    assert {attributes.get("src") for tag, attributes in parser.found if tag == "img"} == {'a"><script>.png', "b.png"}
    handle = dict(parser.found)["input"]
    assert (handle["type"], handle["min"], handle["max"]) == ("range", "0", "100")
    assert handle["aria-label"] == "<b>bicubic</b> or learned"


def test_nothing_is_fetched_from_elsewhere():
    assert "http" not in SLIDER_SCRIPT + SLIDER_STYLE
