"""A takeover in a world of files: vocabularies `words`, libraries, and real frameworks that are installed or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1]

FILES = {
    "site-packages/torch/__init__.py": "KIND = 'real'\nfrom . import nn\nclass Size(tuple): pass",
    "site-packages/torch/nn.py": "KIND = 'real'",
    "site-packages/mxnet/__init__.py": "KIND = 'real'",
    "site-packages/torchfoo.py": "KIND = 'foo'",
    "site-packages/library.py": """
        import importlib
        def of_torch():
            import torch
            return torch.KIND
        def of_mxnet():
            from mxnet import KIND
            return KIND
        def by_name():
            return importlib.import_module("torch.nn").KIND
        """,
    "words/torch/__init__.py": """
        KIND = 'vocabulary'
        from . import nn
        __all__ = ['nn', 'Tensor', 'KIND']
        class Tensor: pass
        """,
    "words/torch/nn/__init__.py": "from . import functional\nclass Linear: pass",
    "words/torch/nn/functional.py": "def relu(x): return max(x, 0)",
    "words/torch/utils/__init__.py": "",
    "words/torch/utils/data.py": "class DataLoader: pass",
    "words/torch/native.py": "import torch\nKIND = torch.KIND",
    "words/torchvision/__init__.py": "",
    "words/torchvision/datasets.py": "",
    "words/torchvision/transforms.py": "",
    "words/mindspore/__init__.py": "",
    "words/mindspore/common/__init__.py": "",
    "words/mindspore/common/initializer.py": "class Normal: pass",
    "words/mindvision/__init__.py": "",
    "words/mindvision/classification/__init__.py": "",
    "words/mindvision/classification/models/__init__.py": "def lenet(): return 'LeNet'",
    "words/mxnet/__init__.py": "KIND = 'vocabulary'",
    "words/mxnet/nd.py": "",
    "words/mxnet/gluon.py": "",
    "user/project/__init__.py": "",
    "user/project/torch.py": "KIND = 'own'",
    "user/project/model.py": """
        import torch
        from . import torch as own
        from .torch import KIND as also_own
        class Net(torch.nn.Linear): pass
        kinds = [torch.KIND, own.KIND, also_own]
        """,
    "user/project/star.py": "from torch import *",
    "user/late.py": "def load():\n    import torch\n    return torch.KIND",
}
BEGIN = """
    import json, sys
    from unified_nn.takeover import ROOTS, takeover
    taken = takeover({root: target.replace("unified_nn", "words") for root, target in ROOTS.items()}, real=["words"])
"""
BLOCK = """
    import sys
    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name in ("torch", "torchvision", "mindspore", "mindvision", "mxnet"):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    sys.meta_path.insert(0, Absent())
