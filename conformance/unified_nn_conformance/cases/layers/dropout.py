"""Dropout: nothing in inference; in training PyTorch's own masks for its seed."""

from __future__ import annotations

from unified_nn_conformance.case import Case, function, layer, program, register
from unified_nn_conformance.sample import Sample, f32, index

X, CHANNELS = f32(3, 4), {1: f32(2, 3, 4), 2: f32(2, 3, 4, 5), 3: f32(2, 3, 4, 5, 2)}

register(
    [
        layer("torch", "nn.Dropout(0.3)", X, training=False),
        layer("mindspore", "nn.Dropout(p=0.3)", X, training=False),
        layer("mindspore", "nn.Dropout(0.9)", X, training=False),
        layer("mxnet", "nn.Dropout(0.3)", X, training=False),
        *(layer("torch", f"nn.Dropout{rank}d(0.3)", x, training=False) for rank, x in CHANNELS.items()),
        *(layer("mindspore", f"nn.Dropout{rank}d(p=0.3)", x, training=False) for rank, x in CHANNELS.items()),
        function("torch", "[torch.manual_seed(3), F.dropout(x, 0.4)][1]", f32(5, 7), id="F.dropout seeded"),
        function("torch", "[torch.manual_seed(3), F.dropout2d(x, 0.4)][1]", CHANNELS[2], id="F.dropout2d seeded"),
        layer("torch", "nn.Dropout(1.5)", X, expects="ValueError"),
        layer("mindspore", "nn.Dropout(p=1.5)", X, expects="ValueError"),
    ]
)


def _training(vocabulary: str, text: str, x: Sample) -> Case:
    return layer(vocabulary, text, x, id=f"{text} while training")


