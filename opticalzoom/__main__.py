"""``python -m opticalzoom``."""

import sys

from opticalzoom.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