"""

#: What user code asks: statements, an expression, its value with the real frameworks installed and without them.
ABSENT = "ModuleNotFoundError: No module named 'torch'"
QUESTIONS = {
    "user first": ("import torch", "torch.KIND", "vocabulary"),
    "library later": ("import library", "library.of_torch()", "real", ABSENT),
    "library first": ("import library", "library.of_mxnet()", "real", ABSENT.replace("torch", "mxnet")),
    "user later": ("import mxnet as mx", "mx.KIND", "vocabulary"),
    "mxnet": ("from mxnet import nd, gluon", "[nd.__name__, gluon.__name__]", ["words.mxnet.nd", "words.mxnet.gluon"]),
    "library by name": ("import library", "library.by_name()", "real", ABSENT),
    "user by name": ("import importlib", "importlib.import_module('torch.nn').__name__", "words.torch.nn"),
    "vocabulary's own": ("import words.torch.native as native", "native.KIND", "real", ABSENT),
    "vocabulary's own, through it": ("from torch import native", "native.KIND", "real", ABSENT),
    "as": ("import torch.nn as nn", "nn.__name__", "words.torch.nn"),
    "functional": ("import torch.nn.functional as F", "F.relu(3)", 3),
    "top name": ("import torch.nn.functional", "torch.__name__", "words.torch"),
    "two in one": ("import torch.utils.data, json", "torch.utils.data.DataLoader.__name__", "DataLoader"),
    "class": ("from torch.utils.data import DataLoader", "DataLoader.__module__", "words.torch.utils.data"),
    "mindspore": ("from mindspore.common.initializer import Normal", "Normal.__name__", "Normal"),
    "mindvision": ("from mindvision.classification.models import lenet", "lenet()", "LeNet"),
    "torchvision": (
        "from torchvision import datasets, transforms",
        "transforms.__name__",
        "words.torchvision.transforms",
    ),
    "not our root": ("import torchfoo", "torchfoo.KIND", "foo"),
    "same object": ("import torch, words.torch", "torch is words.torch", True),
    "sys.modules": ("import torch", "getattr(sys.modules.get('torch'), 'KIND', None)", "real", None),
    "user package": ("from project import model", "model.kinds", ["vocabulary", "own", "own"]),
    "star": ("from project import star", "[star.Tensor.__name__, star.nn.__name__]", ["Tensor", "words.torch.nn"]),
    "star in exec": (
        "names = {}; exec('from torch import *', names)",
        "'relu' in names or names['KIND']",
        "vocabulary",
    ),
    "function": ("import late", "late.load()", "vocabulary"),
    "exec": ("names = {}; exec('import torch', names)", "names['torch'].KIND", "vocabulary"),
    "function from exec": (
        "names = {}; exec('def f():\\n import torch\\n return torch.KIND', names)",
        "names['f']()",
        "vocabulary",
    ),
    "class body": ("class A:\n        import torch", "A.torch.KIND", "vocabulary"),
    "timeit": ("import timeit", "timeit.timeit('torch.Tensor', 'import torch', number=1) > 0", True),
    "doctest": (
        "import doctest",
        "doctest.run_docstring_examples('>>> import torch\\n>>> torch.KIND\\n\\'vocabulary\\'', {})",
        None,
    ),
    "mock": (
        "from unittest import mock; import torch\n    with mock.patch('torch.nn.Linear', 3): seen = torch.nn.Linear",
        "seen",
        3,
    ),
    "runpy": ("import runpy", "runpy.run_path('user/project/star.py')['KIND']", "vocabulary"),
    "pickle": ("import pickle, torch.nn as nn", "pickle.loads(pickle.dumps(nn.Linear)) is nn.Linear", True),
    "pickle of a user's class": (
        "import pickle; from project.model import Net",
        "type(pickle.loads(pickle.dumps(Net()))) is Net",
        True,
    ),
    "pickle made by the real torch": (
        "import pickle",
        "type(pickle.loads(b'ctorch\\nSize\\n)\\x81.')).__module__",
        "torch",
        ABSENT,
    ),
    "and by Python's own pickle": (
        "import pickle",
        "type(pickle._loads(b'ctorch\\nSize\\n)\\x81.')).__module__",
        "torch",
        ABSENT,
    ),
    "the fork server leaves __main__ to its children": (
        "from multiprocessing.spawn import get_preparation_data as data",
        "['init_main_from_path' in data(name) for name in ('ignore', 'Process-1')]",
        [False, True],
    ),
    "missing": (
        "from torch import Tensr",
        "",
        "ImportError: cannot import name 'Tensr' from 'torch': torch.Tensr is not offered by unified_nn; "
        "dir(torch) lists what is. Did you mean 'Tensor'?",
    ),
    "hasattr": ("import torch", "[hasattr(torch, 'Tensor'), hasattr(torch, 'Tensr')]", [True, False]),
    "afterwards": ("taken.undo()\n    import torch", "torch.KIND", "real", ABSENT),
}


def question(number: int, statements: str, expression: str) -> str:
    return (
        f"def question_{number}():\n    {statements}\n    return {expression or None}\n"
        f"try: answers.append(question_{number}())\n"
        f"except Exception as error:\n"
        f"    kind = next(k for k in type(error).__mro__ if k.__module__ == 'builtins')\n"
        f"    answers.append(f'{{kind.__name__}}: {{error}}')\n"
    )


def write_world(folder: Path) -> None:
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        if file.parts[-3] == "words" or file.parts[-2] == "words":
            (folder / "words" / "__init__.py").touch()


def run_python(folder: Path, script: str, *, installed: bool = True) -> subprocess.CompletedProcess[str]:
    file = folder / "user" / "script.py"
    file.write_text(("" if installed else textwrap.dedent(BLOCK)) + script)
    path = [folder / "site-packages", folder, SOURCE, SOURCE / "backends", SOURCE / "conformance"]
    return subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    return folder


@pytest.fixture(scope="module", params=[True, False], ids=["installed", "absent"])
def answers(request: pytest.FixtureRequest, world: Path) -> tuple[bool, dict[str, object]]:
    """All questions asked by one script, in their order, with the real frameworks and without."""
    asked = (question(number, *row[:2]) for number, row in enumerate(QUESTIONS.values()))
    script = textwrap.dedent(BEGIN) + "answers = []\n" + "".join(asked) + "print(json.dumps(answers))\n"
    ran = run_python(world, script, installed=request.param)
    assert ran.returncode == 0, ran.stderr
    return request.param, dict(zip(QUESTIONS, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize("name", QUESTIONS)
def test_in_a_world(name: str, answers: tuple[bool, dict[str, object]]) -> None:
    installed, given = answers
    expected = QUESTIONS[name][2:]
    assert given[name] == (expected[0] if installed else expected[-1])


CHILD = """
    import multiprocessing
    import torch
    def work(x):
        import torch.nn.functional as F
        import library
        return [__name__, torch.KIND, F.relu(x), library.of_torch()]
    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        with context.Pool(1) as pool:
            print(json.dumps(pool.map(work, [3])))
"""


@pytest.mark.parametrize(
    ("method", "main"), [("fork", "__main__"), ("spawn", "__mp_main__"), ("forkserver", "__mp_main__")]
)
def test_children_continue_the_takeover(method: str, main: str, world: Path) -> None:
    """The parent takes over inside its main guard, so that the child can only have it from the parent."""
    guarded = "if __name__ == '__main__':" + textwrap.dedent(BEGIN).replace("\n", "\n    ") + "\nimport json, sys\n"
    script = guarded + textwrap.dedent(CHILD).replace("sys.argv[1]", repr(method))
    ran = run_python(world, script)
    assert ran.stderr == ""
    assert json.loads(ran.stdout) == [[main, "vocabulary", 3, "real"]]
