"""`--model module:Class`: a network from the user's own code, in any vocabulary."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from unified_nn.errors import UnifiedError
from unified_nn.port.plan import PlanError
from unified_nn.takeover import takeover
from unified_nn.vocabulary.tree import Module


def network(text: str) -> Module:
    """The network that `module:name` is or makes; its imports of torch, mindspore, mxnet give the vocabularies.

    The module is looked for in the current folder first, as by `python -m`; `file.py:name` is a file.
    """
    module, _, name = text.rpartition(":")
    if not module or not name:
        raise PlanError(f"--model {text}: expected MODULE:NAME, such as model:Net")
    with takeover():
        made = _made(text, module, name)
    if not isinstance(made, Module):
        kind = f"{type(made).__module__}.{type(made).__qualname__}"
        raise PlanError(
            f"--model {text}: expected a network of unified_nn, a class or a function that makes one, got {kind}"
        )
    return made


def _made(text: str, module: str, name: str) -> Any:
    folder = "."
    if module.endswith(".py"):
        folder, module = str(Path(module).parent), Path(module).stem
    sys.path.insert(0, str(Path(folder).resolve()))
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found if isinstance(found, Module) or not callable(found) else found()
    except UnifiedError as error:
        raise PlanError(f"--model {text}: {error}") from error
    except TypeError as error:
        advice = "what needs arguments can be made by a function that needs none, or be an instance"
        raise PlanError(f"--model {text}: TypeError: {error}; {advice}") from error
    except Exception as error:  # the user's code can fail in any way
        raise PlanError(f"--model {text}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
