"""The page that the demo leaves: what was done, in pictures, and what is a toy and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from opticalzoom.evaluation.protocols import Row
from opticalzoom.files import write_text
from opticalzoom.pages.contact_sheets import detailed_crop
from opticalzoom.pages.demonstration.demo_data import Alignment
from opticalzoom.pages.flow_pictures import flow_limit, flow_picture, flow_wheel, overlay
from opticalzoom.pages.page import Section, html_page
from opticalzoom.pages.pictures import Picture, beside, label, magnify, save_picture

_LETTERS = 30  # pixels: legible on a phone, which shows the pictures at about a third
_WIDTH = 560


@dataclass(frozen=True)
class Findings:
    """What the demo found out.

    Attributes:
        tried: number of pairs that were to be registered.
        alignments: those that were.
        seconds: planned for the training.
        steps: that it took.
        rows: scores on the photographs that were held out.
        crops: of each of those, method -> picture, the truth last.
        zoomed_name: the photograph that was zoomed whole.
        zoomed: method -> the zoomed photograph, the bundled weights last.
    """

    tried: int
    alignments: Sequence[Alignment]
    seconds: float
    steps: int
    rows: Sequence[Row]
    crops: Mapping[str, Mapping[str, Picture]]
    zoomed_name: str
    zoomed: Mapping[str, Picture]


def write_page(out: Path, findings: Findings) -> Path:
    """Write index.html and the pictures that it names, replacing earlier ones; returns the page."""
    sections = [
        Section("What this is", _INTRODUCTION),
        _registration(out, findings),
        _training(out, findings),
        _zoomed(out, findings),
    ]
    page = out / "index.html"
    write_text(page, html_page("OpticalZoom: the demo", sections), overwrite=True)
    return page


_INTRODUCTION = """A zoom lens gives training data for super-resolution: one photo at a short focal length, one at a \
long one. But the two shots never lie exactly on each other. This page shows the whole path on a small scale: pairs \
are registered, a network learns from them, and a photo is zoomed.

Two networks appear here. The first was trained just now, for a minute, on lenses that are simulated. It is a toy: it \
shows that learning works, not how good it gets. The second ships with the package. It learned from real photo pairs \
of a Nikon D5500 (City100), and it is what the command zoom uses."""


def _registration(out: Path, findings: Findings) -> Section:
    shown = findings.alignments[0]
    moved, error = (np.concatenate([getattr(a, key) for a in findings.alignments]) for key in ("distance", "error"))
    text = f"""Every photo plays the long shot. A simulated lens makes the short shot from it, ×3 smaller, with blur \
and noise. Then the long shot is moved: shift, turn, perspective, and a local bend of up to 2 pixels.

{len(findings.alignments)} of {findings.tried} pairs could be registered. The pixels had been moved by \
{np.median(moved):.1f} pixels (median). After registration they are {np.median(error):.2f} pixels off (median), and \
95 % of them less than {np.percentile(error, 95):.2f}. We can say so because the true displacement is known here. It \
was not used. All this is over the pixels that registration trusts, \
{np.mean([a.trusted.mean() for a in findings.alignments]):.0%} of them; the others are left out of the training, too. \
The table has the same three figures for every pair."""
    overlays = {"before": overlay(shown.x, shown.moved), "after": overlay(shown.x, shown.registered)}
    limit = flow_limit(shown.truth)
    fields = [
        label(_fit(flow_wheel(shown.truth, limit)), "truth", _LETTERS),
        label(_fit(flow_wheel(shown.found, limit)), "found", _LETTERS),
        flow_picture(np.zeros((1, 1, 2)), limit)[:, -128:],
    ]
    pictures = {
        "overlay": (
            beside([label(_fit(p), name, _LETTERS) for name, p in overlays.items()]),
            f"The pair {shown.name}: the short shot (enlarged) and the long shot laid over each other. Red and cyan "
            "edges are misalignment; grey is agreement. Left: as shot. Right: registered.",
        ),
        "field": (
            beside(fields),
            "How each pixel must move, as colours: the hue is the direction, the strength is the distance. "
            "Left: the truth. Right: what registration found, from the two pictures alone. "
            f"Full colour, as on the wheel's rim, is {limit:.0f} pixels.",
        ),
    }
    rows = [
        (
            a.name.replace("_", " "),
            f"{np.median(a.distance):.1f}",
            f"{np.median(a.error):.2f}",
            f"{np.percentile(a.error, 95):.2f}",
        )
        for a in findings.alignments
    ]
    head = ("Pair", "moved (px)", "off (px)", "95 % (px)")
    return Section("1. Two shots, laid on each other", text, _save(out, pictures), [head, *rows])


def _training(out: Path, findings: Findings) -> Section:
    text = f"""A tiny SDAN trained on the registered pairs for about {findings.seconds:g} seconds: {findings.steps} \
