"""torch.save, both forms, against PyTorch itself."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, detect, read, write
from unified_nn.port.formats.torch_objects import STORAGES

TYPED = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "bfloat16",
]
FLOAT8 = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]
UNTYPED = ["uint16", "uint32", "uint64", *FLOAT8]


def bits(tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(tensor.new_empty(0).byte().dtype).numpy().tobytes()


def tensor_of(torch, dtype: str, array: np.ndarray):
    raw = torch.frombuffer(bytearray(array.tobytes() or b"\0"), dtype=torch.uint8)[: array.nbytes].clone()
    return raw.view(getattr(torch, dtype)).reshape(array.shape)


def saved(torch, value, path, form: str = "zip", **more: object) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=form == "zip", **more)


@pytest.mark.parametrize(("form", "dtype"), [("zip", d) for d in TYPED + UNTYPED] + [("legacy", d) for d in TYPED])
def test_reads_what_torch_writes(tmp_path, samples, same, everything, torch, form, dtype):
    arrays = samples(dtype)
    saved(torch, {name: tensor_of(torch, dtype, array) for name, array in arrays.items()}, tmp_path / "a.pt", form)
    same(everything(tmp_path / "a.pt"), arrays)
    assert detect(tmp_path / "a.pt") == {"zip": "torch", "legacy": "torch-legacy"}[form]


@pytest.mark.parametrize(
    ("form", "dtype"), [("torch", d) for d in TYPED + UNTYPED] + [("torch-legacy", d) for d in TYPED]
)
def test_torch_reads_what_we_write(tmp_path, samples, torch, form, dtype):
    arrays = samples(dtype)
    assert write(tmp_path / "a.pt", arrays, form) == ()
    found = torch.load(tmp_path / "a.pt", weights_only=True)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, tuple(found[name].shape)) == (getattr(torch, dtype), array.shape)
        assert bits(found[name]) == array.tobytes()


def test_torch_maps_what_we_write(tmp_path, torch):
    write(tmp_path / "a.pt", {"a": np.arange(1000, dtype="f4")})
    assert torch.load(tmp_path / "a.pt", mmap=True)["a"].sum() == 499500


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_reads_views(tmp_path, same, everything, torch, form):
    base = torch.arange(60.0).reshape(3, 4, 5)
    complex_base = torch.complex(torch.arange(6.0), -torch.arange(6.0))
    views = {
        "transposed": base.transpose(0, 2),
        "sliced": base[1:, ::2, 1],
        "expanded": base[0, 0, :1].expand(7, 1),
        "overlapping": base.as_strided((4, 4), (1, 1), 3),
        "last": base[-1, -1, -1],
        "empty": base[:0, 2:],
        "conjugate": complex_base[1:5:2].conj(),
        "imaginary of a conjugate": torch.complex(torch.ones(3), torch.arange(3.0)).conj().imag,
    }
    saved(torch, views, tmp_path / "a.pt", form)
    same(
        everything(tmp_path / "a.pt"), {name: view.resolve_conj().resolve_neg().numpy() for name, view in views.items()}
    )
    with read(tmp_path / "a.pt") as weights:
        assert "'transposed', 'sliced'" in next(note for note in weights.notes if "share one storage" in note)


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_reads_a_nested_checkpoint(tmp_path, everything, torch, form):
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "buffer": torch.nn.Buffer(torch.zeros(2)),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "size": torch.Size([3, 4]),
        "layout": torch.strided,
        "set": {1, 2},
        "epoch": 3,
        "big": 1 << 70,
        "note": "é",
        "nothing": None,
    }
    saved(torch, checkpoint, tmp_path / "a.pt", form)
    found = everything(tmp_path / "a.pt")
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(found[f"model.{name}"], tensor.numpy(), strict=True)
    assert found["optimizer.state.0.exp_avg"].shape == (4, 3)
    assert found["parameter"].tolist() == [1, 1]
    assert found["buffer"].tolist() == [0, 0]
    with read(tmp_path / "a.pt") as weights:
        assert {key: weights.metadata[key] for key in ("epoch", "big", "note", "nothing", "dtype", "size.1")} == {
            "epoch": 3,
            "big": 1 << 70,
            "note": "é",
            "nothing": None,
            "dtype": "torch.float16",
            "size.1": 4,
        }
        assert any("no tensors" in note for note in weights.notes)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_reads_other_pickle_protocols(tmp_path, everything, torch, form, protocol):
    saved(
        torch,
        {"a": torch.arange(3), "p": torch.nn.Parameter(torch.ones(1))},
        tmp_path / "a.pt",
        form,
        pickle_protocol=protocol,
    )
    assert everything(tmp_path / "a.pt")["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (lambda t: t.ones(2), ["tensor"]),
        (lambda t: [t.ones(2), (t.ones(1),)], ["0", "1.0"]),
        (lambda t: {"": t.ones(1), 7: t.ones(1)}, ["", "7"]),
    ],
    ids=["tensor", "list", "odd keys"],
)
def test_names_of_other_objects(tmp_path, everything, torch, value, names):
    torch.save(value(torch), tmp_path / "a.pt")
    assert list(everything(tmp_path / "a.pt")) == names


def test_reads_a_file_without_checksums(tmp_path, everything, torch):
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"a": torch.arange(300)}, tmp_path / "a.pt")
    finally:
        torch.serialization.set_crc32_options(before)
    assert everything(tmp_path / "a.pt")["a"].sum() == 44850
    with read(tmp_path / "a.pt") as weights:
        assert "without checksums" in weights.notes[0]


@pytest.mark.parametrize("dtype", TYPED)
def test_reads_big_endian_files(tmp_path, samples, same, everything, torch, dtype):
    arrays = samples(dtype)
    word = {"complex64": 4, "complex128": 8}.get(dtype, next(iter(arrays.values())).itemsize)
    write(tmp_path / "little.pt", arrays)
    with zipfile.ZipFile(tmp_path / "little.pt") as old, zipfile.ZipFile(tmp_path / "big.pt", "w") as new:
        for name in old.namelist():
            data = b"big" if name.endswith("byteorder") else old.read(name)
            swapped = np.frombuffer(data, f"u{word}").byteswap().tobytes() if "/data/" in name else data
            new.writestr(name, swapped)
    same(everything(tmp_path / "big.pt"), arrays)
    if dtype != "bool":
        theirs = torch.load(tmp_path / "big.pt")
        assert all(bits(theirs[name]) == array.tobytes() for name, array in arrays.items())


def test_a_big_endian_untyped_storage_is_ambiguous(tmp_path, refused):
    write(tmp_path / "little.pt", {"a": np.arange(3, dtype="u2")})
    with zipfile.ZipFile(tmp_path / "little.pt") as old, zipfile.ZipFile(tmp_path / "big.pt", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"big" if name.endswith("byteorder") else old.read(name))
    assert "byte order" in refused(tmp_path / "big.pt")


def test_any_root_folder_and_a_gpu_location_are_accepted(tmp_path, everything, torch):
    torch.save({"a": torch.arange(3)}, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as old, zipfile.ZipFile(tmp_path / "b.pt", "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("a/", "some root/", 1), old.read(name).replace(b"\3\0\0\0cpu", b"\6\0\0\0cuda:7"))
    assert everything(tmp_path / "b.pt")["a"].tolist() == [0, 1, 2]


def test_reads_a_view_of_a_storage_as_before_0_4(tmp_path, everything, torch):
    class Pickler(pickle._Pickler):
        def persistent_id(self, value):
            return value.identity if isinstance(value, Named) else None

    class Named:
        def __init__(self, identity):
            self.identity = identity

    class Tensor:
        def __reduce__(self):
            storage = Named(("storage", torch.FloatStorage, "7", "cpu", 6, ("8", 2, 4)))
            return torch._utils._rebuild_tensor, (storage, 1, (3,), (1,))

    buffer = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}):
        pickle.dump(value, buffer, 2)
    Pickler(buffer, 2).dump({"a": Tensor()})
    pickle.dump(["7"], buffer, 2)
    buffer.write(struct.pack("<q", 6) + np.arange(6, dtype="f4").tobytes())
    (tmp_path / "a.pt").write_bytes(buffer.getvalue())
    assert torch.load(tmp_path / "a.pt", weights_only=False)["a"].tolist() == [3, 4, 5]
    assert everything(tmp_path / "a.pt")["a"].tolist() == [3, 4, 5]


def test_reads_old_strings_and_pairs(tmp_path, everything, torch):
    """Python 2 wrote byte strings and an OrderedDict as a list of pairs."""
    write(tmp_path / "new.pt", {"a": np.arange(3, dtype="f4")})
    with zipfile.ZipFile(tmp_path / "new.pt") as old, zipfile.ZipFile(tmp_path / "a.pt", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".pkl"):
                tensor = data[data.index(b"ctorch._utils") : -2]
                data = b"\x80\2ccollections\nOrderedDict\n](U\1a" + tensor.replace(b"X\7\0\0\0storage", b"U\7storage")
                data = data.replace(b"](U\1a", b"](](U\1a", 1) + b"ee\x85R."
            new.writestr(name, data)
    assert torch.load(tmp_path / "a.pt", weights_only=False)["a"].tolist() == [0, 1, 2]
    assert everything(tmp_path / "a.pt")["a"].tolist() == [0, 1, 2]


REFUSED = {
    "module": (lambda t: t.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    "sparse": (lambda t: {"a": t.eye(3).to_sparse()}, "to_dense"),
    "csr": (lambda t: {"a": t.eye(3).to_sparse_csr()}, "to_dense"),
    "quantized": (lambda t: {"a": t.quantize_per_tensor(t.ones(3), 0.1, 0, t.qint8)}, "dequantize"),
    "complex32": (lambda t: {"a": t.zeros(3, dtype=t.complex32)}, "torch.complex32: tensors of this type"),
    "float4": (lambda t: {"a": t.zeros(3, dtype=t.float4_e2m1fn_x2)}, "torch.float4_e2m1fn_x2: tensors of this type"),
    "meta": (lambda t: {"a": t.ones(3, device="meta")}, "meta device"),
    "numpy array": (lambda t: {"a": np.ones(3)}, "numpy"),
    "function": (lambda t: {"a": t.nn.functional.relu}, "relu"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["zip", "legacy"])
@pytest.mark.parametrize("name", REFUSED)
def test_refuses_by_name(tmp_path, refused, torch, form, name):
    value, reason = REFUSED[name]
    saved(torch, value(torch), tmp_path / "a.pt", form)
    assert reason in refused(tmp_path / "a.pt")


@pytest.mark.filterwarnings("ignore")
def test_refuses_torchscript(tmp_path, refused, torch):
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "a.pt"))
    assert "TorchScript" in refused(tmp_path / "a.pt")


@pytest.mark.filterwarnings("ignore")
def test_a_bare_storage_is_left_out_and_told(tmp_path, everything, torch):
    torch.save({"a": torch.ones(2), "b": torch.ones(3).untyped_storage()}, tmp_path / "a.pt")
    assert list(everything(tmp_path / "a.pt")) == ["a"]
    with read(tmp_path / "a.pt") as weights:
        assert "1 bare storages" in weights.notes[0]
        assert "'b'" in weights.notes[0]


@pytest.mark.parametrize("dtype", UNTYPED)
def test_the_legacy_form_has_no_such_types(tmp_path, samples, dtype):
    with pytest.raises(WeightFileError, match=f"cannot hold {dtype}"):
        write(tmp_path / "a.pt", samples(dtype), "torch-legacy")


def test_the_table_of_storages_is_that_of_torch(torch):
    for name, dtype in STORAGES.items():
        assert getattr(torch, name)(1).dtype == getattr(torch, dtype)


def test_members_with_64_bit_sizes(tmp_path, monkeypatch, same, everything, torch):
    """From 2 GiB on; here from 10 bytes."""
    monkeypatch.setattr("unified_nn.port.formats.limits.ZIP64_BYTES", 10)
    arrays = {"a": np.arange(300.0), "b": np.ones(1, "i1")}
    for name in ("a.pt", "a.npz"):
        write(tmp_path / name, arrays)
        same(everything(tmp_path / name), arrays)
    assert torch.load(tmp_path / "a.pt", weights_only=True)["a"].sum() == 44850
    assert np.load(tmp_path / "a.npz")["a"].sum() == 44850
