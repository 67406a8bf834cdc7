"""Who gets the vocabulary, who the real framework, and what is left when a takeover ends."""

from __future__ import annotations

import builtins
import importlib
import os
import pickle
import sys
import sysconfig
import threading
import xml.dom
import xml.etree
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from unified_nn import registry
from unified_nn.errors import MissingNameError
from unified_nn.takeover import ROOTS, Takeover, takeover
from unified_nn.vocabulary.missing import refuse

SOURCE = Path(__file__).parents[1]

# ---- Who asks.  The framework "frame" is nowhere, its vocabulary is the package `xml`. ----

FRAME = {"frame": "xml"}
HOME = SOURCE / "examples" / "train.py"
USER, LIBRARY = "the user", "a library"

NAMESPACES = {
    "script": ({"__name__": "__main__", "__file__": str(HOME), "__spec__": None}, USER),
    "prompt or notebook": ({"__name__": "__main__"}, USER),
    "script that lies in site-packages": ({"__name__": "__main__", "__file__": "/x/site-packages/a.py"}, USER),
    "and its children": ({"__name__": "__mp_main__", "__file__": "/x/site-packages/a.py"}, USER),
    "user module": ({"__name__": "nets.lenet", "__file__": str(HOME)}, USER),
    "user module by its spec": ({"__name__": "a", "__spec__": ModuleSpec("a", None, origin=str(HOME))}, USER),
    "user module with a name like ours": ({"__name__": "unified_nnx", "__file__": str(HOME)}, USER),
    "user module with a name like a framework's": ({"__name__": "framework", "__file__": str(HOME)}, USER),
    "library": ({"__name__": "lib.a", "__file__": "/x/site-packages/lib/a.py"}, LIBRARY),
    "Debian's library": ({"__name__": "lib", "__file__": "/usr/lib/python3/dist-packages/lib.py"}, LIBRARY),
    "library run with -m": (
        {"__name__": "__main__", "__spec__": ModuleSpec("lib.__main__", None, origin="/x/site-packages/lib/m.py")},
        LIBRARY,
    ),
    "standard library": ({"__name__": "os", "__file__": os.__file__}, LIBRARY),
    "venv's standard library": ({"__name__": "a", "__file__": sysconfig.get_path("platstdlib") + "/a.py"}, LIBRARY),
    "built-in": ({"__name__": "sys", "__spec__": ModuleSpec("sys", None, origin="built-in")}, LIBRARY),
    "ours": ({"__name__": "unified_nn.torch", "__file__": str(HOME)}, LIBRARY),
    "our command": (
        {"__name__": "__main__", "__spec__": ModuleSpec("unified_nn.__main__", None, origin=str(HOME))},
        LIBRARY,
    ),
    "our backends": ({"__name__": "unified_nn_backends.torch", "__file__": str(HOME)}, LIBRARY),
    "our conformance": ({"__name__": "unified_nn_conformance", "__file__": str(HOME)}, LIBRARY),
    "the framework, from its source tree": ({"__name__": "frame.nn", "__file__": str(HOME)}, LIBRARY),
    "declared real": ({"__name__": "mine.backend.conv", "__file__": str(HOME)}, LIBRARY),
    "beside a declared one": ({"__name__": "mine.train", "__file__": str(HOME)}, USER),
    "declared user": ({"__name__": "zoo.models", "__file__": "/x/site-packages/zoo/models.py"}, USER),
    "declared real inside declared user": (
        {"__name__": "zoo.native", "__file__": "/x/site-packages/zoo/native.py"},
        LIBRARY,
    ),
    "exec by the user": ({}, USER),
    "module made by the user": ({"__name__": "made"}, USER),
    "module made by the user's loader": ({"__name__": "a", "__spec__": ModuleSpec("a", None)}, USER),
    "text as file": ({"__name__": "cell", "__file__": "<cell>"}, USER),
}


