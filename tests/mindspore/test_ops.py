"""Functions, primitives, operators and tensor methods: values, dtypes and errors as MindSpore's."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend
from unified_nn.mindspore import ops

ARRAYS = {
    "x": np.array([[0.5, -1.25, 2.0], [3.5, -0.75, 0.1]], np.float32), "v": np.array([1.0, -2.0, 3.0], np.float32)
}  # fmt: skip

UNARY = [
    "abs",
    "exp",
    "expm1",
    "log1p",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "square",
    "sign",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "erf",
    "floor",
    "ceil",
    "round",
    "trunc",
    "neg",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "mish",
    "selu",
    "softsign",
    "logsigmoid",
    "tanhshrink",
    "hardswish",
    "hardsigmoid",
    "gelu",
    "leaky_relu",
    "elu",
    "celu",
    "hardshrink",
    "softshrink",
    "softplus",
    "hardtanh",
    "softmin",
    "zeros_like",
    "ones_like",
    "argmax",
    "argmin",
    "ravel",
    "shape",
    "size",
    "rank",
    "numel",
    "flatten",
]
EXPRESSIONS = [
    *(f"ops.{name}(x)" for name in UNARY),
    *(f"ops.{name}(d)" for name in ("exp", "sqrt", "sigmoid", "softmax", "gelu", "sum", "mean")),
    *(f"ops.{name}(h)" for name in ("exp", "relu", "sigmoid", "softmax", "sum", "mean", "abs", "square", "log")),
    *(f"ops.{name}(i)" for name in ("abs", "neg", "square", "sign", "relu", "sum", "prod", "mean", "sqrt", "isnan")),
    *(f"ops.{name}(b)" for name in ("sum", "logical_not", "any", "all", "sqrt")),
    *(f"ops.{name}(ops.abs(x))" for name in ("log", "log2", "log10")),
    *(f"ops.{name}(x, y)" for name in ["add", "sub", "mul", "div", "floor_div", "remainder", "fmod", "maximum",
    "minimum", "atan2", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "floor_mod",
    "true_divide", "divide", "subtract", "multiply", "pow", "logical_and", "logical_or", "logical_xor"]),
    *(f"ops.{name}(i, 2)" for name in ["add", "sub", "mul", "div", "floor_div", "remainder", "pow", "maximum",
    "equal", "less"]),
    *(f"ops.{name}(x, 2.5)" for name in ["add", "sub", "mul", "div", "floor_div", "remainder", "pow", "maximum",
    "equal", "less"]),
    *(f"{a} {op} {b}" for op in ("+", "-", "*", "/", "//", "%") for a, b in (
        ("x", "y"), ("x", "2"), ("2", "x"), ("i", "2"), ("2", "(i + 7)"), ("h", "2.5"), ("x", "d"), ("i", "x"), ("b",
        "(i + 7)"),
        ("x", "h[:1]"), ("i", "1.5"), ("x", "True"))),
    "x ** 2", "2.0 ** x", "i ** 2", "ops.abs(x) ** y", "x @ y.T", "v @ v", "x @ v", "-x", "abs(i)", "~b", "~i",
    "b & b[:1]", "b | b[:1]", "b ^ b[:1]", "i & 3", "i | 1", "x == y", "x != 0.5", "x < y", "x >= 0.1", "b + b",
    "b * b",
    "x == None", "x == 'a'", "x != None", "x + [1.0, 2.0, 3.0]", "x + 'a'", "x + None", "x + np.ones(3)",
    "x + Tensor([1.0, 2.0])", "Tensor([1], ms.uint16) + Tensor([1], ms.int32)",
    "x[0]", "x[:, 1]", "x[..., ::2]", "x[None]", "x[-1, -1]", "x[b]", "x[Tensor([1, 0])]", "x[[1, 0]]", "x[5]",
    "x[Tensor([1, 0]), Tensor([2, 1])]", "x[1:]", "x[0][0]", "float(x[0, 0])", "x[0, 0, 0]", "bool(x)", "x.item()",
    "ops.sum(x, 1)", "ops.sum(x, (0, 1), True)", "ops.sum(x, -1, keepdim=True)", "ops.sum(x, 5)",
    "ops.mean(x, 0)", "ops.mean(x, (0, 1), True)", "ops.prod(x, 1)", "ops.prod(x)", "ops.max(x)", "ops.max(x, 1)",
    "ops.min(x, axis=0, keepdims=True)", "ops.amax(x, 1)", "ops.amin(x, (0, 1))", "ops.argmax(x, 1)",
    "ops.argmin(x, 0, True)", "ops.all(b, 1)", "ops.any(b, 0, True)", "ops.cumsum(x, 1)", "ops.std(x, 0)",
    "ops.var(x, 1, 1)", "ops.std(x, 1, True, True)", "ops.logsumexp(x, 1)", "ops.norm(x)", "ops.norm(x, dim=1)",
    "ops.norm(v, 1)", "ops.matmul(x, y.T)", "ops.matmul(x, y)", "ops.bmm(im[0], im[0].swapaxes(1, 2))",
    "ops.outer(v, v)", "ops.dot(x, y.T)", "ops.t(x)", "ops.topk(x, 2)", "ops.topk(x, 1, 0, False)", "ops.mv(x, v)",
    "ops.addmm(x[:, :2] @ x[:, :2], x, y.T, beta=2, alpha=3)", "ops.addcmul(x, x, y, 2.0)", "ops.addcdiv(x, x, y, 2.0)",
    "ops.addn([x, y, x])", "ops.lerp(x, y, 0.25)", "ops.isclose(x, y)", "ops.xlogy(ops.abs(x), ops.abs(y))",
    "ops.clamp(x, -0.5, 1.0)", "ops.clamp(x, None, 1.0)", "ops.clip_by_value(x, Tensor(-0.5), Tensor(1.0))",
    "ops.div(x, y, rounding_mode='floor')", "ops.div(x, y, rounding_mode='trunc')",
    "ops.div(i, 2, rounding_mode='trunc')",
    "ops.clip_by_global_norm((x, y), 1.0)",
    "ops.ones((2, 3))", "ops.zeros((2,), ms.int32)", "ops.full((2, 2), 3.5, dtype=ms.float32)", "ops.full((2,), 3)",
    "ops.eye(2, 3)",
    "ops.full_like(x, 2)", "ops.arange(5)", "ops.arange(1, 2, 0.25)", "ops.arange(1, 7, 2)", "ops.linspace(0, 1, 5)",
    "ops.fill(ms.float32, (2,), 3)", "ops.cast(x, ms.int32)", "ops.cast(i, ms.float16)", "ops.is_tensor(x)",
    "ops.reshape(x, (3, 2))", "ops.reshape(x, (-1,))", "ops.reshape(x, (4, 2))", "ops.transpose(im, (0, 2, 3, 1))",
    "ops.permute(x, (1, 0))", "ops.swapaxes(im, 1, 2)", "ops.movedim(im, 1, 3)", "ops.expand_dims(x, 1)",
    "ops.unsqueeze(x, -1)", "ops.squeeze(x[None])", "ops.squeeze(x[None], 0)", "ops.squeeze(x, 0)",
    "ops.broadcast_to(v, (2, 3))", "ops.broadcast_to(x[:1], (4, -1))", "ops.tile(x, (2, 1))", "ops.tile(v, (2, 2))",
    "ops.concat((x, y))", "ops.concat([x, y], 1)", "ops.cat((x, y), -1)", "ops.concat((x, v))", "ops.concat((x, im))",
    "ops.stack((x, y), 1)", "ops.stack([x, v])", "ops.unstack(x, 1)", "ops.unbind(x)", "ops.split(x, 2, 1)",
    "ops.split(x, [1, 2], 1)", "ops.chunk(x, 2, 1)", "ops.flip(x, (0, 1))",
    "ops.gather(x, Tensor([1, 0, 1]), 0)", "ops.gather(x, Tensor([5]), 0)",
    "ops.gather_elements(x, 1, Tensor([[0], [2]]))",
    "ops.gather_d(x, 0, Tensor([[0, 1, 0]]))", "ops.index_select(x, 1, Tensor([2, 0]))", "ops.where(b, x, y)",
    "ops.where(b, x, 0.0)", "ops.select(b, x, y)", "ops.masked_fill(x, b, 9.0)", "ops.masked_select(x, b)",
    "ops.nonzero(i)", "ops.one_hot(Tensor([0, 2, 1]), 3)", "ops.one_hot(Tensor([0, 5]), 3, Tensor(1.0), Tensor(0.0))",
    "ops.one_hot(l, 3, Tensor(2.0), Tensor(-1.0), 0)", "ops.sort(x)", "ops.sort(x, 0, True)", "ops.argsort(x)",
    "ops.tril(sq)", "ops.triu(sq, 1)", "ops.meshgrid(v, v[:2])", "ops.meshgrid(v, v[:2], indexing='ij')",
    "ops.repeat_interleave(x, 2, 1)", "ops.stop_gradient(x)", "ops.flatten(im, start_dim=2)",
    "ops.softmax(x)", "ops.softmax(x, 0)", "ops.softmax(x, 5)", "ops.log_softmax(x)", "ops.softmax(i)",
    "ops.gelu(x, approximate='tanh')", "ops.gelu(x, 'foo')", "ops.leaky_relu(x, 0.3)", "ops.elu(x)",
    "ops.threshold(x, 0.3, 9.0)", "ops.prelu(x, v)", "ops.prelu(x, Tensor([0.25]))", "ops.glu(im)", "ops.glu(x)",
    "ops.hardtanh(x, -0.5, 0.5)", "ops.softplus(x, 2, 1)", "ops.dense(x, y, Tensor([1.0, 2.0]))", "ops.dense(x, y)",
    "ops.pad(x, (1, 2))", "ops.pad(x, (1, 2, 0, 1), value=5)",
    "ops.pad(im[0], (1, 2), mode='reflect')", "ops.pad(im, (1, 2, 1, 1), mode='replicate')",
    "ops.dropout(x, 0.5, False)",
    "ops.max_pool2d(im, 2)", "ops.max_pool2d(im, 3, 2, 1)", "ops.avg_pool2d(im, 2, 2)",
    "ops.adaptive_avg_pool2d(im, (3, 2))",
    "ops.avg_pool2d(im, 3, 2, 1, True, False)", "ops.conv2d(im, im[:2, :, :3, :3])",
    "ops.conv2d(im, im[:2, :, :3, :3], Tensor([1.0, 2.0]), pad_mode='same')",
    "ops.conv2d(im, im[:2, :2, :3, :3], groups=2, stride=2, pad_mode='pad', padding=1)",
    "ops.mse_loss(x, y)", "ops.l1_loss(x, y, 'sum')", "ops.smooth_l1_loss(x, y)",
    "ops.smooth_l1_loss(x, y, 0.5, 'mean')",
    "ops.huber_loss(x, y, delta=0.5)", "ops.binary_cross_entropy(p, p, None, 'none')", "ops.kl_div(y - 9, p)",
    "ops.kl_div(y - 9, p, 'batchmean')",
    "ops.binary_cross_entropy_with_logits(x, p, ops.ones_like(x), ops.ones_like(x) * 2)", "ops.mse_loss(x, y, 'foo')",
    "ops.nll_loss(x, l)", "ops.nll_loss(x, l, v, -100, 'sum')", "ops.cross_entropy(x, l)", "ops.cross_entropy(x, p)",
    "ops.cross_entropy(x, l, ops.abs(v), 2)", "ops.cross_entropy(x, l, None, -100, 'none', 0.1)",
    "ops.cross_entropy(x, l, ops.abs(v), -100, 'mean', 0.1)", "ops.cosine_similarity(x, y)",
    "ops.margin_ranking_loss(x, y, ops.sign(x), 0.5)",
    "ops.MatMul()(x, y.T)", "ops.MatMul(transpose_b=True)(x, y)", "ops.BatchMatMul()(im, im.swapaxes(2, 3))",
    "ops.ReLU()(x)", "ops.Reshape()(x, (3, 2))", "ops.Transpose()(x, (1, 0))", "ops.Concat(1)((x, y))",
    "ops.ReduceSum()(x, 1)", "ops.ReduceSum(keep_dims=True)(x)", "ops.ReduceMean()(x, (0, 1))", "ops.ReduceMax()(x)",
    "ops.ReduceSum()(i)", "ops.Softmax()(x)", "ops.LogSoftmax()(x)", "ops.Cast()(x, ms.int32)", "ops.Shape()(x)",
    "ops.Argmax()(x)", "ops.Argmax(output_type=ms.int64)(x)", "ops.ArgMaxWithValue(1)(x)",
    "ops.ArgMinWithValue(1)(x)", "ops.Argmin()(x)", "ops.Squeeze(0)(x[None])",
    "ops.ExpandDims()(x, 0)", "ops.Tile()(x, (1, 2))", "ops.OneHot()(l, 3, Tensor(1.0), Tensor(0.0))", "ops.GeLU()(x)",
    "ops.Gather()(x, Tensor([1]), 0)", "ops.Stack(1)((x, y))", "ops.Unstack()(x)", "ops.Split(1, 3)(x)",
    "ops.BiasAdd()(x, v)", "ops.BiasAdd()(x, Tensor([1.0]))", "ops.Flatten()(im)", "ops.MaxPool(2, 2)(im)",
    "ops.AvgPool(2, 2, 'same')(im)", "ops.Conv2D(2, 3)(im, im[:2, :, :3, :3])", "ops.Slice()(x, (0, 1), (2, 2))",
    "ops.StridedSlice()(x, (0, 0), (2, 3), (1, 2))", "ops.SoftmaxCrossEntropyWithLogits()(x, p)", "ops.CumSum()(x, 1)",
    "ops.TopK()(x, 2)", "ops.Pad(((0, 1), (2, 0)))(x)", "ops.SquaredDifference()(x, y)", "ops.DType()(x)",
    "ops.Select()(b, x, y)", "ops.LayerNorm()(x, v, v)[0]", "ops.ZerosLike()(x)", "ops.Fill()(ms.float32, (2,), 1)",
    "ops.BroadcastTo((4, 3))(v)", "ops.Pow()(x, 2)", "ops.Mod()(x, y)", "repr(ops.MatMul(transpose_b=True))",
    "x.sum()", "x.sum(1)", "x.sum(axis=0, keepdims=True)", "x.mean(1, True)", "x.max()", "x.max(axis=1)", "x.min(1)",
    "x.max(axis=1, return_indices=True)", "x.argmax(1)", "x.argmax()", "x.argmin()", "x.argmin(1)", "x.std()",
    "x.var(0)", "x.prod()", "x.any()",
    "b.all(1)", "x.view(3, 2)", "x.reshape(3, -1)", "x.reshape((6,))", "x.flatten()", "x.transpose()", "x.T",
    "im.transpose(0, 2, 3, 1)", "x.permute(1, 0)", "x.swapaxes(0, 1)", "x.squeeze()", "x.expand_dims(0)",
    "x.unsqueeze(1)",
    "x.broadcast_to((2, 2, 3))", "x.tile((2, 1))", "x.split(1)", "x.clip(0.0, 1.0)", "x.clamp(max=1.0)", "x.sort()",
    "x.topk(2)", "x.argsort()", "x.gather(Tensor([1]), 0)", "x.masked_fill(b, 0.0)", "x.norm()", "x.nonzero()",
    "x.astype('int32')", "x.astype(ms.float16)", "x.to(ms.float64)", "x.float()", "x.half()", "x.int()", "x.long()",
    "x.bool()", "x.copy()", "x.asnumpy()", "x.tolist()", "x.shape", "x.dtype", "x.size", "x.ndim", "x.itemsize",
    "x.nbytes", "x.strides", "len(x)", "len(Tensor(1.0))", "list(v)", "x.abs()", "x.exp()", "x.pow(2)", "x.add(1)",
    "x.matmul(y.T)", "x.ptp()", "x.fill(2.0)", "x.repeat_interleave(2, 0)", "x.all()", "x.cumsum(0)",
    "x.index_select(0, l[1:])",
    "x.softmax(-1)", "str(x)", "repr(x)", "str(x.dtype)", "repr(x.dtype)", "x.has_init", "x.device", "round(x)",
    "x.view_as(x.T)", "x.expand_as(im[0, :2, :2, :3])", "x.is_floating_point()", "x.new_zeros((2,))", "int(v[0])",
    "Tensor([1, 2])", "Tensor([1.0, 2])", "Tensor(1.5)", "Tensor(True)", "Tensor(np.float64(3))",
    "Tensor([[1, 2], [3]])",
    "Tensor('a')", "Tensor(None)", "Tensor([1], 'float32')", "Tensor([])", "Tensor(x, ms.int32)",
    "Tensor([x[0, 0], 1.0])",
     "ms.tensor([1.0])", "ms.dtype_to_nptype(ms.float32)", "ms.dtype_to_pytype(ms.int8)",
    "ms.pytype_to_dtype(int)", "initializer.initializer('ones', [2, 3]).init_data()",
    "initializer.initializer('foo', [2])",
    "initializer.initializer(3, [2]).init_data()", "str(initializer.initializer('normal', [2, 3]))",
    "initializer.initializer(Tensor([1.0, 2.0]), [3])", "initializer.initializer('identity', [2, 3]).init_data()",
    "initializer.initializer(initializer.Dirac(), [3, 2, 3]).init_data()", "ms.set_seed(-1)", "ms.set_seed(1.0)",
    "ms.set_context(foo=1)", "ms.set_context(mode=5)", "ms.get_context('mode')",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gives_what_mindspore_gives(expression: str, agree: Callable[[str], None], backend: Backend) -> None:
    agree(expression)


GRADIENTS = [
    *(f"ops.{name}(x)" for name in ["abs", "exp", "log1p", "sin", "cos", "tanh", "sigmoid", "relu", "silu", "mish",
    "gelu", "softplus", "elu", "celu", "hardswish", "hardsigmoid", "logsigmoid", "softsign", "leaky_relu",
    "hardtanh", "softshrink", "hardshrink", "square", "erf", "relu6", "tanhshrink", "cumsum(x,1)#"][:-1]),
    "x * y / (1 + y * y)", "x ** 3", "ops.sum(x, 1)", "ops.mean(x)", "ops.max(x, 1)[0]", "ops.softmax(x) * y",
    "ops.log_softmax(x) * y", "x[:, 1] * 2", "x[b]", "ops.concat((x, x * 2), 1) * 3", "ops.where(b, x, y)", "x @ y.T",
    "ops.maximum(x, y)", "ops.minimum(x, x)", "ops.clamp(x, -1.25, 2.0)", "ops.reshape(x, (3, 2)) ** 2",
    "ops.cross_entropy(x, l)", "ops.norm(x)", "ops.std(x, 1)", "x.T @ x",
    "ops.gather(x, Tensor([1, 1]), 0)", "ops.tile(x, (2, 2)) * 2", "ops.stop_gradient(x) * x", "ops.cumsum(x, 1) ** 2",
]  # fmt: skip


@pytest.mark.parametrize("expression", GRADIENTS)
def test_gradient(expression: str, agree: Callable[[str], None], backend: Backend) -> None:
    agree(f"(lambda y, b, l, v, ops, Tensor: ms.grad(lambda x: {expression}))(y, b, l, v, ops, Tensor)(x)")


#: What MindSpore's CPU build cannot run, or gets wrong, checked against the formula.
FORMULAS = {
    "ops.roll(x, 1, 0)": "np.roll(X, 1, 0)",
    "ops.roll(x, 2)": "np.roll(X, 2)",
    "ops.elu(x, 0.5)": "np.where(X > 0, X, 0.5 * np.expm1(X))",
    "ops.layer_norm(x, (3,), v, v)": "(X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5) * V + V",
    # MindSpore 2.10's own gradient of selu takes the result for the input.
    "ms.grad(ops.selu)(x)": "1.0507009873554805 * np.where(X > 0, 1, 1.6732632423543772 * np.exp(X))",
}


@pytest.mark.parametrize("expression", FORMULAS)
def test_gives_the_formula(expression: str, backend: Backend) -> None:
    x, v = ARRAYS["x"], ARRAYS["v"]
    space = {"ops": ops, "ms": ms, "x": ms.Tensor(x), "v": ms.Tensor(v)}
    expected = eval(FORMULAS[expression], {"np": np, "X": x.astype("f8"), "V": v.astype("f8")})
    np.testing.assert_allclose(eval(expression, space).asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_complex_numbers(agree: Callable[[str], None], backend: Backend) -> None:
    if backend.name == "mxnet":
        with pytest.raises(TypeError, match="no complex128 arrays"):
            ms.Tensor(1 + 2j)
    else:
        agree("Tensor(1 + 2j)")


def test_a_float_without_dtype_is_refused(backend: Backend) -> None:
    with pytest.raises(ValueError, match="give dtype"):
        ops.full((2,), 3.5)


@pytest.mark.parametrize("name", ["ops.cdist", "nn.FastGelu", "mint.add", "numpy.array", "foo"])
def test_what_is_missing_is_named(name: str) -> None:
    module, _, attribute = f"unified_nn.mindspore.{name}".rpartition(".")
    with pytest.raises(AttributeError, match=f"mindspore.*{attribute} is not offered by unified_nn"):
        getattr(importlib.import_module(module), attribute)
