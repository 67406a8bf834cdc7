"""Samples of unequal lengths in PyTorch, packed and padded; LSTMs with a projection."""

from __future__ import annotations

from unified_nn_conformance.case import layer, program, register
from unified_nn_conformance.sample import f32

X = f32(5, 3, 4, kind="small")
NETS = ("nn.LSTM(4, 3, 2, bidirectional=True)", "nn.GRU(4, 3)", "nn.RNN(4, 3, batch_first=True, bidirectional=True)",
        "nn.LSTM(4, 3, proj_size=2, bidirectional=True)")  # fmt: skip
_PACKED = """
    rnn = nn.utils.rnn
    net = filled({net})
    x.requires_grad_()
    packed = rnn.pack_padded_sequence(x, {lengths}, enforce_sorted={sort})
    out, last = net(packed)
    y, lengths = rnn.pad_packed_sequence(out, padding_value=-1.0, total_length=6)
    (y ** 2).sum().backward()
    show(out=out.data, sizes=out.batch_sizes, last=last, y=y, lengths=lengths, dx=x.grad, dw=net.weight_hh_l0.grad)
"""

register(
    [
        *(
            program("torch", f"packed {net}, lengths {lengths}", _PACKED.format(net=net, lengths=lengths, sort=sort), X)
            for net in NETS
            for lengths, sort in (([5, 3, 1], True), ([2, 5, 3], False))
        ),
        program("torch", "sequences padded and packed", """
            rnn = nn.utils.rnn
            parts = [x, x[:1] * 2, x[:2]]
            padded = rnn.pad_sequence(parts, padding_value=3.0)
            left = rnn.pad_sequence(parts, batch_first=True, padding_side="left")
            packed = rnn.pack_sequence(parts, enforce_sorted=False)
            show(padded=padded, left=left, data=packed.data, order=packed.sorted_indices, back=packed.unsorted_indices,
                 again=rnn.unpack_sequence(packed), cut=rnn.unpad_sequence(padded, torch.tensor([3, 1, 2])))
        """, f32(3, 4)),
        layer("torch", "nn.LSTM(4, 3, 2, proj_size=2)", X),
        layer("torch", "nn.LSTM(4, 3, bias=False, batch_first=True, proj_size=1, bidirectional=True)", f32(2, 5, 4)),
        layer("torch", "nn.LSTM(4, 3, proj_size=2)", X, f32(1, 3, 2), f32(1, 3, 3), arguments="x, (y, z)",
              id="nn.LSTM projected from states"),
        layer("torch", "nn.LSTM(4, 3, proj_size=2)", X, f32(1, 3, 3), f32(1, 3, 3), arguments="x, (y, z)",
              id="nn.LSTM projected, wrong state", expects="RuntimeError"),
    ]
)  # fmt: skip
