"""HTML pages of results that need nothing but their pictures, readable on a phone."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

PAGE_STYLE = """
body { margin: 0 auto; max-width: 72rem; padding: 1rem 1.25rem 4rem; color: #222; background: #fff;
  font: 1.05rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
p { max-width: 44rem; margin: .5rem 0; white-space: pre-line; }
figure { margin: 1rem 0; overflow-x: auto; } img { display: block; max-width: 100%; height: auto; border-radius: 3px; }
figcaption { color: #555; font-size: .92rem; padding-top: .35rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .9rem .35rem 0; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; } th { border-bottom: 2px solid #888; }
"""


@dataclass(frozen=True)
class Section:
    """A heading, text, pictures as (file relative to the page, caption), and a table whose first row is its head."""

    heading: str
    text: str = ""
    pictures: Sequence[tuple[str, str]] = ()
    table: Sequence[Sequence[str]] = ()


def html_page(title: str, sections: Sequence[Section]) -> str:
    """A page of sections. All text is escaped; blank lines part it."""
    heading = f"<h1>{html.escape(title)}</h1>"
    return html_document(title, PAGE_STYLE, [heading, *(section_html(section) for section in sections)])


def html_document(title: str, style: str, parts: Sequence[str]) -> str:
    """What is around the body of every page of ours.

    Args:
        title: plain text.
        style: CSS.
        parts: HTML of the body, a line each.
    """
    body = "\n".join(parts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def section_html(section: Section) -> str:
    """HTML of a section, a line for each of its parts; all text is escaped."""
    parts = [f"<h2>{html.escape(section.heading)}</h2>"]
    parts += [f"<p>{html.escape(text)}</p>" for text in section.text.split("\n\n") if text]
    for file, caption in section.pictures:
        source, text = html.escape(file), html.escape(caption)
        parts.append(
            f'<figure><a href="{source}"><img src="{source}" alt="{text}"></a><figcaption>{text}</figcaption></figure>'
        )
    if section.table:
        head, *rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in section.table]
        head = head.replace("td>", "th>")
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        parts.append(f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')
    return "<section>\n" + "\n".join(parts) + "\n</section>"
