"""The builders that are timed: ours, and what people use instead. Each has a copy of the same tree to itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RUNTIME = "python{}.{}".format(*sys.version_info[:2])
UV = Path(sys.executable).parent / "uv"
GROUPS = ("crud_api", "processors", "scheduled", "authorizers", "websocket")


class Failed(Exception):
    """A builder that does not run; the text says why."""


def run(command: Sequence[str | Path], cwd: Path, stdin: str = "", path: Path | None = None, **variables: str) -> str:
    """Run a program to its end and return its stdout.

    Parameters
    ----------
    path
        A folder to put first on the PATH.
    variables
        Of the environment, beside what is there.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"SAM_CLI_TELEMETRY": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **variables}
    if path:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


class Builder:
    """One way to build a tree.

    Parameters
    ----------
    root
        Its own copy of the tree.
    handlers
        Paths of the handlers below `lambda_src/`.
    """

    name = ""
    # What a build leaves, removed before a cold one
    leaves: tuple[str, ...] = ()
    most_rounds = 99
    scenarios: tuple[str, ...] = ("no change", "one-line edit", "cold")

    def __init__(self, root: Path, handlers: list[str]) -> None:
        self.root = root
        self.handlers = handlers
        self.layers = sorted(path.parent.name for path in root.glob("layers/*/requirements.txt"))
        self._edits = 0

    def build(self) -> None:
        raise NotImplementedError

    def timed(self, scenario: str) -> float:
        """Return the seconds of one build in a scenario; preparing for it does not count."""
        if scenario == "cold":
            for folder in self.leaves:
                shutil.rmtree(self.root / folder, ignore_errors=True)
        if scenario == "one-line edit":
            self._edits += 1
            handler = self.root / "lambda_src" / self.handlers[0]
            handler.write_text(f"{handler.read_text()}# edit {self._edits}\n")
        started = time.perf_counter()
        self.build()
        return time.perf_counter() - started


class Ours(Builder):
    """`python -m tools build` of the copy's own toolkit.

    What it keeps for the user is kept in the copy, but for uv's wheels, which every builder shares.
    """

    leaves: tuple[str, ...] = ("build", ".local")
    options: tuple[str, ...] = ()

    def __init__(self, root: Path, handlers: list[str]) -> None:
        super().__init__(root, handlers)
        self._wheels = run([UV, "cache", "dir"], root).strip()

    def build(self) -> None:
        cache = str(self.root / "cache")
        command = [sys.executable, "-m", "tools", "build", *self.options]
        run(command, self.root, UV_CACHE_DIR=self._wheels, XDG_CACHE_HOME=cache)


class OursLocal(Ours):
    name = "ours, local"


class OursAws(Ours):
    name = "ours, aws"
    options = ("--target", "aws")


class OursLocalCompiling(OursLocal):
    """With the byte code of the layers compiled anew, too."""

    name = "local, compiling"
    leaves = (*OursLocal.leaves, "cache")
    scenarios = ("cold",)


class OursAwsCompiling(OursAws):
    """With the byte code of the layers compiled anew, too."""

    name = "aws, compiling"
    leaves = (*OursAws.leaves, "cache")
    scenarios = ("cold",)


class OursPlain(Ours):
    """Without byte code."""

    name = "ours, no pyc"
    options = ("--no-pyc",)
    scenarios = ("cold",)


class UvAndZip(Builder):
    """`uv pip install --target`, then `zip -r`: what a careful shell script does. It knows no state, so it is cold."""

    name = "uv + zip"
    leaves = ("out",)
    scenarios = ("cold",)
    options: tuple[str, ...] = ()

    def build(self) -> None:
        zip_program = shutil.which("zip")
        out = self.root / "out"
        out.mkdir()
        for layer in self.layers:
            lock = self.root / "layers" / layer / "requirements.txt"
            command: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", sys.executable, *self.options]
            command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", lock]
            run([*command, "--target", out / layer / "python"], self.root)
            self._zip(zip_program, out / f"{layer}.zip", out / layer, "python")
        for handler in self.handlers:
            self._zip(zip_program, out / f"{Path(handler).stem}.zip", self.root / "lambda_src", ".")

    @staticmethod
    def _zip(program: str | None, archive: Path, cwd: Path, folder: str) -> None:
        if program:
            # Byte code that somebody's Python left among our sources is not the build's
            without = ["-x", "*__pycache__*"] if folder == "." else []
            run([program, "-q", "-r", archive, folder, *without], cwd)
        else:
            run([sys.executable, "-m", "zipfile", "-c", archive, folder], cwd)


