"""SGD with momentum and Adam in their formulas: every argument over several steps, the learning rate changed between."""

from __future__ import annotations

from unified_nn_conformance.case import Case, program, register
from unified_nn_conformance.sample import f32

#: Two parameters (x, y) and what their gradients depend on (z, u).
INPUTS = (f32(3, 2), f32(4), f32(3, 2), f32(4))

_TORCH = """
w, v = nn.Parameter(x.clone()), nn.Parameter(y.clone())
optimizer = optim.OPTIMIZER
show(printed=repr(optimizer))
for step, rate in enumerate((None, 0.05, 0.2, 0.1)):
    for group in optimizer.param_groups if rate else ():
        group["lr"] = rate
    optimizer.zero_grad()
    ((w * w * z).sum() + (v * u * (step + 1)).sum()).backward()
    if step == 2:
        v.grad = None
    optimizer.step()
    show(w=w, v=v)
for number, state in optimizer.state_dict()["state"].items():
    show(number=number, **{name.replace("_", "0"): value for name, value in state.items()})
"""
TORCH = (
    "SGD([w, v])", "SGD([w, v], 0.1, 0.9)", "SGD([w, v], lr=0.1, momentum=0.9, dampening=0.5)",
    "SGD([w, v], 0.1, weight_decay=0.1)", "SGD([w, v], 0.1, 0.9, 0, 0.1, True)", "SGD([w, v], 0.1, 0.5, maximize=True)",
    "SGD([w, v], 0.1, 0.9, 0.2, 0.3, maximize=True)", "SGD([w, v], 0.1, 0.9, foreach=True)",
    "SGD([w, v], 0.1, 0.9, fused=True)", "SGD([w, v], lr=0.0)", "SGD([w, v], 0.1, dampening=0.5)",
    "SGD([{'params': [w], 'momentum': 0.5}, {'params': v, 'lr': 0.3, 'nesterov': True}], 0.1, momentum=0.9)",
    "Adam([w, v])", "Adam([w, v], 0.1, (0.5, 0.9), 1e-3)", "Adam([w, v], 0.1, weight_decay=0.2)",
    "Adam([w, v], 0.1, amsgrad=True)", "Adam([w, v], 0.1, maximize=True)", "Adam([w, v], 0.1, foreach=True)",
    "Adam([w, v], 0.1, fused=True)", "Adam([w, v], 0.1, weight_decay=0.2, decoupled_weight_decay=True)",
    "Adam([w, v], 0.1, (0.0, 0.0), 0.1, 0.1, True, maximize=True)", "Adam([w, v], lr=torch.tensor(0.1))",
    "Adam([w, v], 0.1, betas=(torch.tensor(0.5), torch.tensor([0.9])))",
    "AdamW([w, v])", "AdamW([w, v], 0.1, weight_decay=0.3)", "AdamW([w, v], 0.1, amsgrad=True, maximize=True)",
    "AdamW([{'params': [w], 'weight_decay': 0.0}, {'params': [v], 'betas': (0.5, 0.5)}], 0.1)",
)  # fmt: skip
TORCH_REFUSED = (
    "SGD([w], -1.0)", "SGD([w], 0.1, -0.5)", "SGD([w], 0.1, weight_decay=-1)", "SGD([w], 0.1, nesterov=True)",
    "SGD([w], 0.1, 0.5, 0.5, nesterov=True)", "SGD([], 0.1)", "SGD(w, 0.1)", "SGD([1], 0.1)", "SGD([w, w * 1], 0.1)",
    "SGD([{'params': [w]}, {'params': [w]}], 0.1)", "SGD([w], 0.1, fused=True, foreach=True)", "Adam([w], -1.0)",
    "Adam([w], betas=(1.0, 0.9))", "Adam([w], betas=(0.9, -0.1))", "Adam([w], eps=-1.0)", "Adam([w], weight_decay=-1)",
    "Adam([w], betas=(0, 0.9))", "Adam([w], fused=True, foreach=True)", "AdamW([w], betas=(0.5, 1.5))",
    "SGD([w], torch.ones(2))", "Adam([w], torch.ones(2))", "Adam([w], torch.tensor(0.1), foreach=True)",
    "Adam([w], betas=(torch.tensor(0.5), 0.9))", "Adam([w], betas=(torch.tensor(0.5), torch.ones(2) / 2))",
)  # fmt: skip

