"""Dense layers, dropout, look-up tables."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import dropout, embedding, linear
from unified_nn.mxnet import profile, scope
from unified_nn.mxnet.gluon.hybrid import Layer
from unified_nn.mxnet.gluon.nn.activations import Activation
from unified_nn.mxnet.ndarray.layers import none_kept
from unified_nn.mxnet.ndarray.select import whole
from unified_nn.ops.index import take
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.entry import shown
from unified_nn.vocabulary.rules import deferred


class Activated(Layer):
    """A layer that may end in an activation, which is a child of its own."""

    act: Activation | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.arguments["activation"]
        if name is None:
            object.__setattr__(self, "act", None)
        else:
            with self.name_scope():
                self.act = Activation(name, prefix=f"{name}_")

    def finish(self, out: Any) -> Any:
        return out if self.act is None else self.act(out)


class Dense(Activated, canonical=linear.Linear):
    args = (
        "units, activation=None, use_bias=True, flatten=True, dtype='float32', weight_initializer=None, "
        "bias_initializer='zeros', in_units=0"
    )
    to = {"features": "units", "in_features": deferred("in_units"), "bias": "use_bias"}
    params = {"w": "weight", "b": "bias"}  # type: ignore[assignment]
    inits = {"w": lambda a, layer: a["weight_initializer"], "b": lambda a, layer: a["bias_initializer"]}

    def check(self, given: Any) -> None:
        if not isinstance(given["units"], (int, float)):
            raise make(ArgumentError, f"units={given['units']!r}, expected a whole number", TypeError)

    def express(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:  # noqa: N803
        a = self.arguments
        return self.finish(
            F.FullyConnected(
                x, weight, bias, no_bias=bias is None, num_hidden=a["units"], flatten=a["flatten"], name="fwd"
            )
        )

    def forward(self, x: Any, *args: Any) -> Any:
        if self.arguments["units"] == 0 and isinstance(x, Tensor):
            raise make(ArgumentError, "units=0, expected at least 1", ValueError, "Dense")
        return super().forward(x, *args)

    def __repr__(self) -> str:
        features, inputs = self.weight.shape
        return f"{type(self).__name__}({inputs or None} -> {features}, {self.act or 'linear'})"


class Flatten(Layer, canonical=linear.Flatten):
    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        return F.flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__


class Dropout(Layer, canonical=dropout.Dropout):
    args = "rate, axes=()"
    to = {"drop": "rate", "shared": "axes"}
    shows = "p = {rate}, axes={axes}"

    def check(self, given: Any) -> None:
        if not isinstance(given["rate"], (int, float)):
            raise make(ArgumentError, f"rate={given['rate']!r}, expected a number", TypeError)

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        rate = self.arguments["rate"]
        if rate > 0:
            return F.Dropout(x, p=rate, axes=self.arguments["axes"], name="fwd", cudnn_off=False)
        return F.identity(x)

    def __repr__(self) -> str:
        return f"Dropout(p = {self.arguments['rate']})" if profile.hides("axes of Dropout") else super().__repr__()

    def forward(self, x: Any, *args: Any) -> Any:
        rate = self.arguments["rate"]
        if isinstance(x, Tensor) and rate <= 0:
            return x
        if isinstance(x, Tensor) and scope.is_training() and rate >= 1:
            if rate == 1:
                return none_kept(x)
            message = f"rate={rate}, expected 0 <= rate <= 1"
            raise x._error(ArgumentError, "Dropout", message)
        return super().forward(x, *args)


class Embedding(Layer, canonical=embedding.Embedding):
    args = "input_dim, output_dim, dtype='float32', weight_initializer=None, sparse_grad=False"
    to = {"count": "input_dim", "features": "output_dim"}
    params = {"w": "weight"}
    inits = {"w": lambda a, layer: a["weight_initializer"]}
    shows = "{input_dim} -> {output_dim}, {dtype}"

    def check(self, given: Any) -> None:
        for name in ("input_dim", "output_dim"):
            if not isinstance(given[name], (int, float)):
                raise make(ArgumentError, f"{name}={given[name]!r}, expected a whole number", TypeError)
        if given["sparse_grad"]:
            raise make(ArgumentError, "sparse_grad=True is not offered; gradients are dense")

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:  # noqa: N803
        # Not the canonical forward: MXNet clips indices that are out of range, and takes floats for them.
        return take(weight, whole(x, weight.shape[0], "clip", "Embedding"), axis=0)

    def express(self, F: Any, x: Any, weight: Any) -> Any:  # noqa: N803
        names = ("input_dim", "output_dim", "dtype", "sparse_grad")
        return F.Embedding(x, weight, name="fwd", **{name: self.arguments[name] for name in names})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown(self)})"
