"""Losses in three vocabularies: their reductions, halves, labels and class errors."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import f32, given, index

X, Y, P = f32(4, 3), f32(4, 3), f32(4, 3, kind="unit")
LABELS, LABELS32 = index(4, high=3), index(4, high=3, dtype="int32")
HOT = given([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SIGNS = given([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]])

register([
    *(layer("torch", f"nn.{name}(reduction='{reduction}')", X, Y)
      for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss") for reduction in ("mean", "sum", "none")),
    *(layer("torch", f"nn.CrossEntropyLoss({options})", X, LABELS)
      for options in ("", "reduction='none'", "reduction='sum'", "label_smoothing=0.1", "ignore_index=1",
                      "weight=torch.tensor([0.2, 1.0, 3.0])")),
    layer("torch", "nn.CrossEntropyLoss()", X, P, id="nn.CrossEntropyLoss probabilities"),
    layer("torch", "nn.CrossEntropyLoss()", f32(2, 3, 4), index(2, 4, high=3), id="nn.CrossEntropyLoss spatial"),
    layer("torch", "nn.NLLLoss()", X, LABELS),
    layer("torch", "nn.BCELoss()", P, HOT),
    layer("torch", "nn.BCEWithLogitsLoss()", X, HOT),
    layer("torch", "nn.BCEWithLogitsLoss(reduction='none', pos_weight=torch.tensor([0.5, 2.0, 1.0]))", X, HOT),
    layer("torch", "nn.KLDivLoss(reduction='batchmean')", X, P),
    *(layer("torch", f"nn.KLDivLoss(reduction={reduction!r}, log_target=True)", X, Y)
      for reduction in ("batchmean", "mean", "sum", "none")),
    layer("torch", "nn.SoftMarginLoss()", X, given([[1, -1, 1]] * 4, "int64")),
    layer("torch", "nn.MultiLabelSoftMarginLoss()", X, HOT),
    layer("torch", "nn.HingeEmbeddingLoss(margin=0.5)", X, SIGNS),
    layer("torch", "nn.CosineEmbeddingLoss(margin=0.2)", X, f32(4, 3), given([1, -1, 1, -1], "int64")),
    layer("torch", "nn.MarginRankingLoss(margin=0.1)", X, P, SIGNS),
    layer("torch", "nn.TripletMarginLoss(swap=True)", X, P, HOT),
    layer("torch", "nn.PoissonNLLLoss(full=True)", X, P),
    layer("torch", "nn.GaussianNLLLoss()", X, Y, P),
    layer("torch", "nn.CrossEntropyLoss()", X, given([0, 7, 1, 2], "int64"), id="label out of range",
          expects="IndexError"),
    layer("torch", "nn.CrossEntropyLoss()", X, index(3, high=3), id="batch sizes", expects="ValueError"),
    layer("torch", "nn.MSELoss()", f32(2, 3), f32(2, 4), id="nn.MSELoss shapes", expects="RuntimeError"),
    *(layer("mindspore", f"nn.{name}()", X, Y) for name in ("MSELoss", "L1Loss", "SmoothL1Loss")),
    layer("mindspore", "nn.MSELoss(reduction='none')", X, Y),
    layer("mindspore", "nn.CrossEntropyLoss()", X, LABELS32),
    layer("mindspore", "nn.CrossEntropyLoss(reduction='none')", X, LABELS32),
    layer("mindspore", "nn.CrossEntropyLoss()", X, given([0, -1, -3, 2], "int32"), id="negative labels count from the end"),
    layer("mindspore", "nn.NLLLoss(weight=Tensor([0.5, 2.0, 1.0], ms.float32))", X, given([0, -1, -3, 2], "int32")),
    layer("mindspore", "nn.CrossEntropyLoss(label_smoothing=0.1)", X, LABELS32),
    layer("mindspore", "nn.SoftmaxCrossEntropyWithLogits()", X, HOT),
    layer("mindspore", "nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction='mean')", X, LABELS32),
    layer("mindspore", "nn.BCELoss()", P, HOT),
    layer("mindspore", "nn.BCEWithLogitsLoss()", X, HOT),
    layer("mindspore", "nn.NLLLoss()", X, LABELS32),
    layer("mindspore", "nn.MSELoss()", f32(2, 3), f32(2, 4), id="nn.MSELoss shapes", expects="ValueError"),
    layer("mxnet", "loss.L2Loss()", X, Y),
    layer("mxnet", "loss.L2Loss(weight=0.3)", X, Y),
    layer("mxnet", "loss.L1Loss()", X, Y),
    layer("mxnet", "loss.HuberLoss()", X, Y),
    layer("mxnet", "loss.HuberLoss(rho=0.5)", X, Y),
    layer("mxnet", "loss.SoftmaxCrossEntropyLoss()", X, given([0.0, 2.0, 1.0, 0.0]), gradient=False),
    layer("mxnet", "loss.SoftmaxCrossEntropyLoss()", X, index(4, high=3, dtype="int32"), id="integer labels"),
    layer("mxnet", "loss.SoftmaxCrossEntropyLoss()", X, given([0, 7, 1, -2], "int32"), id="labels are clipped"),
    layer("mxnet", "loss.SoftmaxCrossEntropyLoss(sparse_label=False)", X, P),
    layer("mxnet", "loss.SoftmaxCrossEntropyLoss(from_logits=True)", X, index(4, high=3, dtype="int32")),
    layer("mxnet", "loss.SigmoidBinaryCrossEntropyLoss()", X, HOT),
    layer("mxnet", "loss.SigmoidBinaryCrossEntropyLoss(from_sigmoid=True)", P, HOT),
    layer("mxnet", "loss.KLDivLoss()", X, P),
    layer("mxnet", "loss.HingeLoss()", X, Y),
])  # fmt: skip
