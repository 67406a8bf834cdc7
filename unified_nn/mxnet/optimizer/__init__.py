"""`mxnet.optimizer`: how parameters move."""

from __future__ import annotations

import warnings
from typing import Any, Literal

from unified_nn import optim
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, NotOfferedError, make, nearest
from unified_nn.mxnet.lr_scheduler import LRScheduler
from unified_nn.mxnet.optimizer import rules
from unified_nn.ops.elementwise import as_dtype, clip, mul
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

_registry: dict[str, type[Optimizer]] = {}


def register(klass: type[Optimizer]) -> type[Optimizer]:
    """Let `create` and Trainer find the class by its name in lower case."""
    _registry[klass.__name__.lower()] = klass
    return klass


def create(name: str, **kwargs: Any) -> Optimizer:
    """The optimizer of that name."""
    found = _registry.get(name.lower())
    if found is None:
        known = ", ".join(sorted(_registry))
        raise make(ArgumentError, f"Cannot find optimizer {name}; offered: {known}.{nearest(name.lower(), _registry)}")
    return found(**kwargs)


class Optimizer:
    """Base of optimizers: a subclass defines `create_state(index, weight)` and `update(index, weight, grad, state)`."""

    def __init__(
        self, rescale_grad: float = 1.0, param_idx2name: dict[int, str] | None = None, wd: float = 0.0,
        clip_gradient: float | None = None, learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None, sym: Any = None, begin_num_update: int = 0,
        multi_precision: bool = False, param_dict: dict[int, Any] | None = None,
    ) -> None:  # fmt: skip
        if sym is not None:
            raise make(NotOfferedError, f"{type(self).__name__}: sym is not offered; Trainer knows the parameters")
        self.rescale_grad, self.wd, self.clip_gradient = rescale_grad, wd, clip_gradient
        self.lr_scheduler = lr_scheduler
        if lr_scheduler is None:
            self.lr = 0.01 if learning_rate is None else learning_rate
        else:
            self._take_scheduler(lr_scheduler, learning_rate)
        self.begin_num_update = self.num_update = begin_num_update
        self._counts: dict[Any, int] = {}
        self.idx2name = dict(param_idx2name or {})
        self.param_dict = dict(param_dict or {})
        self.multi_precision = multi_precision
        self.lr_mult: dict[Any, float] = {}
        self.wd_mult: dict[Any, float] = {}
        self.set_wd_mult({})

    def _take_scheduler(self, scheduler: LRScheduler, rate: float | None) -> None:
        if rate is not None:
            if scheduler.base_lr != rate:
                warnings.warn(f"learning rate from ``lr_scheduler`` has been overwritten by {rate}", stacklevel=4)
            scheduler.base_lr = rate
        self.lr = scheduler.base_lr

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        if self.lr_scheduler is not None:
            raise UserWarning("LRScheduler of the optimizer has already been defined.")
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: dict[Any, float]) -> None:
        """Factors of the rate by parameter."""
        self.lr_mult = dict(args_lr_mult)

    def set_wd_mult(self, args_wd_mult: dict[Any, float]) -> None:
        """Factors of the weight decay by parameter; names that end in neither weight nor gamma have 0."""
        spared = {name: 0.0 for name in self.idx2name.values() if not name.endswith(("_weight", "_gamma"))}
        self.wd_mult = {**spared, **args_wd_mult}

    def create_state(self, index: Any, weight: Any) -> Any:
        return None

    def create_state_multi_precision(self, index: Any, weight: Any) -> Any:
        """The state; with `multi_precision` that of a float32 copy of a float16 weight, and the copy before it."""
        if weight._dtype.name != "float16":
            return self.create_state(index, weight)
        if not self.multi_precision:
            message = (
                "Accumulating with float16 in optimizer can lead to poor accuracy or slow convergence. Consider using "
                f"multi_precision=True option of the {type(self).__name__} optimizer"
            )
            warnings.warn(message, stacklevel=2)
            return self.create_state(index, weight)
        copy = weight.astype("float32")
        return copy, self.create_state(index, copy)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """`update`, with `multi_precision` of the float32 copy of a float16 weight."""
        if not self.multi_precision or weight._dtype.name != "float16":
            self.update(index, weight, grad, state)
            return
        copy, own = state
        self.update(index, copy, grad.astype("float32"), own)
        weight._assign(as_dtype(copy.as_face(Tensor)._detached(), weight._dtype))

    def _update_count(self, index: Any) -> None:
        for one in index if isinstance(index, (list, tuple)) else [index]:
            self._counts[one] = self._counts.get(one, self.begin_num_update) + 1
            self.num_update = max(self._counts[one], self.num_update)

    @property
    def _index_update_count(self) -> dict[Any, int]:
        return self._counts

    def _factor(self, index: Any, which: Literal["lr_mult", "wd_mult"]) -> float:
        table: dict[Any, float] = getattr(self, which)
        if index in self.param_dict:
            return float(getattr(self.param_dict[index], which))
        return table.get(index, table.get(self.idx2name.get(index), 1.0))

    def _get_lr(self, index: Any) -> float:
        return self.learning_rate * self._factor(index, "lr_mult")

    def _get_wd(self, index: Any) -> float:
        return self.wd * self._factor(index, "wd_mult")


