"""Optimizers: a few steps with drawn settings and gradients that both sides are given."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, program
from unified_nn_conformance.configurations.draw import Draw, Source, call

_PROGRAM = """\
net = filled(nn.Linear(3, 2))
def made():
    return {made}
show(refused=raised(made))
opt = made()
for step in range({steps}):
    opt.zero_grad(set_to_none={none})
    out = net(torch.arange(6.).reshape(2, 3) * 0.3 - step)
    (out ** 2).{reduced}().backward()
    {between}
    opt.step()
show(weight=net.weight, bias=net.bias, group={{k: v for k, v in opt.param_groups[0].items() if k != "params"}})
"""
#: class -> setting -> values, the last of which may be refused
SETTINGS: dict[str, dict[str, tuple[Any, ...]]] = {
    "SGD": {"lr": (0.1, 0.0, -1.0), "momentum": (0.9, 0.5, -0.1), "dampening": (0.1, 0, 1),
            "weight_decay": (0.1, 0, -0.1), "nesterov": (True, False)},
    "Adam": {"lr": (0.1, 0.0, -1.0), "betas": ((0.5, 0.9), (0.0, 0.0), (1.0, 0.9)), "eps": (1e-3, 0.0, -1.0),
             "weight_decay": (0.1, 0, -0.1), "amsgrad": (True, False)},
    "AdamW": {"lr": (0.1, 0.0, -1.0), "betas": ((0.5, 0.9), (0.9, 0.5), (0.9, 1.0)), "eps": (1e-3, 1e-8, -1.0),
              "weight_decay": (0.1, 0, -0.1), "amsgrad": (True, False)},
    "RMSprop": {"lr": (0.1, 0.01, -1.0), "alpha": (0.5, 0.9, -0.1), "eps": (1e-3, 1e-8, -1.0),
                "weight_decay": (0.1, 0, -0.1), "momentum": (0.9, 0.0, -0.1), "centered": (True, False)},
    "Adagrad": {"lr": (0.1, 0.5, -1.0), "lr_decay": (0.1, 0, -0.1), "weight_decay": (0.1, 0, -0.1),
                "initial_accumulator_value": (0.5, 0, -0.1), "eps": (1e-3, 1e-10, -1.0)},
}  # fmt: skip


def optimizer(d: Draw) -> Case:
    name = d.pick(*SETTINGS)
    fault = d.fault(*SETTINGS[name], "none")
    options = {key: values[-1] if key == fault else d.some(*values[:-1]) for key, values in SETTINGS[name].items()}
    options["maximize"] = d.rarely(True)
    held = Source("[]") if fault == "none" else Source("net.parameters()")
    between = d.pick("pass", "opt.param_groups[0]['lr'] *= 0.5")
    source = _PROGRAM.format(
        made=call(f"optim.{name}", held, **options), steps=d.size(1, 3), none=d.pick(True, False), between=between,
        reduced=d.pick("sum", "mean"),
    )  # fmt: skip
    return program("torch", f"drawn {name}", source)
