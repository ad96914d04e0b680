"""Pages whose text is known."""

from __future__ import annotations

from html.parser import HTMLParser

from helpers import expected_text

from opticalzoom.pages.page import Section, html_page


class Balance(HTMLParser):
    """Fails on a closing tag that does not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells.append(f"{self.open[-1]}:{data}")


def test_page_is_well_formed_and_escaped():
    section = Section("A & B", "one <i>\n\ntwo", [("a b.png", 'the "first"')], [("method", "dB"), ("td>", "3")])
    page = html_page("<Title>", [section, Section("Empty")])
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert parser.cells == ["th:method", "th:dB", "td:td>", "td:3"]
    assert "<p>one &lt;i&gt;</p>\n<p>two</p>" in page
    assert "&lt;Title&gt;" in page
    assert 'alt="the &quot;first&quot;"' in page
    assert page == expected_text("page.html")
