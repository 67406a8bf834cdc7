"""`python -m unified_nn`: the command `unified-nn`."""

from __future__ import annotations

import sys

from unified_nn.cli import main

if __name__ == "__main__":
    sys.exit(main())
