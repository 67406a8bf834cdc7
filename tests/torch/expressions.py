"""Expressions that real PyTorch and ours evaluate alike: values, dtypes, shapes, names in the graph, gradients.

x, y (3, 4) and p (positive) require gradients, as do v (4,), m (4, 5), b (2, 3, 4), c (2, 4, 5), s (3, 3); i, j are
integers, h is float16, d float64, k a mask of x's shape, o a 0-d tensor.
"""

from __future__ import annotations

ELEMENTWISE = """
x + y; x + 1; 1 + x; x - y; 1 - x; x * y; 2 * x; x / y; 1 / p; x ** 2; 2 ** x; p ** y; x ** 0.5; -x; x % 2; x % p; abs(x)
x.exp(); p.log(); p.log2(); p.log10(); p.log1p(); x.expm1(); p.sqrt(); p.rsqrt(); x.square(); x.reciprocal()
x.sin(); x.cos(); x.tan(); q.asin(); q.acos(); x.atan(); x.sinh(); x.cosh(); x.tanh(); x.sigmoid(); x.erf(); x.erfc()
x.floor(); x.ceil(); x.trunc(); x.round(); x.round(decimals=1); x.sign(); x.frac(); x.exp2(); q.logit(); x.relu()
x.clamp(0, 1); x.clamp(min=0); x.clamp(max=y); x.clamp_min(0); x.clamp_max(0); torch.clip(x, -0.5, 0.5)
torch.maximum(x, y); torch.minimum(x, y); torch.max(x, y); torch.atan2(x, y); torch.lerp(x, y, 0.5); torch.lerp(x, y, p)
torch.addcmul(x, y, p, value=2); torch.addcdiv(x, y, p); torch.where(x > 0, x, y); torch.where(x > 0, x, 0.0)
torch.fmod(x, 2); torch.remainder(x, p); torch.hypot(x, y); torch.logaddexp(x, y); torch.xlogy(x, p)
torch.add(x, y, alpha=2); torch.sub(x, y, alpha=0.5); torch.mul(x, y); torch.div(x, y); torch.rsub(x, y)
torch.div(x, y, rounding_mode="floor"); torch.div(x, y, rounding_mode="trunc"); torch.deg2rad(x); torch.rad2deg(x)
torch.nan_to_num(x); x.clone(); x.neg(); x.pow(2); x.pow(3); x.exp().mul(2); torch.pow(2, x); torch.positive(x)
x.double(); x.half(); x.float(); x.to(torch.float64); x.type_as(d); x.to(d)
"""

DTYPES = """
i + 1; i + 1.5; i + i; i + j; i + x; i / 2; i / i; i // 2; i % 2; i ** 2; i + h; h + d; h + 1.0; i * True; k + 1; k + k
k & k; k | ~k; i & 3; i ^ j; ~i; i == 1; i == 1.5; x > 0; x == y; x != x; i < 2.5; h.sum(); i.sum(); k.sum(); k.float().mean()
i.prod(); i.float().mean(); i.max(); i.cumsum(0); k.any(); k.all(); k.all(1); i.abs(); i.sign(); -i; i.float().std()
o + i; o + h; o * d; i + o; torch.tensor(2) * h; torch.tensor(2.5) * i; torch.tensor(1.5, dtype=torch.float64) * x
torch.result_type(i, 1.5); torch.result_type(h, d); torch.promote_types(torch.float16, torch.bfloat16); i.exp(); i.sqrt(); k.exp()
torch.can_cast(torch.float32, torch.int64); torch.tensor([1, 2]).dtype; torch.tensor([1., 2]).dtype; torch.tensor([True]).dtype
torch.tensor([1, 2.5]); torch.tensor([[1, 2], [3, 4]]); torch.tensor(3); torch.tensor([]); torch.tensor([1j]); torch.tensor(1.5)
torch.tensor(np.float64(1.5)); torch.tensor(np.array([1.5])); torch.tensor([np.float32(1)]); torch.tensor(np.int32(3)); torch.tensor([np.float64(1.5)])
torch.as_tensor(np.arange(3, dtype=np.int32)); torch.from_numpy(np.ones(2)); torch.tensor([torch.tensor(1.), torch.tensor(2.)])
torch.arange(5); torch.arange(1, 5); torch.arange(0, 1, 0.3); torch.arange(5, 0, -2); torch.arange(3.); torch.arange(1, 10, 3)
torch.linspace(0, 1, 5); torch.linspace(-1, 1, 4, dtype=torch.float64); torch.logspace(0, 2, 3); torch.eye(2); torch.eye(2, 3)
torch.zeros(2, 3); torch.zeros((2, 3)); torch.ones(2, dtype=torch.int32); torch.full((2,), 7); torch.full((2,), 7.5); torch.full((), True)
torch.zeros_like(i); torch.ones_like(x); torch.full_like(x, 3); x.new_zeros(2, 2); x.new_ones((2,)); x.new_full((2,), 3.5); i.new_tensor([1.5])
torch.tril_indices(3, 3); torch.triu_indices(2, 3, 1); torch.finfo(torch.float32).eps; torch.finfo(torch.float16).max; torch.iinfo(torch.int8).min
torch.hann_window(5); torch.hamming_window(4); torch.hann_window(4, periodic=False); torch.Tensor([1, 2]); torch.LongTensor([1, 2]); torch.FloatTensor([1])
x.type(); i.type(); i.type(torch.float32); h.dtype; torch.float32; torch.Size([2, 3]); x.shape[1:]; x.size(0); x.size(-1); x.dim(); x.numel(); x.shape.numel()
h * 0.1; torch.isnan(x / 0 * 0); torch.isinf(x / 0); torch.isfinite(x); torch.isclose(x, x + 1e-9); torch.allclose(x, x); torch.equal(i, i)
torch.isin(i, torch.tensor([1, 2])); torch.logical_and(x > 0, y > 0); torch.logical_not(i); torch.is_tensor(x); i.is_floating_point(); torch.finfo(torch.float32); torch.iinfo(torch.int32)
"""

