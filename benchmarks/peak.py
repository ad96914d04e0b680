"""Peak memory of this process."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path


def peak_gigabytes() -> float:
    """Largest resident set of this process so far, in 10⁹ bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with the largest of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
