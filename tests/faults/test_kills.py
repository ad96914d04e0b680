"""Kill −9 loses nothing that was finished. ``--kills 60`` kills each verb as often; all but zoom only then."""

from __future__ import annotations

import os
from random import Random

import pytest
from killing import WORKS, Victim

CHEAP = ("zoom",)
"""What is killed without being asked for: the others take PyTorch's seconds to start."""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="other systems kill in other ways")
@pytest.mark.parametrize("work", WORKS, ids=[work.name for work in WORKS])
def test_a_killed_run_is_gone_on_with_and_ends_the_same(work, tmp_path, request):
    kills = request.config.getoption("--kills")
    if not kills and work.name not in CHEAP:
        pytest.skip("only with --kills")
    victim, random = Victim(work, tmp_path), Random(f"{request.config.getoption('--fuzz-seed')} {work.name}")
    wrong = [found for _ in range(kills or 1) if (found := victim.kill(random))]
    assert not wrong
