"""Signatures of the real frameworks against ours, and how much of each module is offered:

python -m unified_nn_conformance.signatures            # compare, and count
python -m unified_nn_conformance.signatures --record   # write data/ anew from the installed frameworks
python -m unified_nn_conformance.signatures --write    # write docs/coverage.md anew
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from unified_nn_conformance.signatures.recorded import MODULES, compared, page, real_lines, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m unified_nn_conformance.signatures", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the recorded signatures anew")
    parser.add_argument("--write", metavar="FILE", type=Path, help="write the page of counts")
    options = parser.parse_args()
    if options.record:
        for module in MODULES:
            write(module, real_lines(module))
    if options.write:
        options.write.write_text(page(), encoding="utf-8")
    failed = 0
    for module in MODULES:
        for name, found in compared(module).items():
            failed += 1
            print(f"{module}.{name}: {'; '.join(found)}")
    print(page())
    print(f"{failed} signatures differ without a reason")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
