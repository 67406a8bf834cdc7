"""LayerNorm: every argument of PyTorch's layer and function, and MindSpore's two axes where they differ."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, register
from unified_nn_conformance.sample import Sample, f32, f64, given, index

X, ONE, HALF = f32(2, 3, 4), f32(4), Sample((2, 3, 4), "normal", "float16")
TORCH: tuple[tuple[str, Sample], ...] = (
    ("[3, 4]", X), ("(2, 3, 4)", X), ("4, 0.0", X), ("4, -0.5", X), ("4, eps=1", X), ("4, 1e-5, True, False", X),
    ("4, elementwise_affine=False, bias=False", X), ("4, elementwise_affine=False, bias=True", X), ("4", ONE),
    ("4", f32(0, 4)), ("4, dtype=torch.float64", f64(2, 3, 4)), ("4, dtype=torch.float16", HALF),
    ("4", given([[float("inf"), 0.0, 1.0, 2.0], [float("nan"), 0.0, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0]])),
    ("torch.Size([4])", X),
)  # fmt: skip
FUNCTIONS: tuple[tuple[str, tuple[Sample, ...]], ...] = (
    ("x, [4]", (X,)), ("x, (3, 4), y", (X, f32(3, 4))), ("x, (4,), None, y, 1e-3", (X, ONE)),
    ("x, (4,), weight=y, bias=z, eps=0.1", (X, ONE, ONE)), ("x, torch.Size([3, 4])", (X,)),
    ("x, x.shape", (X,)),
)  # fmt: skip
REFUSED: tuple[tuple[str, tuple[Sample, ...], str], ...] = (
    ("F.layer_norm(x, (3,))", (X,), "RuntimeError"), ("F.layer_norm(x, (4,), y)", (X, f32(3)), "RuntimeError"),
    ("F.layer_norm(x, ())", (X,), "RuntimeError"), ("F.layer_norm(x, 4)", (X,), "TypeError"),
    ("F.layer_norm(x, (4,), y)", (X, f64(4)), "RuntimeError"),
    ("F.layer_norm(x, (4,))", (index(2, 4, high=5),), "NotImplementedError"),
    ("F.layer_norm(x, (2, 2, 3, 4))", (X,), "RuntimeError"), ("nn.LayerNorm(5)(x)", (X,), "RuntimeError"),
    ("nn.LayerNorm(-4)", (X,), "RuntimeError"), ("nn.LayerNorm(4, 'a')(x)", (X,), "TypeError"),
    ("nn.LayerNorm('a')", (X,), "TypeError"), ("nn.LayerNorm([])(x)", (X,), "RuntimeError"),
    ("F.layer_norm(x.half(), (4,), y.half(), y)", (X, ONE), "RuntimeError"),
    ("F.layer_norm(x, (4,), y.half())", (X, ONE), "RuntimeError"), ("nn.LayerNorm(4)(x)", (f64(2, 4),), "RuntimeError"),
)  # fmt: skip
MINDSPORE = (
    "(4,), 1, 2", "(4,), 1, -1", "(4,), 0, 2", "(3, 4), 2, 1", "(3, 4), begin_norm_axis=-1, begin_params_axis=1",
    "(4,), epsilon=0.0",
)  # fmt: skip
MINDSPORE_REFUSED: tuple[tuple[str, str], ...] = (
    ("(1,), 2, 2", "ValueError"), ("(3, 4), 1, 2", "ValueError"), ("(4,), epsilon=1", "TypeError"),
    ("(4,), epsilon='a'", "TypeError"), ("(4.0,)", "ValueError"), ("(0,)", "ValueError"), ("(-4,)", "ValueError"),
    ("(4,), gamma_init=ops.ones((3,), ms.float32)", "ValueError"),
)  # fmt: skip

register(
    layer("torch", f"nn.LayerNorm({args})", x, id=f"nn.LayerNorm {n}: {args}") for n, (args, x) in enumerate(TORCH)
)
register(
    function("torch", f"F.layer_norm({args})", *inputs, id=f"F.layer_norm {n}: {args}")
    for n, (args, inputs) in enumerate(FUNCTIONS)
)
register(
    function("torch", text, *inputs, expects=error, id=f"{text} {n} {error}")
    for n, (text, inputs, error) in enumerate(REFUSED)
)
register(layer("mindspore", f"nn.LayerNorm({args})", X, id=f"nn.LayerNorm two axes: {args}") for args in MINDSPORE)
register(
    layer("mindspore", f"nn.LayerNorm({args})", X, expects=error, id=f"nn.LayerNorm two axes: {args} {error}")
    for args, error in MINDSPORE_REFUSED
)
register([
    function("torch", "F.layer_norm(x.half(), (4,), y, z)", X, ONE, ONE, gradient=False),
    layer("mindspore", "nn.LayerNorm((4,))", index(2, 4, high=5, dtype="int32"), expects="TypeError",
          id="nn.LayerNorm of integers"),
    function("mindspore", "nn.LayerNorm((4,))(3)", X, expects="AttributeError"),
])  # fmt: skip
