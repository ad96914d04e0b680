"""``python -m opticalzoom``."""

import sys

from opticalzoom.cli import main

if __name__ == "__main__":
    sys.exit(main())
