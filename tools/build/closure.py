"""Which modules a handler needs: itself and exactly the first-party code that it imports, transitively."""

from __future__ import annotations

import sys

from tools.build.binding import binding_of, may_exist
from tools.build.scan import STAR, scan
from tools.build.sources import SOURCES, read_unchanged
from tools.build.syntax import parse
from tools.errors import BuildProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tools.build.scan import Import, Scan

GROUPS = ("crud_api", "processors", "scheduled", "authorizers", "websocket")

# In the Lambda runtime beside the standard library
RUNTIME = frozenset({"boto3", "botocore"})

# Standard in Python 3.11 or 3.12, gone from the 3.13 that the functions run on
# fmt: off
GONE = frozenset({
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp",
    "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau",
    "telnetlib", "uu", "xdrlib",
})
# fmt: on
STANDARD = frozenset(sys.stdlib_module_names) | GONE


class Closure:
    """A handler's modules and what else they import.

    Parameters
    ----------
    handler
        The handler's path, relative to `lambda_src/`.
    members
        Paths of the modules that the zip holds, sorted.
    third_party
        Top-level import name to where it is first imported (`path`, line) and whether the import is required.
    """

    __slots__ = ("handler", "members", "third_party")

    def __init__(self, handler: str, members: tuple[str, ...], third_party: dict[str, tuple[str, int, bool]]) -> None:
        self.handler = handler
        self.members = members
        self.third_party = third_party


