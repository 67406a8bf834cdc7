"""Arguments by their names, which recorded signatures showed to be missing."""

from __future__ import annotations

from unified_nn_conformance.case import function, register
from unified_nn_conformance.sample import f32

X = f32(2, 3)

register(
    [
        *(
            function("torch", text, X)
            for text in (
                "torch.flip(x, dims=(0,))", "torch.permute(x, dims=(1, 0))", "x.permute(dims=(1, 0))",
                "torch.tile(x, dims=(2, 2))", "torch.reshape(x, shape=(3, 2))", "x.view(size=(3, 2))",
                "torch.broadcast_to(x, size=(2, 2, 3))", "x.broadcast_to(size=(2, 2, 3))", "x.expand(size=(4, 2, 3))",
                "x.repeat(repeats=(2, 1))", "torch.swapaxes(x, axis0=0, axis1=1)", "torch.vdot(x[0], other=x[1])",
                "torch.split(tensor=x, split_size_or_sections=1)", "x.split(split_size=1)", "torch.asarray(obj=x)",
                "torch.addmv(x[:, 0], mat=x, vec=x[0])", "torch.addr(x @ x.T, vec1=x[:, 0], vec2=x[:, 1])",
                "torch.addmm(x[0], mat1=x, mat2=x.T @ x)", "torch.argsort(x, dim=0, descending=True)",
            )
        ),
        function("torch", "torch.as_tensor(x, torch.float64)", X, expects="TypeError"),
        function("torch", "torch.sort(x, 0, False, True)", X, expects="TypeError"),
        *(
            function("mindspore", text, X)
            for text in (
                "ops.mish(x=x)", "ops.softsign(x=x)", "ops.sqrt(x=x * x + 1)",
                "ops.pow(input=x * x + 1, exponent=2.5)", "ops.floor_div(x=x, y=0.3)", "ops.unbind(input=x, dim=1)",
                "ops.split(tensor=x, split_size_or_sections=1)", "ops.true_divide(dividend=x, divisor=2.0)",
            )
        ),
    ]
)  # fmt: skip
