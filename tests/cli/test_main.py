"""The command itself: help that comes at once, exit codes, and outputs, keyboards and installations that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from places import REPOSITORY

from opticalzoom.cli.main import EXTRAS, VERBS, entry_point, main, missing_extra
from opticalzoom.parallel import faults

HEAVY = {"torch", "pytorch_lightning", "numpy", "cv2", "pyvips", "rawpy", "PIL", "onnxruntime", "rich", "tifffile"}
QUICK = sorted(VERBS.keys() - {"train"})
"""Whose help is theirs; that of ``train`` is Lightning's, with all options of the network and the trainer."""

SHIM = """
import sys
if {blocked!r}:
    sys.modules.update(dict.fromkeys({blocked!r}))
from opticalzoom.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
print(*sorted({heavy!r} & {{name for name, module in sys.modules.items() if module}}), file=sys.stderr)
sys.exit(code)
"""


def command(*words: object, **options) -> subprocess.CompletedProcess[str]:
    """``opticalzoom`` in a process of its own."""
    line = [sys.executable, "-m", "opticalzoom", *map(str, words)]
    settings = {"capture_output": True, "text": True, "env": environment()} | options
    return subprocess.run(line, check=False, **settings)


def environment(*first: Path) -> dict[str, str]:
    """Of a process that finds modules in some folders first, and that buffers what it prints, as usual."""
    path = os.pathsep.join([*map(str, first), str(REPOSITORY), *sys.path])
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | {"PYTHONPATH": path}


def without(packages: tuple[str, ...], *words: object) -> subprocess.CompletedProcess[str]:
    """The same where some packages cannot be imported; the last line of its errors are the heavy ones that were."""
    code = SHIM.format(blocked=packages, heavy=HEAVY)
    line = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment())


@pytest.mark.parametrize("packages", [(), EXTRAS["train"]], ids=["with torch", "without torch"])
@pytest.mark.parametrize("verb", [[], *([verb] for verb in QUICK)], ids=str)
def test_help_imports_nothing_heavy(verb, packages):
    done = without(packages, *verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(" ".join(["usage: opticalzoom", *verb]))
    assert done.stderr == "\n"


def test_help_of_training(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    assert stop.value.code == 0
    assert "opticalzoom train" in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_function_of_its_own_name(verb):
    assert entry_point(verb).__name__ == f"run_{verb}"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--help"],
        ["evaluate", "--weights", "a", "--data", "b", "-o", "c"],
        ["reproduce", "table1", "--data", "a", "-o", "b"],
        ["export", "city100-x3", "-o", "a.onnx"],
        ["demo"],
    ],
)
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(words, tmp_path):
    done = without(EXTRAS["train"], *words)
    assert done.returncode == 2
    extra = words[0] if words[0] in ("demo", "reproduce") else "train"
    line, _ = done.stderr.splitlines()
    assert line.startswith(f"opticalzoom {words[0]}: ")
    assert line.endswith(" is not installed. Install what it needs with: pip install " + f"'opticalzoom[{extra}]'")


def test_packages_that_no_extra_installs_are_a_fault_of_ours():
    assert missing_extra(ModuleNotFoundError("no", name="torch.nn.functional"), "train") == "train"
    assert missing_extra(ModuleNotFoundError("no", name="opticalzoom.nothing"), "train") is None
    assert missing_extra(ModuleNotFoundError("no"), "demo") is None


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == version("opticalzoom")


def test_unknown_verb(capsys):
    assert main(["zooom\x1b[2J"]) == 2
    assert "there is no verb 'zooom\\x1b[2J'" in capsys.readouterr().err


def test_errors_have_exit_code_2_and_no_traceback(tmp_path):
    done = command("zoom", tmp_path / "missing.jpg", "-o", tmp_path)
    assert done.returncode == 2
    assert "missing.jpg" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_of_ours_is_one_line_and_a_file(monkeypatch, capsys):
    monkeypatch.setitem(VERBS, "zoom", ("nothing:run_zoom", ""))
    assert main(["zoom"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("opticalzoom zoom: an unforeseen error (ModuleNotFoundError: No module named 'opti")
    assert line.endswith(str(faults.LOG))
    assert "Traceback" in faults.LOG.read_text()


def test_ctrl_c_during_imports_is_one_line(tmp_path):
    (tmp_path / "cv2.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    done = command("zoom", "a.jpg", "-o", tmp_path, env=environment(tmp_path))
    assert done.returncode == 130
    assert done.stderr == "opticalzoom: interrupted; finished outputs are kept.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full")
@pytest.mark.parametrize("words", [["--help"], ["zoom", "--help"], ["--version"]], ids=" ".join)
def test_a_full_disk_is_one_line(words):
    with Path("/dev/full").open("w") as full:
        done = command(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.endswith("what was to be printed cannot be written: No space left on device.\n")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="other systems have other pipes")
@pytest.mark.parametrize("words", [["--help"], ["zoom", "--help"], ["zoom", "h", "-o", "out"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_reason_for_a_traceback(words, tmp_path):
    (tmp_path / "h").mkdir()
    read, write = os.pipe()
    os.close(read)
    try:
        done = command(*words, capture_output=False, stdout=write, stderr=subprocess.PIPE, cwd=tmp_path)
    finally:
        os.close(write)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_an_encoding_without_arrows_is_no_reason_to_fail():
    done = command("--help", env=environment() | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "usage: opticalzoom VERB ?" in done.stdout


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_an_output_that_was_closed_is_not_missed(closed, monkeypatch):
    monkeypatch.setattr(sys, closed, None)
    assert main(["--version"]) == 0
    assert main(["zooom"]) == 2
