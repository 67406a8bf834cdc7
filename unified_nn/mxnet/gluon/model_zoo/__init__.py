"""`mxnet.gluon.model_zoo`: well-known networks."""

from __future__ import annotations

from unified_nn.mxnet.gluon.model_zoo import vision
from unified_nn.mxnet.gluon.model_zoo.vision import get_model
from unified_nn.vocabulary.missing import refuse

__all__ = ["get_model", "vision"]
__getattr__ = refuse(
    "mxnet.gluon.model_zoo", globals(), {"model_store": "nothing is downloaded; load_parameters reads files"}
)
