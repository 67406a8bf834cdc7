"""`import torch` in the user's code gives `unified_nn.torch`; everyone else gets the real framework.

The idea.  `sys.modules` holds one module per name, so no finder or loader can make "torch" two things at once.  It is
left alone: its "torch" is the real framework, imported or not, and no vocabulary ever stands there under a framework's
name.  What changes is the question.  While a takeover is on, the few functions through which Python code asks for a
module by name (`_REPLACEMENTS`: the import statement, `importlib.import_module`, `importlib.util.find_spec`) look at
who asks, and carry out the user's `torch.x` as `unified_nn.torch.x`.  Order, threads, pickling (our classes carry
their `unified_nn...` module names) and libraries that look into `sys.modules` need no further care.

Who asks is read from the namespace of the importing code, which the import statement passes along:

- `__main__` (script, prompt, notebook cell) and modules outside the standard library and site-packages: the user;
- modules in site-packages, our own packages, the backends' packages, and the frameworks themselves: a library;
- a namespace that tells no home (`exec`, a bare `ModuleType`): whoever runs it, found on the call stack;
- the standard library never wants a framework itself.  Code it was given as text (`timeit`) and names it was given
  (`unittest.mock.patch("torch.f")`) are asked for by its caller; its own import statements (`pickle`) are real.

What stays real, because no caller can be seen: what compiled code and libraries import on behalf of a name in the
user's data (a pickle made by real PyTorch), `sys.modules["torch"]`, and new interpreters, except those of
`multiprocessing`, which continue the takeover of their parent.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import cache, partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import RLock
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Final, Generic, ParamSpec, TypeVar

from unified_nn import registry
from unified_nn.errors import MissingNameError, make, nearest
from unified_nn.vocabulary.missing import refuse

#: Framework by framework, the vocabulary that the user's imports of it are carried out as.
ROOTS: Final[Mapping[str, str]] = {
    "mindspore": "unified_nn.mindspore",
    "mindvision": "unified_nn.mindvision",
    "mxnet": "unified_nn.mxnet",
    "safetensors": "unified_nn.safetensors",
    "torch": "unified_nn.torch",
    "torchvision": "unified_nn.torchvision",
}
#: Our own packages, which always see the real frameworks.
OURS: Final = ("unified_nn", "unified_nn_backends", "unified_nn_conformance")

Namespace = Mapping[str, object]
P = ParamSpec("P")
R = TypeVar("R")


def takeover(roots: Mapping[str, str] = ROOTS, *, user: Iterable[str] = (), real: Iterable[str] = ()) -> Takeover:
    """Make the user's imports of `torch`, `mindspore`, `mxnet`, ... give the vocabularies, until undone.

    `user` names installed packages that count as the user's code, `real` names packages of the user that keep the real
    frameworks (a backend under development); both include their submodules, and the longer name decides.  Each call
    lasts until its own `undo()`; of several, the latest decides.

        >>> from unified_nn.takeover import takeover
        >>> with takeover():
        ...     import torch
        >>> torch.__name__
        'unified_nn.torch'
    """
    backends = (entry.target.partition(":")[0] for entry in registry.entries().values())
    libraries = (*OURS, *roots, *backends, *real)
    started = Takeover(roots, {**dict.fromkeys(user, True), **dict.fromkeys(libraries, False)})
    started.resume()
    return started


class Takeover:
    """A takeover that is on until `undo()` or the end of its `with` block."""

    def __init__(self, roots: Mapping[str, str], declared: Mapping[str, bool]) -> None:
        self.roots = dict(roots)
        #: Package or module -> whether it is the user's code, whatever its file says.
        self.declared = dict(declared)
        #: Vocabulary modules that the user has imported.
        self.imported: set[str] = set()

    def resume(self) -> None:
        """Switch on, as the latest takeover."""
        with _lock:
            _active.append(self)
            for replacement in _REPLACEMENTS:
                replacement.install()
        self._warn_of_earlier_imports()

    def undo(self) -> None:
        """Switch off; names that were imported meanwhile stay what they are.  A second `undo` does nothing."""
        with _lock:
            if self in _active:
                _active.remove(self)
            if not _active:
                for replacement in _REPLACEMENTS:
                    replacement.remove()
                while _explained:
                    del vars(_explained.pop())["__getattr__"]

    def __enter__(self) -> Takeover:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.undo()

    def __reduce__(self) -> tuple[Callable[..., Takeover], tuple[Mapping[str, str], Mapping[str, bool]]]:
        # A takeover only travels to a child process, where it is to be on before the parent's __main__ is imported.
        return _resumed, (self.roots, self.declared)

    def translate(self, name: str) -> str | None:
        """`torch.nn` -> `unified_nn.torch.nn`; None for a name that is not taken over."""
        root = name.partition(".")[0]
        return self.roots[root] + name[len(root) :] if root in self.roots else None

    def spelled(self, module: str) -> str | None:
        """`unified_nn.torch.nn` -> `torch.nn`; None for a module of no vocabulary."""
        for root, target in self.roots.items():
            if module == target or module.startswith(target + "."):
                return root + module[len(target) :]
        return None

    def is_asked_by_user(self, frame: FrameType, namespace: Namespace, *, for_caller: bool = False) -> bool:
        """Whether the code of this namespace, running in this frame, is the user's.

        `for_caller`: the standard library passes on a name that it was given, so its caller is the one who asks.
        """
        home = self._home(namespace)
        if home is Home.STANDARD and not for_caller and not frame.f_code.co_filename.startswith("<"):
            return False
        outer: FrameType | None = frame
        while home in (Home.STANDARD, Home.NOWHERE):
            outer = outer.f_back if outer else None
            if outer is None:
                return True
            home = self._home(outer.f_globals)
        return home is Home.USER

    def _home(self, namespace: Namespace) -> Home:
        spec = namespace.get("__spec__")
        name = getattr(spec, "name", None) or namespace.get("__name__")
        if name in ("__main__", "__mp_main__"):
            return Home.USER
        package = name if isinstance(name, str) else ""
        while package:
            if package in self.declared:
                return Home.USER if self.declared[package] else Home.LIBRARY
            package = package.rpartition(".")[0]
        file = namespace.get("__file__") or getattr(spec, "origin", None)
        return _home_of_file(file) if isinstance(file, str) else Home.NOWHERE

    def _warn_of_earlier_imports(self) -> None:
        """Say which names of user modules are a real framework's already, since those stay so."""
        if self.roots.keys().isdisjoint(sys.modules):
            return
        modules = [module for module in tuple(sys.modules.values()) if isinstance(module, ModuleType)]
        users = [module for module in modules if self._home(vars(module)) is Home.USER]
        names = [f"{module.__name__}.{name}" for module in users for name in self._real_names(module)]
        if names:
            listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            message = f"takeover came too late for {listed}: imported before it, real, and left so; take over first"
            warnings.warn(message, RuntimeWarning, stacklevel=4)

    def _real_names(self, module: ModuleType) -> Iterator[str]:
        for name, value in tuple(vars(module).items()):
            owner = value.__name__ if isinstance(value, ModuleType) else None
            if isinstance(value, type | FunctionType):
                owner = value.__module__
            if isinstance(owner, str) and owner.partition(".")[0] in self.roots:
                yield name


