"""The verb ``train``: a training run, and where it left what; see :mod:`opticalzoom.training.runs`."""

from __future__ import annotations

from opticalzoom.cli.console import remark


def run_train(arguments: list[str]) -> int:
    """``opticalzoom train``: says what there is now and where; returns 130 after Ctrl-C, as shells have it.

    Raises:
        OpticalZoomError: for what the user can mend.
    """
    from opticalzoom.training.runs import run_training

    outcome = run_training(arguments)
    if outcome.speaks:
        remark(outcome.summary)
    return outcome.exit_code
