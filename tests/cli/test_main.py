from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from opticalzoom.cli.main import VERBS, main


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"opticalzoom {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_usage_names_every_verb(arguments, capsys):
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert all(verb in out for verb in VERBS)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == version("opticalzoom")


def test_unknown_verb(capsys):
    assert main(["zooom"]) == 2
    assert "zooom" in capsys.readouterr().err


def test_errors_have_exit_code_2_and_no_traceback(tmp_path):
    command = [sys.executable, "-m", "opticalzoom", "zoom", str(tmp_path / "missing.jpg"), "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "missing.jpg" in done.stderr
    assert "Traceback" not in done.stderr