class Home(Enum):
    """Where a namespace comes from."""

    USER = auto()
    LIBRARY = auto()
    STANDARD = auto()
    NOWHERE = auto()


@cache
def _home_of_file(file: str) -> Home:
    if file in ("built-in", "frozen"):
        return Home.STANDARD
    if file.startswith("<"):
        return Home.NOWHERE
    path = Path(file).absolute()
    # Not resolved: some installers make the files in site-packages links into a cache elsewhere.
    if not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        return Home.LIBRARY
    standard = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    return Home.STANDARD if any(path.is_relative_to(folder) for folder in standard) else Home.USER


_lock = RLock()
_active: list[Takeover] = []
#: Vocabulary modules that explain their missing names through us.
_explained: list[ModuleType] = []


def _resumed(roots: Mapping[str, str], declared: Mapping[str, bool]) -> Takeover:
    started = Takeover(roots, declared)
    started.resume()
    return started


def _taken_over(name: str, frame: FrameType, namespace: Namespace, *, for_caller: bool = False) -> Takeover | None:
    """The takeover that answers this request, or None when the real module is meant."""
    for latest in _active[-1:]:
        wanted = isinstance(name, str) and name.partition(".")[0] in latest.roots
        if wanted and latest.is_asked_by_user(frame, namespace, for_caller=for_caller):
            return latest
    return None


# ---- The functions of Python that are replaced ----


class _Replacement(Generic[P, R]):
    """A function of the standard library, and ours in its place while a takeover is on."""

    def __init__(self, owner: str, attribute: str, function: Callable[P, R]) -> None:
        self.owner, self.attribute, self.function = owner, attribute, function
        self.installed = False

    def install(self) -> None:
        if not self.installed:
            owner = importlib.import_module(self.owner)
            self.original: Callable[P, R] = getattr(owner, self.attribute)
            setattr(owner, self.attribute, self.function)
            self.installed = True

    def remove(self) -> None:
        owner = sys.modules[self.owner]
        # Where another tool has wrapped ours meanwhile, ours stays below it and passes every request on.
        if self.installed and getattr(owner, self.attribute) is self.function:
            setattr(owner, self.attribute, self.original)
            self.installed = False


def _replaces(owner: str, attribute: str) -> Callable[[Callable[P, R]], _Replacement[P, R]]:
    def replace(function: Callable[P, R]) -> _Replacement[P, R]:
        return _Replacement(owner, attribute, function)

    return replace