_MINDSPORE = """
w, v = ms.Parameter(x, name="w"), ms.Parameter(y, name="layer.beta")
rates = [0.1, 0.05, 0.2, 0.1]
optimizer = nn.OPTIMIZER
for step in range(4):
    optimizer((2 * w * z, u * (step + 1)))
    show(w=w, v=v, step=optimizer.global_step)
show(names=[p.name for p in optimizer.get_parameters()])
for p in optimizer.get_parameters():
    show(state=p)
"""
_DECAY = "nn.ExponentialDecayLR(0.2, 0.5, 2)"
MINDSPORE = (
    "SGD([w, v])", "SGD([w, v], rates, 0.9)", "SGD([w, v], rates, 0.9, 0.3)", "SGD([w, v], rates, 0.9, 0.0, 0.1, True)",
    "SGD([w, v], rates, 0.5, weight_decay=0.1, loss_scale=4.0)", "SGD([w, v], rates, 0.0, 0.5)",
    "SGD([w, v], rates, 1, 2.0)", "SGD([w, v], nn.ExponentialDecayLR(0.1, 0.5, 2), 0.9)", "SGD([w, v], True)",
    "SGD([{'params': [w], 'lr': 0.3, 'grad_centralization': True}, {'params': [v], 'weight_decay': 0.5}], 0.1, 0.9)",
    "Momentum([w, v], rates, 0.9)", "Momentum([w, v], rates, 0.9, 0.1, 2.0)", "Momentum([w, v], rates, 0.0)",
    "Momentum([w, v], rates, 0.9, use_nesterov=True)", f"Momentum([w, v], rates, 0.9, weight_decay={_DECAY})",
    "Momentum([{'params': [w], 'weight_decay': 0.2}, {'params': [v]}], 0.1, 0.9, weight_decay=0.4)",
    "Adam([w, v])", "Adam([w, v], rates)", "Adam([w, v], rates, 0.5, 0.6, 0.1)", "Adam([w, v], rates, use_nesterov=True)",
    "Adam([w, v], rates, weight_decay=0.1, loss_scale=3.0)", "Adam([w, v], rates, use_amsgrad=True)",
    "Adam([w, v], rates, 0.5, 0.5, use_amsgrad=True, use_nesterov=True)", "Adam([w, v], rates, use_locking=True)",
    "Adam([w, v], rates, use_lazy=True)", "Adam([w, v], rates, use_offload=True)",
    f"Adam([w, v], rates, weight_decay={_DECAY})",
    f"Adam([{{'params': [w], 'weight_decay': {_DECAY}}}, {{'params': [v], 'weight_decay': 0.3}}], 0.1)",
    "AdamWeightDecay([w, v])", "AdamWeightDecay([w, v], rates, 0.5, 0.6, 0.1, 0.2)",
    f"AdamWeightDecay([w, v], rates, weight_decay={_DECAY})",
    "AdamWeightDecay([{'params': [w], 'weight_decay': 0.2}, {'params': [v]}], 0.1)",
)  # fmt: skip
MINDSPORE_REFUSED = (
    "SGD([w], -1.0)", "SGD([w], 'a')", "SGD([w], 0.1, 'a')", "SGD([w], 0.1, -0.5)", "SGD([w], 0.1, nesterov=1)",
    "SGD([w], 0.1, 0.0, nesterov=True)", "SGD([w], 0.1, 0.5, 0.1, nesterov=True)", "SGD([w], 0.1, weight_decay=-1.0)",
    "SGD([w], 0.1, weight_decay='a')", f"SGD([w], 0.1, weight_decay={_DECAY})", "SGD([w], 0.1, loss_scale=0.0)",
    "SGD([w], 0.1, 0.5, -1.0)", "SGD([w], 0.1, 0.5, 'a')", "SGD([])", "SGD([1])", "SGD([w, w])",
    "SGD([{'params': [w], 'grad_centralization': 1}])", "SGD([{'params': [w], 'foo': 1}])", "SGD([{'lr': 1.0}])",
    "SGD([{'params': []}])", "Momentum([w], 0.1, -0.5)", "Momentum([w], 0.1, 1)", "Momentum([w], 0.1, 0.9, use_nesterov=1)",
    "Adam([w], beta1=1)", "Adam([w], beta1=1.0)", "Adam([w], beta2=0.0)", "Adam([w], eps=1)", "Adam([w], eps=0.0)",
    "Adam([w], use_locking=1)", "Adam([w], use_nesterov=1)", "Adam([w], use_lazy=True, use_offload=True)",
    "Adam([w], use_lazy=True, use_amsgrad=True)", "Adam([w], foo=1)", "AdamWeightDecay([w], beta2=2.0)",
)  # fmt: skip

