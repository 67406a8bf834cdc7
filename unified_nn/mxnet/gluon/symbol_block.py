"""`SymbolBlock`: a graph as a block."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.mxnet import symbol
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.gluon.exporting import flat
from unified_nn.mxnet.gluon.hybrid import HybridBlock, array_of, flattened, is_symbolic
from unified_nn.mxnet.gluon.parameter import Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.symbol import Symbol
from unified_nn.mxnet.symbol.graph import ordered
from unified_nn.mxnet.symbol.running import Program
from unified_nn.mxnet.symbol.writing import FLAGS
from unified_nn.tensor import Tensor

_DTYPES = {str(flag): name for name, flag in FLAGS.items()}


class SymbolBlock(HybridBlock):
    """Computes the outputs of a graph; variables that are no inputs are parameters, by their names."""

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=None, params=None)
        own = self.__dict__
        own["_prefix"], own["_own_params"] = "", ParameterDict("", params)
        own["_empty_prefix"] = True
        variables = flat([inputs] if isinstance(inputs, Symbol) else list(inputs))
        for one in variables:
            if len(one.get_internals()) != 1:
                message = f"Input symbols must be variable, but {one} is an output of operators"
                raise make(InputTypeError, message, AssertionError)
        one_output = isinstance(outputs, (list, tuple)) and len(outputs) == 1
        outs = outputs[0] if one_output else outputs
        own["_single"] = isinstance(outs, Symbol) and len(outs) == 1
        own["_graph"] = symbol.Group(flat(outs))
        own["_inputs"] = [str(one.name) for one in variables]
        own["_program"] = Program(own["_graph"]._entries)
        self._make_parameters()

    def _make_parameters(self) -> None:
        graph: Symbol = self.__dict__["_graph"]
        nodes = {node.name: node for node in ordered(graph._entries) if node.operator is None}
        inputs = set(self.__dict__["_inputs"])
        for names, settings in ((graph.list_arguments(), {}), (graph.list_auxiliary_states(), {"grad_req": "null"})):
            for name in names:
                if name not in inputs:
                    dtype = np.dtype(_DTYPES.get(nodes[name].attributes.get("__dtype__", ""), "float32")).type
                    self.params.get(name, allow_deferred_init=True, dtype=dtype, **settings)
        found = self.params._params
        lead = len(_common(list(found)))
        registers = self.__dict__
        for name, parameter in found.items():
            registers["_reg_params"][name[lead:]] = parameter
            registers["_parameters" if parameter.is_learned else "_buffers"][name[lead:]] = parameter

    @staticmethod
    def imports(
        symbol_file: str, input_names: str | Sequence[str], param_file: str | None = None, ctx: Any = None,
        allow_missing: bool = False, ignore_extra: bool = False,
    ) -> SymbolBlock:  # fmt: skip
        """The block of a graph that `HybridBlock.export` or `Module.save_checkpoint` wrote, with its parameters."""
        graph = symbol.load(symbol_file)
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        made = SymbolBlock(graph, [symbol.var(name) for name in names])
        if param_file is not None:
            made.collect_params().load(
                param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved"
            )
        return made

    def forward(self, x: Any, *args: Any) -> Any:
        """The outputs for arrays, or a graph for symbols."""
        own = self.__dict__
        names: list[str] = own["_inputs"]
        given = flattened((x, *args))
        if len(given) != len(names):
            message = f"got {len(given)} inputs, expected {len(names)}: {', '.join(names)}"
            raise make(ArgumentError, message, ValueError, "SymbolBlock")
        if is_symbolic((x, *args)):
            graph: Symbol = own["_graph"]
            known = graph.list_inputs()
            return graph(**{n: one for n, one in zip(names, given, strict=True) if n in known})
        for name, one in zip(names, given, strict=True):
            if not isinstance(one, Tensor):
                message = f"input {name!r} must be an NDArray, got {type(one).__name__}; make one with mxnet.nd.array"
                raise make(InputTypeError, message, AssertionError, "SymbolBlock")
        program: Program = own["_program"]
        arrays = {name: array_of(parameter) for name, parameter in self.params.items()}
        arrays.update(zip(names, given, strict=True))
        found = program(arrays)
        return found[0] if own["_single"] else found

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        raise failure(ArgumentError, "SymbolBlock", "it runs its graph and has no hybrid_forward; call it")

    def cast(self, dtype: Any) -> None:
        """Convert all parameters; in half precision those of BatchNorm stay float32."""
        super().cast(dtype)
        if np.dtype(dtype).name != "float16":
            return
        graph: Symbol = self.__dict__["_graph"]
        for node in ordered(graph._entries):
            if node.operator is not None and node.operator.states:
                for entry in node.inputs[1:]:
                    if entry.node.name in self.params:
                        self.params[entry.node.name].cast("float32")

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        lead = f"{prefix}." if prefix else ""
        return {lead + name: parameter for name, parameter in self.__dict__["_reg_params"].items()}

    def __repr__(self) -> str:
        graph: Symbol = self.__dict__["_graph"]
        return f"{type(self).__name__}(\n{graph} : {len(self.__dict__['_inputs'])} -> {len(graph)}\n)"


def _common(names: Sequence[str]) -> str:
    """The characters with which all names begin."""
    if not names:
        return ""
    first, last = min(names), max(names)
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
