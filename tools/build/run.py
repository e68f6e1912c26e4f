"""A build that has something to do."""

from __future__ import annotations

import os

from tools.build.closure import Modules
from tools.build.functions import ANSWERS, Packer, refuse_oversize, split_imports
from tools.build.lock import read_lock, refuse_conflicts
from tools.build.manifest import render_manifest
from tools.build.outputs import MANIFEST, Outputs, digest
from tools.build.reasons import why
from tools.build.report import Artefact
from tools.build.sources import CONTRACT, LAYERS, layer_names, source_hash_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tools.build.closure import Closure
    from tools.build.lock import LockedLayer
    from tools.build.recipe import Recipe
    from tools.build.report import Progress
    from tools.build.store import Store

    # What the record, the manifest and the report know of a zip
    Entry = dict[str, Any]


class Run:
    """One build.

    Parameters
    ----------
    digests
        Inputs as they were hashed; content that has changed since is refused, never stored under their key.
    record
        What the last build left to know.
    force
        Whether to make everything again, whatever the store holds.
    jobs
        How many zips to make at a time; None for one per processor.
    """

    def __init__(
        self,
        root: str,
        recipe: Recipe,
        digests: dict[str, str],
        store: Store,
        record: dict[str, Any],
        *,
        force: bool = False,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.root = root
        self.recipe = recipe
        self.digests = digests
        self.store = store
        self.record = record
        self.force = force
        self.jobs = jobs or os.cpu_count() or 1
        self.progress = progress or (lambda _: None)
        self.modules = Modules(root, digests, record.get("scanned", {}))
        self.outputs = Outputs(root, record.get("stamps", {}))
        self._earlier = {(entry["kind"], entry["name"]): entry for entry in record.get("zips", [])}
        self._schemas = b""

    def build(self) -> list[Artefact]:
        locks = [read_lock(self.root, name) for name in layer_names(self.root)]
        refuse_conflicts(locks)
        handlers = self.modules.handlers()
        closures = {name: self.modules.closure(path) for name, path in handlers.items()}
        made, functions = self._at_once(locks, lambda: self._functions(closures))
        layers = {entry["name"]: entry for entry in made}
        tops = {name: layer["tops"] for name, layer in layers.items()}
        self.modules.refuse_shadowing({top for names in tops.values() for top in names})
        uses = {name: split_imports(name, closure, tops) for name, closure in closures.items()}
        for entry in functions:
            name = entry["name"]
            entry["layers"] = uses[name]
            entry["handler"] = handlers[name].removesuffix(".py").replace("/", ".") + ".handler"
            refuse_oversize(entry, [layers[one] for one in uses[name]])
        return self._publish([*layers.values(), *functions])

    def _at_once(
        self, locks: list[LockedLayer], functions: Callable[[], list[Entry]]
    ) -> tuple[list[Entry], list[Entry]]:
        """Return the layers and the functions, made at the same time where there are layers to make."""
        if self.jobs < 2 or (not self.force and all(map(self._is_kept, locks))):
            return [self._layer(lock) for lock in locks], functions()
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.jobs) as pool:
            making = [pool.submit(self._layer, lock) for lock in locks]
            made = functions()
            return [one.result() for one in making], made

    def _kept(self, kind: str, name: str, key: str) -> Entry | None:
        """Return a zip of the last build that is still right and still there."""
        entry = self._earlier.get((kind, name))
        if self.force or entry is None or entry["key"] != key or not self.outputs.holds(entry["file"], entry["sha256"]):
            return None
        return {**entry, "content": None}

    def _layer_key(self, lock: LockedLayer) -> str:
        return self.recipe.key(f"layer {lock.name}", [self.digests[f"{LAYERS}/{lock.name}/requirements.txt"]])

    def _is_kept(self, lock: LockedLayer) -> bool:
        return self._kept("layer", lock.name, self._layer_key(lock)) is not None

    def _layer(self, lock: LockedLayer) -> Entry:
        key = self._layer_key(lock)
        kept = self._kept("layer", lock.name, key)
        if kept:
            return kept
        from tools.build.layers import Layer, make_layer

        blob = None if self.force else self.store.get("layer", key)
        if blob is None:
            self.progress(f"layer {lock.name}")
            layer = make_layer(lock, self.recipe, self.store.folder, force=self.force)
            self.store.put("layer", key, layer.as_blob())
        else:
            layer = Layer.from_blob(blob)
        inputs = {"layer lock": self.digests[f"{LAYERS}/{lock.name}/requirements.txt"]}
        return _entry("layer", lock.name, layer.content) | {
            "key": key,
            "inputs": inputs,
            "unzipped": layer.unzipped,
            "tops": layer.tops,
        }

    def _functions(self, closures: dict[str, Closure]) -> list[Entry]:
        entries: list[Entry] = []
        waiting: list[tuple[str, str, dict[str, str]]] = []
        for name, closure in closures.items():
            inputs = {path: self.modules.digests[path] for path in closure.members}
            if ANSWERS in closure.members:
                inputs[CONTRACT] = self._schemas_digest()
            key = self.recipe.key("function", (f"{path} {sha256}" for path, sha256 in inputs.items()))
            kept = self._kept("function", name, key)
            blob = None if kept or self.force else self.store.get("function", key)
            if kept:
                entries.append(kept)
            elif blob is not None:
                entries.append(_function_entry(name, key, inputs, blob))
            else:
                waiting.append((name, key, inputs))
        packer = Packer(self.modules, self.recipe, self.store, [inputs for _, _, inputs in waiting], self._schemas)
        for name, key, inputs in waiting:
            self.progress(f"function {name}")
            blob = packer.pack(inputs)
            self.store.put("function", key, blob)
            entries.append(_function_entry(name, key, inputs, blob))
        return sorted(entries, key=lambda entry: str(entry["name"]))

    def _schemas_digest(self) -> str:
        """Return the digest of the rendered schemas: an edit of the API that they do not show changes no zip."""
        if not self._schemas:
            from tools.build.contract import schemas_of

            self._schemas = schemas_of(self.root, self.digests.get(CONTRACT), None if self.force else self.store)
        return digest(self._schemas)

    def _publish(self, entries: list[Entry]) -> list[Artefact]:
        """Write what differs below `build/`, remove what is no longer built, and write the record."""
        artefacts = [self._write(entry) for entry in entries]
        manifest = render_manifest(self.recipe, source_hash_of(self.digests), entries)
        if not self.outputs.holds(MANIFEST, digest(manifest)):
            self.outputs.write(MANIFEST, manifest)
        self.outputs.keep_only({entry["file"] for entry in entries})
        compiler = self.recipe.interpreter if self.recipe.target == "aws" else None
        self.store.save_record(
            {
                "recipe": self.recipe.parts,
                "digests": self.digests,
                "layers": layer_names(self.root),
                "zips": [{name: value for name, value in entry.items() if name != "content"} for entry in entries],
                "stamps": self.outputs.stamps,
                "manifest": digest(manifest),
                "scanned": self.modules.scans,
                "interpreter": compiler.as_tuple() if compiler else self.record.get("interpreter"),
            }
        )
        return artefacts

    def _write(self, entry: Entry) -> Artefact:
        kind, name, content = entry["kind"], entry["name"], entry["content"]
        earlier = self._earlier.get((kind, name))
        reason = why(earlier, entry, (self.record.get("recipe", {}), self.recipe.parts))
        written = content is not None and not self.outputs.holds(entry["file"], entry["sha256"])
        if earlier and earlier["sha256"] == entry["sha256"]:
            reason = "unchanged"
            if written:
                there = os.path.exists(os.path.join(self.root, entry["file"]))
                reason = "zip was damaged" if there else "zip was missing"
        if written:
            self.outputs.write(entry["file"], content)
        return Artefact(kind, name, size=entry["size"], sha256=entry["sha256"], changed=written, why=reason)


def _function_entry(name: str, key: str, inputs: dict[str, str], blob: bytes) -> Entry:
    unzipped, _, content = blob.partition(b"\n")
    return _entry("function", name, content) | {"key": key, "inputs": inputs, "unzipped": int(unzipped)}


def _entry(kind: str, name: str, content: bytes) -> Entry:
    return {
        "kind": kind,
        "name": name,
        "file": f"build/{kind}s/{name}.zip",
        "sha256": digest(content),
        "size": len(content),
        "content": content,
    }
