"""A function's layers, merged into one folder: `/opt` on AWS.

Each combination of layers is merged once, with hard links: environments share it, and a start need not copy files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path


def merged(layers: Sequence[Path], cache: Path) -> Path:
    """Return a folder with the files of all layers; where two have the same file, the later layer's.

    Lambda Developer Guide, "Adding layers to functions": layers are merged in the order in which they are listed.

    Parameters
    ----------
    layers
        The unpacked layers, in order.
    cache
        Where combinations are kept; on the same file system as the layers.
    """
    name = hashlib.sha256("\n".join(str(layer) for layer in layers).encode()).hexdigest()[:32]
    folder = cache / name
    if folder.exists():
        return folder
    unfinished = cache / f"{name}.{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for layer in layers:
        shutil.copytree(layer, unfinished, symlinks=True, dirs_exist_ok=True, copy_function=_link)
    unfinished.rename(folder)
    return folder


def _link(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)
    Path(target).hardlink_to(source)