_MXNET = """
parameters = [gluon.Parameter(name, shape=value.shape, dtype='DTYPE') for name, value in (("w_weight", x), ("v_bias", y))]
w, v = parameters
v.lr_mult, v.wd_mult = 0.5, 2.0
for parameter, value in zip(parameters, (x, y)):
    parameter.initialize()
    parameter.set_data(value.astype('DTYPE'))
trainer = gluon.Trainer(parameters, OPTIMIZER)
for step, rate in enumerate((None, 0.05, 0.2, 0.1)):
    if rate:
        trainer.set_learning_rate(rate)
    with mx.autograd.record():
        a, b = (p.data().astype("float32") for p in parameters)
        loss = (a * a * z).sum() + (b * u * (step + 1)).sum()
    loss.backward()
    trainer.step(2)
    show(w=w.data(), v=v.data(), rate=trainer.learning_rate)
"""
MXNET = (
    "'sgd'", "'sgd', {'learning_rate': 0.1, 'momentum': 0.9}", "'sgd', {'learning_rate': 0.1, 'wd': 0.1}",
    "'sgd', {'momentum': 0.9, 'wd': 0.1, 'clip_gradient': 0.2}", "'sgd', {'momentum': 0.5, 'rescale_grad': 3.0}",
    "'sgd', {'momentum': 0.5, 'lazy_update': False, 'multi_precision': True}", "'sgd', {'momentum': -0.5}",
    "'sgd', {'clip_gradient': 0.0, 'momentum': 0.9}", "'sgd', {'begin_num_update': 5, 'momentum': 0.9}",
    "'nag'", "'nag', {'learning_rate': 0.1, 'momentum': 0.9}", "'nag', {'momentum': 0.9, 'wd': 0.1}",
    "'nag', {'momentum': 0.9, 'wd': 0.1, 'clip_gradient': 0.2, 'rescale_grad': 2.0}",
    "'adam'", "'adam', {'learning_rate': 0.1, 'beta1': 0.5, 'beta2': 0.6, 'epsilon': 0.1}",
    "'adam', {'learning_rate': 0.1, 'wd': 0.2}", "'adam', {'wd': 0.2, 'clip_gradient': 0.1, 'rescale_grad': 2.0}",
    "'adam', {'begin_num_update': 7}", "'adam', {'lazy_update': False}",
    "mx.optimizer.SGD(learning_rate=0.1, momentum=0.9)", "mx.optimizer.Adam(0.1, 0.5, wd=0.1)",
)  # fmt: skip
HALF = (
    "'sgd', {'momentum': 0.9, 'multi_precision': True}", "'nag', {'momentum': 0.9, 'multi_precision': True}",
    "'adam', {'multi_precision': True}", "'sgd', {'multi_precision': True, 'wd': 0.1}", "'sgd', {'momentum': 0.9}",
)  # fmt: skip


def _case(vocabulary: str, source: str, text: str, dtype: str = "float32") -> Case:
    lines = source.replace("OPTIMIZER", text).replace("DTYPE", dtype)
    return program(vocabulary, f"optimizer {text}{'' if dtype == 'float32' else f' of {dtype}'}", lines, *INPUTS)


def _refused(vocabulary: str, module: str, texts: tuple[str, ...], parameter: str) -> Case:
    lines = [f"show(error=raised(lambda: {module}.{text}))" for text in texts]
    return program(vocabulary, "optimizers refused", "\n".join([f"w = {parameter}", *lines]), f32(3, 2))


register(
    _case(vocabulary, source, text)
    for vocabulary, source, texts in (
        ("torch", _TORCH, TORCH), ("mindspore", _MINDSPORE, MINDSPORE), ("mxnet", _MXNET, MXNET))
    for text in texts
)  # fmt: skip
register(_case("mxnet", _MXNET, text, "float16") for text in HALF)
register([
    _refused("torch", "optim", TORCH_REFUSED, "nn.Parameter(x.clone())"),
    _refused("mindspore", "nn", MINDSPORE_REFUSED, "ms.Parameter(x, name='w')"),
])  # fmt: skip
