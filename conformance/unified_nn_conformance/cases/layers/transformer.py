"""Encoders and decoders: their arguments and masks, printed forms, and what PyTorch does to them in inference."""

from __future__ import annotations

from unified_nn_conformance.case import layer, program, register
from unified_nn_conformance.sample import Sample, f32, given

L, S, N, E = 3, 5, 2, 4
X, M, TURNED = f32(L, N, E), f32(S, N, E), f32(N, L, E)
CAUSAL = given([[0, 1, 1], [0, 0, 1], [0, 0, 0]], "bool")
PADDED = given([[0, 0, 1], [0, 0, 0]], "bool")
WIDE = given([[0, 0, 1, 1, 0], [0, 0, 0, 0, 1]], "bool")
ADDED = given([[0.0, 0.5, float("-inf")], [0.25, 0.0, 0.0], [-1.0, 0.0, 0.0]])
ENCODER, DECODER = "nn.TransformerEncoderLayer(4, 2, 5", "nn.TransformerDecoderLayer(4, 2, 5"

#: constructor, how it is called, inputs; without dropout unless it says so
TORCH: tuple[tuple[str, str, tuple[Sample, ...]], ...] = (
    (f"{ENCODER}, 0.0)", "x", (X,)),
    (f"{ENCODER}, 0.2)", "x", (X,)),
    (f"{ENCODER}, 0.0, 'gelu')", "x, y", (X, CAUSAL)),
    (f"{ENCODER}, 0.0, activation=nn.SiLU(), norm_first=True)", "x, src_key_padding_mask=y", (X, PADDED)),
    (f"{ENCODER}, 0.0, F.gelu, 1e-3, True, True, False)", "x, y, z", (TURNED, ADDED, PADDED)),
    (f"{ENCODER}, 0.0)", "x, y, is_causal=True", (X, CAUSAL)),
    (f"{ENCODER}, 0.0, batch_first=True)", "x", (f32(L, E),)),
    (f"{DECODER}, 0.0)", "x, y", (X, M)),
    (f"{DECODER}, 0.2, 'gelu', norm_first=True)", "x, y", (X, M)),
    (f"{DECODER}, 0.0, batch_first=True, bias=False)", "x, y, z, None, u, v",
     (TURNED, f32(N, S, E), CAUSAL, PADDED, WIDE)),
    (f"{DECODER}, 0.0)", "x, y, tgt_mask=z, memory_mask=u", (X, M, CAUSAL, f32(L, S))),
    (f"nn.TransformerEncoder({ENCODER}, 0.0), 2)", "x, y", (X, CAUSAL)),
    (f"nn.TransformerEncoder({ENCODER}, 0.0), 2, nn.LayerNorm(4))", "x, src_key_padding_mask=y", (X, PADDED)),
    (f"nn.TransformerDecoder({DECODER}, 0.0), 2, norm=nn.LayerNorm(4))", "x, y, z", (X, M, CAUSAL)),
    ("nn.Transformer(4, 2, 1, 2, 5, 0.0)", "x, y", (M, X)),
    ("nn.Transformer(4, 2, 2, 1, 5, 0.1, norm_first=True, batch_first=True)", "x, y, tgt_mask=z",
     (f32(N, S, E), TURNED, CAUSAL)),
    (f"nn.Transformer(4, 2, 1, 1, 5, 0.0, custom_encoder=nn.TransformerEncoder({ENCODER}, 0.0), 1))", "x, y", (M, X)),
)  # fmt: skip
TORCH_REFUSED: tuple[tuple[str, str, tuple[Sample, ...], str], ...] = (
    (f"{ENCODER}, activation='tanh')", "x", (X,), "RuntimeError"),
    ("nn.TransformerEncoderLayer(5, 2, 5)", "x", (X,), "AssertionError"),
    (f"{ENCODER})", "x, y", (X, WIDE), "RuntimeError"),
    (f"{ENCODER})", "x, None, y", (X, WIDE), "AssertionError"),
    ("nn.Transformer(4, 2, 1, 1, 5)", "x, y", (X, f32(L, 3, E)), "RuntimeError"),
    ("nn.Transformer(4, 2, 1, 1, 5)", "x, y", (X, f32(L, N, 3)), "RuntimeError"),
)
MINDSPORE: tuple[tuple[str, str, tuple[Sample, ...]], ...] = (
    (f"{ENCODER}, 0.0)", "x", (X,)),
    (f"{ENCODER}, 0.0, 'gelu', 1e-3, True, True)", "x, y, z", (TURNED, CAUSAL, PADDED)),
    (f"{ENCODER}, 0.0, ops.gelu)", "x, src_key_padding_mask=y", (X, PADDED)),
    (f"{DECODER}, 0.0)", "x, y", (X, M)),
    (f"{DECODER}, 0.0, norm_first=True)", "x, y, z, None, None, u", (X, M, CAUSAL, WIDE)),
    (f"nn.TransformerEncoder({ENCODER}, 0.0), 2, nn.LayerNorm((4,)))", "x, y", (X, CAUSAL)),
    (f"nn.TransformerDecoder({DECODER}, 0.0), 2)", "x, y, tgt_mask=z", (X, M, CAUSAL)),
    ("nn.Transformer(4, 2, 1, 2, 5, 0.0)", "x, y", (M, X)),
)
MINDSPORE_REFUSED: tuple[tuple[str, str, tuple[Sample, ...], str], ...] = (
    (f"{ENCODER}, activation='tanh')", "x", (X,), "ValueError"),
    (f"{ENCODER}, activation=nn.ReLU())", "x", (X,), "ValueError"),
    (f"{ENCODER}, activation=3)", "x", (X,), "ValueError"),
    (f"{ENCODER})", "x, None, y", (X, given([[0, 0, 1], [0, 0, 0]], "int32")), "AssertionError"),
    ("nn.Transformer(4, 2, 1, 1, 5)", "x, y", (X, f32(L, N, 3)), "ValueError"),
)


