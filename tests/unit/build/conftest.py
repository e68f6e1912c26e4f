"""A small project of the build's own, in a folder of the test's own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.build import BuildReport, build
from tools.build.lock import seal
from tools.project import Project

SOURCES = {
    "crud_api/__init__.py": "",
    "crud_api/create_item.py": (
        "from domain.items import make\n\n\ndef handler(event, context):\n    from storage import writer\n\n"
        "    return writer.put(make(event))\n"
    ),
    "crud_api/get_item.py": (
        "import boto3\nfrom domain import items\n\n\ndef handler(event, context):\n    return items, boto3\n"
    ),
    "crud_api/_shared.py": "handler = None\n",
    "scheduled/cleanup_job.py": "import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n",
    "scheduled/helpers.py": "NOT_A_HANDLER = True\n",
    "domain/__init__.py": "",
    "domain/items.py": "from .times import now\n\n\ndef make(event):\n    return {**event, 'at': now()}\n",
    "domain/times.py": "def now():\n    return 0\n",
    "domain/unused.py": "UNUSED = True\n",
    "storage/__init__.py": "",
    "storage/writer.py": "def put(item):\n    return item\n",
}
OPENAPI = """
openapi: 3.0.1
paths:
  /items:
    post:
      operationId: createItem
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Item"}}}}
        "400": {$ref: "#/components/responses/Problem"}
      x-amazon-apigateway-integration: {uri: "${create_item_uri}"}
    delete:
      operationId: deleteItem
      responses:
        204: {description: gone}
components:
  responses:
    Problem:
      description: refused
      content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}
  schemas:
    Item: {type: object}
    Problem: {type: object}
"""


class Tree:
    """A project whose files a test writes and whose zips it reads.

    Parameters
    ----------
    root
        The project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        for path, source in SOURCES.items():
            self.write(f"lambda_src/{path}", source)
        self.write("api-gateway/openapi.yaml", OPENAPI)

    def write(self, path: str, content: str) -> Path:
        file = self.project.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    def build(self, target: str = "local", **options: object) -> BuildReport:
        return build(self.project, target, **options)  # type: ignore[arg-type]

    def changes(self, target: str = "local", **options: object) -> dict[str, str]:
        """Build, and return name to reason of what was written."""
        return {one.name: one.why for one in self.build(target, **options).changed}

    def zip(self, name: str, kind: str = "functions") -> Path:
        return self.project.build / kind / f"{name}.zip"

    def names(self, name: str, kind: str = "functions") -> list[str]:
        with zipfile.ZipFile(self.zip(name, kind)) as archive:
            return [entry for entry in archive.namelist() if not entry.endswith(".pyc")]

    def lock(self, layer: str, wanted: str, locked: str) -> None:
        """Write a layer's requirements and its lock, as `make lock` leaves them."""
        file = self.write(f"layers/{layer}/requirements.in", wanted)
        self.write(f"layers/{layer}/requirements.txt", locked)
        seal(str(file))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "project")


@pytest.fixture(autouse=True)
def byte_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep byte code in the test's own folder. XDG_CACHE_HOME would move uv's wheels too."""
    folder = tmp_path / "byte code"
    monkeypatch.setattr("tools.build.layer_code.user_cache", lambda: str(folder))
    return folder


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Replaces uv: `files` is what an installation of any layer leaves, `calls` counts them."""
    state = SimpleNamespace(files={"typed/__init__.py": b"X = 1\n"}, calls=0)

    def install(layer: object, target: str, arch: str, folder: str) -> None:
        state.calls += 1
        for path, content in state.files.items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    monkeypatch.setattr("tools.build.layers.install", install)
    return state


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "wheels: installs wheels with uv, from its cache or the package index")
