"""Wheels of a layer, installed by uv from the hash-locked requirements. Nothing is resolved, nothing is built."""

from __future__ import annotations

import sys

from localcloud.errors import cannot_write
from tools.errors import BuildProblem
from tools.programs import AWS_PYTHON, find_uv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tools.build.lock import LockedLayer
    from tools.build.report import Target
    from tools.errors import ToolError

# Lambda's python3.12 and later run on Amazon Linux 2023 (glibc 2.34). With manylinux2014 the newest wheels of the two
# processors are of different versions
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


def install(layer: LockedLayer, target: Target, arch: str, folder: str) -> None:
    """Install a layer's wheels into a folder, from uv's cache alone when it has them.

    Raises
    ------
    BuildProblem
        When a requirement has no wheel for the platform, a hash is missing or wrong, or the index does not answer.
    MachineProblem
        When uv cannot write its cache, or this machine's disk is full.
    """
    command = [find_uv(), "pip", "install", "--quiet", "--no-progress", "--python", sys.executable]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", folder]
    if target == "aws":
        command += ["--python-version", AWS_PYTHON, "--python-platform", PLATFORMS[arch]]
    command += ["-r", layer.path]
    if _run([*command, "--offline"]) is None:
        return
    complaint = _run(command)
    if complaint is not None:
        raise _problem(layer, complaint, PLATFORMS[arch] if target == "aws" else "this machine")


def _run(command: list[str]) -> str | None:
    """Return None for success, or what uv said."""
    import subprocess

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def _problem(layer: LockedLayer, complaint: str, platform: str) -> ToolError:
    where = f"layers/{layer.name}"
    words = " ".join(complaint.split())
    if unwritable := cannot_write(complaint):
        return unwritable
    for name, version in layer.versions.items():
        if f"{name}=={version} has no usable wheels" in words:
            return BuildProblem(
                f"Layer {layer.name}: {name} {version} is published as source only, and layers take wheels.",
                f"Choose another version or library in {where}/requirements.in, then: make lock",
            )
        if f"{name}=={version} has no wheels with a matching" in words:
            return BuildProblem(
                f"Layer {layer.name}: {name} {version} has no wheel for {platform}.",
                f"Choose another version or library in {where}/requirements.in, then: make lock",
            )
    if "must have a hash" in words:
        return BuildProblem(f"Layer {layer.name}: {where}/requirements.txt lacks hashes.", "make lock")
    if "Hash mismatch" in words:
        first = words.partition("Hash mismatch for ")[2].partition(" ")[0].strip("`")
        return BuildProblem(f"Layer {layer.name}: the wheel of {first} has not the hash of the lock.", "make lock")
    reason = words.removeprefix("error: ")[:400]
    return BuildProblem(f"Layer {layer.name} could not be installed: {reason}", "Check the network, then build again.")
