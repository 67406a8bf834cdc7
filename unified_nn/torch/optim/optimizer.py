"""What PyTorch's optimizers share: groups of parameters with their options, and the state of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

from unified_nn import optim
from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, make
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.tree import Handle, add_hook

Group = dict[str, Any]


class Optimizer:
    """Moves parameters along their gradients; a subclass gives `update`, or a `step` of its own."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: dict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._before: dict[int, Any] = {}
        self._after: dict[int, Any] = {}
        if isinstance(params, core.Tensor):
            message = (
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {params.type() if isinstance(params, Tensor) else type(params)}"
            )
            raise make(InputTypeError, message, TypeError)
        given = list(params)
        if not given:
            raise make(ArgumentError, "optimizer got an empty parameter list", ValueError)
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with options of their own."""
        if not isinstance(param_group, dict):
            raise make(InputTypeError, f"param_group must be a dict, but got {type(param_group)}", TypeError)
        group = dict(param_group)
        if "params" not in group:
            raise make(ArgumentError, f"a parameter group needs 'params', got {sorted(group)}", KeyError)
        params = group["params"]
        if isinstance(params, core.Tensor):
            params = [params]
        elif isinstance(params, set):
            raise make(
                InputTypeError, "optimizer parameters need to be organized in ordered collections, not a set", TypeError
            )
        group["params"] = listed = [p[1] if isinstance(p, tuple) else p for p in params]
        if any(isinstance(p, tuple) for p in params):
            raise make(NotOfferedError, "optimizers with named parameters are not offered; give net.parameters()")
        for p in listed:
            if not isinstance(p, core.Tensor):
                raise make(
                    InputTypeError,
                    f"optimizer can only optimize Tensors, but one of the params is {type(p)}",
                    TypeError,
                )
            if not p.is_leaf:
                raise make(ArgumentError, "can't optimize a non-leaf Tensor", ValueError)
        group = {"params": listed, **self.defaults, **{k: v for k, v in group.items() if k != "params"}}
        known = {id(p._body) for other in self.param_groups for p in other["params"]}
        if known & {id(p._body) for p in listed}:
            raise make(ArgumentError, "some parameters appear in more than one parameter group", ValueError)
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: Group) -> None:
        """Refuse options out of range; a subclass overrides it."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or make them 0."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    if set_to_none:
                        p.grad = None
                    else:
                        p.grad = p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; `closure` computes the loss anew before."""
        for hook in list(self._before.values()):
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with recording(True):
                loss = closure()
        with recording(False):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        state = self.state.get(p, {})
                        self.update(p, p.grad, state, group)
                        if state:
                            self.state[p] = state
        for hook in list(self._after.values()):
            hook(self, (closure,), {})
        return loss

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        """Move one parameter; a subclass defines it."""
        raise NotImplementedError

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call hook(optimizer, args, kwargs) before each step."""
        return add_hook(self._before, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return add_hook(self._after, hook)

    # -- state --

    def state_dict(self) -> dict[str, Any]:
        """The options and the state, with parameters by their number."""
        numbers = {id(p): n for n, p in enumerate(p for g in self.param_groups for p in g["params"])}
        groups = [{**{k: v for k, v in g.items() if k != "params"}, "params": [numbers[id(p)] for p in g["params"]]}
                  for g in self.param_groups]  # fmt: skip
        return {"state": {numbers[id(p)]: dict(s) for p, s in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take options and state from `state_dict` of an optimizer with as many parameters."""
        given = state_dict["param_groups"]
        if len(given) != len(self.param_groups):
            raise make(ArgumentError, "loaded state dict has a different number of parameter groups", ValueError)
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, given, strict=True)):
            message = "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            raise make(ArgumentError, message, ValueError)
        owners = {n: p for a, b in zip(given, self.param_groups, strict=True)
                  for n, p in zip(a["params"], b["params"], strict=True)}  # fmt: skip
        for own, new in zip(self.param_groups, given, strict=True):
            own.update({k: deepcopy(v) for k, v in new.items() if k != "params"})
        self.state = defaultdict(dict)
        for number, values in state_dict["state"].items():
            p = owners[number]
            self.state[p] = {name: _placed(name, value, p) for name, value in values.items()}

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"


def _placed(name: str, value: Any, p: core.Tensor) -> Any:
    """A state tensor as its parameter is; step counts keep their dtype."""
    if not isinstance(value, core.Tensor):
        return deepcopy(value)
    values: np.ndarray[Any, Any] = value.backend.to_numpy(value.native)
    kind = value._dtype if name == "step" or p._dtype.kind != "f" else p._dtype
    return Tensor.from_numpy(values, kind, p.backend, p._device)


class RuleOptimizer(Optimizer):
    """An optimizer whose formula is one of `unified_nn.optim`.

    `rule(group)` gives the formula for a group's options; `names` says how PyTorch calls its state.
    """

    names: ClassVar[Mapping[str, str]] = {}

    def rule(self, group: Group) -> optim.Rule:
        raise NotImplementedError

    def decay(self, group: Group) -> float:
        """The L2 penalty that joins the gradient."""
        return float(group.get("weight_decay", 0.0))

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        w, g = p.as_face(core.Tensor), grad.as_face(core.Tensor)
        if group.get("maximize"):
            g = g * -1.0
        g = optim.decayed(w, g, self.decay(group))
        inner = {
            own: state[shown].as_face(core.Tensor) for own, shown in self.names.items() if state.get(shown) is not None
        }
        count = self.count(state)
        w._assign(self.rule(group).step(w, g, inner, float(group["lr"]), count))
        for own, shown in self.names.items():
            if own in inner:
                state[shown] = inner[own].as_face(Tensor)

    def count(self, state: dict[str, Any]) -> int:
        """The number of this step of the parameter, from 1; kept where the formula needs it."""
        return 1


def refuse(group: Group, **unsupported: Any) -> None:
    """Raise for an option that has one of the given values."""
    for name, value in unsupported.items():
        if group.get(name) == value:
            raise make(NotOfferedError, f"optim: {name}={value!r} is not offered")


def one_way(group: Group) -> None:
    """PyTorch's refusal of two ways of computing at once."""
    if group.get("fused") and group.get("foreach"):
        raise make(ArgumentError, "`fused` and `foreach` cannot be `True` together.", RuntimeError)


def at_least_zero(group: Group, **texts: str) -> None:
    """PyTorch's refusal of negative options, by its own words for each."""
    for name, text in texts.items():
        value = group[name]
        if not float(value) >= 0.0:
            raise make(ArgumentError, f"Invalid {text}: {value}", ValueError)
