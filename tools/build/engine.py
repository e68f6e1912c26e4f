"""The build itself: compare, make what differs, write it down."""

from __future__ import annotations

import os
import time

from tools.build.outputs import MANIFEST, Outputs
from tools.build.recipe import choose_recipe
from tools.build.report import Artefact, BuildReport
from tools.build.sources import hashed_inputs, layer_names, source_hash_of
from tools.build.store import Lock, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tools.build.recipe import Recipe
    from tools.build.report import Progress


def build_in(
    root: str,
    target: str,
    *,
    arch: str | None = None,
    pyc: bool = True,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Build the checkout at `root`; see `tools.build.api.build`."""
    started = time.perf_counter()
    store = Store(os.path.join(root, ".local", "cache", "build"))
    record = store.load_record()
    recipe = choose_recipe(target, arch, pyc, record.get("interpreter"), force)
    digests = hashed_inputs(root)
    if force or not _nothing_to_do(root, record, recipe, digests, store):
        from tools.build.run import Run

        with Lock(store.folder) as lock:
            if lock.waited:
                record, digests = store.load_record(), hashed_inputs(root)
            run = Run(root, recipe, digests, store, record, force=force, jobs=jobs, progress=progress)
            artefacts = run.build()
    else:
        artefacts = [
            Artefact(
                entry["kind"],
                entry["name"],
                size=entry["size"],
                sha256=entry["sha256"],
                changed=False,
                why="unchanged",
            )
            for entry in record["zips"]
        ]
    seconds = time.perf_counter() - started
    return BuildReport(recipe.target, recipe.arch, source_hash_of(digests), seconds, artefacts)


def _nothing_to_do(root: str, record: dict[str, Any], recipe: Recipe, digests: dict[str, str], store: Store) -> bool:
    if record.get("recipe") != recipe.parts or record.get("digests") != digests:
        return False
    if record["layers"] != layer_names(root):
        return False
    outputs = Outputs(root, record["stamps"])
    if not outputs.holds(MANIFEST, record["manifest"]):
        return False
    if not all(outputs.holds(entry["file"], entry["sha256"]) for entry in record["zips"]):
        return False
    if outputs.learnt:
        store.save_record({**record, "stamps": outputs.stamps})
    return True
