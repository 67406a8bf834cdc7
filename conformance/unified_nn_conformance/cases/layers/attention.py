"""Attention of several heads in three vocabularies: arguments, masks, rows that are masked whole, what is refused."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, program, register
from unified_nn_conformance.sample import Sample, f32, f64, given, index

L, S, N, E = 3, 5, 2, 4
X, Y, Z, ONE = f32(L, N, E), f32(S, N, E), f32(S, N, E), f32(L, E)
INF = float("-inf")
CAUSAL = given([[0, 1, 1], [0, 0, 1], [0, 0, 0]], "bool")
WIDE = given([[0, 1, 0, 0, 1], [0, 0, 0, 1, 0], [1, 1, 1, 0, 1]], "bool")
ADDED = given([[0.0, INF, 0.5], [0.25, 0.0, INF], [-1.0, 0.0, 0.0]])
PADDED = given([[0, 0, 1], [1, 0, 0]], "bool")
WHOLE = given([[1, 1, 1], [0, 0, 1]], "bool")
PADDED_ADDED = given([[0.0, -1.0, INF], [0.5, 0.0, 0.0]])
EACH_HEAD = Sample((N * 2, L, L), "index", "float32", 3)
EACH_HEAD_BOOL = given([[[False, (h + r) % 3 == 0, h % 2 == 0] for r in range(3)] for h in range(4)], "bool")
SELF = "x, x, x"

#: constructor, how it is called, inputs
TORCH: tuple[tuple[str, str, tuple[Sample, ...]], ...] = (
    ("4, 2", SELF, (X,)),
    ("4, 2", "x, y, y", (X, Y)),
    ("4, 2", "x, y, z", (X, Y, Z)),
    ("4, 2", "x, x, z", (X, f32(1), X)),
    ("4, 1, bias=False", SELF, (X,)),
    ("4, 4, batch_first=True", "x, y, y", (f32(N, L, E), f32(N, S, E))),
    ("4, 2, batch_first=True", SELF, (f32(N, L, E),)),
    ("4, 2, add_bias_kv=True", SELF, (X,)),
    ("4, 2, add_zero_attn=True", "x, y, z", (X, Y, Z)),
    ("4, 2, add_bias_kv=True, add_zero_attn=True", f"{SELF}, attn_mask=y, key_padding_mask=z", (X, CAUSAL, PADDED)),
    ("4, 2, add_bias_kv=True, add_zero_attn=True", f"{SELF}, attn_mask=y, need_weights=False", (X, ADDED)),
    ("4, 2, kdim=3, vdim=5", "x, y, z", (X, f32(S, N, 3), f32(S, N, 5))),
    ("4, 2, kdim=3", "x, y, z", (X, f32(S, N, 3), Y)),
    ("4, 2, bias=False, vdim=6, batch_first=True", "x, x, y", (f32(N, L, E), f32(N, L, 6))),
    ("4, 2, kdim=3, vdim=5, add_bias_kv=True", "x, y, z", (X, f32(S, N, 3), f32(S, N, 5))),
    ("4, 2, kdim=4, vdim=4", SELF, (X,)),
    ("4, 2", SELF, (ONE,)),
    ("4, 2, batch_first=True", "x, y, z", (ONE, *[f32(S, E, kind="small")] * 2)),
    ("4, 2", f"{SELF}, need_weights=False", (X,)),
    ("4, 2", f"{SELF}, need_weights=False", (ONE,)),
    ("4, 2", f"{SELF}, average_attn_weights=False", (X,)),
    ("4, 2", f"{SELF}, average_attn_weights=False", (ONE,)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, CAUSAL)),
    ("4, 2", f"{SELF}, attn_mask=y, need_weights=False", (X, CAUSAL)),
    ("4, 2", f"{SELF}, attn_mask=y, is_causal=True", (X, CAUSAL)),
    ("4, 2", f"{SELF}, attn_mask=y, is_causal=True, need_weights=False", (X, CAUSAL)),
    ("4, 2", f"{SELF}, attn_mask=y, is_causal=True, need_weights=False", (X, PADDED_ADDED)),
    ("4, 2", f"{SELF}, z, attn_mask=y, is_causal=True, need_weights=False", (X, CAUSAL, PADDED)),
    ("4, 2, add_bias_kv=True", f"{SELF}, attn_mask=y, is_causal=True, need_weights=False", (X, CAUSAL)),
    ("4, 2", "x, y, y, attn_mask=z", (X, Y, WIDE)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, ADDED)),
    ("4, 2", f"{SELF}, attn_mask=y, need_weights=False", (X, ADDED)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, EACH_HEAD)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, EACH_HEAD_BOOL)),
    ("4, 2", f"{SELF}, attn_mask=y, need_weights=False", (X, EACH_HEAD)),
    ("3, 3", f"{SELF}, attn_mask=y", (f32(L, 3), f32(3, L, L))),
    ("4, 2", f"{SELF}, y", (X, PADDED)),
    ("4, 2", f"{SELF}, y", (X, WHOLE)),
    ("4, 2", f"{SELF}, y, need_weights=False", (X, WHOLE)),
    ("4, 2", f"{SELF}, y", (X, PADDED_ADDED)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, PADDED, CAUSAL)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, PADDED_ADDED, CAUSAL)),
    ("4, 2", f"{SELF}, y, attn_mask=z, need_weights=False", (X, PADDED, ADDED)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, PADDED, EACH_HEAD_BOOL)),
    ("4, 2", f"{SELF}, y", (ONE, given([False, True, False], "bool"))),
    ("4, 2, dropout=0.4", SELF, (X,)),
    ("4, 2, dropout=0.4, batch_first=True", f"{SELF}, need_weights=False", (f32(N, L, E),)),
    ("4, 2", SELF, (f32(L, 0, E),)),
    ("4, 2", SELF, (f32(0, N, E),)),
    ("4, 2, batch_first=True", f"{SELF}, need_weights=False", (f32(0, L, E),)),
    ("4, 2, dtype=torch.float64", SELF, (f64(L, N, E),)),
    ("4, 2, dtype=torch.float16", SELF, (Sample((L, N, E), "small", "float16"),)),
)  # fmt: skip
#: constructor, how it is called, inputs, PyTorch's error
REFUSED: tuple[tuple[str, str, tuple[Sample, ...], str], ...] = (
    ("5, 2", SELF, (X,), "AssertionError"),
    ("0, 2", SELF, (X,), "ValueError"),
    ("4, -1", SELF, (X,), "ValueError"),
    ("4, 2", SELF, (f32(L, N, 5),), "AssertionError"),
    ("4, 2", SELF, (f32(E),), "AssertionError"),
    ("4, 2", "x, y, y", (X, ONE), "AssertionError"),
    ("4, 2", "x, y, z", (X, Y, X), "AssertionError"),
    ("4, 2", "x, y, y", (X, f32(S, 3, E)), "RuntimeError"),
    ("4, 2, kdim=3", "x, y, y", (X, Y), "AssertionError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, WIDE), "RuntimeError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, f32(3, L, L)), "RuntimeError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, f32(L)), "AssertionError"),
    ("4, 2", f"{SELF}, attn_mask=y", (ONE, f32(3, L, L)), "AssertionError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, index(L, L, high=2)), "AssertionError"),
    ("4, 2", f"{SELF}, y", (X, given([[0, 1]], "bool")), "AssertionError"),
    ("4, 2", f"{SELF}, y", (X, given([[0, 1], [0, 0]], "bool")), "AssertionError"),
    ("4, 2", f"{SELF}, y", (X, given([0, 1, 0], "bool")), "AssertionError"),
    ("4, 2", f"{SELF}, y", (X, index(N, L, high=2)), "AssertionError"),
    ("4, 2", f"{SELF}, is_causal=True", (X,), "RuntimeError"),
    ("4, 2", SELF, (f64(L, N, E),), "RuntimeError"),
    ("4, 2", SELF, (index(L, N, E, high=3),), "RuntimeError"),
    ("4, 2", "x, x, 3", (X,), "AttributeError"),
    ("4, 2, dropout=1.5", SELF, (X,), "ValueError"),
)  # fmt: skip


#: the same of MindSpore
MIXED = given([[0.0, 0.5, 0.0], [0.25, 0.0, -0.5], [-1.0, 0.0, 0.0]])
MINDSPORE: tuple[tuple[str, str, tuple[Sample, ...]], ...] = (
    ("4, 2", SELF, (X,)),
    ("4, 2", "x, y, y", (X, Y)),
    ("4, 1, has_bias=False", "x, y, z", (X, Y, Z)),
    ("4, 4, batch_first=True", "x, y, y", (f32(N, L, E), f32(N, S, E))),
    ("4, 2, batch_first=True", SELF, (f32(N, L, E),)),
    ("4, 2, add_bias_kv=True", SELF, (X,)),
    ("4, 2, add_zero_attn=True", "x, y, z", (X, Y, Z)),
    ("4, 2, add_bias_kv=True, add_zero_attn=True", f"{SELF}, attn_mask=y, key_padding_mask=z", (X, CAUSAL, PADDED)),
    ("4, 2, add_bias_kv=True, add_zero_attn=True", f"{SELF}, attn_mask=y", (X, ADDED)),
    ("4, 2, kdim=3, vdim=5, add_bias_kv=True", "x, y, z", (X, f32(S, N, 3), f32(S, N, 5))),
    ("4, 2, has_bias=False, vdim=6, batch_first=True", "x, x, y", (f32(N, L, E), f32(N, L, 6))),
    ("4, 2, dropout=0.4", SELF, (X,)),
    ("4, 2", SELF, (ONE,)),
    ("4, 2, batch_first=True", f"{SELF}, y", (ONE, given([False, True, False], "bool"))),
    ("4, 2", f"{SELF}, need_weights=False", (X,)),
    ("4, 2", f"{SELF}, average_attn_weights=False", (X,)),
    ("4, 2", f"{SELF}, average_attn_weights=False", (ONE,)),
    ("4, 2", "x, y, y, attn_mask=z", (X, Y, WIDE)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, index(L, L, high=1, dtype="uint8"))),
    ("4, 2", f"{SELF}, attn_mask=y", (X, given([[0, 3, 0], [0, 0, 1], [0, 0, 0]], "uint8"))),
    ("4, 2", f"{SELF}, attn_mask=y", (X, ADDED)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, Sample((L, L), "normal", "float16"))),
    ("4, 2", f"{SELF}, attn_mask=y", (X, EACH_HEAD)),
    ("4, 2", f"{SELF}, attn_mask=y", (X, EACH_HEAD_BOOL)),
    ("4, 2", f"{SELF}, y", (X, PADDED)),
    ("4, 2", f"{SELF}, y", (X, PADDED_ADDED)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, given([[0, 0, 1], [0, 1, 0]], "bool"), CAUSAL)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, given([[0.0, 0.0, 1.0], [0.0, 0.5, 0.0]]), CAUSAL)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, PADDED, MIXED)),
    ("4, 2", f"{SELF}, y, attn_mask=z", (X, PADDED_ADDED, MIXED)),
    ("4, 2, dtype=ms.float16", SELF, (Sample((L, N, E), "small", "float16"),)),
    ("4, 2, dtype=ms.float64", SELF, (f64(L, N, E),)),
)  # fmt: skip
MINDSPORE_REFUSED: tuple[tuple[str, str, tuple[Sample, ...], str], ...] = (
    ("5, 2", SELF, (X,), "ValueError"),
    ("4, 0", SELF, (X,), "ZeroDivisionError"),
    ("4, 2, has_bias=1", SELF, (X,), "TypeError"),
    ("4, 2, dropout=1.0", SELF, (X,), "RuntimeError"),
    ("4, 2", "query=x, key=x, value=x", (X,), "IndexError"),
    ("4, 2", "x, x, 3", (X,), "AttributeError"),
    ("4, 2", SELF, (f32(L, N, 2),), "ValueError"),
    ("4, 2", SELF, (f32(E),), "ValueError"),
    ("4, 2", "x, y, y", (X, ONE), "ValueError"),
    ("4, 2", "x, y, x", (X, Y), "ValueError"),
    ("4, 2", "x, y, y", (X, f32(S, 3, E)), "ValueError"),
    ("4, 2, kdim=3", "x, y, y", (X, Y), "ValueError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, WIDE), "ValueError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, f32(3, L, L)), "ValueError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, f32(L)), "ValueError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, index(L, L, high=2, dtype="int32")), "ValueError"),
    ("4, 2", f"{SELF}, attn_mask=y", (X, f64(L, L)), "TypeError"),
    ("4, 2", f"{SELF}, y", (X, given([[0, 1], [0, 0]], "bool")), "ValueError"),
    ("4, 2", f"{SELF}, y", (X, given([0, 1, 0], "bool")), "ValueError"),
    ("4, 2", f"{SELF}, y", (X, index(N, L, high=2, dtype="uint8")), "ValueError"),
    ("4, 2", SELF, (f64(L, N, E),), "TypeError"),
    ("4, 2", SELF, (index(L, N, E, high=3, dtype="int32"),), "TypeError"),
)  # fmt: skip


#: in which modes a layer without and with dropout is run: MindSpore's masks are its own
TRAINING = {"torch": ((True,), (True, False)), "mindspore": ((True,), (False,))}


def _title(number: int, args: str, call: str, more: object) -> str:
    return f"nn.MultiheadAttention {number}: {args} at {call}, {more}".replace("(", "[").replace(")", "]")


register(
    layer(vocabulary, f"nn.MultiheadAttention({args})", *inputs, arguments=call, training=training,
          id=_title(number, args, call, f"training={training}"))
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE))
    for number, (args, call, inputs) in enumerate(table)
    for training in TRAINING[vocabulary]["dropout" in args]
)  # fmt: skip
register(
    layer(vocabulary, f"nn.MultiheadAttention({args})", *inputs, arguments=call, expects=error,
          id=_title(number, args, call, error))
    for vocabulary, table in (("torch", REFUSED), ("mindspore", MINDSPORE_REFUSED))
    for number, (args, call, inputs, error) in enumerate(table)
)  # fmt: skip

# MindSpore's gradients of empty samples are whatever was in the memory.
register([layer("mindspore", "nn.MultiheadAttention(4, 2)", f32(L, 0, E), arguments=SELF, gradient=False,
                id="nn.MultiheadAttention without samples")])  # fmt: skip

#: what follows `F.scaled_dot_product_attention(x, y, z`, inputs (the fourth is u)
Q, K, V = f32(2, 3, 4, 5), f32(2, 3, 6, 5), f32(2, 3, 6, 7)
SEEN = given([[1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 0, 0]], "bool")
HALF = tuple(Sample((2, 3, n, 5), "small", "float16") for n in (4, 6, 6))
DOT: dict[str, tuple[Sample, ...]] = {
    "": (Q, K, V),
    ", u": (Q, K, V, SEEN),
    ", attn_mask=u, dropout_p=0.3": (Q, K, V, SEEN),
    ", u, 0.0, False, scale=2": (Q, K, f32(2, 3, 6, 5), f32(4, 6)),
    ", is_causal=True": (Q, K, V),
    ", scale=0.25, is_causal=True, dropout_p=0.5": (f32(4, 5), f32(4, 5), f32(4, 2)),
    ", enable_gqa=True": (f32(2, 4, 3, 5), f32(2, 2, 6, 5), f32(2, 2, 6, 5)),
    ", enable_gqa=True, is_causal=True": (f32(4, 3, 5), f32(2, 6, 5), f32(1, 6, 5)),
    ", dropout_p=1.0": (Q, K, V),
    ", dropout_p=0.3, enable_gqa=True": (f32(2, 4, 3, 5), f32(2, 2, 6, 5), f32(2, 1, 6, 5)),
    ", dropout_p=0.4": HALF,
    ", attn_mask=u": (*HALF, SEEN),
}
DOT_REFUSED: tuple[tuple[str, tuple[Sample, ...], str], ...] = (
    ("", (f32(5), f32(5), f32(5)), "RuntimeError"),
    ("", (Q, f32(2, 3, 6, 4), V), "RuntimeError"),
    ("", (Q, K, f32(2, 3, 5, 7)), "RuntimeError"),
    ("", (Q, f32(2, 2, 6, 5), f32(2, 2, 6, 5)), "RuntimeError"),
    ("", (Q, f64(2, 3, 6, 5), V), "RuntimeError"),
    ("", (index(2, 3, high=4), index(2, 3, high=4), index(2, 3, high=4)), "RuntimeError"),
    (", u", (Q, K, V, f32(4, 5)), "RuntimeError"),
    (", u", (Q, K, V, f64(4, 6)), "RuntimeError"),
    (", u", (Q, K, V, index(4, 6, high=2)), "RuntimeError"),
    (", u, is_causal=True", (Q, K, V, SEEN), "RuntimeError"),
    (", dropout_p=1.5", (Q, K, V), "RuntimeError"),
    (", enable_gqa=True", (Q, f32(2, 2, 6, 5), f32(2, 2, 6, 5)), "RuntimeError"),
    (", dropout_p=0.3, enable_gqa=True", (Q, f32(2, 2, 6, 5), f32(2, 2, 6, 5)), "RuntimeError"),
)
register(
    function(
        "torch",
        f"F.scaled_dot_product_attention(x, y, z{rest})",
        *inputs,
        id=f"F.scaled_dot_product_attention {n}{rest}",
    )
    for n, (rest, inputs) in enumerate(DOT.items())
)
register(
    function("torch", f"F.scaled_dot_product_attention(x, y, z{rest})", *inputs, expects=error,
             id=f"F.scaled_dot_product_attention {n}{rest} {error}")
    for n, (rest, inputs, error) in enumerate(DOT_REFUSED)
)  # fmt: skip

#: what follows `nd.contrib.`, inputs
_QKV, _Q, _KV = f32(3, 2, 12), f32(4, 2, 4), f32(3, 2, 8)
MXNET: tuple[tuple[str, tuple[Sample, ...]], ...] = (
    ("interleaved_matmul_selfatt_qk(x, heads=2)", (_QKV,)),
    ("interleaved_matmul_selfatt_qk(x, heads=1)", (_QKV,)),
    (
        "interleaved_matmul_selfatt_valatt(x, nd.softmax(nd.contrib.interleaved_matmul_selfatt_qk(x, heads=2)), heads=2)",
        (_QKV,),
    ),
    ("interleaved_matmul_encdec_qk(x, y, heads=2)", (_Q, _KV)),
    ("interleaved_matmul_encdec_valatt(x, y, heads=2)", (_KV, f32(4, 4, 3))),
    ("div_sqrt_dim(x)", (_Q,)),
    ("div_sqrt_dim(x)", (given([[5, -7], [0, 9]], "int32"),)),
    *(
        (f"arange_like({rest})", (f32(2, 3),))
        for rest in (
            "x",
            "x, axis=1",
            "x, axis=-1",
            "x, start=2, step=0.5",
            "x, repeat=2",
            "x, repeat=2, axis=0",
            "x, repeat=4",
            "x.astype('int32')",
        )
    ),
)
MXNET_REFUSED: tuple[tuple[str, tuple[Sample, ...]], ...] = (
    ("interleaved_matmul_selfatt_qk(x)", (_QKV,)),
    ("interleaved_matmul_selfatt_qk(x, heads=2)", (f32(2, 12),)),
    ("interleaved_matmul_selfatt_qk(x, heads=2)", (f64(3, 2, 12),)),
    ("interleaved_matmul_selfatt_valatt(x, y, heads=2)", (_QKV, f32(4, 2, 3))),
    ("interleaved_matmul_encdec_qk(x, y, heads=2)", (_Q, f32(3, 1, 8))),
    ("interleaved_matmul_encdec_qk(x, y, heads=2)", (_Q, f32(3, 2, 4))),
    ("interleaved_matmul_encdec_valatt(x, y, heads=2)", (_KV, f32(2, 4, 3))),
    ("arange_like(x, axis=3)", (f32(2, 3),)),
)
register(
    function("mxnet", f"nd.contrib.{text}", *inputs, gradient="arange" not in text and inputs[0].is_float,
             id=f"nd.contrib {n}: {text}")
    for n, (text, inputs) in enumerate(MXNET)
)  # fmt: skip
register(
    function("mxnet", f"nd.contrib.{text}", *inputs, expects="MXNetError", gradient=False,
             id=f"nd.contrib {n}: {text}, refused")
    for n, (text, inputs) in enumerate(MXNET_REFUSED)
)  # fmt: skip

_ALL = "F.multi_head_attention_forward(x, y, y, 4, 2, z, None, None, None, False, 0.0, u, None"
W, OUT = f32(12, 4), f32(4, 4)
register([
    function("torch", f"{_ALL})", X, Y, W, OUT, id="F.multi_head_attention_forward"),
    function("torch", f"{_ALL}, need_weights=False)", X, Y, W, OUT, id="F.multi_head_attention_forward, no weights"),
    function("torch", f"{_ALL}, use_separate_proj_weight=True, q_proj_weight=v, k_proj_weight=w, v_proj_weight=v)",
             X, Y, W, OUT, OUT, OUT, id="F.multi_head_attention_forward, separate"),
    function("torch", f"{_ALL}, use_separate_proj_weight=True)", X, Y, W, OUT, expects="AssertionError",
             id="F.multi_head_attention_forward, none separate"),
    function("torch", f"{_ALL})", X, Y, f32(16, 4), OUT, expects="RuntimeError",
             id="F.multi_head_attention_forward, too many rows"),
])  # fmt: skip
register([
    program("torch", "attention in inference", """
    net = filled(nn.MultiheadAttention(4, 2, batch_first=True)).eval()
    for enabled in (True, False):
        torch.backends.mha.set_fastpath_enabled(enabled)
        with torch.no_grad():
            for need in (True, False):
                out, weights = net(x, x, x, key_padding_mask=y, need_weights=need)
                show(out=out, weights=weights)
                out, weights = net(x, x, x, key_padding_mask=y.float(), need_weights=need)
                show(out=out, weights=weights)
            show(hinted=net(x, x, x, attn_mask=z, is_causal=True, need_weights=False)[0])
            show(empty=net(x[:0], x[:0], x[:0])[0].shape)
            short = x[:, :, :2]
            show(size=raised(lambda: net(short, short, short)))
            show(mask=raised(lambda: net(x, x, x, key_padding_mask=y[:, :2])))
            show(alone=net(x[0], x[0], x[0])[0])
            show(causal=raised(lambda: net(x, x, x, is_causal=True)) if not enabled else net(x, x, x, is_causal=True)[0])
    torch.backends.mha.set_fastpath_enabled(True)
    show(recorded=net(x, x, x, key_padding_mask=y, need_weights=False)[0])
    """, f32(N, L, E), WHOLE, CAUSAL),
    program("torch", "initial values of attention", """
    for arguments in (dict(), dict(kdim=3, add_bias_kv=True), dict(bias=False)):
        torch.manual_seed(3)
        net = nn.MultiheadAttention(4, 2, **arguments)
        show(kdim=net.kdim, head=net.head_dim, same=net._qkv_same_embed_dim)
        for name, value in net.state_dict().items():
            show(name=name, value=value)
    """),
])  # fmt: skip
