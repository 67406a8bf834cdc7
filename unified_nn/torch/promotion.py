"""PyTorch's promotion: tensors with axes decide; 0-d tensors and then Python numbers only raise the kind."""

from __future__ import annotations

from typing import Any

from unified_nn import tensor as core
from unified_nn.dtypes import DType, bool_, complex64, complex128, float64, int64, promote
from unified_nn.errors import InputTypeError, make
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import dtypes
from unified_nn.torch.dtypes import dtype

_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def _of_number(value: Any) -> DType:
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    return dtypes.default() if isinstance(value, float) else dtypes.default_complex()


def common(*operands: Any) -> DType:
    """The dtype that these tensors and Python numbers are computed in."""
    groups: list[DType | None] = [None, None, None]  # with axes, 0-d, numbers
    for operand in operands:
        if isinstance(operand, core.Tensor):
            found, place = operand._dtype, 0 if operand._shape else 1
        elif isinstance(operand, (bool, int, float, complex)):
            found, place = _of_number(operand), 2
        else:
            raise make(InputTypeError, f"expected a tensor or a number, got {type(operand).__name__}")
        before = groups[place]
        groups[place] = found if before is None else promote(before, found)
    present = [group for group in groups if group is not None]
    result = present[0]
    for weaker in present[1:]:
        if _RANK[weaker.kind] > _RANK[result.kind]:
            result = _raised(result, weaker)
    return result


def _raised(by: DType, to: DType) -> DType:
    """`to`; a complex number beside floating tensors takes their precision."""
    if to.kind == "c" and by.kind == "f":
        return complex128 if by is float64 else complex64
    return to


def promoted(*operands: Any) -> tuple[Any, ...]:
    """The operands with their tensors cast to the common dtype; numbers stay numbers."""
    first, second = operands[0], operands[-1]
    if (isinstance(first, core.Tensor) and isinstance(second, core.Tensor) and len(operands) == 2
            and first._dtype is second._dtype):  # fmt: skip
        return operands
    chosen = common(*operands)
    return tuple(as_dtype(o, chosen) if isinstance(o, core.Tensor) else o for o in operands)


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype of arithmetic on the two."""
    return dtypes.OF_CANONICAL[common(tensor1, tensor2)]


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that holds both."""
    return dtypes.OF_CANONICAL[promote(dtypes.canonical(type1), dtypes.canonical(type2))]


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result may be put into a tensor of that dtype: never down in kind."""
    return castable(dtypes.canonical(from_), dtypes.canonical(to))


def castable(source: DType, target: DType) -> bool:
    if source.kind == "c" and target.kind != "c":
        return False
    if source.kind == "f" and target.kind in "biu":
        return False
    return not (source.kind in "iu" and target.kind == "b")
