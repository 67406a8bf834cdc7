"""The traps: where the same words mean different things in PyTorch, MindSpore and MXNet, as data.

Conformance shows each by a program per vocabulary, `docs/traps.md` is made of them, and whatever carries a network from
one vocabulary to another can warn of them.
"""

from __future__ import annotations

from typing import Final

from unified_nn.vocabulary.traps.arrays import ARRAYS
from unified_nn.vocabulary.traps.further import FURTHER
from unified_nn.vocabulary.traps.layers import LAYERS
from unified_nn.vocabulary.traps.losses import LOSSES
from unified_nn.vocabulary.traps.training import TRAINING
from unified_nn.vocabulary.traps.trap import NOT_CONCERNED, VOCABULARIES, Trap

#: number -> trap
TRAPS: Final[dict[int, Trap]] = {
    trap.number: trap for trap in sorted((*LAYERS, *LOSSES, *TRAINING, *ARRAYS, *FURTHER), key=lambda trap: trap.number)
}

__all__ = ["NOT_CONCERNED", "TRAPS", "VOCABULARIES", "Trap"]
