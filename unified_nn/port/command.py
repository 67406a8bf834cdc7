"""`unified-nn port`: its subcommands in a table."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from typing import Final

from unified_nn.port.terminal import guarded

#: Subcommand -> the module that has SUMMARY, add_arguments(parser) and run(arguments) -> exit status.
COMMANDS: Final = {
    "weights": "unified_nn.port.weights",
    "inspect": "unified_nn.port.inspect",
    "diff": "unified_nn.port.diff",
}
UNABLE = 2


def main(argv: Sequence[str]) -> int:
    """Run one subcommand; 0 for good, 1 for a fault found, 2 for what could not be done, 128 + n for signal n."""
    parser = argparse.ArgumentParser(
        prog="unified-nn port", description="Carry weights from one framework to another.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(target) for name, target in COMMANDS.items()}
    for name, module in modules.items():
        described = (module.__doc__ or "").partition("\n\n")[2].strip() or None
        module.add_arguments(
            commands.add_parser(
                name, help=module.SUMMARY, description=module.SUMMARY, epilog=described, allow_abbrev=False,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )  # fmt: skip
    given = parser.parse_args(argv)
    return guarded(lambda: int(modules[given.command].run(given)), UNABLE)
