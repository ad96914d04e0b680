"""The options of ``zoom``: what they are without being given, and that words out of range end with exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from opticalzoom.cli.zoom_options import zoom_parser
from opticalzoom.weights.computing import MEMORY, PRECISIONS, Backend, Precision
from opticalzoom.zooming.crop import Middle
from opticalzoom.zooming.names import NamePattern


def parse(*words: str):
    return zoom_parser().parse_args(["photo.jpg", "-o", "out", *words])


def test_defaults():
    args = parse()
    assert (args.photos, args.output, args.memory, args.quality) == (["photo.jpg"], "out", MEMORY, 95)
    assert (args.scale, args.crop, args.digital_zoom, args.workers, args.bits) == (None,) * 5
    assert NamePattern(args.name).result(Path("a.png"), 3, ".png") == "a-x3.png"


def test_values():
    args = parse("--scale", "2.5", "--memory", "1.5GB", "--crop", "50%", "--workers", "2", "--bits", "16")
    assert (args.scale, args.memory, args.crop, args.workers, args.bits) == (2.5, 1_500_000_000, Middle(0.5), 2, 16)


def test_every_backend_and_precision_can_be_chosen():
    assert tuple(PRECISIONS) == get_args(Backend)
    assert {precision for some in PRECISIONS.values() for precision in some} == set(get_args(Precision))
    for backend in ("auto", *PRECISIONS):
        assert parse("--backend", backend).backend == backend
    for precision in ("auto", *get_args(Precision)):
        assert parse("--precision", precision).precision == precision


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--scale", "0"], "argument --scale: got '0', expected a number above 0"),
        (["--scale", "x"], "argument --scale: got 'x', expected a number above 0"),
        (["--digital-zoom", "inf"], "argument --digital-zoom: got 'inf', expected a number above 0"),
        (["--workers", "0"], "argument --workers: got '0', expected a whole number, 1 or more"),
        (["--quality", "101"], "argument --quality: got '101', expected a whole number from 1 to 100"),
        (["--memory", "lots"], "argument --memory: got 'lots', expected a size as 500MB or 1.5GB"),
        (["--crop", "0x5"], "argument --crop: '0x5' is no part of a photo"),
        (["--bits", "12"], "argument --bits: invalid choice: 12"),
        (["--workers", "2", "--scheduler", "x"], "not allowed with argument --workers"),
        (["--resume", "--overwrite"], "not allowed with argument --resume"),
    ],
)
def test_what_is_out_of_range_says_what_is_expected(words, expected, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(*words)
    assert stopped.value.code == 2
    assert expected in capsys.readouterr().err
