"""What the program says of itself and of the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from opticalzoom.cli.main import VERBS, main


def test_the_name_alone_greets_with_the_commands_that_matter(capsys):
    assert main([]) == 0
    told = capsys.readouterr().out
    assert version("opticalzoom") in told
    assert {"zoom", "learn", "demo"} <= {line.split()[1] for line in told.splitlines() if line.startswith("  optical")}
    assert "--help" in told
    assert len(told.splitlines()) < 10


def test_help_lists_every_verb(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {verb} " in told for verb in VERBS)


def test_the_version_is_a_word_and_with_verbose_a_report(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == version("opticalzoom") + "\n"
    assert main(["--version", "--verbose"]) == 0
    told = capsys.readouterr().out
    assert f"opticalzoom {version('opticalzoom')}" in told
    assert f"{os.cpu_count()} cores" in told
    assert platform.python_version() in told
    assert f"onnxruntime {version('onnxruntime')}" in told
    assert f"numpy {version('numpy')}" in told
