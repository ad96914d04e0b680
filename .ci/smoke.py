"""Installs the built wheel in a fresh environment and zooms a photo from an empty folder: python .ci/smoke.py DIST."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

MAKE = "from PIL import Image; Image.radial_gradient('L').convert('RGB').resize((64, 48)).save('photo.jpg')"
CHECK = "from PIL import Image; size = Image.open('zoomed/photo-x3.png').size; assert size == (192, 144), size"


def main() -> None:
    """Fails where a step fails."""
    (wheel,) = Path(sys.argv[1]).resolve().glob("*.whl")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        venv.create(home / "venv", with_pip=True)
        scripts = home / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        empty = home / "empty"
        empty.mkdir()

        def run(program: str, *words: str) -> None:
            subprocess.run([str(scripts / program), *words], cwd=empty, check=True)

        run("python", "-m", "pip", "install", "--quiet", str(wheel))
        run("opticalzoom", "--version", "--verbose")
        run("python", "-c", MAKE)
        run("opticalzoom", "zoom", "photo.jpg", "-o", "zoomed", "--format", "png")
        run("python", "-c", CHECK)


if __name__ == "__main__":
    main()
