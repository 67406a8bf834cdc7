"""Run an unmodified script or module as `python` would, with the vocabularies in place of the frameworks.

The process becomes the script: `__main__`, `sys.argv`, `sys.path[0]` and the takeover are not restored at its end,
because threads, exit handlers and pickling of the script may still need them.
"""

from __future__ import annotations

import builtins
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Final

from unified_nn import registry
from unified_nn.errors import UnifiedError, make
from unified_nn.takeover import takeover

#: What a shell reports for a process that Ctrl-C ended.
INTERRUPTED: Final = 130
#: Files whose frames say nothing to the user.
HIDDEN: Final = frozenset({__file__, takeover.__code__.co_filename})
#: What the files of the core start with.
INSIDE: Final = str(Path(__file__).parent) + os.sep

#: Makes the script's `__main__` and its code; errors in it are the script's own.
Program = Callable[[], tuple[ModuleType, CodeType]]


class StartError(UnifiedError):
    """There is no script or module that can be started."""

    neutral = ImportError


def run_script(
    path: str | os.PathLike[str],
    argv: Sequence[str] = (),
    backend: str | None = None,
    *,
    user: Iterable[str] = (),
    real: Iterable[str] = (),
) -> int:
    """Run a file, or a folder or zip with a `__main__.py`, as `python path *argv` does; gives the exit status.

    `user` and `real` are those of `takeover`.  An uncaught exception is printed without our own frames.
    """
    file = os.fspath(path)
    absolute = Path(file).absolute()
    program: Program
    importer = pkgutil.get_importer(str(absolute))
    if importer is None:
        program, first = partial(_program_of_source, _read(file), absolute), str(Path(file).resolve().parent)
    else:
        spec = importer.find_spec("__main__")
        if spec is None:
            raise make(StartError, f"can't run {file!r}: it has no __main__.py")
        program, first = partial(_program_of_spec, spec), str(absolute)
    _choose_backend(backend)
    takeover(user=user, real=real)
    return _run(program, [file, *argv], first)


def run_module(
    name: str,
    argv: Sequence[str] = (),
    backend: str | None = None,
    *,
    user: Iterable[str] = (),
    real: Iterable[str] = (),
) -> int:
    """Run a module or package as `python -m name *argv` does; gives the exit status.

    The top package of the module counts as the user's code, wherever it is installed.
    """
    _choose_backend(backend)
    taken = takeover(user={name.partition(".")[0], *user}, real=real)
    return _run(partial(_program_of_module, taken.translate(name) or name), ["-m", *argv], str(Path.cwd()))


def _choose_backend(name: str | None) -> None:
    if name is not None:
        registry.set_backend(name)
        os.environ[registry.VARIABLE] = name  # for the processes that the script starts


def _run(program: Program, argv: list[str], first_on_path: str) -> int:
    """The exit status of the program, with its uncaught exception printed as Python prints it."""
    sys.argv = argv
    if not sys.flags.safe_path:
        sys.path[0] = first_on_path
    try:
        main, code = program()
        _become(main)
        exec(code, vars(main))
    except StartError:
        raise
    except SystemExit as stop:
        return _status_of(stop)
    except BaseException as error:
        _trim(error)
        sys.excepthook(type(error), error, error.__traceback__)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _status_of(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


# ---- Programs: a file, a folder or zip, a module ----


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise make(StartError, f"can't open {file!r}: {error.strerror}", type(error)) from None


def _program_of_source(source: bytes, file: Path) -> tuple[ModuleType, CodeType]:
    code = compile(source, str(file), "exec", dont_inherit=True)
    loader = SourceFileLoader("__main__", str(file))
    return _main(__file__=str(file), __loader__=loader, __cached__=None), code


def _program_of_spec(spec: ModuleSpec) -> tuple[ModuleType, CodeType]:
    find_code: Callable[[str], CodeType | None] | None = getattr(spec.loader, "get_code", None)
    code = find_code(spec.name) if find_code else None
    if code is None:
        raise make(StartError, f"can't run {spec.name!r}: it has no Python code")
    sys.argv[0] = sys.argv[0] if spec.name == "__main__" else spec.origin or spec.name
    main = _main(__file__=spec.origin, __loader__=spec.loader, __cached__=spec.cached)
    vars(main).update(__spec__=spec, __package__=spec.parent)
    return main, code


def _program_of_module(name: str) -> tuple[ModuleType, CodeType]:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise make(StartError, f"can't run {name!r}: no module named {error.name!r}") from None
        raise
    if spec is None:
        hint = "; it is a package, and has no __main__.py" if name.endswith(".__main__") else ""
        raise make(StartError, f"can't run: no module named {name!r}{hint}")
    if spec.submodule_search_locations is not None:
        return _program_of_module(f"{name}.__main__")
    return _program_of_spec(spec)


def _become(main: ModuleType) -> None:
    sys.modules["__main__"] = main
    if "__mp_main__" in sys.modules:
        # The name under which objects of a child's __main__ come back; multiprocessing sets it when it is imported.
        sys.modules["__mp_main__"] = main


def _main(**names: object) -> ModuleType:
    main = ModuleType("__main__")
    vars(main).update(names, __builtins__=builtins)
    return main


# ---- Tracebacks ----


def _trim(error: BaseException) -> None:
    """Take our own frames out of the traceback of this exception and of those that led to it.

    Those of the vocabularies and backends go too, unless the exception comes from one of them and is not meant for
    the user: a fault of ours is shown with the way to it.
    """
    waiting, seen = [error], {id(error)}
    while waiting:
        current = waiting.pop()
        current.__traceback__ = _without_our_frames(current.__traceback__, isinstance(current, UnifiedError))
        members = current.exceptions if isinstance(current, BaseExceptionGroup) else ()
        for other in (current.__cause__, current.__context__, *members):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                waiting.append(other)


def _without_our_frames(traceback: TracebackType | None, told: bool) -> TracebackType | None:
    kept: list[TracebackType] = []
    entries = list(_entries(traceback))
    quiet = told or not entries or not entries[-1].tb_frame.f_code.co_filename.startswith(INSIDE)
    for entry in entries:
        file = entry.tb_frame.f_code.co_filename
        # Before the script's first frame, the import system only works for us.
        if file in HIDDEN or (not kept and file.startswith("<frozen")) or (quiet and file.startswith(INSIDE)):
            continue
        kept.append(entry)
    trimmed = None
    for entry in reversed(kept):
        trimmed = TracebackType(trimmed, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return trimmed


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next