steps. The photos below were held out: it never saw them. It gets the short shot alone. The result is compared with \
the long shot, pixel by pixel. Higher is better. "No offsets" is the same net with its alignment switched off, as the \
command zoom runs it: a single photo has nothing to be aligned to.

This is the toy. A minute is short, the photos are few, and the lenses are simulated. The test photos went through \
lenses of the same kind, so part of any gain is that the net learned this kind of blur. Figures below bicubic's mean \
too few steps: a slow or busy machine, or a short --seconds."""
    pictures = {
        f"held-out-{name}": (
            _crops(crops, 120, 3),
            f"A part of {name}, held out. Left: bicubic. Middle: the minute's net, no offsets. Right: the truth.",
        )
        for name, crops in findings.crops.items()
    }
    rows = [
        (
            f"{row.name}, {row.method}",
            *(f"{row.scores[key]:.2f}" for key in ("psnr_y", "psnr_rgb")),
            f"{row.scores['ssim_y']:.3f}",
        )
        for row in findings.rows
    ]
    head = ("Photo, method", "PSNR Y (dB)", "PSNR RGB (dB)", "SSIM Y")
    return Section("2. A minute of learning", text, _save(out, pictures), [head, *rows])


def _zoomed(out: Path, findings: Findings) -> Section:
    method, ours = list(findings.zoomed.items())[-1]
    name = findings.zoomed_name
    text = f"""The photo {name} at its full size, zoomed ×3 with the weights {method} that ship with the package. They \
learned a real lens: Nikon pairs of City100, misaligned by up to 24 pixels and registered by the code that you just \
saw; and simulated cameras of any sharpness, so that they leave alone what is sharp.

There is no truth here: nobody took {name} with a longer lens. And the photo is not from the lens that the weights \
learned, and was reduced before: it holds little blur to undo. Look at it as what a user gets, not as a measurement. \
The measured figures are in docs/results."""
    height, width = ours.shape[:2]
    pictures = {
        f"{name}-crop": (
            _crops(findings.zoomed, 280, 2),
            f"A part of {name}, zoomed ×3. Left: bicubic. Right: the bundled weights.",
        ),
        f"{name}-x3": (ours, f"The whole photo by the bundled weights, {width}×{height} pixels. Click for full size."),
    }
    return Section("3. A photo zoomed with the bundled weights", text, _save(out, pictures))


def _crops(pictures: Mapping[str, Picture], side: int, factor: int) -> Picture:
    """The part with most detail of every picture, side by side, every pixel ``factor`` times as large."""
    last = list(pictures.values())[-1]
    side = min(side, *last.shape[:2])
    top, left = detailed_crop(last, side)
    parts = {name: picture[top : top + side, left : left + side] for name, picture in pictures.items()}
    return beside([label(magnify(part, factor), name, _LETTERS) for name, part in parts.items()])


def _fit(picture: Picture) -> Picture:
    """Enlarged or reduced to the width of a column."""
    height = round(picture.shape[0] * _WIDTH / picture.shape[1])
    return np.asarray(cv2.resize(picture, (_WIDTH, height), interpolation=cv2.INTER_AREA))


def _save(out: Path, pictures: Mapping[str, tuple[Picture, str]]) -> list[tuple[str, str]]:
    """Write pictures, name -> (picture, caption); returns (file relative to the page, caption)."""
    for name, (picture, _) in pictures.items():
        save_picture(out / "pictures" / f"{name}.png", picture, overwrite=True)
    return [(f"pictures/{name}.png", caption) for name, (_, caption) in pictures.items()]
