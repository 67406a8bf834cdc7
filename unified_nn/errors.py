"""Every error a user can meet: where, what came, what was expected, what to do.

An error has a *kind* (a subclass of `UnifiedError` below) and is raised as a class that is also the class which the
user's framework raises in that place: `raised_as(ShapeError, RuntimeError)` is caught by `except RuntimeError`, as
PyTorch's own shape errors are, and by `except UnifiedError`.
"""

from __future__ import annotations

from collections.abc import Iterable


class UnifiedError(Exception):
    """Base of all errors that unified_nn raises on purpose."""

    is_kind = True
    #: The built-in class that this kind is raised as where no vocabulary says otherwise.
    neutral: type[Exception] = ValueError

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.is_kind = cls.__dict__.get("is_kind", True)

    def __init__(self, message: str = "", op: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.op = op
        #: Which layer failed, as the module tree tells while the error passes through it.
        self.layer = ""
        self.path: list[str] = []
        self.module: object = None
        self.in_op = True

    def inside(self, module: object, text: str, child: str | None, keeps_op: bool = False) -> None:
        """Note that the error passes through `module`: its child of that name failed, or else itself.

        `keeps_op` is for modules that compute several things: the message says which.
        """
        if self.module is None:
            self.layer = text
            self.in_op = keeps_op
        else:
            self.path.insert(0, child or "?")
        self.module = module

    def __str__(self) -> str:
        message = f"{self.op}: {self.message}" if self.op and self.in_op else self.message
        if not self.layer:
            return message
        if not self.path:
            return f"{self.layer}: {message}"
        return f"{type(self.module).__name__}.{'.'.join(self.path)} ({self.layer}): {message}"


class ShapeError(UnifiedError):
    """Shapes that do not fit each other or the op."""


class DTypeError(UnifiedError):
    """A dtype that the op does not take, or dtypes that do not go together."""

    neutral = TypeError


class ArgumentError(UnifiedError):
    """An argument outside its range, or arguments that contradict each other."""


class TooLargeError(UnifiedError):
    """An array for which there is not enough memory."""

    neutral = MemoryError


class InputTypeError(UnifiedError):
    """Something that is not a tensor where a tensor is needed."""

    neutral = TypeError


class IndexRangeError(UnifiedError):
    """An index, label or axis outside its range."""

    neutral = IndexError


class GradientError(UnifiedError):
    """A gradient that cannot be computed: freed graph, no graph, not differentiable."""

    neutral = RuntimeError


class InPlaceError(UnifiedError):
    """An in-place change that another live tensor would have to see."""

    neutral = RuntimeError


class StateError(UnifiedError):
    """A state with missing, extra or misshapen entries."""


class NotOfferedError(UnifiedError):
    """Something that unified_nn, or one backend, does not do; the message names what does."""

    neutral = NotImplementedError


class MissingNameError(UnifiedError):
    """A name that a vocabulary does not have."""

    neutral = AttributeError


class NativeError(UnifiedError):
    """The native library failed and no rule explains why; the cause is chained."""

    neutral = RuntimeError


class MixedBackendsError(UnifiedError):
    """Tensors of two backends met in one op."""


class UnknownBackendError(UnifiedError):
    """No backend has this name."""


class BackendUnavailableError(UnifiedError):
    """The backend is known but cannot be imported here."""

    neutral = ImportError


_classes: dict[tuple[type[UnifiedError], type[BaseException]], type[UnifiedError]] = {}


def raised_as(kind: type[UnifiedError], base: type[BaseException]) -> type[UnifiedError]:
    """The class of errors of this kind that `except base` catches as well."""
    if issubclass(kind, base):
        return kind
    if (kind, base) not in _classes:
        members = {"__module__": kind.__module__, "__doc__": kind.__doc__, "is_kind": False}
        _classes[kind, base] = type(kind.__name__, (kind, base), members)
    return _classes[kind, base]


def kind_of(error: UnifiedError) -> type[UnifiedError]:
    """The kind of an error, whatever class it was raised as."""
    return next(c for c in type(error).__mro__ if c.__dict__.get("is_kind", False) or c is UnifiedError)


def make(kind: type[UnifiedError], message: str, base: type[BaseException] | None = None, op: str = "") -> UnifiedError:
    """An error of this kind, raised as `base` (by default as the kind's neutral class)."""
    return raised_as(kind, base or kind.neutral)(message, op)


def reason(cause: BaseException) -> str:
    """The line of a native library's message that says what is wrong."""
    lines = [line.strip() for line in str(cause).splitlines()]
    told = [line for line in lines if line and not line.startswith(("Traceback", "File ", "[bt]", "---"))]
    return told[0] if told else type(cause).__name__


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the closest known name, or nothing."""
    import difflib  # only an error needs it

    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
