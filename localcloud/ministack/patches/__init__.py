"""Patches that close the differences between MiniStack 1.5.33 and AWS, one module for each difference.

To add a patch, add one module to this folder. It has

- a docstring: what MiniStack does, what AWS does and where AWS documents it, and what the patch does;
- `EFFECT`: what works with the patch, in one line; `python -m tools docs` writes it to the table in
  docs/local-cloud.md;
- `apply()`: changes MiniStack's modules in this process;
- `probe(aws)`: tries the behaviour on an emulator, and returns whether it is that of AWS. The tests run it with the
  patch, and without any patch: where it then returns True, MiniStack has fixed the defect, and the patch can go;
- `AFTER`, only where the order matters: the names of the patches that have to be applied before.

Code that several patches share, and large parts of one, are in `localcloud.ministack.support`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from graphlib import TopologicalSorter
from typing import Protocol, cast

from localcloud.ministack.probing import Endpoint

VERSION = "1.5.33"
"""The version of MiniStack that the patches are written for."""


class Patch(Protocol):
    """A module of this package."""

    EFFECT: str

    def apply(self) -> None: ...

    def probe(self, aws: Endpoint) -> bool: ...


def names() -> list[str]:
    """Return the name of every patch, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Patch:
    """Import one patch."""
    return cast("Patch", importlib.import_module(f"{__name__}.{name}"))


def in_order() -> dict[str, Patch]:
    """Import every patch; return them by name, each after those that it names in `AFTER`."""
    modules = {name: load(name) for name in names()}
    graph = {name: sorted(getattr(module, "AFTER", ())) for name, module in modules.items()}
    return {name: modules[name] for name in TopologicalSorter(graph).static_order()}


def apply_all(*, leave_out: Collection[str] = ()) -> None:
    """Apply the patches to the MiniStack modules of this process; tests leave some out."""
    for name, patch in in_order().items():
        if name not in leave_out:
            patch.apply()
