"""Run the toolbox as ``python -m pytest_jama``."""

import sys

from pytest_jama.cli import main

sys.exit(main())
