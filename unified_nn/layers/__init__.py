"""Canonical layers: the framework-neutral meaning of a layer, as frozen dataclasses without state.

A vocabulary's row translates its arguments to one of these; parameters live in the vocabulary's module.
"""

from __future__ import annotations

from unified_nn.layers.base import Layer, Param, Params

__all__ = ["Layer", "Param", "Params"]
