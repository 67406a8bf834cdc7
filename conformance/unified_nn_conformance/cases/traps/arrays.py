"""Traps 42 to 54, 56, 57 and 59: reductions, dtypes, shapes, pictures."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

X, Y = f32(5), f32(5)
IMAGE = f32(2, 3, 4, 4)

trap(
    42, X,
    torch="show(std=torch.std(x), var=torch.var(x), method=x.std())",
    mindspore="show(std=ops.std(x), var=ops.var(x), method=x.std())",
    mxnet="show(moments=nd.moments(x, axes=0))",
)  # fmt: skip
trap(
    43, X,
    torch="show(place=torch.argmax(x))",
    mindspore="show(place=ops.argmax(x), method=x.argmax())",
    mxnet="show(place=nd.argmax(x, axis=0))",
)  # fmt: skip
ARRAYS = """
    import numpy as np
    show(whole={0}([1, 2]), half={0}([0.5]), double={0}(np.array([0.5])), long={0}(np.array([1])))
"""
trap(44, torch=ARRAYS.format("torch.tensor"), mindspore=ARRAYS.format("Tensor"), mxnet=ARRAYS.format("nd.array"))
trap(
    45, given([3, -3], "int64"), given([2, 2], "int64"),
    torch="show(out=x / y)", mindspore="show(out=x / y)", mxnet="show(out=x / y)",
)  # fmt: skip
trap(
    46, given([3], "int32"), given([0.5]),
    torch="show(out=x + y)", mindspore="show(out=x + y)", mxnet="show(out=raised(lambda: (x + y).asnumpy()))",
)  # fmt: skip
trap(47, X, Y, torch="show(out=x > y)", mindspore="show(out=x > y)", mxnet="show(out=x > y)")
trap(
    48, given([0.5, 1.5, 2.5, -0.5, -1.5]),
    torch="show(out=torch.round(x))",
    mindspore="show(out=ops.round(x))",
    mxnet="show(round=nd.round(x), rint=nd.rint(x))",
)  # fmt: skip
trap(49, given([3, 4], "int32"), torch="show(out=x.sum())", mindspore="show(out=x.sum())", mxnet="show(out=x.sum())")
trap(50, X, torch="show(out=x.sum())", mindspore="show(out=x.sum())", mxnet="show(out=x.sum(), max=x.max())")
trap(
    51, f32(2, 3, 4),
    torch="show(out=filled(nn.Linear(4, 2))(x), flat=raised(lambda: nn.Linear(12, 2)(x)))",
    mindspore="show(out=filled(nn.Dense(4, 2))(x), flat=raised(lambda: nn.Dense(12, 2)(x)))",
    mxnet="""
        for net in (nn.Dense(2, in_units=12), nn.Dense(2, flatten=False, in_units=4)):
            net.initialize()
            show(out=filled(net)(x))
        """,
)  # fmt: skip
trap(
    52, f32(2, 3, 4),
    torch="show(rest=x.reshape(4, -1), zero=raised(lambda: x.reshape(0, -1)), other=raised(lambda: x.reshape(-3, 4)))",
    mindspore="""
        show(rest=x.reshape(4, -1), zero=raised(lambda: x.reshape(0, -1)), other=raised(lambda: x.reshape(-3, 4)))
        show(function=raised(lambda: ops.reshape(x, (-2, 4))))
        """,
    mxnet="""
        show(rest=x.reshape((4, -1)), keep=x.reshape((0, -1)), joined=x.reshape((-3, 0)), copied=x.reshape((0, -2)))
        show(split=x.reshape((0, 0, -4, 2, 2)))
        """,
)  # fmt: skip
trap(
    53, IMAGE,
    torch="""
        show(size=F.interpolate(x, size=(6, 7), mode="bilinear"), scale=F.interpolate(x, scale_factor=2, mode="bilinear"))
        show(corners=F.interpolate(x, size=(6, 7), mode="bilinear", align_corners=True))
        show(layer=nn.Upsample(scale_factor=2, mode="bilinear")(x), older=nn.UpsamplingBilinear2d(scale_factor=2)(x))
        """,
    mindspore="""
        show(size=ops.interpolate(x, size=(6, 7), mode="bilinear"))
        show(corners=ops.interpolate(x, size=(6, 7), mode="bilinear", align_corners=True))
        show(layer=nn.Upsample(size=(8, 8), mode="bilinear")(x))
        """,
    mxnet="""
        show(corners=nd.contrib.BilinearResize2D(x, height=6, width=7))
        show(centres=nd.contrib.BilinearResize2D(x, height=6, width=7, align_corners=False))
        """,
)  # fmt: skip
trap(
    54, IMAGE,
    torch="show(out=nn.LocalResponseNorm(3)(x))",
    mindspore="show(default=nn.LRN()(x), narrow=nn.LRN(1, 1.0, 1e-4, 0.75)(x), function=ops.lrn(x))",
    mxnet="show(out=nd.LRN(x, nsize=3), one=nd.LRN(x, nsize=3, knorm=1.0))",
)  # fmt: skip
trap(
    56, X,
    torch="show(top=torch.topk(x, 2), sorted=torch.sort(x))",
    mindspore="show(top=ops.topk(x, 2), sorted=ops.sort(x))",
    mxnet="show(top=nd.topk(x, k=2), both=nd.topk(x, k=2, ret_typ='both'), sorted=nd.sort(x), order=nd.argsort(x))",
)  # fmt: skip
trap(
    57, IMAGE,
    torch="show(out=filled(nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1))(x))",
    mindspore="""
        net = nn.Conv2dTranspose(3, 2, 3, stride=2, pad_mode="pad", padding=1, output_padding=1)
        show(out=filled(net)(x), default=filled(nn.Conv2dTranspose(3, 2, 3, stride=2))(x))
        """,
    mxnet="""
        net = nn.Conv2DTranspose(2, 3, strides=2, padding=1, output_padding=1, in_channels=3)
        net.initialize()
        show(out=filled(net)(x))
        """,
)  # fmt: skip
trap(
    59, given([[[0, 128, 255], [1, 2, 3]]], "uint8"),
    mindspore="""
        from mindspore.dataset import vision
        picture = x.asnumpy()
        show(chw=vision.HWC2CHW()(picture), tensor=vision.ToTensor()(picture), same=vision.Rescale(0.5, 1.0)(picture))
        """,
    mxnet="show(tensor=gluon.data.vision.transforms.ToTensor()(x))",
)  # fmt: skip
