"""`build/manifest.json`: what Terraform reads. It holds nothing of the machine that made it."""

from __future__ import annotations

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tools.build.recipe import Recipe

FORMAT = 1


def render_manifest(recipe: Recipe, source_hash: str, entries: list[dict[str, Any]]) -> bytes:
    """Return the manifest. Names are identifiers with hyphens, so nothing in it needs escaping."""
    sections = []
    for kind in ("function", "layer"):
        chosen = sorted((entry for entry in entries if entry["kind"] == kind), key=lambda entry: str(entry["name"]))
        listed = ",\n".join(_render(entry) for entry in chosen)
        sections.append(f'  "{kind}s": {{\n{listed}\n  }}' if listed else f'  "{kind}s": {{}}')
    head = (
        f'  "format": {FORMAT},\n  "target": "{recipe.target}",\n  "architecture": "{recipe.arch}",\n'
        f'  "source_hash": "{source_hash}",\n'
    )
    return f"{{\n{head}{sections[0]},\n{sections[1]}\n}}\n".encode()


def _render(entry: dict[str, Any]) -> str:
    kind, name, sha256 = entry["kind"], entry["name"], entry["sha256"]
    base64 = binascii.b2a_base64(bytes.fromhex(sha256), newline=False).decode()
    lines = [
        f'"file": "{entry["file"]}"',
        f'"sha256": "{sha256}"',
        f'"sha256_base64": "{base64}"',
        f'"size": {entry["size"]}',
        # Where Terraform puts it in the artefact bucket: new content is a new object
        f'"key": "{kind}s/{name}/{sha256}.zip"',
    ]
    if kind == "function":
        listed = ", ".join(f'"{layer}"' for layer in entry["layers"])
        lines += [f'"handler": "{entry["handler"]}"', f'"layers": [{listed}]']
    return f'    "{name}": {{\n      ' + ",\n      ".join(lines) + "\n    }"