register([
    *(_training("torch", f"nn.Dropout({rest})", X) for rest in ("0.3", "p=0", "0.0", "1", "p=1.0")),
    *(_training("torch", f"nn.Dropout{rank}d({rest})", x)
      for rank, x in CHANNELS.items() for rest in ("", "0.3", "0.0", "p=1.0")),
    layer("torch", "nn.Dropout1d(0.5)", f32(3, 4), id="nn.Dropout1d(0.5) without samples"),
    layer("torch", "nn.Dropout3d(0.5)", f32(3, 4, 2, 2), id="nn.Dropout3d(0.5) without samples"),
    layer("torch", "nn.Dropout(0.5)", f32(0, 4), id="nn.Dropout(0.5) of nothing"),
    layer("torch", "nn.Dropout(0.5)", Sample((3, 4), "normal", "float16"), id="nn.Dropout(0.5) of float16"),
    layer("torch", "nn.Dropout(0.5)", Sample((3, 4), "normal", "float64"), id="nn.Dropout(0.5) of float64"),
    *(function("torch", f"(lambda a: (F.dropout{rest}, a))(x * 1)", X) for rest in (
        "(a, 0.4, True, True)", "(a, 0.4, inplace=True)", "(a, 1.0, inplace=True)", "(a, 0.4, False, True)",
        "1d(a, 0.4, inplace=True)")),
    function("torch", "nn.Sequential(nn.Dropout(0.4, inplace=True), nn.Dropout(p=0.2, inplace=True))(x * 1)", X),
    *(layer("torch", text, x, expects=error, id=f"{text} on {list(x.shape)} {error}") for text, x, error in (
        ("nn.Dropout(-0.5)", X, "ValueError"), ("nn.Dropout('a')", X, "TypeError"),
        ("nn.Dropout(0.5)", index(3, 4, high=5), "RuntimeError"), ("nn.Dropout1d(0.5)", CHANNELS[2], "RuntimeError"),
        ("nn.Dropout1d(0.5)", f32(4), "RuntimeError"), ("nn.Dropout2d(2.0)", CHANNELS[2], "ValueError"))),
    function("torch", "F.dropout(x, 1.5, False)", X, expects="ValueError"),
    function("torch", "F.dropout(x, 0.5, 1)", X, expects="TypeError"),
    function("torch", "F.dropout(x, 0.5, True, True)", X, expects="RuntimeError", id="F.dropout in place of a leaf"),
    *(_training("mindspore", f"nn.Dropout({rest})", X) for rest in (
        "1.0", "p=0.0", "p=0", "0.5, 0.0", "1.0, 0.5", "keep_prob=1.0, dtype=ms.float16")),
    *(layer("mindspore", f"nn.Dropout({rest})", X, training=False) for rest in ("", "0.5, 0.3", "dtype=ms.float16")),
    *(_training("mindspore", f"nn.Dropout{rank}d({rest})", x)
      for rank, x in CHANNELS.items() for rest in ("p=0.0", "1.0")),
    *(layer("mindspore", text, x, expects=error, id=f"{text} on {list(x.shape)} {error}") for text, x, error in (
        ("nn.Dropout(0.0)", X, "ValueError"), ("nn.Dropout(1)", X, "TypeError"), ("nn.Dropout(p=1.0)", X, "ValueError"),
        ("nn.Dropout(p=-0.1)", X, "ValueError"), ("nn.Dropout(p='a')", X, "TypeError"),
        ("nn.Dropout('a')", X, "TypeError"), ("nn.Dropout(p=True)", X, "TypeError"),
        ("nn.Dropout(p=0.5)", index(3, 4, high=5), "TypeError"), ("nn.Dropout1d(p=2.0)", CHANNELS[1], "ValueError"),
        ("nn.Dropout1d(p=1)", CHANNELS[1], "TypeError"), ("nn.Dropout1d(0.5)", f32(4), "ValueError"),
        ("nn.Dropout2d(0.5)", CHANNELS[1], "ValueError"), ("nn.Dropout3d(0.5)", CHANNELS[2], "ValueError"))),
    *(function("mindspore", f"ops.dropout{rest}", X) for rest in (
        "(x, 0.5, False)", "(x, 0.0)", "(x, 2.0, False)", "1d(x, 1.0)", "1d(x, 0.0)", "1d(x, 0.5, False)")),
    *(function("mindspore", f"ops.dropout{rank}d(x, {p})", x, id=f"ops.dropout{rank}d {p}")
      for rank, x in CHANNELS.items() for p in (0.0, 1.0)),
    *(function("mindspore", f"ops.{text}", X, expects=error) for text, error in (
        ("dropout(x, 1.0)", "RuntimeError"), ("dropout(x, -0.5)", "RuntimeError"), ("dropout(x, 0)", "TypeError"),
        ("dropout(x, 0.5, 1)", "TypeError"), ("dropout(3)", "TypeError"), ("dropout(x, seed='a')", "TypeError"),
        ("dropout1d(x, 2.0)", "ValueError"), ("dropout1d(x, 1)", "TypeError"), ("dropout1d(x, 0.5, 1)", "TypeError"),
        ("dropout1d(x[0])", "ValueError"), ("dropout2d(x)", "ValueError"), ("dropout2d(3)", "TypeError"))),
    *(_training("mxnet", f"nn.Dropout({rest})", X) for rest in ("0", "0.0", "rate=0.0, axes=(0,)", "1.0", "-0.5")),
    *(layer("mxnet", f"nn.Dropout({rest})", X, training=False) for rest in ("0.5, axes=(1,)", "1.0")),
    *(function("mxnet", f"nd.Dropout(x, {rest})", X) for rest in (
        "p=0.0", "p=0.0, mode='always'", "p=0.0, axes=(0,)", "cudnn_off=True, p=0.0")),
    program("torch", "what dropout keeps", """
    x.requires_grad_()
    for net in (nn.Dropout(0.4), nn.Dropout2d(0.4), nn.Dropout3d(0.2), nn.AlphaDropout(0.3)):
        torch.manual_seed(4)
        out = net(x)
        out.sum().backward()
        show(out=out, grad=x.grad)
        x.grad = None
    """, f32(2, 6, 2, 2, 3)),
    program("mindspore", "what dropout keeps", """
    for net in (nn.Dropout(0.6), nn.Dropout(p=0.4), nn.Dropout(0.9, 0.4)):
        net.set_train()
        def total(x):
            out = net(x)
            return out.sum(), out
        grad, (out,) = ms.grad(total, has_aux=True)(x)
        share = (out == 0).astype(ms.float32).mean().item()
        show(share=abs(share - 0.4) < 0.1, same=bool(((out - x * grad).abs() < 1e-5).all()))
        show(scale=[round(v, 4) for v in sorted({float(g) for g in grad.asnumpy().ravel()})])
    for rank, shape in ((1, (40, 30, 5)), (2, (40, 30, 5, 1)), (3, (40, 30, 5, 1, 1))):
        out = getattr(nn, f"Dropout{rank}d")(0.4).set_train()(ops.ones(shape, ms.float32)).asnumpy().reshape(40, 30, 5)
        show(whole=bool((out == out[:, :, :1]).all()), share=abs((out == 0).mean() - 0.4) < 0.1)
    """, f32(40, 50)),
    program("mxnet", "what dropout keeps", """
    x.attach_grad()
    for net, axes in ((nn.Dropout(0.4), ()), (nn.Dropout(0.4, axes=(1,)), (1,)), (nn.Dropout(0.4, (0,)), (0,))):
        with mx.autograd.record():
            out = net(x)
        out.backward()
        share = (out == 0).mean().asscalar()
        values, kept = out.asnumpy(), x.grad.asnumpy()
        show(share=bool(abs(share - 0.4) < 0.15), same=bool((abs(values - x.asnumpy() * kept) < 1e-5).all()))
        show(scale=[round(v, 4) for v in sorted({float(g) for g in kept.ravel()})])
        show(whole=[bool((kept == kept.take([0], axis)).all()) for axis in (0, 1)])
    show(always=bool((nd.Dropout(nd.ones((100,)), p=0.5, mode="always") == 0).sum().asscalar() > 20))
    show(training=bool((nd.Dropout(nd.ones((100,)), p=0.5) == 0).sum().asscalar() > 20))
    show(error=raised(lambda: nd.Dropout(x, p=1.5, mode="always").asnumpy()))
    """, f32(60, 50)),
])  # fmt: skip
