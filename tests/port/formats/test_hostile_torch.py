"""Torch files that must not be accepted: malicious pickles, false storages, false archives."""

from __future__ import annotations

import io
import os
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from unified_nn import torch
from unified_nn.port.formats import WeightFileError, limits, read, write
from unified_nn.port.formats.torch_legacy import _MAGIC_NUMBER

START = b"\x80\2"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


def storage(key: str = "0", kind: bytes = b"ctorch\nFloatStorage\n", count: int = 6) -> bytes:
    return b"(" + text("storage") + kind + text(key) + text("cpu") + number(count) + b"tQ"


def tensor(
    store: bytes = storage(),
    offset: int = 0,
    size: tuple[int, ...] = (2, 3),
    stride: tuple[int, ...] = (3, 1),
    more: bytes = b"",
    function: bytes = b"ctorch._utils\n_rebuild_tensor_v2\n",
) -> bytes:
    view = number(offset) + numbers(size) + numbers(stride)
    return function + b"(" + store + view + b"\x89ccollections\nOrderedDict\n)R" + more + b"tR"


def state(*tensors: bytes) -> bytes:
    return START + b"}(" + b"".join(text(f"w{i}") + t for i, t in enumerate(tensors)) + b"u."


def archive(data: bytes, records: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr("r/data.pkl", data)
        for name, content in ({"r/data/0": bytes(24)} if records is None else records).items():
            file.writestr(name, content)
    return buffer.getvalue()


def legacy(data: bytes, keys: list[str] | None = None, rest: bytes = struct.pack("<q", 6) + bytes(24)) -> bytes:
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    head = b"".join(pickle.dumps(value, 2) for value in (_MAGIC_NUMBER, 1001, system))
    return head + data + pickle.dumps(["0"] if keys is None else keys, 2) + rest


class Runs:
    """Creates a file when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


MARK = "made-by-the-file"
UNTYPED = b"ctorch.storage\nUntypedStorage\n"
V3 = b"ctorch._utils\n_rebuild_tensor_v3\n"

MALICIOUS = {
    "os.system": pickle.dumps({"a": Runs(os.system, f"touch {MARK}")}, 2),
    "os.mkdir protocol 4": pickle.dumps({"a": Runs(os.mkdir, MARK)}, 4),
    "eval": pickle.dumps(Runs(eval, f"open('{MARK}', 'w')"), 2),
    "exec protocol 5": pickle.dumps(Runs(exec, f"open('{MARK}', 'w')"), 5),
    "open": pickle.dumps(Runs(open, MARK, "w"), 2),
    "getattr": START + b"c__builtin__\ngetattr\n(" + storage() + text("__class__") + b"tR.",
    "dotted torch name": START + b"ctorch\nserialization.os.system\n(" + text(f"touch {MARK}") + b"tR.",
    "dotted stack global": START + text("torch") + text("serialization.os.mkdir") + b"\x93(" + text(MARK) + b"tR.",
    "torch.load": START + b"ctorch\nload\n(" + text("/etc/passwd") + b"tR.",
    "torch.hub": START + b"ctorch.hub\nload\n(" + text("x") + b"tR.",
    "torch.storage loader": START + b"ctorch.storage\n_load_from_bytes\n(" + text("x") + b"tR.",
    "numpy reconstruct": START + b"cnumpy.core.multiarray\n_reconstruct\n(tR.",
    "INST": START + b"(" + text(MARK) + b"ios\nmkdir\n.",
    "OBJ": START + b"(cos\nmkdir\n" + text(MARK) + b"o.",
    "NEWOBJ": START + b"ccollections\nOrderedDict\n)\x81.",
    "extension registry": START + b"\x82\1.",
    "BUILD on a token": START + b"ctorch\nTensor\n}" + text("__setstate__") + b"ccollections\nCounter\nsb.",
    "BUILD on a tensor": state(tensor() + b"}b"),
    "call of a tensor type": START + b"ctorch\nTensor\n)R.",
    "call of a storage": START + b"ctorch\nFloatStorage\n)R.",
    "call of a text": START + text("os.system") + b")R.",
    "call without a tuple": START + b"ccollections\nOrderedDict\nNR.",
    "name in two lines": START + b"ctorch._utils\n_rebuild_tensor_v2 \n)R.",
    "module with a null": START + b"ctorch\0\nTensor\n.",
    "unicode look-alike": START + "cto\u0433ch\nTensor\n.".encode(),
    "name of 2 MB": START + b"c" + b"a" * 2_000_000 + b"\nb\n.",
    "persistent module": START
    + b"("
    + text("module")
    + b"ctorch\nTensor\n"
    + text("f.py")
    + text("import os")
    + b"tQ.",
    "persistent text": START + text("0") + b"Q.",
    "tensor subclass": START
    + b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nccollections\nCounter\n)}tR.",
    "from type of a dict": START
    + b"ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nctorch\nTensor\n)}tR.",
    "from type of itself": START
    + b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._tensor\n_rebuild_from_type_v2\nctorch\nTensor\n)}tR.",
}
BROKEN = {
    "empty": b"",
    "no stop": START + b"}",
    "empty stack": START + b".",
    "two objects": START + b"}}.",
    "open mark": START + b"(}.",
    "bytes behind": state(tensor()) + b"x",
    "protocol 0": b"(dp0\n.",
    "protocol 9": b"\x80\x09}.",
    "unknown opcode": START + b"\xff.",
    "stack underflow": START + b"R.",
    "pop of a missing mark": START + b"t.",
    "tuple of a missing item": START + b"\x87.",
    "unknown memo": START + b"h\7.",
    "memo of an empty stack": START + b"q\0.",
    "text of 4 GB": START + b"X\xff\xff\xff\xff.",
    "text of 2^63": START + b"\x8d" + b"\xff" * 7 + b"\x7f.",
    "bytes of 2^32": START + b"B\xff\xff\xff\xff.",
    "frame of 2^63": b"\x80\4\x95" + b"\xff" * 7 + b"\x7f}.",
    "text that is no UTF-8": START + b"X\2\0\0\0\xff\xfe.",
    "half an integer": START + b"J\1",
    "list as key": START + b"}]Ns.",
    "tuple as key": START + b"})Ns.",
    "token as key": START + b"}ctorch\nTensor\nNs.",
    "key twice": START + b"}(" + (text("a") + b"N") * 2 + b"u.",
    "true and 1 as keys": START + b"}(\x88NK\1Nu.",
    "equal hashes": START + b"}(" + b"".join(number(i * ((1 << 61) - 1)) + b"N" for i in range(1, 2000)) + b"u.",
    "odd items": START + b"}(NNNu.",
    "append to a dict": START + b"}Na.",
    "items of a list": START + b"]NNs.",
    "list that holds itself": START + b"]q\0h\0a.",
    "dict that holds itself": START + b"}q\0" + text("a") + b"h\0s.",
    "40 deep": START + b"]" * 40 + b"a" * 39 + b".",
    "2^60 leaves": START
    + b"]q\0"
    + b"".join(b"](h%bh%be" % (bytes([i]), bytes([i])) + b"q" + bytes([i + 1]) for i in range(31))
    + b"a" * 31
    + b".",
    "10^8 repeats": START + b"](](" + b"N" * 10_000 + b"eq\0" + b"h\0" * 10_000 + b"e.",
    "long name repeated": START + b"}" + text("n" * 4_000_000) + b"](" + b"N" * 1000 + b"es.",
    "100000 on the stack": START + b"}" * 200_000 + b".",
    "nested marks": START + b"(" * 100_000 + b".",
    "two names alike": START + b"}(" + text("a") + b"}" + text("b") + tensor() + b"s" + text("a.b") + tensor() + b"u.",
    "OrderedDict of numbers": START + b"ccollections\nOrderedDict\n](K\1K\2e\x85R.",
}
FALSE_TENSORS = {
    "offset beyond": tensor(offset=1),
    "offset of 2^70": tensor(offset=1 << 70),
    "negative offset": tensor(offset=-1),
    "shape beyond": tensor(size=(3, 3)),
    "stride beyond": tensor(stride=(4, 1)),
    "negative stride": tensor(offset=5, stride=(-3, -1)),
    "negative size": tensor(size=(-2, -3)),
    "rank mismatch": tensor(size=(6,)),
    "product overflows": tensor(size=(1 << 40, 1 << 40), stride=(0, 0)),
    "terabytes from one element": tensor(size=(1 << 20, 1 << 20), stride=(0, 0)),
    "4 GB from one element": tensor(size=(1 << 30,), stride=(0,)),
    "100 dimensions": tensor(size=(1,) * 100, stride=(1,) * 100),
    "stride of 2^70": tensor(stride=(1 << 70, 1)),
    "huge and empty": tensor(size=(0, 1 << 60), stride=(1, 1)),
    "empty but offset beyond": tensor(offset=7, size=(0, 3)),
    "shape is a list": tensor().replace(b"(J\2\0\0\0J\3\0\0\0t", b"](J\2\0\0\0J\3\0\0\0e"),
    "shape of truth values": tensor().replace(b"(J\2\0\0\0J\3\0\0\0t", b"(\x88\x88t"),
    "no storage": tensor(b"N"),
    "storage is a dict": tensor(b"}"),
    "too few arguments": b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage() + b"tR",
    "too many arguments": tensor(more=b"}NN"),
    "unknown metadata": tensor(more=b"}" + text("evil") + b"\x88s"),
    "conjugate of floats": tensor(more=b"}" + text("conj") + b"\x88s"),
    "negative of bools": tensor(storage(kind=b"ctorch\nBoolStorage\n"), more=b"}" + text("neg") + b"\x88s"),
    "untyped without dtype": tensor(storage(kind=UNTYPED, count=24)),
    "typed with dtype": tensor(more=b"ctorch\nfloat32\n", function=V3),
    "dtype is a text": tensor(storage(kind=UNTYPED, count=24), more=text("float32"), function=V3),
    "dtype is a storage": tensor(storage(kind=UNTYPED, count=24), more=b"ctorch\nFloatStorage\n", function=V3),
    "storage too long": tensor(storage(count=5)),
    "storage too short": tensor(storage(count=7)),
    "storage of 2^62": tensor(storage(count=1 << 62)),
    "negative storage": tensor(storage(count=-1)),
    "storage count is a text": tensor(storage().replace(b"J\6\0\0\0", text("6"))),
    "storage class is a dtype": tensor(storage(kind=b"ctorch\nfloat32\n")),
    "storage class is a text": tensor(storage(kind=text("FloatStorage"))),
    "storage key is a number": tensor(storage().replace(text("0"), number(0))),
    "storage key is a path": tensor(storage(key="../../../etc/passwd")),
    "storage is missing": tensor(storage(key="1")),
    "one key with two types": tensor() + text("other") + tensor(storage(kind=b"ctorch\nIntStorage\n")),
    "one key with two sizes": tensor() + text("other") + tensor(storage(count=3), size=(3,), stride=(1,)),
    "parameter without tensor": b"ctorch._utils\n_rebuild_parameter\n(N\x88}tR",
    "view of a storage beyond": tensor(storage()[:-2] + b"(" + text("8") + number(3) + number(4) + b"ttQ"),
}


def check(tmp_path, refused, content: bytes, **more: float) -> str:
    (tmp_path / "a.pt").write_bytes(content)
    message = refused(tmp_path / "a.pt", **more)
    assert [file.name for file in tmp_path.iterdir()] == ["a.pt"]
    return message


@pytest.fixture(autouse=True)
def _inside(tmp_path_factory, monkeypatch):
    """A file made by a relative name would appear here."""
    folder = tmp_path_factory.mktemp("working")
    monkeypatch.chdir(folder)
    yield
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", [archive, legacy], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", MALICIOUS)
def test_runs_nothing(tmp_path, refused, form, name):
    check(tmp_path, refused, form(MALICIOUS[name]))


@pytest.mark.parametrize("name", BROKEN)
def test_refuses_a_pickle(tmp_path, refused, monkeypatch, name):
    monkeypatch.setattr(limits, "LEAVES", 20_000)  # instead of a million, to be quick
    check(tmp_path, refused, archive(BROKEN[name]), memory=32 << 20)


@pytest.mark.parametrize("limit", ["PICKLE_OPCODES", "PICKLE_MEMO"])
def test_refuses_a_pickle_that_goes_on(tmp_path, refused, monkeypatch, limit):
    monkeypatch.setattr(limits, limit, 10_000)
    steps = b"".join(b"Nr" + struct.pack("<I", i) + b"a" for i in range(11_000))
    message = check(tmp_path, refused, archive(START + b"]" + steps + b"."))
    assert {"PICKLE_OPCODES": "opcodes", "PICKLE_MEMO": "memo"}[limit] in message


@pytest.mark.parametrize("form", [archive, legacy], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", FALSE_TENSORS)
def test_refuses_a_tensor(tmp_path, refused, form, name):
    check(tmp_path, refused, form(state(FALSE_TENSORS[name])))


@pytest.mark.parametrize("form", [archive, legacy], ids=["zip", "legacy"])
@pytest.mark.parametrize("name", [*MALICIOUS, *FALSE_TENSORS])
def test_torch_load_refuses_them_too(tmp_path, form, name):
    """`torch.load` keeps containers nested, and has its own way from the pickle to the tensors."""
    data = MALICIOUS[name] if name in MALICIOUS else state(FALSE_TENSORS[name])
    (tmp_path / "x.pt").write_bytes(form(data))
    with pytest.raises(pickle.UnpicklingError) as caught:
        torch.load(tmp_path / "x.pt", weights_only=False)
    assert isinstance(caught.value, WeightFileError)
    assert [path.name for path in tmp_path.iterdir()] == ["x.pt"]


@pytest.mark.parametrize("name", ["2^60 leaves", "10^8 repeats", "list that holds itself"])
def test_torch_load_keeps_what_is_shared_as_one(tmp_path, name):
    (tmp_path / "x.pt").write_bytes(archive(BROKEN[name]))
    start = time.perf_counter()
    assert isinstance(torch.load(tmp_path / "x.pt"), list)
    assert time.perf_counter() - start < 5


def test_the_builders_make_good_files(tmp_path):
    """Otherwise the files above would be refused for the wrong reason."""
    for form in (archive, legacy):
        (tmp_path / "a.pt").write_bytes(form(state(tensor())))
        with read(tmp_path / "a.pt") as weights:
            assert weights["w0"].shape == (2, 3)


def test_the_stride_of_a_dimension_of_one_element_may_be_anything(tmp_path):
    (tmp_path / "a.pt").write_bytes(archive(state(tensor(size=(1, 3), stride=(1 << 62, 1)))))
    with read(tmp_path / "a.pt") as weights:
        assert weights["w0"].tolist() == [[0, 0, 0]]


def test_a_tensor_may_not_grow_and_not_be_repeated_too_much(tmp_path):
    """A large file gives no leave to expand one element, nor to name one storage a hundred times."""
    large = {"r/data/0": bytes(4000)}
    one = tensor(storage(count=1000), size=(1500,), stride=(0,))
    (tmp_path / "one.pt").write_bytes(archive(state(one), large))
    whole = tensor(storage(count=1000), size=(1000,), stride=(1,))
    (tmp_path / "many.pt").write_bytes(archive(state(*[whole] * 400), large))
    with pytest.raises(WeightFileError, match=r"'w0' would grow from 4 to 6000 bytes.*max_expanded"):
        read(tmp_path / "one.pt", max_expanded=5999)
    with pytest.raises(WeightFileError, match=r"all tensors together.*max_expanded"):
        read(tmp_path / "many.pt", max_expanded=1000)
    read(tmp_path / "one.pt", max_expanded=6000).close()
    read(tmp_path / "many.pt").close()


FALSE_LEGACY = {
    "key missing": (["1"], struct.pack("<q", 6) + bytes(24)),
    "key twice": (["0", "0"], (struct.pack("<q", 6) + bytes(24)) * 2),
    "key too many": (["0", "1"], (struct.pack("<q", 6) + bytes(24)) * 2),
    "no keys": ([], b""),
    "keys are numbers": ([0], struct.pack("<q", 6) + bytes(24)),
    "count differs": (["0"], struct.pack("<q", 7) + bytes(28)),
    "count of 2^62": (["0"], struct.pack("<q", 1 << 62) + bytes(24)),
    "negative count": (["0"], struct.pack("<q", -6) + bytes(24)),
    "bytes missing": (["0"], struct.pack("<q", 6) + bytes(23)),
    "bytes behind": (["0"], struct.pack("<q", 6) + bytes(25)),
}


@pytest.mark.parametrize("name", FALSE_LEGACY)
def test_refuses_a_legacy_file(tmp_path, refused, name):
    check(tmp_path, refused, legacy(state(tensor()), *FALSE_LEGACY[name]))


@pytest.mark.parametrize(
    ("old", "new"),
    [(pickle.dumps(1001, 2), pickle.dumps(1002, 2)), (b"little_endianq\x02\x88", b"little_endianq\x02\x89")],
    ids=["version", "big-endian"],
)
def test_refuses_a_legacy_header(tmp_path, refused, old, new):
    good = legacy(state(tensor()))
    assert old in good
    check(tmp_path, refused, good.replace(old, new))


FALSE_ARCHIVES = {
    "data.pkl compressed": archive(state(tensor()), method=zipfile.ZIP_DEFLATED),
    "outside the root": archive(state(tensor()), {"r/data/0": bytes(24), "other": b""}),
    "above the root": archive(state(tensor()), {"r/data/0": bytes(24), "../../evil": b""}),
    "two roots": archive(state(tensor()), {"r/data/0": bytes(24), "q/data.pkl": b"N."}),
    "TorchScript": archive(state(tensor()), {"r/data/0": bytes(24), "r/constants.pkl": b""}),
    "TorchScript code": archive(state(tensor()), {"r/data/0": bytes(24), "r/code/a.py": b"import os"}),
    "byteorder of nonsense": archive(state(tensor()), {"r/data/0": bytes(24), "r/byteorder": b"middle"}),
    "byteorder too long": archive(state(tensor()), {"r/data/0": bytes(24), "r/byteorder": bytes(10_000)}),
    "no storage": archive(state(tensor()), {}),
    "bool of 2": archive(state(tensor(storage(kind=b"ctorch\nBoolStorage\n"))), {"r/data/0": b"\1\2\0\0\0\0"}),
}


@pytest.mark.parametrize("name", FALSE_ARCHIVES)
def test_refuses_an_archive(tmp_path, refused, name):
    check(tmp_path, refused, FALSE_ARCHIVES[name])


@pytest.mark.parametrize("protocol", range(6))
def test_a_bare_pickle_is_named(tmp_path, refused, protocol):
    message = check(tmp_path, refused, pickle.dumps({"a": Runs(os.mkdir, MARK)}, protocol))
    assert "pickle" in message or protocol < 2


def test_a_checksum_that_is_wrong_is_found_when_the_tensor_is_read(tmp_path, refused):
    write(tmp_path / "a.pt", {"a": np.arange(5000.0), "b": np.ones(3)})
    data = bytearray((tmp_path / "a.pt").read_bytes())
    data[data.index(np.float64(2500).tobytes())] ^= 1
    assert "CRC-32" in check(tmp_path, refused, bytes(data))
    with read(tmp_path / "a.pt") as weights:
        assert weights["b"].tolist() == [1, 1, 1]
