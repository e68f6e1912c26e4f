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
GROUPS = ("crud_api", "processors", "scheduled", "authorizers", "websocket")
"""Folders of `lambda_src/` whose modules with a `handler` are functions."""


def _python_files(folder: str, prefix: str) -> Iterator[str]:
    """Yield the files that Terraform finds too (`sources` in build.tf); refuse those that it would trip over.

    A name that begins with a dot is no module: editors keep locks and copies under such names.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _python_files(entry.path, f"{path}/")
            elif entry.name.endswith(".py") and not entry.name.startswith("."):
                _refuse_odd_names(path)
                if not _is_file(entry):
                    raise BuildProblem(f"{shown(path)} is not a file that can be read.", "Remove it, or restore it.")
                yield path
            elif entry.is_symlink() and os.path.isdir(entry.path):
                raise BuildProblem(
                    f"{shown(path)} is a link to a folder, and a zip holds real ones only.",
                    "Move the folder there, or copy it.",
                )


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _refuse_odd_names(path: str) -> None:
    """Refuse a name that Terraform reads as another one: it normalizes text to NFC, and knows UTF-8 alone."""
    if path.isascii() and path.isprintable() and "\\" not in path:
        return
    from unicodedata import normalize

    if not path.isprintable() or "\\" in path or normalize("NFC", path) != path:
        raise BuildProblem(
            f"The name {shown(path)} is written in a way that Terraform cannot read.",
            "Rename it: letters, digits and underscores are safe.",
        )


def shown(path: str) -> str:
    """Return a path as a message may hold it: anything odd in it is escaped."""
    return path if path.isascii() and path.isprintable() else ascii(path)


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
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        size = os.fstat(handle).st_size
        chunks = [os.read(handle, size + 1)]
        while chunks[-1]:
            chunks.append(os.read(handle, 1 << 20))
        return b"".join(chunks)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(handle)


def read_text(root: str, path: str) -> str | None:
    """Return a file's text, or None where there is none.

    Raises
    ------
    BuildProblem
        When it cannot be read, or is not UTF-8.
    """
    content = read(root, path)
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError as error:
        raise BuildProblem(f"{path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from error


def _unreadable(path: str, error: OSError) -> BuildProblem:
    return BuildProblem(f"{shown(path)} cannot be read: {error.strerror}.", "Restore it, or correct its rights.")


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
