"""Functions of tensors whose arguments or dtypes are easily mistaken."""

from __future__ import annotations

import math

from unified_nn_conformance.case import function, register
from unified_nn_conformance.sample import f32, given

X, Y = f32(3, 4), f32(3, 4)
LIMITED = given([0.0, 1.0, 2.0, 3.0])
TIES = given([[1.0, 3.0, 3.0], [4.0, 4.0, 2.0]])

NAN, INF = math.nan, math.inf
BASES = given([0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -2.0, 1.0, 2.0])
POWERS = given([0.0, 1.0, 2.0, 0.5, -1.0, 2.0, 3.0, INF, -2.0])

register([
    *(function("torch", text, *inputs) for text, *inputs in (
        ("torch.pow(x, y)", BASES, POWERS), ("torch.pow(0.0, x)", given([0.0, -1.0, 2.0])),
        ("torch.pow(-2.0, x)", given([0.0, -1.0, 2.0])), ("torch.logit(x, 1.0)", LIMITED), ("torch.logit(x, 1.2)", LIMITED),
        ("torch.logit(x, 2.0)", LIMITED))),
    *(function("torch", text, X, gradient=False) for text in (
        "x.to(True)", "x.to(2.0)", "x.to(False, True)", "x.long().to(torch.float32, True, True)")),
    function("torch", "x.to(True, torch.int32)", X, expects="TypeError"),
    *(function("mindspore", text, *inputs) for text, *inputs in (
        ("ops.pow(x, y)", given([0.0, 0.0, 0.0, 0.0, -1.0, -2.0, 1.0]), given([1.0, 2.0, 0.5, -1.0, 2.0, 3.0, INF])),
        ("ops.kl_div(x, y)", given([[-0.5, -2.0, -1.0]]), given([[0.0, -1.0, 0.5]])),
        ("nn.KLDivLoss('sum')(x, y)", given([[-0.5, -INF, -1.0]]), given([[-0.5, 0.0, 0.5]])))),
    # MindSpore never writes the gradient of an empty result: what is in that memory differs from run to run.
    function("mindspore", "ops.tile(x, (2, 0, 1))", X, gradient=False),
    function("mindspore", "ops.tile(x, (-1, 1))", X, expects="ValueError"),
    *(function("mxnet", text, X, gradient=False) for text in ("nd.repeat(x, 0, axis=1)", "nd.repeat(x, 0)")),
    function("mxnet", "nd.repeat(x, -1, axis=0)", X, expects="MXNetError"),
    *(function("torch", text, X) for text in (
        "torch.std_mean(x, True)", "torch.var_mean(x, False)", "torch.var_mean(x, 1)", "torch.var_mean(x, (0, 1), True)",
        "x.reshape(2, -1)")),
    *(function("torch", text, X, gradient=False) for text in (
        "torch.square(x > 0)", "(x > 0).square()", "(x > 0) ** 2")),
    *(function("torch", f"torch.logit({text})", given([-1.0, 0.0, 0.2, 0.1, 0.75, 1.0, 2.0])) for text in (
        "x", "x, 0.1", "x, 0.0", "x, -1", "x, 0.7")),
    *(function("torch", text, *inputs) for text, *inputs in (
        ("torch.clamp(x, y, z)", LIMITED, given([1.0] * 4), given([2.0] * 4)), ("torch.clamp(x, y)", LIMITED, given([1.0] * 4)),
        ("torch.clamp(x, max=y)", LIMITED, given([1.0, float("nan"), 2.0, 0.0])), ("torch.clamp(x, 1.0, 2.0)", LIMITED),
        ("torch.xlogy(x, y)", given([0.0, 0.0, 1.0, 2.0]), given([-1.0, 2.0, 0.5, 3.0])),
        ("torch.xlogy(x, 2.0)", LIMITED), ("x.median()", TIES), ("(x * 1).median()", f32(3, 5)))),
    function("torch", "x.reshape(-2, 4)", X, expects="RuntimeError"),
    *(function("mindspore", text, X) for text in (
        "x.transpose(0, 1)", "x.transpose(1, 0)", "x.transpose(-1, 0)", "x.transpose((0, 1))", "x.permute(0, 1)", "x.T",
        "x.transpose(dim0=0, dim1=1)", "ops.stack(x)", "ops.stack(x, -1)", "ops.clip_by_global_norm(x)",
        "ops.clip_by_global_norm(x, 100.0)", "ops.clip_by_global_norm((x, x), 0.1)")),
    *(function("mindspore", text, X, gradient=False) for text in (
        "ops.deepcopy(x > 0)", "Tensor([2, 1, -1]) ** -1", "Tensor([2, 1, -1], ms.int32) ** -2", "2 ** Tensor([-1, 3])",
        "ops.pow(Tensor([2, 3]), Tensor([-1, 2]))")),
    *(function("mindspore", text, X, expects="ValueError") for text in (
        "x.transpose(0, 2)", "x.reshape(-2, 6)", "ops.reshape(x, (-3, 4))")),
    *(function("mindspore", text, TIES) for text in (
        "x.max()", "x.max(0)", "x.max(axis=1)", "x.max(axis=1, keepdims=True)", "x.min(axis=1)", "ops.max(x, 1)[0]",
        "ops.max(x, 1, True)[0]", "ops.min(x, 0)[0]", "ops.amax(x, 1)", "ops.ArgMaxWithValue(1)(x)[1]",
        "ops.ReduceMax()(x, 1)")),
    *(function("mindspore", text, *inputs) for text, *inputs in (
        ("ops.xlogy(x, y)", given([0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 0.0, 0.0]), given([0.0, -1.0, 2.0, 0.0, 3.0, -1.0, INF, NAN])),
        ("ops.clamp(x, y, z)", LIMITED, given([1.0] * 4), given([2.0] * 4)), ("ops.clamp(x, y)", LIMITED, given([1.0] * 4)),
        ("ops.clamp(x, 1.0, 2.0)", LIMITED), ("ops.clip_by_value(x, 1.0)", LIMITED),
        ("ops.clip_by_value(x, y, z)", LIMITED, given([1.0] * 4), given([2.0] * 4)),
        ("ops.clip_by_value(x, 1, 2)", LIMITED),
        ("ops.margin_ranking_loss(x, y, z, 1.0)", LIMITED, given([1.0, 1.0, 1.0, 4.0]), given([1.0] * 4)))),
    *(function("mxnet", text, given([-2.0, 0.0, 0.5, 1e-4, -1e-3, 1e4])) for text in (
        "nd.arcsinh(x)", "nd.cbrt(x)", "nd.arcsinh(x * 1e6)")),
    function("mindspore", "ops.hinge_embedding_loss(x, y)", X, Y, gradient=False),
])  # fmt: skip
