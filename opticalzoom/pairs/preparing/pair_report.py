"""``report.html``: every pair of a prepared folder with its pictures, numbers and verdict."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from opticalzoom.files import write_text
from opticalzoom.pages.page import html_document
from opticalzoom.pairs.manifest import Record
from opticalzoom.pairs.preparing.pair_pictures import KINDS, picture_path
from opticalzoom.pairs.scenes.sequence import Problem

REPORT = "report.html"
_TITLES = {
    "x": "X, the wide shot; framed what Y shows",
    "y": "Y, the long shot",
    "before": "laid on each other as shot",
    "after": "after registration",
    "flow": "flow after the homography",
    "mask": "trusted pixels are white",
}
_NUMBERS = {
    "focal_ratio": ("focal ratio", "{:.2f}"),
    "ratio": ("measured ratio", "{:.2f}"),
    "magnification": ("pixels of Y for one of X", "{:.2f}"),
    "detail": ("detail beyond X", "{:+.0f} dB"),
    "residual": ("residual", "{:.2f} px of Y"),
    "parallax": ("parallax", "{:.1f} px of the target"),
    "flow": ("flow up to", "{:.1f} px"),
    "trusted": ("trusted", "{:.0%}"),
    "overlap": ("overlap", "{:.0%}"),
    "correlation": ("correlation", "{:.2f}"),
    "inliers": ("inliers", "{:d}"),
}
_SAME = 0.05  # difference from the ratio from which on the pixels of Y for one of X are told
_STYLE = """
body { margin: 0 auto; max-width: 96rem; padding: 1rem 1.25rem 4rem; color: #222; background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
article { border-top: 1px solid #ccc; padding: 1rem 0; }
.row { display: grid; grid-template-columns: repeat(6, 1fr); gap: .6rem; margin-top: .5rem; }
@media (max-width: 60rem) { .row { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 30rem) { .row { grid-template-columns: repeat(2, 1fr); } }
figure { margin: 0; }
img { width: 100%; display: block; border-radius: 3px; background: #eee; box-shadow: 0 0 0 1px #ccc; }
figcaption { color: #666; font-size: .82rem; }
.numbers { color: #444; font-size: .9rem; margin: .2rem 0; } .verdict { font-weight: 600; }
.accepted { color: #1a7f37; } .rejected { color: #b42318; }
li { overflow-wrap: anywhere; }
"""
_HOW_TO_READ = """Grey in the overlays is agreement; red and cyan edges are where the shots do not lie on each other.
In the flow, the hue is the direction and full colour the largest displacement that was left by the homography.
Only trusted pixels are trained on. Rejected pairs are not used. The measured ratio decides, whatever EXIF says.
Parallax is what 95 % of the pixels stay below. Detail is Y's power over that of X enlarged, beyond what X can hold."""


def write_report(output: Path, photos: Path, records: Sequence[Record], problems: Sequence[Problem]) -> None:
    """Write the page beside the manifest; rejected pairs first, they need a look.

    Raises:
        OpticalZoomError: the disk refuses.
    """
    ordered = sorted(records, key=lambda record: (record["accepted"], record["name"]))
    accepted = sum(record["accepted"] for record in records)
    scenes = len({record["scene"] for record in records})
    pairs, files = _counted(len(records), "pair"), _counted(len(problems), "file")
    summary = f"{accepted} of {pairs} accepted, from {_counted(scenes, 'scene')}; {files} not used."
    body = [f"<h1>Prepared pairs of {_text(photos.name)}</h1>", f"<p>{summary}</p>", f"<p>{_HOW_TO_READ}</p>"]
    body += [_article(output, record) for record in ordered]
    if problems:
        items = "\n".join(f"<li>{_text(_relative(p.path, photos))}: {_text(p.reason)}</li>" for p in problems)
        body.append(f"<article><h2>Files not used</h2><ul>{items}</ul></article>")
    write_text(output / REPORT, html_document("Prepared pairs", _STYLE, body), overwrite=True)


def _article(output: Path, record: Record) -> str:
    verdict = "accepted" if record["accepted"] else "rejected"
    reason = f": {_text(record['reason'])}" if record["reason"] else ""
    kind = ", RAW" if record.get("raw") else ""
    figures = [
        _figure(record["name"], kind) for kind in KINDS if (output / picture_path(record["name"], kind)).exists()
    ]
    return f"""<article>
<h2>{_text(record["name"])}</h2>
<p class="numbers"><span class="verdict {verdict}">{verdict}{reason}</span></p>
<p class="numbers">{_text(_shots(record) + kind)}{"; " if _numbers(record) else ""}{_text(_numbers(record))}</p>
<div class="row">{"".join(figures)}</div>
</article>"""


def _figure(name: str, kind: str) -> str:
    return f"<figure>{_image(name, kind)}<figcaption>{_TITLES[kind]}</figcaption></figure>"


def _image(name: str, kind: str) -> str:
    source = quote(picture_path(name, kind), errors="surrogateescape")
    return f'<a href="{source}"><img loading="lazy" src="{source}" alt="{_text(_TITLES[kind])}"></a>'


def _shots(record: Record) -> str:
    """The two files and their focal lengths."""
    shots = []
    for shot in ("short", "long"):
        focal = record.get(f"focal_{shot}")
        shots.append(f"{Path(record[shot]).name}{f' ({focal:g} mm)' if focal else ''}")
    return " and ".join(shots)


def _numbers(record: Record) -> str:
    same = abs(record.get("magnification", 0) - record.get("ratio", 0)) < _SAME
    keys = [key for key in _NUMBERS if not (same and key == "magnification")]
    found = ((*_NUMBERS[key], record.get(key)) for key in keys)
    return ", ".join(f"{title} {form.format(value)}" for title, form, value in found if value)  # 0: nothing was found


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _text(value: object) -> str:
    return html.escape(str(value))
