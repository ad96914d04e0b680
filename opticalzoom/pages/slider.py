"""Before and after in one place: two pictures of equal size on a web page, and a handle that uncovers one of them.

The handle is the browser's own slider, laid over the pictures: it is moved by mouse, finger and arrow keys, and screen
readers read it out. Without scripts the page shows the second picture whole.
"""

from __future__ import annotations

import html

SLIDER_STYLE = """
.compare { position: relative; display: inline-block; margin: .5rem 0; max-width: 100%; line-height: 0; }
.compare img { width: 100%; height: auto; border-radius: 3px; }
.compare .before { position: absolute; inset: 0; clip-path: inset(0 calc(100% - var(--cut, 50%)) 0 0); }
.compare::after { content: ""; position: absolute; top: 0; bottom: 0; left: var(--cut, 50%); width: 2px;
  background: #fff; box-shadow: 0 0 3px #000; pointer-events: none; }
.compare input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.compare:focus-within { outline: 3px solid #1a73e8; outline-offset: 2px; }
.compare span { position: absolute; top: .4rem; padding: .1rem .5rem; border-radius: 3px; line-height: 1.5;
  background: #000a; color: #fff; font-size: .85rem; pointer-events: none; }
.compare .left { left: .4rem; } .compare .right { right: .4rem; }
"""
"""CSS of all sliders of a page."""

SLIDER_SCRIPT = """
<script>
for (const box of document.querySelectorAll(".compare")) {
  const handle = box.querySelector("input");
  const move = () => box.style.setProperty("--cut", handle.value + "%");
  handle.addEventListener("input", move);
  move();
}
</script>
"""
"""What moves the handles; once, at the end of a page."""


def slider(before: str, after: str, names: tuple[str, str], size: tuple[int, int]) -> str:
    """HTML of one comparison.

    Args:
        before: file of the left picture, relative to the page.
        after: file of the right picture, likewise.
        names: what the pictures are called.
        size: (width, height) of both in pixels, so that the page does not jump while it loads.
    """
    sources, left, right = [html.escape(file) for file in (before, after)], *map(html.escape, names)
    place = f'width="{size[0]}" height="{size[1]}"'
    return (
        f'<div class="compare" style="width: {size[0]}px">'
        f'<img class="after" src="{sources[1]}" alt="{right}" {place}>'
        f'<img class="before" src="{sources[0]}" alt="{left}" {place}>'
        f'<span class="left">{left}</span><span class="right">{right}</span>'
        f'<input type="range" min="0" max="100" step="1" value="50" aria-label="{left} or {right}">'
        "</div>"
    )
