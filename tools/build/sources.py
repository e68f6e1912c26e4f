"""What a build reads, as (path, SHA-256). Content decides; times of files never do."""

from __future__ import annotations

import errno
import hashlib
import os
import stat

from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = "lambda_src"
LAYERS = "layers"
CONTRACT = "api-gateway/openapi.yaml"


def _python_files(root: str, folder: str) -> Iterator[str]:
    """Yield the sources below a folder: what build.tf's patterns find, so no hidden file, as an editor's lock is."""
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir():
                if entry.is_symlink():
                    _refuse_loop(root, path)
                yield from _python_files(root, path)
            elif entry.name.endswith(".py"):
                if not _is_plain(path.removesuffix(".py")):
                    raise BuildProblem(
                        f"{shown(path)} cannot be a module: a path has ASCII letters, digits, _ and - before .py.",
                        "Rename it, or move it out of lambda_src.",
                    )
                yield path


def _is_plain(path: str) -> bool:
    """Whether Terraform and Python take a name for the same file: Terraform composes accents, and misses some names."""
    rest = path.replace("/", "").replace("_", "").replace("-", "")
    return rest.isascii() and rest.isalnum()


def _refuse_loop(root: str, path: str) -> None:
    """Refuse a link to a folder that it is in."""
    parts = path.split("/")
    above = ("/".join([root, *parts[:depth]]) for depth in range(len(parts)))
    if any(os.path.samefile(folder, f"{root}/{path}") for folder in above):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), f"{root}/{path}")


def shown(path: str) -> str:
    """Return a path as every terminal can show it, and so that two that look alike can be told apart."""
    return ascii(path)[1:-1]


def layer_names(root: str) -> list[str]:
    """Return the folders under `layers/` that hold requirements.

    Raises
    ------
    BuildProblem
        When such a folder has a name that Lambda does not take.
    """
    folder = os.path.join(root, LAYERS)
    if not os.path.isdir(folder):
        return []
    names = []
    for name in sorted(os.listdir(folder)):
        files = (os.path.join(folder, name, f"requirements.{kind}") for kind in ("in", "txt"))
        if name.startswith(".") or not any(map(os.path.lexists, files)):
            continue
        if not _is_plain(name):
            raise BuildProblem(
                f"layers/{shown(name)} cannot be a layer: a name has ASCII letters, digits, _ and -.",
                "Rename it.",
            )
        names.append(name)
    return names


def hashed_inputs(root: str) -> dict[str, str]:
    """Return path, relative to `root` and with slashes, to SHA-256 hex of everything that a build reads.

    These are the files of the source hash, and each layer's `requirements.in`, which the lock is checked against.

    Raises
    ------
    BuildProblem
        When a file cannot be read, or has a name that another system would read differently.
    """
    paths: list[str] = []
    if os.path.isdir(os.path.join(root, SOURCES)):
        try:
            paths += _python_files(root, SOURCES)
        except OSError as error:
            raise _unreadable(os.path.relpath(error.filename or root, root), error.strerror) from error
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
    """Return a file's content, or None where there is none.

    Raises
    ------
    BuildProblem
        When there is something that cannot be read: a link to nothing, a folder, another user's file.
    """
    # os.open rather than open(): half the time per file, and a build reads every source each time. A pipe would wait
    try:
        handle = os.open(f"{root}/{path}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(f"{root}/{path}"):
            raise _unreadable(path, "it is a link to nothing") from None
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(path, "it is not a file")
        chunks = [os.read(handle, status.st_size + 1)]
        while chunks[-1]:
            chunks.append(os.read(handle, 1 << 20))
        return b"".join(chunks)
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    finally:
        os.close(handle)


def _unreadable(path: str, reason: str | None) -> BuildProblem:
    return BuildProblem(
        f"{shown(path)} cannot be read: {(reason or 'no reason is given').lower()}.",
        "Correct or remove it, then build again.",
    )


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

    SHA-256 over `"<path> <sha256 hex>\\n"` for each file that `fileset` finds for build.tf's patterns, in the order of
    `sort`.
    """
    return source_hash_of(hashed_inputs(os.fspath(root)))