class UvAndZipCompiled(UvAndZip):
    """With byte code of the layers. The functions' own is left out, which is in its favour."""

    name = "uv + zip, pyc"
    options = ("--compile-bytecode",)


class Sam(Builder):
    """`sam build --cached --parallel`. It makes folders, not zips."""

    name = "sam build"
    leaves = (".aws-sam",)
    most_rounds = 3
    environment = Path()

    def build(self) -> None:
        template = self.root / "template.json"
        if not template.exists():
            template.write_text(json.dumps(self._template()))
        command: list[str | Path] = [
            self.environment / "bin" / "sam",
            "build",
            "--cached",
            "--parallel",
            "--template",
            template,
        ]
        run(command, self.root, path=self.environment / "bin")

    def _template(self) -> dict[str, object]:
        resources: dict[str, object] = {}
        for handler in self.handlers:
            name = Path(handler).stem.title().replace("_", "")
            properties = {"CodeUri": "lambda_src", "Runtime": RUNTIME}
            properties["Handler"] = handler.removesuffix(".py").replace("/", ".") + ".handler"
            resources[name] = {"Type": "AWS::Serverless::Function", "Properties": properties}
        for layer in self.layers:
            resources[f"{layer.title()}Layer"] = {
                "Type": "AWS::Serverless::LayerVersion",
                "Properties": {"ContentUri": f"layers/{layer}", "CompatibleRuntimes": [RUNTIME]},
                "Metadata": {"BuildMethod": RUNTIME},
            }
        return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


class Packager(Builder):
    """The packager of terraform-aws-lambda, run as that module's Terraform runs it.

    `prepare` for each zip in every plan, ten at a time, as Terraform does; `build` for each zip whose file name that
    changed.
    """

    name = "package.py"
    leaves = ("builds",)
    script = Path()
    environment = Path()

    def build(self) -> None:
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(self._one, self._sources()))

    def _sources(self) -> list[list[dict[str, object]]]:
        packages = [path for path in (self.root / "lambda_src").iterdir() if path.is_dir() and path.name not in GROUPS]
        shared: list[dict[str, object]] = [{"path": str(path), "prefix_in_zip": path.name} for path in sorted(packages)]
        functions: list[list[dict[str, object]]] = [
            [{"path": str(self.root / "lambda_src" / handler), "prefix_in_zip": handler.split("/")[0]}, *shared]
            for handler in self.handlers
        ]
        locks = [self.root / "layers" / layer / "requirements.txt" for layer in self.layers]
        return functions + [[{"pip_requirements": str(lock), "prefix_in_zip": "python"}] for lock in locks]

    def _one(self, sources: list[dict[str, object]]) -> None:
        query = {
            "paths": json.dumps({"module": str(self.script.parent), "root": str(self.root), "cwd": str(self.root)}),
            "docker": None,
            "artifacts_dir": "builds",
            "runtime": RUNTIME,
            "source_path": json.dumps(sources),
            "hash_extra": "",
            "hash_internal": json.dumps([]),
            "recreate_missing_package": "true",
            "quiet": "true",
        }
        bin_folder = self.environment / "bin"
        prepare: list[str | Path] = [bin_folder / "python", self.script, "prepare"]
        plan = json.loads(run(prepare, self.root, json.dumps(query), bin_folder))
        if not (self.root / plan["filename"]).exists():
            build: list[str | Path] = [bin_folder / "python", self.script, "build", "--timestamp", plan["timestamp"]]
            run([*build, plan["build_plan_filename"]], self.root, path=bin_folder)