REDUCTIONS = """
x.sum(); x.sum(1); x.sum(0, keepdim=True); x.sum((0, 1)); x.sum(-1); x.mean(); x.mean(1); x.mean((0, 1), keepdim=True); x.prod(); x.prod(1)
x.max(); x.min(); x.max(1); x.min(0, keepdim=True); x.amax(1); x.amin((0, 1)); x.argmax(); x.argmax(1); x.argmin(0, keepdim=True)
x.var(); x.var(1); x.std(); x.std(0, unbiased=False); x.var(correction=0); torch.var_mean(x, 1); torch.std_mean(x)
x.norm(); x.norm(dim=1); x.norm(1); x.norm(p=3, dim=1); x.norm(float("inf")); torch.norm(x, p="fro"); x.logsumexp(1); x.softmax(1); x.log_softmax(0); torch.softmax(x, dim=-1)
x.cumsum(1); x.cumprod(1); torch.median(x); x.median(1); torch.nansum(x); torch.nanmean(x); x.sum(dim=1); torch.sum(x, axis=1); x.mean(dim=0, keepdims=True)
x.count_nonzero(); torch.aminmax(x); x.dist(y); torch.cummax(x, 1); torch.logcumsumexp(x, 1); torch.diff(x); torch.bincount(torch.tensor([0, 1, 1]))
torch.quantile(x.detach(), 0.5); torch.quantile(x.detach(), torch.tensor([0.25, 0.75]), dim=1); torch.histc(x.detach(), 4, -2, 2); o.sum(); o.max(); o.softmax(0); x.std(1, keepdim=True)
torch.searchsorted(torch.tensor([1., 2, 3]), torch.tensor([2., 2.5])); torch.bucketize(torch.tensor([2., 2.5]), torch.tensor([1., 2, 3]), right=True)
"""

SHAPES = """
x.view(-1); x.view(2, 6); x.view((4, 3)); x.reshape(-1); x.reshape(2, -1); x.t(); x.T; x.mT; x.transpose(0, 1); x.permute(1, 0); b.permute(2, 0, 1); b.flatten(1); x.flatten(); x.ravel()
x.unsqueeze(0); x.unsqueeze(-1); x.unsqueeze(0).squeeze(); x.unsqueeze(0).squeeze(0); x.unsqueeze(1).squeeze((1,)); x.squeeze(); x.expand(2, 3, 4); x.expand(-1, -1); x.expand_as(b); v.expand(3, -1)
x.repeat(2, 1); x.repeat(2, 1, 2); x.tile(2); x.tile((2, 1)); torch.cat([x, y]); torch.cat((x, y), dim=1); torch.stack([x, y]); torch.stack([x, y], -1); torch.hstack([x, y]); torch.vstack([v, v]); torch.dstack([x, y])
x.split(2); x.split([1, 2]); x.split(2, dim=1); x.chunk(2); x.chunk(3, 1); x.unbind(0); x.unbind(1); x.select(0, 1); x.narrow(0, 1, 2); x.flip(0); x.flip(0, 1); x.flip([1]); x.roll(1, 0); x.roll(1); x.roll((1, 2), (0, 1))
x.movedim(0, 1); b.movedim((0, 1), (1, 2)); x.swapaxes(0, 1); x.view_as(y); x.unflatten(1, (2, 2)); x.unflatten(1, (-1, 2)); torch.broadcast_to(x, (2, 3, 4)); torch.tensor_split(x, 2); torch.tensor_split(x, (1, 2), 1)
x.repeat_interleave(2, 0); x.repeat_interleave(torch.tensor([1, 2, 0]), 0); torch.meshgrid(v, v, indexing="ij"); torch.meshgrid(v, v, indexing="xy"); x.rot90(); x.rot90(2); x.rot90(3); torch.atleast_2d(v); x.unfold(1, 2, 1); x.unfold(0, 2, 1)
torch.column_stack([v, v]); torch.broadcast_tensors(x, v); torch.fliplr(x); torch.flipud(x); torch.cat([torch.tensor([]), v]); torch.cat([i, x]); torch.numel(x); x.contiguous(); torch.flatten(b, 0, 1); o.flatten(); o.view(1, 1)
x.diag(); torch.diag(v); torch.diag(v, 1); torch.diag(v, -1); x.diagonal(); x.diagonal(1); x.diagonal(-1); v.diag_embed(); x.triu(); x.tril(-1); x.triu(1); torch.diag(x, 1); torch.diag_embed(x, 1, 0, 2)
"""

