"""Look-up tables in three vocabularies, with what each does to an index outside."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, program, register
from unified_nn_conformance.sample import Sample, f32, f64, given, index

I64, I32 = index(2, 3, high=10), index(2, 3, high=10, dtype="int32")

register(
    [
        layer("torch", "nn.Embedding(10, 4)", I64),
        layer("torch", "nn.Embedding(10, 4, padding_idx=3)", given([[1, 3, 3], [3, 0, 9]], "int64")),
        layer("torch", "nn.Embedding(10, 4)", given([1, 99], "int64"), id="nn.Embedding 99", expects="IndexError"),
        layer("torch", "nn.Embedding(10, 4)", given([1, -3], "int64"), id="nn.Embedding -3", expects="IndexError"),
        layer("torch", "nn.Embedding(10, 4)", given([1.0, 2.0]), id="nn.Embedding float", expects="RuntimeError"),
        layer("mindspore", "nn.Embedding(10, 4)", I32),
        layer(
            "mindspore", "nn.Embedding(10, 4)", given([1, 99], "int32"), id="nn.Embedding 99", expects="RuntimeError"
        ),
        layer("mxnet", "nn.Embedding(10, 4)", I32),
        layer("mxnet", "nn.Embedding(10, 4)", given([1, 99, -3], "int32"), id="nn.Embedding clips"),
        layer("mxnet", "nn.Embedding(10, 4)", given([1.0, 2.9]), id="nn.Embedding float", gradient=False),
    ]
)

TWICE = given([[1, 3, 3], [3, 0, 9]], "int64")
#: what follows `nn.Embedding(10, 4, ` in PyTorch; the indices name a row three times, and the padding
TORCH = (
    "padding_idx=-7", "max_norm=0.5", "max_norm=1.0, norm_type=1.0", "max_norm=0.25, norm_type=float('inf')",
    "None, 1, 3", "max_norm=0.0", "max_norm=0.5, norm_type=0", "scale_grad_by_freq=True",
    "3, scale_grad_by_freq=True", "3, 0.5, 1.5, True", "_weight=torch.ones(10, 4)",
    "padding_idx=1, _weight=torch.ones(10, 4) * 2", "dtype=torch.float64", "max_norm=0.5, dtype=torch.float16",
)  # fmt: skip
register(layer("torch", f"nn.Embedding(10, 4, {rest})", TWICE) for rest in TORCH)
register([
    layer("torch", "nn.Embedding(10, 4, _freeze=True)", TWICE, gradient=False),
    layer("torch", "nn.Embedding.from_pretrained(torch.ones(10, 4), False, 3, 0.5, 1.0, True)", TWICE),
    layer("torch", "nn.Embedding.from_pretrained(torch.ones(10, 4))", TWICE, gradient=False),
    layer("torch", "nn.Embedding(10, 4)", index(0, 3, high=9), id="nn.Embedding of nothing"),
    layer("torch", "nn.Embedding(10, 4, max_norm=1.0)", index(0, 3, high=9), id="nn.Embedding max_norm of nothing"),
    layer("torch", "nn.Embedding(10, 4)", given(7, "int32"), id="nn.Embedding of one number"),
    *(layer("torch", text, inputs, expects=error, id=f"{text} {error}") for text, inputs, error in (
        ("nn.Embedding(10, 4, padding_idx=10)", TWICE, "AssertionError"),
        ("nn.Embedding(10, 4, padding_idx=-11)", TWICE, "AssertionError"),
        ("nn.Embedding(10, 4, _weight=torch.ones(10, 3))", TWICE, "AssertionError"),
        ("nn.Embedding(-10, 4)", TWICE, "RuntimeError"),
        ("nn.Embedding.from_pretrained(torch.ones(10))", TWICE, "AssertionError"),
        ("nn.Embedding(10, 4, max_norm=1.0)", given([1, 99], "int64"), "IndexError"))),
    function("torch", "F.embedding(x, y, 3, 0.5, 1.0, True)", TWICE, f32(10, 4)),
    function("torch", "F.embedding(x, y, max_norm=0.5)", TWICE, f64(10, 4), gradient=False),
    function("torch", "F.embedding(x, y)", TWICE, f32(10), expects="RuntimeError", id="F.embedding of a vector"),
    function("torch", "F.embedding(x, y, -11)", TWICE, f32(10, 4), expects="AssertionError"),
    program("torch", "embedding shrinks its table", """
    net = filled(nn.Embedding(5, 3, max_norm=0.5, scale_grad_by_freq=True))
    optimizer = optim.SGD(net.parameters(), 0.1)
    for step in range(3):
        optimizer.zero_grad()
        (net(x) * y).sum().backward()
        show(w=net.weight, grad=net.weight.grad)
        optimizer.step()
    show(text=repr(net), rows=nn.Embedding.from_pretrained(torch.ones(3, 2), padding_idx=1).weight.requires_grad)
    """, given([1, 1, 2, 1, 4], "int64"), f32(5, 3)),
])  # fmt: skip

ROWS32 = given([[1, 3, 3], [0, 9, 2]], "int32")
#: what follows `nn.Embedding(10, 4` in MindSpore, indices
MINDSPORE: tuple[tuple[str, Sample], ...] = (
    (", True", ROWS32),
    (", use_one_hot=True", given([0, 12, -1, 9], "int32")),
    (", padding_idx=3", ROWS32),
    (", False, 'zeros'", ROWS32),
    (", embedding_table=ops.ones((10, 4), ms.float32), padding_idx=0", ROWS32),
    (", embedding_table=ops.ones((10, 4), ms.float16)", ROWS32),
    (", dtype=ms.float16", ROWS32),
    ("", given([-1, 3, -10], "int32")),
    ("", TWICE),
    ("", given(7, "int32")),
)
MINDSPORE_REFUSED: tuple[tuple[str, Sample, str], ...] = (
    ("nn.Embedding(0, 4)", ROWS32, "ValueError"),
    ("nn.Embedding(10, -4)", ROWS32, "ValueError"),
    ("nn.Embedding(10.0, 4)", ROWS32, "TypeError"),
    ("nn.Embedding(True, 4)", ROWS32, "TypeError"),
    ("nn.Embedding(10, 4, use_one_hot=1)", ROWS32, "TypeError"),
    ("nn.Embedding(10, 4, padding_idx=10)", ROWS32, "ValueError"),
    ("nn.Embedding(10, 4, padding_idx=-1)", ROWS32, "ValueError"),
    ("nn.Embedding(10, 4, padding_idx=1.0)", ROWS32, "TypeError"),
    ("nn.Embedding(10, 4, embedding_table='foo')", ROWS32, "ValueError"),
    ("nn.Embedding(10, 4, embedding_table=ops.ones((10, 3), ms.float32))", ROWS32, "ValueError"),
    ("nn.Embedding(10, 4, True, dtype=ms.float16)", ROWS32, "TypeError"),
    ("nn.Embedding(10, 4)", given([1, 2], "uint8"), "TypeError"),
    ("nn.Embedding(10, 4, True)", given([1.0]), "TypeError"),
    ("nn.Embedding(10, 4)", given([-11], "int32"), "RuntimeError"),
    ("nn.EmbeddingLookup(10, 4, target='DEVICE')", ROWS32, "RuntimeError"),
    ("nn.EmbeddingLookup(10, 4, sparse=False)", ROWS32, "ValueError"),
    ("nn.EmbeddingLookup(10, 4, target='foo')", ROWS32, "ValueError"),
    ("nn.EmbeddingLookup(10, 4, sparse=1)", ROWS32, "TypeError"),
    ("nn.EmbeddingLookup(10, 4, max_norm=1)", ROWS32, "TypeError"),
    ("nn.EmbeddingLookup(10, 4, max_norm=-1.0)", ROWS32, "ValueError"),
    ("nn.EmbeddingLookup(0, 4)", ROWS32, "ValueError"),
)
register(
    layer("mindspore", f"nn.Embedding(10, 4{rest})", i, id=f"nn.Embedding {n}{rest}")
    for n, (rest, i) in enumerate(MINDSPORE)
)
register(
    layer("mindspore", text, i, expects=error, id=f"{text} {n} {error}")
    for n, (text, i, error) in enumerate(MINDSPORE_REFUSED)
)
register([
    # MindSpore's gradients for the host's look-up are rows with their numbers; ours are dense.
    *(layer("mindspore", f"nn.EmbeddingLookup(10, 4{rest})", i, gradient=False,
            id=f"nn.EmbeddingLookup{rest} on {list(i.shape)}")
      for rest, i in (("", ROWS32), (", 'ones', slice_mode='foo'", ROWS32), ("", given([0, 12, -1, 9], "int32")),
                      (", target='DEVICE', sparse=False", ROWS32), (", dtype=ms.float16", ROWS32))),
    *(layer("mxnet", f"nn.Embedding(10, 4{rest})", i, id=f"nn.Embedding{rest} on {list(i.shape)} {i.dtype}")
      for rest, i in ((", dtype='float64'", I32), (", weight_initializer='ones'", I32), ("", TWICE),
                      ("", given([[1, 99], [-3, 2]], "int64")),
                      (", dtype='float16'", I32))),
    *(function("mxnet", f"nd.Embedding(x, y, {rest})", given([1, 3, 3, 99], "int32"), f32(10, 4)) for rest in (
        "input_dim=10, output_dim=4", "input_dim=10, output_dim=4, dtype='float32', sparse_grad=False")),
])  # fmt: skip
