"""The command `unified-nn`: its subcommands in a table, each imported when it is called for."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from unified_nn import registry
from unified_nn.errors import UnifiedError

#: Exit statuses: all is well; the work was done and found fault; the work could not begin.
GOOD, FAULTY, UNABLE = 0, 1, 2
#: What a shell reports for a process that ended by SIGINT, by SIGPIPE.
INTERRUPTED, BROKEN_PIPE = 130, 141


@dataclass(frozen=True)
class Command:
    """One subcommand: "module:function" that takes its arguments and gives the exit status, and one line of help."""

    target: str
    summary: str
    needs: str = ""  # what to do when the module's package is not there


COMMANDS: Final[dict[str, Command]] = {
    "backends": Command("unified_nn.cli:backends", "list the backends: usable or not, version, what is missing"),
    "conformance": Command(
        "unified_nn_conformance.runner:main",
        "compare vocabularies and backends with the real frameworks",
        needs="It is in the folder conformance/ of the source tree: put that folder on PYTHONPATH.",
    ),
    "port": Command(
        "unified_nn.port.command:main", "carry weights between frameworks; inspect and compare weight files"
    ),
    "run": Command("unified_nn.cli:run", "run a script with its own imports of torch, mindspore, mxnet"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; gives 0 for good, 1 for a fault found, 2 for what could not begin."""
    listed = "\n".join(f"  {name:<13}{command.summary}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="unified-nn",
        description="One network definition, any framework.",
        epilog=f"commands:\n{listed}\n\n`unified-nn COMMAND --help` tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="its arguments")
    given = parser.parse_args(argv)
    if given.command != "run":
        _print_anything()
    try:
        status = _load(given.command)(given.arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except UnifiedError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own flush at the end
        return BROKEN_PIPE
    return status


def _print_anything() -> None:
    """Print names in what the terminal's encoding lacks as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _version() -> str:
    from unified_nn import __version__  # not known yet while the package itself is being imported

    return f"unified-nn {__version__}"


def _load(name: str) -> Callable[[list[str]], int]:
    command = COMMANDS[name]
    module, _, function = command.target.partition(":")
    try:
        found: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if not error.name or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise UnifiedError(f"{name} needs {module}, which is not importable: {error}. {command.needs}") from None
    return found


# ---- run ----


def run(argv: Sequence[str]) -> int:
    """`unified-nn run`: become the script."""
    parser = argparse.ArgumentParser(
        prog="unified-nn run",
        description="Run a script as python does, with the vocabularies in place of the frameworks that it imports.",
        allow_abbrev=False,
    )
    parser.add_argument("--backend", metavar="B", help="what computes; see `unified-nn backends`")
    parser.add_argument("-m", dest="is_module", action="store_true", help="SCRIPT is a module, as in python -m")
    parser.add_argument(
        "--user", action="append", default=[], metavar="PACKAGE", help="count an installed package as the user's code"
    )
    parser.add_argument(
        "--real", action="append", default=[], metavar="PACKAGE", help="let a package keep the real frameworks"
    )
    parser.add_argument("script", metavar="SCRIPT", help="a file, a folder or zip with a __main__.py, or a module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the script")
    given = parser.parse_args(argv)
    from unified_nn.run import run_module, run_script

    start = run_module if given.is_module else run_script
    return start(given.script, given.arguments, given.backend, user=given.user, real=given.real)


# ---- backends ----


def backends(argv: Sequence[str]) -> int:
    """`unified-nn backends`: 0 when at least one backend is usable."""
    parser = argparse.ArgumentParser(prog="unified-nn backends", description=COMMANDS["backends"].summary)
    parser.add_argument("--json", action="store_true", help="for machines")
    as_json = parser.parse_args(argv).json
    report = registry.report()
    print(json.dumps([status.to_dict() for status in report], indent=2) if as_json else _table(report))
    return GOOD if any(status.usable for status in report) else FAULTY


def _table(report: Sequence[registry.Status]) -> str:
    rows = [("backend", "usable", "version", "tested", "notes")]
    for status in report:
        usable = "yes" if status.usable else "no"
        rows.append((status.name, usable, status.version or "-", status.tested or "-", _notes(status)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows)
    return "\n".join(lines)


def _notes(status: registry.Status) -> str:
    reason = status.reason or ""
    hint = f"try: {status.hint}" if status.hint and status.hint not in reason else ""
    return "; ".join(filter(None, (reason, *status.degraded, hint)))