INDEXING = """
x[0]; x[:, 1]; x[0, 1]; x[1:2]; x[None]; x[..., 0]; x[x > 0]; x[[0, 1]]; x[torch.tensor([0, 2])]; x[:, [0, 1]]; x[0:1, None]; x[-1]; x[::2]; x[:]; x[...]; x[:, :, None]; x[1:, 2:]; x[[0, 1], [1, 2]]; x[0, [1, 2]]; b[0, :, [1, 2]]
b[:, [0, 1], [1, 2]]; b[[0, 1], :, [1, 2]]; b[..., [0, 1]]; b[0, ..., 1]; x[torch.tensor(1)]; x[k[:, 0]]; b[:, k]; x[True]; x[i[0, 0]]; x[(0, 1)]; x[range(2)]; x[np.array([0, 1])]; b[None, 0, ..., None]; x[2:1]; x[i[0, :2]]
x.gather(1, torch.zeros(3, 1, dtype=torch.long)); x.gather(0, i[:2] % 3); x.index_select(0, torch.tensor([0, 1, 0])); x.masked_fill(k, 0); x.masked_fill(k, v[0]); x.masked_select(k); x.take(torch.tensor([0, 5])); torch.nonzero(i); i.nonzero(as_tuple=True)
x.scatter(1, torch.tensor([[0, 1], [1, 2], [2, 3]]), y[:, :2]); x.scatter(1, torch.tensor([[0], [1], [2]]), 1.0); x.scatter_add(1, torch.tensor([[0, 0], [1, 1], [2, 3]]), y[:, :2]); x.index_add(0, torch.tensor([0, 0]), y[:2]); x.index_fill(0, torch.tensor([0]), 2.0); x.index_copy(0, torch.tensor([1]), y[:1])
x.topk(2); x.topk(1, 0, largest=False); x.sort(); x.sort(0, descending=True); x.argsort(1); i.sort(stable=True); torch.sort(i, descending=True, stable=True); x.kthvalue(2); torch.unique(i); torch.unique(i, return_inverse=True, return_counts=True); torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
torch.take_along_dim(x, torch.tensor([[0], [1], [2]]), 1); torch.where(k); torch.argwhere(k); x.index_put((torch.tensor([0]), torch.tensor([1])), torch.tensor(5.0)); x.masked_scatter(k, y); torch.msort(x)
"""

MATRICES = """
x @ m; x.mm(m); b @ c; b.bmm(c); b @ m; x @ v; v @ v; v.dot(v); v @ m; x.mv(v); torch.outer(v, v); torch.addmm(x[:, :1].expand(3, 5), x, m); torch.baddbmm(torch.zeros(2, 3, 5), b, c); torch.matmul(b, v); torch.addmv(torch.ones(3), x, v); torch.addmm(torch.zeros(5), x, m, beta=0.5, alpha=2)
torch.einsum("ij,jk->ik", x, m); torch.einsum("bij,bjk->bik", b, c); torch.einsum("ij->ji", x); torch.einsum("ij->i", x); torch.einsum("ii->i", s); torch.einsum("ii", s); torch.einsum("i,j->ij", v, v); torch.einsum("...ij,jk->...ik", b, m); torch.einsum("ij,ij", x, y); torch.einsum("bij,bij->b", b, b); torch.einsum("i,i,i->", v, v, v)
torch.tensordot(x, m, 1); torch.tensordot(x, y, dims=([0], [0])); torch.cdist(x, y); torch.cross(s, s + 1, dim=1); torch.trace(s); torch.inner(x, y); torch.inner(v, v); torch.kron(v, v); torch.addbmm(torch.zeros(3, 5), b, c); torch.vdot(v, v); torch.ger(v, v)
"""

FAMILIES = {
    name.lower(): [e.strip() for line in text.strip().splitlines() for e in line.split(";") if e.strip()]
    for name, text in (
        ("elementwise", ELEMENTWISE), ("dtypes", DTYPES), ("reductions", REDUCTIONS), ("shapes", SHAPES),
        ("indexing", INDEXING), ("matrices", MATRICES),
    )
}  # fmt: skip
