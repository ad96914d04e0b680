"""Where tests find what lies outside the package."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"
"""Real photos and pairs that are not part of the repository; tests that need them skip where they are missing."""
