"""What a build reads, as (path, SHA-256). Content decides; times of files never do."""

from __future__ import annotations

import hashlib
import os

from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = "lambda_src"
LAYERS = "layers"
CONTRACT = "api-gateway/openapi.yaml"


def _python_files(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                if entry.is_file():
                    yield prefix + entry.name
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _python_files(entry.path, f"{prefix}{entry.name}/")


def layer_names(root: str) -> list[str]:
    """Return the folders under `layers/` that hold requirements."""
    folder = os.path.join(root, LAYERS)
    if not os.path.isdir(folder):
        return []
    return sorted(
        name
        for name in os.listdir(folder)
        if os.path.isfile(os.path.join(folder, name, "requirements.in"))
        or os.path.isfile(os.path.join(folder, name, "requirements.txt"))
    )


def hashed_inputs(root: str) -> dict[str, str]:
    """Return path, relative to `root` and with slashes, to SHA-256 hex of everything that a build reads.

    These are the files of the source hash, and each layer's `requirements.in`, which the lock is checked against.
    """
    paths: list[str] = []
    folder = os.path.join(root, SOURCES)
    if os.path.isdir(folder):
        paths += _python_files(folder, SOURCES + "/")
    for name in layer_names(root):
        paths += [f"{LAYERS}/{name}/requirements.in", f"{LAYERS}/{name}/requirements.txt"]
    paths.append(CONTRACT)
    digests = {}
    for path in sorted(paths, key=os.fsencode):
        content = read(root, path)
        if content is not None:
            digests[path] = hashlib.sha256(content).hexdigest()
    return digests


def read(root: str, path: str) -> bytes | None:
    """Return a file's content, or None where there is none."""
    # os.open rather than open(): half the time per file, and a build reads every source each time
    try:
        handle = os.open(f"{root}/{path}", os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        size = os.fstat(handle).st_size
        chunks = [os.read(handle, size + 1)]
        while chunks[-1]:
            chunks.append(os.read(handle, 1 << 20))
        return b"".join(chunks)
    finally:
        os.close(handle)


def read_unchanged(root: str, path: str, sha256: str | None) -> bytes:
    """Return a file's content, which is what was hashed: what is stored under a hash must be made of it.

    Raises
    ------
    BuildProblem
        When the file has been changed or removed since.
    """
    content = read(root, path)
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise BuildProblem(f"{path} was changed while it was being built.", "Build again.")
    return content


def source_hash_of(digests: dict[str, str]) -> str:
    """Return the source hash of inputs that are already hashed."""
    lines = (
        f"{path} {digests[path]}\n"
        for path in sorted(digests, key=lambda path: path.encode("utf-8", "surrogateescape"))
        if not path.endswith("/requirements.in")
    )
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def source_hash(root: str | os.PathLike[str]) -> str:
    """Return the hash over sources, locks and API description, as Terraform computes it.

    SHA-256 over `"<path> <sha256 hex>\\n"` for each file that `fileset` finds for `lambda_src/**/*.py`,
    `layers/*/requirements.txt` and `api-gateway/openapi.yaml`, in the order of `sort`.
    """
    return source_hash_of(hashed_inputs(os.fspath(root)))
