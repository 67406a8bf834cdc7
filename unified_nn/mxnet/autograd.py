"""`mxnet.autograd`: what is recorded, whether layers train, and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unified_nn.autodiff import set_recording as _set_core_recording
from unified_nn.mxnet import gradient, scope
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.mxnet.scope import Scope, is_recording, is_training
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "backward",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]


class _Switch:
    """A scope that records or not and trains or not; None leaves that as it is."""

    def __init__(self, records: bool | None, trains: bool | None) -> None:
        self._records, self._trains = records, trains
        self._before: list[tuple[Scope, bool]] = []

    def __enter__(self) -> None:
        now = scope.current()
        records = now.records if self._records is None else bool(self._records)
        trains = now.trains if self._trains is None else bool(self._trains)
        scope._scope.set(Scope(records, trains))
        self._before.append((now, _set_core_recording(records)))

    def __exit__(self, *exc: object) -> None:
        before, enabled = self._before.pop()
        scope._scope.set(before)
        _set_core_recording(enabled)


def record(train_mode: bool = True) -> _Switch:
    """Record for gradients inside the `with` block; layers train there unless train_mode is False."""
    return _Switch(True, train_mode)


def pause(train_mode: bool = False) -> _Switch:
    """Record nothing inside the `with` block."""
    return _Switch(False, train_mode)


def train_mode() -> _Switch:
    """Layers train inside the `with` block."""
    return _Switch(None, True)


def predict_mode() -> _Switch:
    """Layers predict inside the `with` block."""
    return _Switch(None, False)


def set_recording(is_recording: bool) -> bool:
    """Record from now on, or not; the state before."""
    now = scope.current()
    scope.replace(Scope(bool(is_recording), now.trains) if is_recording or now.trains else scope.NONE)
    return now.records


def set_training(train_mode: bool) -> bool:
    """Train from now on, or not; the state before."""
    now = scope.current()
    scope.replace(Scope(now.records, bool(train_mode)) if train_mode or now.records else scope.NONE)
    return now.trains


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> None:
    """Write or add d(sum of heads * head_grads) into the `grad` of every array with `attach_grad`.

    train_mode: see `NDArray.backward`.
    """
    gradient.backward(_listed(heads), None if head_grads is None else _listed(head_grads), retain_graph)


def grad(
    heads: Any, variables: Any, head_grads: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    train_mode: bool = True,
) -> Any:  # fmt: skip
    """d(sum of heads * head_grads)/d(variables), without writing it into `grad`."""
    retain = create_graph if retain_graph is None else retain_graph
    given = None if head_grads is None else _listed(head_grads)
    found = gradient.grad(_listed(heads), _listed(variables), given, retain, create_graph)
    faced = [g.as_face(NDArray) for g in found]
    return faced if isinstance(variables, (list, tuple)) else faced[0]


def mark_variables(variables: Any, gradients: Any, grad_reqs: str | Sequence[str] = "write") -> None:
    """Make the variables leaves whose gradients are written or added into the given arrays."""
    arrays, grads = _listed(variables), _listed(gradients)
    requests = [grad_reqs] * len(arrays) if isinstance(grad_reqs, str) else list(grad_reqs)
    for array, held, request in zip(arrays, grads, requests, strict=True):
        gradient.attach(array, request)
        array._body.node.grad = held


_REFUSED = {
    "Function": "write the computation with nd functions, whose gradients are known",
    "get_symbol": "there are no symbols",
}
__getattr__ = refuse("mxnet.autograd", globals(), _REFUSED)