@_replaces("builtins", "__import__")
def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """What an import statement calls."""
    __tracebackhide__ = True
    frame = sys._getframe().f_back
    if frame is None:  # a library's compiled code, while Python shuts down
        return _import.original(name, globals, locals, fromlist, level)
    taken = None if level else _taken_over(name, frame, frame.f_globals if globals is None else globals)
    # Compiled code imports through PyImport_Import, with the globals of the nearest Python code, in exactly this
    # form, and then reads sys.modules: only the real module can serve it.
    compiled = type(fromlist) is list and not fromlist and globals is locals is not None
    if taken is None or (compiled and "__import__" not in frame.f_code.co_names):
        return _import.original(name, globals, locals, fromlist, level)
    module = _import_vocabulary(taken, name, partial(_import.original, fromlist=fromlist))
    if not fromlist:
        return sys.modules[taken.roots[name.partition(".")[0]]]
    # A statement passes a tuple and its globals; `__import__(name, fromlist=["any"])` is an idiom for the submodule.
    if isinstance(fromlist, tuple) and globals is not None:
        _check_offered(module, name, fromlist)
    return module


@_replaces("importlib", "import_module")
def _import_module(name: str, package: str | None = None) -> ModuleType:
    __tracebackhide__ = True
    frame = sys._getframe(1)
    taken = _taken_over(name, frame, frame.f_globals, for_caller=True)
    if taken is None:
        return _import_module.original(name, package)
    return _import_vocabulary(taken, name, _import_module.original)


@_replaces("importlib.util", "find_spec")
def _find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
    frame = sys._getframe(1)
    taken = _taken_over(name, frame, frame.f_globals, for_caller=True)
    return _find_spec.original((taken and taken.translate(name)) or name, package)


@_replaces("multiprocessing.spawn", "get_preparation_data")
def _get_preparation_data(name: str) -> dict[str, object]:
    """What `multiprocessing` sends to a child that starts as a new interpreter."""
    data = _get_preparation_data.original(name)
    for latest in _active[-1:]:
        data["unified_nn takeover"] = latest
        if name == "ignore":
            # The fork server asks under this name, and would import __main__ where no takeover can be on yet
            # (CPython with the repair of https://github.com/python/cpython/issues/126631).
            data.pop("init_main_from_path", None)
    return data


_REPLACEMENTS: Final = (
    _import,
    _Replacement("importlib", "__import__", _import.function),
    _import_module,
    _find_spec,
    _get_preparation_data,
)


# ---- Vocabulary modules, and what they do not have ----


def _import_vocabulary(taken: Takeover, name: str, load: Callable[[str], ModuleType]) -> ModuleType:
    __tracebackhide__ = True
    target = taken.translate(name)
    assert target is not None
    try:
        module = load(target)
    except ModuleNotFoundError as error:
        absent = taken.spelled(error.name or "")
        if absent is None or not f"{name}.".startswith(f"{absent}."):
            raise  # the vocabulary exists and lacks something that it needs itself
        missing = make(MissingNameError, _missing_module(taken, absent), ModuleNotFoundError)
        missing.name = absent  # type: ignore[attr-defined]
        raise missing from None
    if target not in taken.imported:
        taken.imported.add(target)
        _explain_missing_names(taken)
    return module


def _missing_module(taken: Takeover, name: str) -> str:
    parent = name.rpartition(".")[0]
    if not parent:
        return f"{name} is not offered by unified_nn; known vocabularies: {', '.join(sorted(taken.roots))}."
    package = taken.translate(parent) or parent
    found = {found.name for found in pkgutil.iter_modules(getattr(sys.modules[package], "__path__", ()))}
    found |= {key.rpartition(".")[2] for key in tuple(sys.modules) if key.rpartition(".")[0] == package}
    found = {submodule for submodule in found if not submodule.startswith("_")}
    guess = nearest(name.rpartition(".")[2], found)
    has = f"{parent} has {', '.join(sorted(found))}" if found else f"{parent} has no submodules"
    return f"{name} is not offered by unified_nn; {has}.{guess}"


def _check_offered(module: ModuleType, name: str, wanted: Iterable[str]) -> None:
    for missing in wanted:
        if missing != "*":
            try:
                getattr(module, missing)
            except AttributeError as reason:
                message = f"cannot import name {missing!r} from {name!r}: {reason}"
                error = make(MissingNameError, message, ImportError)
                error.name = name  # type: ignore[attr-defined]
                raise error from None


def _explain_missing_names(taken: Takeover) -> None:
    """Let the vocabulary's modules answer for names that they lack, where they do not do so themselves."""
    for key, module in tuple(sys.modules.items()):
        name = taken.spelled(key)
        if name and isinstance(module, ModuleType) and "__getattr__" not in vars(module):
            vars(module)["__getattr__"] = refuse(name, vars(module))
            _explained.append(module)