class Modules:
    """First-party code: which modules there are and what each imports.

    Parameters
    ----------
    root
        The checkout.
    digests
        Inputs by path, as `hashed_inputs` returns them.
    scans
        Results of earlier scans by (path, SHA-256), of which those still wanted are kept.
    """

    def __init__(self, root: str, digests: dict[str, str], scans: dict[tuple[str, str], Scan]) -> None:
        self._root = root
        self._earlier = scans
        start = len(SOURCES) + 1
        self.digests = {path[start:]: digest for path, digest in digests.items() if path.startswith(SOURCES + "/")}
        self.tops = {path.split("/")[0].removesuffix(".py") for path in self.digests}
        self._folders = {path[:at] for path in self.digests for at, char in enumerate(path) if char == "/"}
        self._needed: dict[str, tuple[list[str], list[tuple[str, int, bool]]]] = {}
        self.scans: dict[tuple[str, str], Scan] = {}

    def refuse_shadowing(self, provided: set[str]) -> None:
        """Refuse a first-party package that hides a standard, runtime or layer module from everything else."""
        for kind, names in (("standard", STANDARD), ("runtime's", RUNTIME), ("layer's", provided)):
            for top in sorted(self.tops & names):
                raise BuildProblem(
                    f"lambda_src/{top} bears the name of the {kind} module {top}, which it would hide.",
                    f"Rename lambda_src/{top}.",
                )

    def scan(self, path: str) -> Scan:
        key = (path, self.digests[path])
        if key not in self.scans:
            found = self._earlier.get(key)
            self.scans[key] = found or scan(self.source(path), path)
        return self.scans[key]

    def source(self, path: str) -> bytes:
        """Return a module's content, which is what was hashed.

        Raises
        ------
        BuildProblem
            When the file has been changed since.
        """
        return read_unchanged(self._root, f"{SOURCES}/{path}", self.digests[path])

    def handlers(self) -> dict[str, str]:
        """Return function name to the path of its handler.

        Raises
        ------
        BuildProblem
            When a handler is nothing that Lambda can call, or two functions have one name.
        """
        found: dict[str, str] = {}
        for path in self.digests:
            group, _, file = path.partition("/")
            if group not in GROUPS or "/" in file or file.startswith("_") or not self.scan(path)[0]:
                continue
            self._refuse_uncallable(path)
            name = file.removesuffix(".py").replace("_", "-")
            if name in found:
                raise BuildProblem(
                    f"lambda_src/{found[name]} and lambda_src/{path} are both the function {name}.", "Rename one."
                )
            found[name] = path
        return dict(sorted(found.items()))

    def _refuse_uncallable(self, path: str) -> None:
        """Refuse a handler that would only fail when it is invoked, following it through first-party imports."""
        line, wrong, module, name = self.scan(path)[0] or (0, "", "", "")
        seen = set()
        while module and not wrong and (module, name) not in seen and self._find(module) is not None:
            seen.add((module, name))
            file = self._file(module)
            tree = parse(self.source(file), file) if file else None
            found = binding_of(name, tree, file.split("/")[:-1]) if file else None
            if found:
                _, wrong, module, name = found
            elif self._find(f"{module}.{name}") is not None:
                wrong = "it is a module"
            elif not tree or not may_exist(name, tree):
                wrong = f"{module} does not define {name}"
        if wrong:
            raise BuildProblem(
                f"lambda_src/{path}, line {line}: Lambda cannot call this handler, because {wrong}.",
                "Write it as `def handler(event, context)`; inside, asyncio.run() runs a coroutine.",
            )

    def closure(self, handler: str) -> Closure:
        """Return what the handler's zip holds.

        Raises
        ------
        BuildProblem
            When a module imports first-party code that does not exist.
        """
        members: set[str] = set()
        third_party: dict[str, tuple[str, int, bool]] = {}
        waiting = self._packages_of(handler)
        while waiting:
            path = waiting.pop()
            if path in members:
                continue
            members.add(path)
            files, others = self._needs(path)
            waiting += files
            for top, line, required in others:
                if top not in third_party or (required and not third_party[top][2]):
                    third_party[top] = (path, line, required)
        return Closure(handler, tuple(sorted(members)), third_party)

    def _needs(self, path: str) -> tuple[list[str], list[tuple[str, int, bool]]]:
        """Return the files that a module imports, and the third-party modules with line and whether required."""
        known = self._needed.get(path)
        if known is not None:
            return known
        files: list[str] = []
        others: list[tuple[str, int, bool]] = []
        for found in self.scan(path)[1]:
            top = found[0].partition(".")[0]
            if top in self.tops or not top:
                files += self._modules_of(path, found)
            elif top not in RUNTIME and (top in GONE or top not in STANDARD):
                others.append((top, found[1], found[2]))
        self._needed[path] = (files, others)
        return files, others

    def _packages_of(self, path: str) -> list[str]:
        """Return `path` and each `__init__.py` that runs before it."""
        parts = path.split("/")
        inits = ["/".join([*parts[:depth], "__init__.py"]) for depth in range(1, len(parts))]
        return [path, *(init for init in inits if init in self.digests)]

    def _file(self, dotted: str) -> str | None:
        base = dotted.replace(".", "/")
        return next((path for path in (f"{base}/__init__.py", f"{base}.py") if path in self.digests), None)

    def _find(self, dotted: str) -> list[str] | None:
        """Return the files behind a dotted name: [] for a package without `__init__.py`, None for no such module."""
        path = self._file(dotted)
        if path is not None:
            return self._packages_of(path)
        base = dotted.replace(".", "/")
        return self._packages_of(f"{base}/__init__.py")[1:] if base in self._folders else None

    def _modules_of(self, importer: str, found: Import) -> list[str]:
        name, line, required, candidates = found
        files = self._find(name)
        if files is None:
            if not required:
                return []
            shown = name.strip(".") or "a module above lambda_src"
            raise BuildProblem(
                f"lambda_src/{importer}, line {line}, imports {shown}, which lambda_src does not hold.",
                "Correct the import, or add the module.",
            )
        if STAR in candidates:
            candidates = self._exports(name)
        for candidate in candidates:
            files = files + (self._find(f"{name}.{candidate}") or [])
        return files

    def _exports(self, dotted: str) -> tuple[str, ...]:
        """Return the names that a star import asks for: every module of the package where its `__all__` is computed."""
        file = self._file(dotted)
        names = self.scan(file)[2] if file else ()
        if STAR not in names:
            return names
        start = dotted.replace(".", "/") + "/"
        inside = [path.removeprefix(start) for path in self.digests if path.startswith(start)]
        return tuple(sorted({path.partition("/")[0].removesuffix(".py") for path in inside}))