@pytest.mark.parametrize("statement", ["import frame", "from frame import dom", "import frame.dom as dom"])
@pytest.mark.parametrize(("namespace", "asker"), NAMESPACES.values(), ids=NAMESPACES)
def test_who_asks(namespace: dict, asker: str, statement: str) -> None:
    namespace = dict(namespace)
    origin = getattr(namespace.get("__spec__"), "origin", None)
    code = compile(statement, namespace.get("__file__") or origin or "<string>", "exec")
    with takeover(FRAME, user=["zoo", "frame", "unified_nn"], real=["zoo.native", "mine.backend"]):
        if asker is USER:
            exec(code, namespace)
            assert namespace.get("frame", xml) is xml
            assert namespace.get("dom", xml.dom) is xml.dom
        else:
            with pytest.raises(ModuleNotFoundError, match=r"^No module named 'frame'"):
                exec(code, namespace)


LIBRARY_TEXT = """
import importlib, importlib.util, pkgutil, threading
def execute(text): exec(text, {})
def load(name): return importlib.import_module(name)
def resolve(name): return pkgutil.resolve_name(name)
def find(name): return importlib.util.find_spec(name).name
"""


@pytest.fixture
def library() -> ModuleType:
    made = ModuleType("lib")
    made.__file__ = "/x/site-packages/lib.py"
    exec(compile(LIBRARY_TEXT, made.__file__, "exec"), vars(made))
    return made


@pytest.mark.parametrize(
    ("function", "argument"), [("execute", "import frame"), ("load", "frame.dom"), ("resolve", "frame:dom")]
)
def test_a_library_that_asks_by_name_or_text_means_the_real_one(
    library: ModuleType, function: str, argument: str
) -> None:
    with takeover(FRAME), pytest.raises(ModuleNotFoundError, match=r"^No module named 'frame'"):
        getattr(library, function)(argument)


def test_a_library_does_not_find_a_spec_of_the_vocabulary(library: ModuleType) -> None:
    with takeover(FRAME), pytest.raises(AttributeError, match="'NoneType'"):
        library.find("frame")


def test_the_users_dynamic_questions() -> None:
    import pkgutil

    with takeover(FRAME):
        assert importlib.import_module("frame.dom") is xml.dom
        assert importlib.util.find_spec("frame.dom").name == "xml.dom"
        assert importlib.util.find_spec("frame.absent") is None
        assert pkgutil.resolve_name("frame:dom") is xml.dom
        assert __import__("frame.dom") is xml
        assert __import__("frame.dom", fromlist=["any"]) is xml.dom
        assert __import__("frame.dom", fromlist=("any",)) is xml.dom
        assert __import__("frame", globals(), globals(), [], 0) is xml
        assert importlib.__import__("frame.dom") is xml


def test_other_imports_are_left_alone() -> None:
    with takeover(FRAME):
        assert importlib.import_module(".etree", "xml") is xml.etree
        assert importlib.import_module("xml.etree") is xml.etree
        for name in ("framework", "fram", "frame_", "xml.frame"):
            with pytest.raises(ModuleNotFoundError, match=f"^No module named '{name}'"):
                importlib.import_module(name)
        with pytest.raises(TypeError):
            __import__(3)
        with pytest.raises(AttributeError):
            importlib.import_module(3)


# ---- Names that the vocabulary lacks ----


def test_a_missing_module_is_named_with_what_exists() -> None:
    with takeover(FRAME):
        message = (
            r"^frame\.domm is not offered by unified_nn; frame has dom, etree, parsers, sax\. Did you mean 'dom'\?$"
        )
        with pytest.raises(ModuleNotFoundError, match=message) as caught:
            import frame.domm.deeper  # noqa: F401
        assert caught.value.name == "frame.domm"
        assert isinstance(caught.value, MissingNameError)
        with pytest.raises(ModuleNotFoundError, match=r"^frame\.domm is not offered"):
            importlib.import_module("frame.domm")
        with pytest.raises(
            ModuleNotFoundError, match=r"^frame\.dom\.minidom\.x .* frame\.dom\.minidom has no submodules\.$"
        ):
            __import__("frame.dom.minidom.x")


