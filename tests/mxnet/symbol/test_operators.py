"""Every operator of the table: one expression in real MXNet and here gives one graph, and the graph the same numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours
from unified_nn.mxnet.symbol.operators import OPERATORS

#: What an expression sees: the names of variables and the shapes of their arrays.
SHAPES = {
    "x": (2, 3, 4), "y": (2, 3, 4), "r": (2, 1, 4), "m": (3, 4), "n": (4, 5), "v": (4,), "im": (2, 4, 6, 5),
    "w": (2, 4, 3, 3), "b": (2,), "s": (2, 4, 7), "g4": (4,), "g2": (2,), "qkv": (3, 2, 24),
    "p4": (2, 3, 4, 5), "boxes": (2, 7, 6), "kv": (3, 2, 16), "q": (4, 2, 8),
}  # fmt: skip
#: Whole numbers by name: values below the bound, which no gradient flows to.
WHOLE = {
    "i": ((2, 3), 4),
    "c": ((2, 3), 3),
    "row": ((2,), 3),
    "ind": ((2, 5), 2),
    "len23": ((2, 3), 5),
    "ind24": ((2, 4), 4),
    "rois": ((4, 5), 2),
    "pixels": ((4, 5, 3), 256),
    "len2": ((2,), 2),
    "e": ((2, 3), 6),
}

EXPRESSIONS = """
sym.FullyConnected(x, num_hidden=3, name="fc")
sym.FullyConnected(x, num_hidden=3, flatten=False, no_bias=True, name="fc")
sym.Convolution(im, w, b, kernel=(3, 3), num_filter=2, stride=(2, 1), pad=(1, 0))
sym.Convolution(im, num_filter=4, kernel=(3, 3), num_group=2, dilate=(2, 1), no_bias=True, layout="NCHW", name="q")
sym.Convolution(s, num_filter=2, kernel=3, name="q")
sym.Deconvolution(im, num_filter=2, kernel=(3, 3), stride=(2, 2), adj=(1, 1), pad=(1, 1), no_bias=False, name="q")
sym.Pooling(im, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="avg", count_include_pad=False)
sym.Pooling(im, kernel=(2, 2), pooling_convention="full", stride=(2, 2))
sym.Pooling(im, kernel=(1, 1), global_pool=True, pool_type="avg")
sym.Pooling(im, kernel=(2, 2), pool_type="sum")
sym.BatchNorm(im, name="bn")
sym.BatchNorm(im, name="bn", fix_gamma=False, eps=1e-5, axis=2, use_global_stats=True)
sym.LayerNorm(x, name="ln", axis=1)
sym.InstanceNorm(im, name="ln")
sym.GroupNorm(im, name="ln", num_groups=2)
sym.L2Normalization(im, mode="channel")
sym.LRN(im, nsize=3, alpha=0.1)
sym.Activation(x, act_type="softrelu")
sym.LeakyReLU(x, act_type="elu", slope=0.3)
sym.LeakyReLU(im, act_type="prelu", name="pr")
sym.LeakyReLU(x, act_type="gelu")
sym.SoftmaxActivation(m)
sym.SoftmaxActivation(im, mode="channel")
sym.softmax(x, axis=1, temperature=2.0)
sym.log_softmax(x, axis=-1)
sym.softmin(x)
sym.Dropout(x, p=0.3)
sym.Embedding(i, input_dim=4, output_dim=3, name="em")
sym.concat(x, y, dim=2)
sym.Concat(x, r, x, dim=1)
sym.stack(x, y, axis=1)
sym.add_n(x, y, x)
sym.ElementWiseSum(x, y)
sym.split(x, num_outputs=2, axis=2, squeeze_axis=False)[1]
sym.SliceChannel(x, num_outputs=3, axis=1, squeeze_axis=True)
sym.split_v2(x, (1, 3), axis=2)
sym.split_v2(x, 2, axis=2)
sym.reshape(x, shape=(0, -1))
sym.Reshape(x, shape=(-3, 0))
sym.Flatten(x)
sym.flatten(x)
sym.transpose(x, axes=(1, 0, 2))
sym.transpose(x)
sym.swapaxes(x, 0, 2)
sym.SwapAxis(x, dim1=0, dim2=1)
sym.expand_dims(x, axis=1)
sym.squeeze(sym.expand_dims(x, axis=0), axis=0)
sym.slice(x, begin=(None, 1), end=(2, None))
sym.slice(x, begin=(0, 2, 0), end=(2, 0, 4), step=(1, -1, 2))
sym.slice_axis(x, axis=2, begin=1, end=None)
sym.slice_like(x, sym.slice_axis(y, axis=2, begin=0, end=2))
sym.tile(x, reps=(2, 1, 1))
sym.repeat(x, repeats=2, axis=1)
sym.flip(x, axis=1)
sym.reverse(x, axis=(0, 2))
sym.broadcast_to(r, shape=(2, 3, 4))
sym.broadcast_like(r, x)
sym.broadcast_axis(r, axis=1, size=3)
sym.broadcast_axes(r, axis=(1,), size=(3,))
sym.reshape_like(sym.Flatten(x), y)
sym.pad(im, mode="reflect", pad_width=(0, 0, 0, 0, 1, 2, 2, 1))
sym.Pad(im, mode="constant", pad_width=(0, 0, 0, 0, 1, 2, 2, 1), constant_value=1.5)
sym.depth_to_space(im, block_size=2)
sym.space_to_depth(sym.slice_axis(im, axis=3, begin=0, end=4), block_size=2)
sym.diag(m, k=1)
sym.UpSampling(im, scale=2, sample_type="nearest")
sym.sum(x, axis=(0, 2))
sym.sum(x, axis=1, keepdims=True)
sym.mean(x, axis=0, exclude=True)
sym.prod(x, axis=2)
sym.max(x, axis=1)
sym.min(x)
sym.nansum(x, axis=1)
sym.nanprod(x, axis=1)
sym.norm(x, ord=1, axis=1)
sym.norm(x)
sym.argmax(x, axis=1)
sym.argmin(x, axis=2, keepdims=True)
sym.argmax_channel(m)
sym.cumsum(x, axis=1)
sym.moments(x, axes=(0, 1))
sym.dot(m, n)
sym.dot(m, m, transpose_b=True)
sym.batch_dot(x, y, transpose_b=True)
sym.linalg.gemm2(x, y, transpose_b=True, alpha=0.5)
sym.linalg_gemm2(x, y, transpose_a=True)
sym.linalg.gemm(x, sym.swapaxes(y, 1, 2), sym.batch_dot(x, y, transpose_b=True), beta=0.5)
sym.linalg.syrk(x, transpose=True)
sym.take(x, row, axis=1)
sym.pick(x, i, axis=2)
sym.pick(x, i, axis=-1, keepdims=True)
sym.batch_take(m, sym.cast(sym.slice_axis(e, axis=0, begin=0, end=1).reshape((3,)), dtype="int32"))
sym.one_hot(i, depth=4, on_value=2.0, off_value=-1.0)
sym.gather_nd(x, ind)
sym.scatter_nd(sym.slice_axis(n, axis=0, begin=0, end=1).reshape((5,)), ind, shape=(2, 2))
sym.where(x > 0, x, y)
sym.topk(x, axis=2, k=2, ret_typ="value")
sym.topk(x, axis=2, k=2, ret_typ="both")
sym.sort(x, axis=1, is_ascend=False)
sym.argsort(x, axis=1)
sym.SequenceMask(x, value=1.0)
sym.SequenceMask(s, len2, use_sequence_length=True, value=-1.0, axis=1)
sym.SequenceReverse(x)
sym.SequenceLast(s, len2 + 1, use_sequence_length=True, axis=1)
sym.BlockGrad(x) * y
sym.stop_gradient(x) + y
sym.identity(x)
sym.cast(x, dtype="float64")
sym.Cast(x, dtype=np.float16)
sym.clip(x, a_min=-0.5, a_max=0.5)
sym.zeros_like(x) + x
sym.ones_like(x) * x
sym.smooth_l1(x, scalar=2.0)
sym.hard_sigmoid(x, alpha=0.3)
sym.elemwise_add(x, y)
sym.elemwise_div(x, sym.exp(y))
sym.broadcast_add(x, r)
sym.broadcast_plus(x, r)
sym.broadcast_minus(x, r)
sym.broadcast_sub(x, r)
sym.broadcast_mul(x, r)
sym.broadcast_div(x, sym.exp(r))
sym.broadcast_power(sym.exp(x), r)
sym.broadcast_mod(x, sym.exp(r))
sym.broadcast_maximum(x, r)
sym.broadcast_minimum(x, r)
sym.broadcast_hypot(x, r)
sym.broadcast_equal(x, r) + sym.broadcast_not_equal(x, r)
sym.broadcast_greater(x, r) + sym.broadcast_greater_equal(x, r)
sym.broadcast_lesser(x, r) + sym.broadcast_lesser_equal(x, r)
sym.broadcast_logical_and(x, r) + sym.broadcast_logical_or(x, r) + sym.broadcast_logical_xor(x, r)
(x + 1) * (2 - x) / 3 + 2 / sym.exp(x) - (x - 0.5)
sym.exp(x) ** 2 + 2 ** x + sym.exp(x) ** y
-x % 0.7 + 2 % sym.exp(x) + x % sym.exp(y)
(x > 0) + (x >= y) + (x < y) + (x <= 0) + (x == y) + (x != 1) + (x > y) + (x < 1) + (x >= 0) + (x <= y) + (x == 0) + (x != y)
sym.maximum(x, y) + sym.minimum(x, 0.3) + sym.maximum(0.1, x) + sym.minimum(x, y) + sym.maximum(x, 1)
sym.hypot(x, y) + sym.hypot(x, 2.0)
sym.pow(sym.exp(x), y) + sym.power(2.0, x)
abs(x) + x.abs()
sym.zeros((2, 3, 4)) + x * sym.ones(shape=(2, 3, 4), dtype="float32") + sym.full((2, 3, 4), 2)
sym.arange(0, 24).reshape((2, 3, 4)) * x
sym.broadcast_add(sym.eye(4), sym.slice_axis(m, axis=0, begin=0, end=1))
x.reshape((-1, 4)).sum(axis=0, keepdims=True).expand_dims(0)
x.reshape(-1)
x.slice_axis(axis=0, begin=0, end=1).transpose((2, 1, 0)).flatten()
x.astype("float64").mean(axis=(0, 1))
sym.shape_array(x)
sym.size_array(x)
sym.contrib.arange_like(x, axis=1)
sym.contrib.div_sqrt_dim(x)
sym.contrib.AdaptiveAvgPooling2D(im, output_size=(2, 3))
sym.contrib.BilinearResize2D(im, height=4, width=8)
sym.contrib.interleaved_matmul_selfatt_qk(qkv, heads=2)
sym.contrib.interleaved_matmul_selfatt_valatt(qkv, sym.contrib.interleaved_matmul_selfatt_qk(qkv, heads=2), heads=2)
sym.contrib.interleaved_matmul_encdec_qk(q, kv, heads=2)
sym.contrib.interleaved_matmul_encdec_valatt(kv, sym.contrib.interleaved_matmul_encdec_qk(q, kv, heads=2), heads=2)
sym.contrib.BilinearResize2D(im, sym.slice_axis(im, axis=3, begin=0, end=3), mode="like")
sym.contrib.BilinearResize2D(im, scale_height=2.0, scale_width=1.5, align_corners=False)
sym.contrib.box_nms(boxes, overlap_thresh=0.2, coord_start=2, score_index=1, id_index=0, in_format="center", out_format="center")
sym.contrib.box_nms(boxes, overlap_thresh=0.1, valid_thresh=0.3, topk=4, force_suppress=True)
sym.contrib.box_nms(sym.BlockGrad(boxes), overlap_thresh=0.1, in_format="center", id_index=0, background_id=1)
sym.contrib.box_nms(sym.BlockGrad(boxes), overlap_thresh=0.1, out_format="center", score_index=0, id_index=-1)
sym.contrib.SyncBatchNorm(im, name="bn", key="a", fix_gamma=False)
sym.ROIPooling(im, rois, pooled_size=(2, 3), spatial_scale=0.7)
sym.Crop(im, offset=(1, 2), h_w=(3, 2))
sym.Crop(im, sym.slice(im, begin=(0, 0, 0, 0), end=(1, 1, 3, 4)), center_crop=True)
sym.UpSampling(im, im * 2, scale=2, sample_type="nearest", multi_input_mode="sum")
sym.UpSampling(w, sym.Pooling(w, kernel=(3, 3)), scale=2, sample_type="nearest")
sym.image.to_tensor(pixels)
sym.image.normalize(sym.image.to_tensor(pixels), mean=(0.1, 0.2, 0.3), std=2.0)
sym.image.normalize(p4, mean=(0.1, 0.2, 0.3), std=(1, 2, 4))
sym.Reshape(im, target_shape=(0, 0), keep_highest=True)
sym.Reshape(im, target_shape=(8, 0))
sym.softmax(x, sym.cast(len23, dtype="int32"), use_length=True)
sym.softmax(x, sym.cast(ind24, dtype="int64"), axis=1, use_length=True, temperature=2.0)
sym.softmax_cross_entropy(m, sym.slice_axis(e, axis=0, begin=0, end=1).reshape((3,)))
sym.SoftmaxOutput(m, sym.slice_axis(c, axis=0, begin=0, end=1).reshape((3,)), grad_scale=2.0, normalization="batch")
sym.SoftmaxOutput(x, c, preserve_shape=True, use_ignore=True, ignore_label=1, normalization="valid")
sym.SoftmaxOutput(sym.transpose(x, axes=(0, 2, 1)), c, multi_output=True)
sym.SoftmaxOutput(x, c, preserve_shape=True, smooth_alpha=0.1)
sym.SoftmaxOutput(x, c, preserve_shape=True, use_ignore=True, ignore_label=0, normalization="batch")
sym.LinearRegressionOutput(x, y, grad_scale=0.5)
sym.LogisticRegressionOutput(x, y)
sym.MAERegressionOutput(x, y)
sym.MakeLoss(x * x, grad_scale=3.0)
sym.MakeLoss(x * x, normalization="batch")
sym.make_loss(sym.exp(x))
sym.unravel_index(row, shape=(2, 3))
sym.ravel_multi_index(ind, shape=(2, 3))
"""
UNARY = [
    "abs",
    "ceil",
    "fix",
    "floor",
    "logical_not",
    "negative",
    "relu",
    "rint",
    "round",
    "sign",
    "square",
    "trunc",
    "arctan",
    "cbrt",
    "cos",
    "cosh",
    "degrees",
    "erf",
    "exp",
    "expm1",
    "radians",
    "rcbrt",
    "reciprocal",
    "sigmoid",
    "sin",
    "sinh",
    "softsign",
    "tan",
    "tanh",
    "arcsinh",
]
POSITIVE = ["arccos", "arcsin", "arctanh", "log", "log10", "log1p", "log2", "rsqrt", "sqrt"]
EXPRESSIONS += "".join(f"sym.{name}(x)\n" for name in UNARY)
EXPRESSIONS += "".join(f"sym.{name}(sym.sigmoid(x))\n" for name in POSITIVE) + "sym.arccosh(sym.exp(sym.abs(x)))\n"

LINES = EXPRESSIONS.strip().splitlines()
#: Operators whose results are drawn, or that real MXNet does not compute on this CPU.
UNCOMPARED = {
    "_random_uniform", "_random_normal", "_random_exponential", "_random_randint", "_sample_multinomial",
    "_sample_uniform", "_sample_normal", "_shuffle", "_contrib_BatchNormWithReLU", "_linspace",
}  # fmt: skip


def graph(mx: ModuleType, text: str) -> Any:
    names = {name: mx.sym.var(name) for name in (*SHAPES, *WHOLE)}
    with mx.name.NameManager():  # counts from 0
        return eval(text, {"mx": mx, "sym": mx.sym, "np": np, **names})


def arrays(names: list[str], shapes: list[tuple[int, ...]]) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    found = {}
    for name, shape in zip(names, shapes, strict=True):
        if name in WHOLE:
            found[name] = rng.integers(0, WHOLE[name][1], shape).astype("f4")
        else:
            found[name] = rng.normal(size=shape).astype("f4")
        if name == "boxes":  # class, score, and corners or middles and sizes between 0 and 1
            near, far = rng.uniform(0, 1, (*shape[:2], 3)), rng.uniform(0.5, 1, (*shape[:2], 2))
            found[name] = np.concatenate([rng.integers(0, 2, (*shape[:2], 1)), near, far], axis=2).astype("f4")
        if name == "rois":
            found[name] = np.array([[0, 0, 0, 4, 5], [1, 1.2, 2.6, 3.4, 7.5], [1, 3, 3, 3, 3], [0, 6, 6, 9, 9]], "f4")
        if name.endswith("var"):
            found[name] = np.abs(found[name]) + 0.5
    return found


def computed(mx: ModuleType, symbol: Any, values: dict[str, Any], learned: list[str]) -> list[Any]:
    """The outputs and the gradients, with the graph as a block; without gradients by eval."""
    given = {name: mx.nd.array(value) for name, value in values.items()}
    if not learned:
        return [out.asnumpy() for out in symbol.eval(mx.cpu(), **given)]
    block = mx.gluon.SymbolBlock(symbol, [mx.sym.var(name) for name in values])
    for name in learned:
        given[name].attach_grad()
    with mx.autograd.record():
        out = block(*given.values())
        outs = out if isinstance(out, (list, tuple)) else [out]
        total = outs[0].astype("float32") if len(outs) == 1 else mx.nd.add_n(*(o.astype("float32").sum() for o in outs))
    total.backward()
    return [*(o.asnumpy() for o in outs), *(given[name].grad.asnumpy() for name in learned)]


@pytest.mark.parametrize("text", LINES)
def test_operator(text: str, oracle: Callable[[str], ModuleType]) -> None:
    mx = oracle("mxnet")
    theirs, mine = graph(mx, text), graph(ours, text)
    assert mine.tojson() == theirs.tojson()
    loaded = ours.sym.load_json(theirs.tojson())
    names = theirs.list_arguments() + theirs.list_auxiliary_states()
    known = {n: (SHAPES.get(n) or WHOLE[n][0]) for n in theirs.list_inputs() if n in SHAPES or n in WHOLE}
    shapes, outs, states = theirs.infer_shape(**known)
    assert loaded.infer_shape(**known) == (shapes, outs, states)
    values = arrays(names, [*shapes, *states])
    if "Dropout" in text:
        return
    learned = [] if _is_whole(text) else [n for n in theirs.list_arguments() if n not in WHOLE]
    for real, own in zip(computed(mx, theirs, values, learned), computed(ours, loaded, values, learned), strict=True):
        assert own.dtype == real.dtype
        atol = 2e-3 if real.dtype == np.float16 else 1e-5
        np.testing.assert_allclose(own, real, rtol=2e-3 if real.dtype == np.float16 else 2e-4, atol=atol)


#: What an expression begins with that gives nothing with a gradient.
WHOLE_RESULTS = tuple(
    f"sym.{name}("
    for name in (  # noqa: SIM905  names read better in rows
        "argmax argmax_channel argmin argsort batch_take shape_array size_array one_hot unravel_index ravel_multi_index "
        "contrib.arange_like broadcast_equal broadcast_greater broadcast_lesser broadcast_logical_and logical_not"
    ).split()
)


def _is_whole(text: str) -> bool:
    """Whether nothing that the expression gives has a gradient."""
    return text.startswith((*WHOLE_RESULTS, "(x > 0) +")) or 'ret_typ="both"' in text or "BlockGrad(boxes)" in text


LOGICAL = ["_logical_and", "_logical_or", "_logical_xor"]


@pytest.mark.parametrize("name", [*LOGICAL, *(f"{name}_scalar" for name in LOGICAL), "amp_cast"])
def test_operator_that_only_files_name(name: str, oracle: Callable[[str], ModuleType]) -> None:
    mx = oracle("mxnet")
    made = ours.sym.cast(ours.sym.var("x"), dtype="float16") if name == "amp_cast" else None
    pair = ours.sym.var("x") == (1 if "scalar" in name else ours.sym.var("y"))
    text = (pair if made is None else made).tojson()
    for op in ("Cast", "_equal_scalar", "_equal"):
        text = text.replace(f'"op": "{op}"', f'"op": "{name}"')
    symbols = [one.sym.load_json(text) for one in (mx, ours)]
    values = {n: np.array([[0, 1, 2], [-1, 0, 0.5]], "f4") for n in symbols[0].list_inputs()}
    real, own = computed(mx, symbols[0], values, []), computed(ours, symbols[1], values, [])
    np.testing.assert_array_equal(own[0], real[0])


def test_all_operators_are_compared() -> None:
    used = {node["op"] for text in LINES for node in _nodes(graph(ours, text))}
    elsewhere = {*LOGICAL, *(f"{name}_scalar" for name in LOGICAL), "amp_cast", "RNN", "_rnn_param_concat"}
    missing = {op.name for op in OPERATORS.values()} - used - UNCOMPARED - elsewhere
    assert not missing, f"write a line in EXPRESSIONS for {sorted(missing)}"


def _nodes(symbol: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(symbol.tojson())["nodes"]
    return found


@pytest.mark.parametrize("text", ["sym.Convolution(im, w, b, kernel=(3, 3), num_filter=2)", "sym.BatchNorm(im, name='bn')",
                                  "sym.LeakyReLU(im, act_type='prelu', name='pr')", "sym.take(x, row, axis=1)"])  # fmt: skip
def test_on_every_backend(text: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    mx = oracle("mxnet")
    theirs = graph(mx, text)
    known = {n: (SHAPES.get(n) or WHOLE[n][0]) for n in theirs.list_inputs() if n in SHAPES or n in WHOLE}
    shapes, _, states = theirs.infer_shape(**known)
    values = arrays(theirs.list_arguments() + theirs.list_auxiliary_states(), [*shapes, *states])
    learned = [n for n in theirs.list_arguments() if n not in WHOLE]
    loaded = ours.sym.load_json(theirs.tojson())
    for real, own in zip(computed(mx, theirs, values, learned), computed(ours, loaded, values, learned), strict=True):
        np.testing.assert_allclose(own, real, rtol=1e-3, atol=2e-5)
