"""The import path of a handler, in a real interpreter with a client that only reports it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from localcloud.localstack.host import bootstrap

_CLIENT = """
import json, sys
def main(arguments):
    modules = sorted(name for name in sys.modules if name.partition(".")[0] in ("tools", "yaml", "pytest", "bootstrap"))
    print(json.dumps({"path": sys.path, "arguments": arguments, "modules": modules, "exit": repr(exit)}))
"""


def test_code_comes_before_layers_and_layers_before_the_runtime(tmp_path: Path) -> None:
    package = tmp_path / "runtime" / "awslambdaric"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_CLIENT)
    layers = tmp_path / "layers"
    ran = subprocess.run(
        [sys.executable, "-S", "-P", bootstrap.__file__, "main.handler", str(layers)],
        env={"LAMBDA_TASK_ROOT": "/task", "PYTHONPATH": str(tmp_path / "runtime")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert found["path"][:4] == [
        "/task",
        str(layers / "python" / "lib" / version / "site-packages"),
        str(layers / "python"),
        str(tmp_path / "runtime"),
    ]
    assert not [entry for entry in found["path"][4:] if "site-packages" in entry or entry.startswith(str(Path.cwd()))]
    assert found["arguments"] == [bootstrap.__file__, "main.handler"]
    assert found["modules"] == []
    assert "exit" in found["exit"].lower()