def test_a_missing_vocabulary_is_named_with_those_that_exist() -> None:
    message = r"^gone is not offered .* vocabularies: frame, gone\.$"
    with takeover({"frame": "xml", "gone": "json.gone"}), pytest.raises(ModuleNotFoundError, match=message):
        import gone.nn  # noqa: F401


def test_a_missing_name_is_named() -> None:
    import xml.dom.minidom

    with takeover(FRAME):
        message = (
            r"^cannot import name 'Nod' from 'frame.dom': frame\.dom\.Nod is not offered by unified_nn; "
            r"dir\(frame\.dom\) lists what is\. Did you mean 'Node'\?$"
        )
        with pytest.raises(ImportError, match=message) as missing:
            from frame.dom import Nod, Node  # noqa: F401
        assert missing.value.name == "frame.dom"

        import frame

        with pytest.raises(
            AttributeError, match=r"^frame\.dom\.Nod is not offered .* Did you mean 'Node'\?$"
        ) as caught:
            frame.dom.Nod  # noqa: B018
        assert isinstance(caught.value, MissingNameError)
        assert not hasattr(frame, "Node")
        with pytest.raises(AttributeError, match=r"^module 'frame\.dom' has no attribute '__all__'$"):
            frame.dom.__all__  # noqa: B018
        assert isinstance(frame.dom.minidom, ModuleType)
    assert "__getattr__" not in vars(xml.dom)


def test_every_vocabulary_explains_its_missing_names_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    import xmlrpc

    monkeypatch.delitem(sys.modules, "wsgiref", raising=False)
    with takeover({"frame": "xml", "work": "wsgiref"}):
        import frame
        import work

        for module, name in ((frame, "frame"), (work, "work")):
            with pytest.raises(MissingNameError, match=rf"^{name}\.Absent is not offered"):
                module.Absent  # noqa: B018
        assert "__getattr__" not in vars(xmlrpc)


def test_modules_that_have_no_file_are_listed_and_private_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("xml.made", "xml._private", "xml.dom.made_deeper"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    with takeover(FRAME), pytest.raises(ModuleNotFoundError, match=r"; frame has dom, etree, made, parsers, sax\.$"):
        import frame.q  # noqa: F401


def test_the_package_of_a_foreign_backend_keeps_the_real_frameworks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entries", lambda: {"mine": registry.Entry("mine.native:MyBackend")})
    with takeover(FRAME):
        exec("import frame", {"__name__": "mine.train", "__file__": str(HOME)})
        with pytest.raises(ModuleNotFoundError, match=r"^No module named 'frame'"):
            exec("import frame", {"__name__": "mine.native.conv", "__file__": str(HOME)})


def test_a_vocabulary_keeps_its_own_answer_for_missing_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml.dom, "__getattr__", lambda name: f"own {name}", raising=False)
    with takeover(FRAME):
        from frame.dom import Anything
    assert Anything == "own Anything"
    assert xml.dom.More == "own More"


def test_a_vocabularys_own_reason_is_given_to_a_from_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml.dom, "__getattr__", refuse("frame.dom", {}, {"Old": "use New"}), raising=False)
    message = r"^cannot import name 'Old' from 'frame\.dom': frame\.dom\.Old is not offered by unified_nn: use New$"
    with takeover(FRAME), pytest.raises(ImportError, match=message):
        from frame.dom import Old  # noqa: F401


