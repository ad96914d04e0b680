"""The verb ``lenses``: the library of learned lenses, listed and looked after."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from opticalzoom.cli.console import complain, results_console, say, say_plainly
from opticalzoom.cli.value_types import VerbParser

if TYPE_CHECKING:
    from opticalzoom.lenses.lens_card import LensCard
    from opticalzoom.lenses.library import InstalledLens


def run_lenses(arguments: list[str]) -> int:
    """``opticalzoom lenses``: without an action a table, or JSON, of all that is installed.

    Raises:
        OpticalZoomError: there is no such lens, a file is not fit to be imported, or something cannot be written.
    """
    args = _parser().parse_args(arguments)
    return {
        "list": _list,
        "show": _show,
        "remove": _remove,
        "export": _export,
        "import": _import,
    }[args.action or "list"](args)


def _list(args: argparse.Namespace) -> int:
    from opticalzoom.lenses.library import installed, library_folder

    lenses = installed()
    if args.json:
        from opticalzoom.pages.tables import json_document

        content = {"folder": str(library_folder()), "lenses": [_described(lens) for lens in lenses]}
        say_plainly(json_document(content, indent=2).rstrip())
        return 0
    if not lenses:
        say(f"No lens has been learned yet, in {library_folder()}")
        return 0
    if any(lens.card for lens in lenses):
        results_console().print(_table(lenses))
    for lens in lenses:
        if lens.problem:
            complain(f"{lens.name}: {lens.problem} Remove it: opticalzoom lenses remove {lens.name}")
    return 0


def _table(lenses: list[InstalledLens]) -> Any:
    from rich.table import Column

    from opticalzoom.pages.tables import terminal_table

    rows = [
        [
            lens.name,
            card.camera,
            f"{card.focal_length:g}",
            f"×{card.scale}{' RAW' if card.input == 'raw' else ''}",
            card.date[:10],
            _gain(card),
        ]
        for lens in lenses
        if (card := lens.card)
    ]
    names = [Column("lens", no_wrap=True), Column("camera", overflow="fold")]
    return terminal_table(names, ["mm", "scale", "learned", "gain, dB"], rows, (0, 1))


def _gain(card: LensCard) -> str:
    """Over bicubic, as ``+0.75``; cards are free in what figures they have."""
    gains = card.figures.get("gain")
    found = gains.get("bicubic") if isinstance(gains, dict) else None
    number = found[0] if isinstance(found, list) and found else None
    return f"{number:+.2f}" if isinstance(number, int | float) else ""


def _described(lens: InstalledLens) -> dict[str, Any]:
    card = lens.card.to_dict() if lens.card else None
    return {"name": lens.name, "file": str(lens.path), "problem": lens.problem or None, "card": card}


def _show(args: argparse.Namespace) -> int:
    from opticalzoom.lenses.library import installed_lens

    lens = installed_lens(args.name)
    if args.json:
        from opticalzoom.pages.tables import json_document

        say_plainly(json_document(_described(lens), indent=2).rstrip())
        return 0
    say(lens.name)
    for name, value in [*(_lines(lens.card) if lens.card else [("problem", lens.problem)]), ("file", str(lens.path))]:
        say(f"  {name:<20} {value}")
    return 0


def _lines(card: LensCard) -> Iterator[tuple[str, str]]:
    yield "camera", card.camera
    yield "lens", card.lens or "not named"
    film = f" ({card.equivalent:g} mm on 35 mm film)" if card.equivalent else ""
    yield "focal length", f"{card.focal_length:g} mm{film}"
    yield "scale", f"×{card.scale}, from a measured ratio of {card.ratio:.3g}"
    yield "learned", f"{card.date} from {'RAW files' if card.input == 'raw' else 'photos'}"
    yield from _figures("", card.figures)


def _figures(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every number, or list of numbers, with the names that lead to it."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _figures(f"{name} {key}".strip(), below)
    else:
        numbers = value if isinstance(value, list) else [value]
        yield name, ", ".join("?" if number is None else f"{number}" for number in numbers)


def _remove(args: argparse.Namespace) -> int:
    from opticalzoom.lenses.library import remove_lens

    for name in args.names:
        remove_lens(name)
        say(f"removed: {name}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from opticalzoom.lenses.sharing import export_lens

    say(f"{args.name} → {export_lens(args.name, args.file, overwrite=args.overwrite)}")
    return 0


def _import(args: argparse.Namespace) -> int:
    from opticalzoom.lenses.library import installed_lens
    from opticalzoom.lenses.sharing import import_lens

    with results_console().status(f"Checking {args.file}"):
        name = import_lens(args.file, args.name, overwrite=args.overwrite)
    card = installed_lens(name).card
    say(f"{args.file} → {name}" + (f", for photos of {card.title}" if card else ""))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom lenses",
        description="The lenses that were learned and installed, from which zoom chooses for each photo. Without an "
        "action they are listed.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    show = actions.add_parser("show", help="all that is known of one", description="All that is known of a lens.")
    show.add_argument("name", metavar="NAME")
    remove = actions.add_parser("remove", help="delete some", description="Delete lenses from the library.")
    remove.add_argument("names", metavar="NAME", nargs="+")
    export = actions.add_parser(
        "export", help="write one to a file", description="Write a lens to a file, for other people and computers."
    )
    export.add_argument("name", metavar="NAME")
    export.add_argument("file", metavar="FILE", help="the .safetensors file to write")
    bring = actions.add_parser(
        "import", help="install one from a file", description="Check a file that lenses export wrote, and install it."
    )
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--name", help="for it (default: made of camera, focal length and scale)")
    for one in (parser, show):
        one.add_argument("--json", action="store_true", help="as JSON")
    for one in (export, bring):
        one.add_argument("--overwrite", action="store_true", help="replace what is there already")
    return parser
