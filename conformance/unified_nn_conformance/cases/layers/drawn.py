"""What random configurations found: one case for each fault that was repaired."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, program, register
from unified_nn_conformance.sample import Sample, f32, f64, given, index

X1, X2 = f32(2, 3, 5), f32(2, 3, 6, 6)
WHOLE = Sample((2, 4, 4), "index", "int64", 5)

#: text, input, the class of the error that PyTorch raises
REFUSED: tuple[tuple[str, Sample, str], ...] = (
    ("nn.Conv2d(3, 3, 3, stride=(1, 1, 1))", X2, "RuntimeError"),
    ("nn.Conv2d(3, 3, (1, 1, 1))", X2, "RuntimeError"),
    ("nn.Conv2d(3, 3, (1,))", X2, "RuntimeError"),
    ("nn.Conv2d(3, 3, 1, stride=1.5)", X2, "TypeError"),
    ("nn.Conv2d(3, 3, 1.5)", X2, "TypeError"),
    ("nn.Conv2d(3.0, 3, 1)", X2, "TypeError"),
    ("nn.Conv1d(3, 3, 1, dilation=0)", X1, "RuntimeError"),
    ("nn.Conv1d(3, 3, 2, dilation=-1)", X1, "RuntimeError"),
    ("nn.Conv1d(3, 3, 2, padding=-1)", X1, "RuntimeError"),
    ("nn.Conv1d(3, 3, 2, padding='same')", f32(2, 3, 4, 4, 4), "RuntimeError"),
    ("nn.Conv2d(3, 3, 2, padding_mode='circular')", f32(2, 3), "NotImplementedError"),
    ("nn.Conv2d(3, 3, 2, padding=(1,), padding_mode='circular')", X2, "NotImplementedError"),
    ("nn.MaxPool2d(0)", X2, "RuntimeError"),
    ("nn.MaxPool2d(1, 0, ceil_mode=True)", X2, "RuntimeError"),
    ("nn.MaxPool3d(1, ceil_mode=True)", f32(2, 2, 2), "RuntimeError"),
    ("nn.MaxPool3d(3, padding=(0, 0, 1), dilation=0)", f32(1, 1, 4, 4, 4), "RuntimeError"),
    ("nn.MaxPool2d(1.5)", X2, "TypeError"),
    ("nn.MaxPool1d(2)", WHOLE, "NotImplementedError"),
    ("nn.MaxPool1d(2)", f32(2, 0, 4), "RuntimeError"),
    ("nn.AvgPool2d(2)", f32(7, 8), "IndexError"),
    ("nn.AvgPool2d(2, divisor_override=0)", X2, "RuntimeError"),
    ("nn.AvgPool3d(3, padding=1)", f32(1, 1, 2, 2, 2), "RuntimeError"),
    ("nn.AvgPool3d(1)", f32(2, 0, 2, 2, 2), "RuntimeError"),
    ("nn.LPPool1d(2, (1,))", X1, "TypeError"),
    ("nn.AdaptiveAvgPool3d(2)", f32(2, 0, 2, 2, 2), "RuntimeError"),
    ("nn.CircularPad1d(1)", f32(3), "ValueError"),
    ("nn.BatchNorm1d(4)", WHOLE, "NotImplementedError"),
    ("nn.BatchNorm1d(3)", f64(2, 3, 5), "RuntimeError"),
    ("nn.BatchNorm1d(1)", f32(2, 2, 1), "RuntimeError"),
    ("nn.GroupNorm(0, 6)", f32(2, 6, 2), "ZeroDivisionError"),
    ("nn.GroupNorm(3, 3)", f32(1, 3, 1, 1), "ValueError"),
    ("nn.GroupNorm(3, 3)", f64(2, 3, 4), "RuntimeError"),
    ("nn.RMSNorm((4, 2, 4))", f32(2, 4), "ValueError"),
    ("nn.GRUCell(3, 1)", f32(1, 3), "ValueError"),
    ("nn.Softmax(dim=5)", index(2, high=2, dtype="bool"), "IndexError"),
    ("nn.Dropout(float('nan'))", X1, "RuntimeError"),
    ("nn.Embedding(4, 3)", index(2, high=4, dtype="uint8"), "RuntimeError"),
    ("nn.Linear(2.5, 2)", f32(2, 2), "TypeError"),
)
#: text and input of what was refused, or not offered, and is computed
COMPUTED: tuple[tuple[str, Sample], ...] = (
    ("nn.Conv2d(3, 3, 2, stride=(2,), padding=[1])", X2),
    ("nn.MaxPool2d(5, ceil_mode=True)", f32(1, 1, 3, 3)),
    ("nn.MaxPool2d(2, dilation=2, ceil_mode=True)", f32(2, 3, 2, 2)),
    ("nn.AvgPool2d(5, 2, ceil_mode=True)", f32(1, 1, 4, 4)),
    ("nn.AvgPool1d(3, padding=1, ceil_mode=True)", f32(2, 3, 1)),
    ("nn.BatchNorm1d(2)", f32(0, 2, 3)),
    ("nn.InstanceNorm2d(3, track_running_stats=True)", X2),
    ("nn.InstanceNorm1d(3, affine=True, track_running_stats=True, momentum=0.4)", f32(3, 5)),
    ("nn.Embedding(5, 3, max_norm=0.5)", index(4, 2, high=5)),
    ("nn.Embedding(5, 3, padding_idx=1, max_norm=0.9, norm_type=1.0)", index(7, high=5)),
    ("nn.Embedding(4, 3, scale_grad_by_freq=True)", index(3, 5, high=4)),
)

register(
    [
        *(
            layer("torch", text, x, id=f"{text} refused on {x.shape}".replace("(", "[").replace(")", "]"), expects=error)
            for text, x, error in REFUSED
            if not text.startswith("nn.GRUCell")
        ),
        *(
            layer("torch", text, x, training=training, id=f"{text} drawn {'in training' if training else ''}")
            for text, x in COMPUTED
            for training in (True, False)
        ),
        layer("torch", "nn.GRUCell(3, 1)", f32(1, 3), f32(1, 1, 1), id="nn.GRUCell state rank", expects="ValueError"),
        layer("torch", "nn.CrossEntropyLoss(label_smoothing=-0.1)", f32(2, 3), index(2, high=3)),
        layer("torch", "nn.Bilinear(3, 4, 2)", f32(5, 3), f32(5, 4)),
        layer("torch", "nn.Bilinear(3, 4, 2, bias=False)", f32(2, 5, 3), f32(2, 5, 4)),
        layer("torch", "nn.Bilinear(3, 4, 2)", f32(4, 3), f32(5, 4), id="nn.Bilinear batches", expects="RuntimeError"),
        layer("torch", "nn.Bilinear(0, 4, 2)", f32(4, 3), f32(5, 4), expects="ValueError"),
        function("torch", "F.conv2d(x, y, padding='some')", X2, f32(2, 3, 2, 2), expects="RuntimeError"),
        function("torch", "F.conv1d(x, y)", X1, f32(2, 3, 2, 2), id="F.conv1d weight rank", expects="RuntimeError"),
        function("torch", "F.instance_norm(x, y.detach(), z.detach(), use_input_stats=False)", X1, f32(3),
                 f32(3, kind="positive")),
        function("torch", "F.instance_norm(x, use_input_stats=False)", X1, expects="RuntimeError"),
        function("torch", "F.rms_norm(x, (3,), y)", f32(2, 3), f32(), expects="RuntimeError"),
        *(
            program("torch", f"unpooled in {rank} dimensions", f"""
                pool = nn.MaxPool{rank}d(3, stride=2, padding=1, return_indices=True)
                unpool = nn.MaxUnpool{rank}d(3, stride=2, padding=1)
                x.requires_grad_()
                y, places = pool(x)
                back = unpool(y, places, output_size=x.shape)
                (back * torch.arange(float(back.numel())).reshape(back.shape)).sum().backward()
                show(back=back, plain=unpool(y, places), dx=x.grad, text=str(unpool))
            """, f32(2, 2, *(5,) * rank))
            for rank in (1, 2, 3)
        ),
        layer("torch", "nn.MultiheadAttention(6, 3)", f32(1, 1, 6), f32(2, 2, 6), f32(2, 2, 6), expects="RuntimeError",
              id="nn.MultiheadAttention of one query for two keys"),
        function("torch", "F.max_unpool2d(x, torch.tensor([[[[99]]]]), 2)", f32(1, 1, 1, 1), expects="RuntimeError"),
        program("torch", "SGD with gradients set to 0 in place", """
            net = filled(nn.Linear(3, 2))
            opt = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
            for step in range(3):
                opt.zero_grad(set_to_none=False)
                (net(torch.arange(6.).reshape(2, 3)) ** 2).sum().backward()
                opt.step()
            show(weight=net.weight, bias=net.bias)
        """),
    ]
)  # fmt: skip

BELOW = given([[[[-3, -2, -5, -1], [-4, -9, 2, 3]]]], "int32")

register(
    [
        layer("mindspore", "nn.MaxPool1d(2, 2, pad_mode='pad', padding=1)", given([[[-3, -2, -5, 4]]], "int64")),
        layer("mindspore", "nn.MaxPool2d(2, 2, pad_mode='pad', return_indices=True)", BELOW),
        layer("mindspore", "nn.MaxPool3d(1, 2, pad_mode='pad', return_indices=True)",
              given([[[[[-3, 2], [4, -1]]]]], "int32")),
        layer("mindspore", "nn.MaxPool2d(2, 2)", BELOW, expects="TypeError"),
        layer("mindspore", "nn.MaxPool2d(1, pad_mode='pad')", Sample((1, 1, 2, 2), "bool", "bool"), expects="TypeError"),
        function("mindspore", "ops.max_pool2d(x, 2, 2, return_indices=True)", BELOW),
        function("mindspore", "ops.max_pool3d(x, (1, 2, 2), return_indices=True)", given([[[[[-3, -2], [-5, -1]]]]], "int32")),
        *(
            layer("mindspore", f"nn.Hardtanh({limits})", given([-3, -1, 0, 1, 3], dtype), gradient=False,
                  id=f"nn.Hardtanh({limits}) of {dtype}")
            for limits in ("", "-0.5, 1.5", "1.5, 2.5") for dtype in ("int32", "bool")
        ),
        layer("mindspore", "nn.GELU()", f32(3), f32(3), expects="TypeError"),
        layer("mindspore", "nn.MaxPool2d(2)", f32(1, 1, 2, 2), f32(1, 1, 2, 2), expects="TypeError"),
        *(
            layer("mindspore", text, f32(2, 3), expects="TypeError")
            for text in ("nn.CELU('a')", "nn.CELU(1)", "nn.HShrink(None)", "nn.LogSoftmax('a')", "nn.LogSoftmax(True)")
        ),
        layer("mindspore", "nn.CELU(0.0)", f32(2, 3), expects="ValueError"),
        layer("mindspore", "nn.SoftShrink(-1.0)", f32(2, 3), expects="RuntimeError"),
        layer("mindspore", "nn.Hardtanh(3.0)", f32(2, 3), expects="ValueError"),
        *(
            layer("mindspore", f"nn.{name}()", Sample((2, 3), "bool", "bool"), expects="TypeError",
                  id=f"nn.{name}() of bool")
            for name in ("SoftShrink", "HShrink", "HSwish", "HSigmoid", "Softsign", "CELU", "Mish", "ReLU6")
        ),
        *(
            layer("mindspore", f"nn.{name}()", given([-5, -2, -1, 0, 1, 2, 4], "int32"), gradient=False,
                  id=f"nn.{name}() of int32")
            for name in ("HSwish", "HSigmoid", "ReLU", "LeakyReLU")
        ),
        layer("mindspore", "nn.AdaptiveMaxPool2d(-1)", f32(2, 1, 3, 4)),
        layer("mindspore", "nn.AdaptiveMaxPool2d((2, -1), return_indices=True)", f32(2, 1, 3, 4)),
        layer("mindspore", "nn.AdaptiveMaxPool2d(-2)", f32(2, 1, 3, 4), expects="RuntimeError"),
        function("mindspore", "ops.adaptive_max_pool2d(x, (-1, 2))", f32(2, 1, 3, 4)),
        layer("mindspore", "nn.AdaptiveAvgPool2d(-1)", f32(2, 1, 3, 4), expects="ValueError"),
        layer("mindspore", "nn.CrossEntropyLoss(weight=ops.arange(2.0, 3.0))", f32(2, 3), f32(2, 3, kind="unit")),
        layer("mindspore", "nn.CrossEntropyLoss(weight=ops.arange(1.0, 3.0))", f32(2, 1), f32(2, 1, kind="unit"),
              id="nn.CrossEntropyLoss of one class with two weights"),
        layer("mindspore", "nn.CrossEntropyLoss(weight=ops.arange(1.0, 3.0))", f32(2, 3), f32(2, 3, kind="unit"),
              expects="ValueError"),
        layer("mxnet", "nn.PReLU()", Sample((2, 3), "index", "int32", 3), expects="MXNetError"),
        layer("mxnet", "nn.PReLU(in_channels=2)", f32(2, 1, 3)),
        layer("mxnet", "nn.PReLU(in_channels=2)", f32(2, 2, 3), id="nn.PReLU of two channels and two samples"),
        layer("mxnet", "nn.PReLU(in_channels=3)", f32(2, 1, 3), expects="MXNetError"),
        *(
            layer("mxnet", text, Sample((2, 3), "index", dtype, 3), expects="MXNetError", gradient=False, id=f"{text} of {dtype}")
            for text in ("nn.Activation('softsign')", "nn.Activation('relu')", "nn.LeakyReLU(0.1)")
            for dtype in ("int32", "bool")
        ),
        function("mxnet", "nd.LeakyReLU(x, slope=0.1)", index(3, high=3), expects="MXNetError", gradient=False),
        function("mxnet", "nd.Activation(x, act_type='relu')", index(3, high=3), expects="MXNetError", gradient=False),
        *(
            layer("mxnet", text, f32(2, 3), expects="TypeError")
            for text in ("nn.LeakyReLU(None)", "nn.Dense('a')")
        ),
        layer("mxnet", "nn.Swish('a')", f32(2, 3), expects="TypeError"),
        layer("mxnet", "nn.Dropout('a')", f32(2, 3), expects="TypeError"),
        layer("mxnet", "nn.Embedding('a', 2)", index(3, high=3), expects="TypeError"),
    ]
)  # fmt: skip