def test_what_a_vocabulary_itself_lacks_is_reported_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in_need").mkdir()
    (tmp_path / "in_need" / "__init__.py").touch()
    (tmp_path / "in_need" / "outer.py").write_text("import something_absent")
    (tmp_path / "in_need" / "inner.py").write_text("import in_need._absent")
    monkeypatch.syspath_prepend(tmp_path)
    with takeover({"frame": "in_need"}):
        with pytest.raises(ModuleNotFoundError, match=r"^No module named 'something_absent'$"):
            import frame.outer
        with pytest.raises(ModuleNotFoundError, match=r"^No module named 'in_need\._absent'$"):
            import frame.inner  # noqa: F401


# ---- Beginning and end ----


def frame_is_taken_over() -> bool:
    try:
        import frame  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True


def entrances() -> list[object]:
    from multiprocessing import spawn

    return [
        builtins.__import__,
        importlib.__import__,
        importlib.import_module,
        importlib.util.find_spec,
        spawn.get_preparation_data,
    ]


def test_the_end_restores_everything() -> None:
    before = entrances()
    first = takeover(FRAME)
    assert all(now is not then for now, then in zip(entrances(), before, strict=True))
    with takeover(FRAME) as second:
        assert frame_is_taken_over()
        first.undo()
        first.undo()
        assert frame_is_taken_over()
    assert not frame_is_taken_over()
    second.undo()
    assert entrances() == before


def test_the_latest_decides() -> None:
    with takeover(FRAME):
        with takeover({"frame": "email"}):
            import frame

            assert frame.__name__ == "email"
        import frame

        assert frame is xml


def test_the_end_comes_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), takeover(FRAME):
        1 / 0  # noqa: B018
    assert not frame_is_taken_over()


def test_a_tool_that_wraps_import_meanwhile_keeps_working(monkeypatch: pytest.MonkeyPatch) -> None:
    before, asked = builtins.__import__, []
    taken = takeover(FRAME)
    ours = builtins.__import__

    def tool(name, *rest, **options):
        asked.append(name)
        return ours(name, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", tool)
        assert frame_is_taken_over()
        taken.undo()
        assert not frame_is_taken_over()
        with takeover(FRAME):
            assert frame_is_taken_over()
        assert not frame_is_taken_over()
        assert asked.count("frame") == 4
    assert not frame_is_taken_over()
    takeover(FRAME).undo()
    assert builtins.__import__ is before


def test_names_that_were_bound_too_early_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("frame")
    user, library, notebook = ModuleType("nets"), ModuleType("lib"), ModuleType("notes")
    user.__file__, library.__file__ = str(HOME), "/x/site-packages/lib.py"
    user.frame = library.frame = real
    user.Dense = type("Dense", (), {"__module__": "frame.nn"})
    user.framework = ModuleType("framework")
    for module in (real, user, library, notebook):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.warns(RuntimeWarning, match=r"too late for nets\.frame, nets\.Dense: ") as caught:
        takeover(FRAME).undo()
    assert caught[0].filename == __file__


def test_threads_import_at_the_same_time() -> None:
    for name in [name for name in sys.modules if name.startswith("xml.sax")]:
        del sys.modules[name]
    results, start = [], threading.Barrier(16)

    def work() -> None:
        start.wait()
        import frame.sax.handler
        from frame.sax import ContentHandler

        results.append((frame is xml, ContentHandler is frame.sax.handler.ContentHandler))

    with takeover(FRAME):
        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [(True, True)] * 16


def test_a_takeover_resumes_where_it_is_unpickled() -> None:
    with takeover(FRAME, user=["zoo"]) as taken:
        pickled = pickle.dumps(taken)
    assert not frame_is_taken_over()
    with pickle.loads(pickled) as resumed:
        assert isinstance(resumed, Takeover)
        assert (resumed.roots, resumed.declared) == (taken.roots, taken.declared)
        assert frame_is_taken_over()
    assert not frame_is_taken_over()


@pytest.mark.parametrize("root", ROOTS)
def test_the_table_names_vocabularies(root: str) -> None:
    assert ROOTS[root] == f"unified_nn.{root}"
    assert importlib.util.find_spec(ROOTS[root]) is not None
