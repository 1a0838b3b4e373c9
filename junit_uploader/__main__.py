"""``python -m junit_uploader``."""

import sys

from junit_uploader.cli import main

if __name__ == "__main__":
    sys.exit(main())