class _Ruled(Optimizer):
    """An optimizer that is a rule: `order` says where weight decay joins the gradient."""

    rule: optim.Rule
    #: "clip first": clip(g) + wd * w; "decay first": clip(g + wd * w); "own": the rule decays by itself.
    order: Literal["clip first", "decay first", "own"] = "clip first"

    def create_state(self, index: Any, weight: Any) -> optim.State:
        return {}

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        for single in zip(index, weight, grad, state, strict=True) if isinstance(index, (list, tuple)) else ():
            self.update(*single)
        if isinstance(index, (list, tuple)):
            return
        self._update_count(index)
        lr, wd, t = self._get_lr(index), self._get_wd(index), self._counts[index]
        with recording(False):
            w, g = weight.as_face(Tensor)._detached(), mul(grad.as_face(Tensor), self.rescale_grad)
            if self.order == "decay first":
                g = optim.decayed(w, g, wd)
            if self.clip_gradient:
                g = clip(g, low=-self.clip_gradient, high=self.clip_gradient)
            if self.order == "own":
                made = self.rule.decayed_step(w, g, state, lr, wd)  # type: ignore[attr-defined]
            else:
                made = self.rule.step(w, optim.decayed(w, g, wd) if self.order == "clip first" else g, state, lr, t)
            weight._assign(made)


@register
class SGD(_Ruled):
    """v = momentum * v - lr * g, w += v."""

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum, self.lazy_update = momentum, lazy_update
        self.rule = optim.SGD(max(momentum, 0.0), inside=True)  # MXNet leaves a negative one out


@register
class NAG(_Ruled):
    """v = momentum * v + lr * g, w -= lr * g + momentum * v."""

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        if momentum:
            self.order, self.rule = "own", rules.NAG(momentum)
        else:
            self.rule = optim.SGD()


@register
class Adam(_Ruled):
    """Adam with epsilon added before the bias is taken out (arXiv:1412.6980)."""

    order = "decay first"

    def __init__(
        self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
        lazy_update: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon, self.lazy_update = beta1, beta2, epsilon, lazy_update
        self.rule = optim.Adam(beta1, beta2, epsilon, placement="before")


@register
class AdaGrad(_Ruled):
    """Rates by the sum of the squared gradients (Duchi et al. 2011)."""

    order = "own"

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps
        self.rule = rules.AdaGrad(eps)


@register
class RMSProp(_Ruled):
    """Rates by a running mean of the squared gradients."""

    order = "decay first"

    def __init__(
        self, learning_rate: float = 0.001, gamma1: float = 0.9, gamma2: float = 0.9, epsilon: float = 1e-8,
        centered: bool = False, clip_weights: float | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1, self.gamma2, self.centered, self.clip_weights = gamma1, gamma2, centered, clip_weights
        self.epsilon = epsilon
        self.rule = rules.RMSProp(gamma1, gamma2, epsilon, centered, clip_weights)


@register
class AdaDelta(_Ruled):
    """Steps by running means of squared gradients and steps (arXiv:1212.5701); the learning rate has no effect."""

    order = "own"

    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho, self.epsilon = rho, epsilon
        self.rule = rules.AdaDelta(rho, epsilon)


@register
class Ftrl(_Ruled):
    """Follow the regularised leader (McMahan et al. 2013)."""

    order = "own"

    def __init__(self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.lamda1, self.beta = lamda1, beta
        self.rule = rules.Ftrl(lamda1, beta)


@register
class Adamax(_Ruled):
    """Adam with the largest gradient in the place of the mean square."""

    order = "decay first"

    def __init__(self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2 = beta1, beta2
        self.rule = rules.Adamax(beta1, beta2)


@register
class Nadam(_Ruled):
    """Adam with Nesterov momentum."""

    order = "decay first"

    def __init__(
        self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
        schedule_decay: float = 0.004, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon, self.schedule_decay = beta1, beta2, epsilon, schedule_decay
        self.rule = rules.Nadam(beta1, beta2, epsilon, schedule_decay)


@register
class Signum(_Ruled):
    """Steps by the sign of the gradient."""

    order = "own"

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum, self.wd_lh = momentum, wd_lh
        self.rule = rules.Signum(momentum, wd_lh)


class Updater:
    """update(index, grad, weight) with the states kept here."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        self.optimizer.update_multi_precision(index, weight, grad, self.states[index])


def get_updater(optimizer: Optimizer) -> Updater:
    return Updater(optimizer)


_OTHERS = "offered are " + ", ".join(sorted(_registry))
_ABSENT = ("FTML", "LAMB", "LARS", "LBSGD", "DCASGD", "SGLD", "GroupAdaGrad", "ccSGD")
_REFUSED = dict.fromkeys(_ABSENT, _OTHERS)
__getattr__ = refuse("mxnet.optimizer", globals(), _REFUSED)