def _title(number: int, text: str, call: str, more: object) -> str:
    return f"{number}: {text} at {call}, {more}".replace("(", "[").replace(")", "]")


register(
    layer(vocabulary, text, *inputs, arguments=call, id=_title(number, text, call, "computes"))
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE))
    for number, (text, call, inputs) in enumerate(table)
)
register(
    layer(vocabulary, text, *inputs, arguments=call, expects=error, id=_title(number, text, call, error))
    for vocabulary, table in (("torch", TORCH_REFUSED), ("mindspore", MINDSPORE_REFUSED))
    for number, (text, call, inputs, error) in enumerate(table)
)
register([
    program("torch", "encoders in inference", """
    hidden = [torch.tensor(rows).bool() for rows in (
        [[0, 0, 1], [0, 0, 0]], [[1, 0, 0], [0, 0, 0]], [[0, 1, 1], [0, 0, 1]], [[1, 1, 1], [0, 0, 1]])]
    for settings in (dict(), dict(norm_first=True, activation='gelu')):
        one = filled(nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, **settings)).eval()
        nets = [nn.TransformerEncoder(one, 1, **more) for more in (
            dict(), dict(enable_nested_tensor=False), dict(mask_check=False))]
        nets.append(nn.TransformerEncoder(one, 1, norm=filled(nn.LayerNorm(4))))
        with torch.no_grad():
            show(plain=one(x), numbers=one(x, y), both=one(x, y, z), causal=one(x, y.bool(), is_causal=True))
            show(each=one(x, torch.stack([y, y, 2 * y, y * 0])))
            show(size=raised(lambda: one(x, z)), features=raised(lambda: one(x[:, :, :3])))
            for mask in hidden:
                show(one=one(x, None, mask))
                for net in nets:
                    if not (mask[0].all() and net.use_nested_tensor and net.mask_check and not settings):
                        show(out=net.eval()(x, src_key_padding_mask=mask))
            for net in nets:
                show(numbers=net.eval()(x, src_key_padding_mask=z), both=net(x, y.bool(), hidden[0]))
                show(nested=net.use_nested_tensor)
        show(recorded=one(x, y, z))
    one = filled(nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, bias=False)).eval()
    with torch.no_grad():
        show(unbiased=one(x, y, z), masked=one(x, None, hidden[3]))
    """, f32(N, L, E), ADDED, given([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0]])),
    program("torch", "what transformers start with", """
    torch.manual_seed(5)
    net = nn.Transformer(4, 2, 1, 1, 5)
    for name, value in net.state_dict().items():
        show(name=name, value=value)
    torch.manual_seed(6)
    show(dropped=net(x, x), mask=net.generate_square_subsequent_mask(3))
    kind = nn.TransformerEncoderLayer(4, 2, 5, activation=nn.GELU()).activation_relu_or_gelu
    show(kind=kind, text=repr(nn.TransformerEncoderLayer(4, 2, 5, activation=nn.GELU(), bias=False)))
    """, X),
    program("torch", "a transformer learns", """
    torch.manual_seed(2)
    net = nn.Transformer(4, 2, 1, 1, 6, batch_first=True, activation='gelu')
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    mask = net.generate_square_subsequent_mask(3)
    for step in range(3):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x, y, tgt_mask=mask, tgt_is_causal=True), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        show(loss=loss.item())
    # The gradient of a key's bias is 0 but for rounding, which Adam enlarges.
    show(**{name.replace(".", "_"): value for name, value in net.state_dict().items() if name.endswith("proj_weight")})
    """, f32(N, S, E), TURNED),
    program("mindspore", "a transformer learns", """
    net = filled(nn.Transformer(4, 2, 1, 1, 6, 0.0)).set_train()
    optimizer = nn.Adam(net.trainable_params(), 0.01)
    loss = nn.MSELoss()
    step = ms.value_and_grad(lambda a, b: loss(net(a, b, tgt_mask=z), b), None, optimizer.parameters)
    for _ in range(3):
        value, grads = step(x, y)
        optimizer(grads)
        show(loss=value.item())
    """, M, X, CAUSAL),
    program("mxnet", "a block that attends to itself learns", """
    class Attention(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.project = nn.Dense(12, flatten=False, in_units=4)
                self.norm = nn.LayerNorm(in_channels=4)

        def hybrid_forward(self, F, x):
            qkv = self.project(x)
            weights = F.softmax(F.contrib.interleaved_matmul_selfatt_qk(qkv, heads=2))
            return self.norm(x + F.contrib.interleaved_matmul_selfatt_valatt(qkv, weights, heads=2))

    net = Attention()
    net.initialize()
    filled(net)
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), 'adam', {'learning_rate': 0.01})
    for _ in range(3):
        with mx.autograd.record():
            total = ((net(x) - y) ** 2).mean()
        total.backward()
        trainer.step(1)
        show(total=total)
    """, X, X),
])  # fmt: skip
