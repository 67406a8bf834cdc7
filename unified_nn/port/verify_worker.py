"""The process in which `--verify` asks a real framework: its own loader, and its own network where the model is one.

Takes an order as JSON, prints the findings as JSON in the last line of standard output.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import unified_nn
from unified_nn.port import formats
from unified_nn.port.casting import Array, numbers
from unified_nn.port.definition import network
from unified_nn.port.verify import flat, outputs_of
from unified_nn.vocabulary.names import load_state
from unified_nn.vocabulary.tree import Module

Loader = Callable[[Any, str], Mapping[str, Any]]


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Load, compare with what the file holds, run."""
    name = order["framework"]
    if importlib.util.find_spec(name) is None:
        return {"agrees": False, "reason": f"{name} is not installed"}
    unified_nn.backend(name)  # imports the framework with the patches that it needs
    framework = importlib.import_module(name)
    loaded = _LOADERS[name](framework, order["file"])
    wrong = _differing(order["file"], loaded)
    if wrong:
        return {"agrees": False, "reason": f"the real {name} reads {', '.join(wrong[:5])} otherwise"}
    found = {"agrees": True, "version": framework.__version__, "tensors": len(loaded)}
    if order["model"] is None:
        return found
    with np.load(order["inputs"]) as file:
        inputs = [file[each] for each in file.files]
    real = _real_network(order) if order["vocabulary"] == name else None
    if real is None:
        outputs, kind = _delegated(order, inputs), "delegated"
    else:
        outputs, kind = _RUNNERS[name](framework, real, loaded, order["file"], inputs), "real"
    np.savez(order["outputs"], *outputs)
    return found | {"network": kind}


def _real_network(order: dict[str, Any]) -> Any:
    """The user's network made of the real framework; None if it imports the vocabularies by name."""
    module, _, name = order["model"].rpartition(":")
    folder, module = (str(Path(module).parent), Path(module).stem) if module.endswith(".py") else (".", module)
    sys.path.insert(0, str(Path(folder).resolve()))
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if isinstance(found, type) or not _is_network(found):
        found = found()
    return None if isinstance(found, Module) else found


def _is_network(value: Any) -> bool:
    return any(hasattr(value, name) for name in ("state_dict", "parameters_and_names", "collect_params"))


def _delegated(order: dict[str, Any], inputs: list[Array]) -> list[Array]:
    """Our network with the result's weights, computed by the real framework."""
    with unified_nn.use_backend(order["framework"]):
        net = network(order["model"])
        with formats.read(order["file"]) as weights:
            load_state(net, {name: numbers(weights[name]) for name in weights}, order["framework"])
        net._set_training(False)
        return outputs_of(net, inputs)


# ---- what each framework loads ----


def _is(path: str, name: str) -> bool:
    return formats.detect(path) == name


def _load_torch(torch: Any, path: str) -> Mapping[str, Any]:
    if _is(path, "safetensors"):
        found: Mapping[str, Any] = importlib.import_module("safetensors.torch").load_file(path)
        return found
    if _is(path, "npz"):
        return {name: torch.from_numpy(array) for name, array in np.load(path).items()}
    loaded: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return loaded


def _load_mindspore(mindspore: Any, path: str) -> Mapping[str, Any]:
    kind = "safetensors" if _is(path, "safetensors") else "ckpt"
    found: Mapping[str, Any] = mindspore.load_checkpoint(path, format=kind)
    return found


def _load_mxnet(mxnet: Any, path: str) -> Mapping[str, Any]:
    with formats.read(path) as weights:
        if any(entry.shape == () for entry in weights.entries):
            mxnet.npx.set_np()
            found: Mapping[str, Any] = mxnet.npx.load(path)
            return found
    loaded: Mapping[str, Any] = mxnet.nd.load(path)
    return loaded


_LOADERS: dict[str, Loader] = {"torch": _load_torch, "mindspore": _load_mindspore, "mxnet": _load_mxnet}


def _differing(path: str, loaded: Mapping[str, Any]) -> list[str]:
    """The tensors that the framework does not have as the file has them."""
    wrong = []
    with formats.read(path) as weights:
        for name in weights:
            theirs = _host(loaded[name]) if name in loaded else None
            ours = numbers(weights[name])
            if (
                theirs is None
                or theirs.shape != ours.shape
                or not np.array_equal(ours, theirs, equal_nan=ours.dtype.kind in "fc")
            ):
                wrong.append(name)
    return wrong


def _host(value: Any) -> Array:
    """A framework's array as NumPy's; bfloat16 as float32, exactly."""
    if "bfloat16" in str(value.dtype).lower():
        value = value.float() if hasattr(value, "float") else value.astype("float32")
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy() if not hasattr(value, "asnumpy") else value
    return np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)


# ---- how each framework runs its own network ----


def _run_torch(torch: Any, net: Any, loaded: Mapping[str, Any], path: str, inputs: list[Array]) -> list[Array]:
    net.load_state_dict(loaded)
    with torch.no_grad():
        return [_host(leaf) for leaf in flat(net.eval()(*map(torch.from_numpy, inputs)))]


def _run_mindspore(mindspore: Any, net: Any, loaded: Mapping[str, Any], path: str, inputs: list[Array]) -> list[Array]:
    missing, _ = mindspore.load_param_into_net(net, dict(loaded))
    if missing:
        raise ValueError(f"the real network has nothing for {', '.join(missing)}")
    return [_host(leaf) for leaf in flat(net.set_train(False)(*map(mindspore.Tensor, inputs)))]


def _run_mxnet(mxnet: Any, net: Any, loaded: Mapping[str, Any], path: str, inputs: list[Array]) -> list[Array]:
    net.load_parameters(path, cast_dtype=True)
    return [_host(leaf) for leaf in flat(net(*(mxnet.nd.array(x, dtype=x.dtype) for x in inputs)))]


_RUNNERS: dict[str, Callable[..., list[Array]]] = {
    "torch": _run_torch,
    "mindspore": _run_mindspore,
    "mxnet": _run_mxnet,
}


if __name__ == "__main__":
    os.environ.setdefault("GLOG_v", "3")
    try:
        findings = main(json.loads(sys.argv[1]))
    except Exception as error:  # whatever the real framework or the user's code raises is a finding
        first = (str(error).strip().splitlines() or [""])[0]
        findings = {"agrees": False, "reason": f"{type(error).__name__}: {first}"}
    print("\n" + json.dumps(findings))
