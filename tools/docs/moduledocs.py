"""The tables of inputs and outputs in the Terraform folders' READMEs, made from variables.tf and outputs.tf.

The files are read as `terraform fmt` leaves them: a block begins and ends in the first column, its arguments stand two
spaces in. A real HCL parser takes seconds to import, and knows nothing more that is needed here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.errors import UsageProblem
from tools.project import Project

BEGIN = "<!-- made by `python -m tools docs` from variables.tf and outputs.tf -->"
END = "<!-- end -->"

_BLOCK = re.compile(r'^(?P<kind>variable|output) "(?P<name>[^"]+)" \{$(?P<body>.*?)^\}$', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r"^  (?P<name>\w+)\s*=\s*(?P<first>.*)$")
_NESTED = re.compile(r"^  \w+\s*\{")


@dataclass(frozen=True)
class Block:
    """A variable or an output.

    Parameters
    ----------
    arguments
        Its arguments as they are written, without nested blocks; a heredoc or a quoted string as the text that it is.
    """

    kind: str
    name: str
    arguments: dict[str, str]

    @property
    def description(self) -> str:
        """What it is, on one line; empty when it says nothing."""
        return " ".join(self.arguments.get("description", "").split())


def folders(project: Project) -> list[Path]:
    """Return the Terraform folders: the root, and every folder with a variables.tf two levels down at most."""
    found = [*project.root.glob("*/variables.tf"), *project.root.glob("*/*/variables.tf")]
    visible = [path.parent for path in found if not any(part.startswith(".") for part in path.parts[-3:])]
    return [project.root, *sorted(visible)]


def blocks(text: str) -> Iterator[Block]:
    """Yield the variables and outputs of a Terraform file, in its order."""
    for match in _BLOCK.finditer(text):
        yield Block(match["kind"], match["name"], _arguments(match["body"]))


def _arguments(body: str) -> dict[str, str]:
    raw: dict[str, list[str]] = {}
    current: list[str] = []
    for line in body.splitlines():
        argument = _ARGUMENT.match(line)
        if argument:
            current = raw.setdefault(argument["name"], [argument["first"]])
        elif _NESTED.match(line):
            current = []
        else:
            current.append(line)
    return {name: _value(lines) for name, lines in raw.items()}


def _value(lines: list[str]) -> str:
    first = lines[0].strip()
    if first.startswith("<<"):
        end = first.lstrip("<-~")
        content = lines[1 : next(index for index, line in enumerate(lines) if line.strip() == end)]
        return textwrap.dedent("\n".join(content)).strip()
    value = textwrap.dedent("\n".join(lines)).strip()
    if len(lines) >= 1 and re.fullmatch(r'"(?:[^"\\]|\\.)*"', value):
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value


def read(folder: Path) -> list[Block]:
    """Return the variables, then the outputs, of a Terraform folder."""
    found: list[Block] = []
    for name in ("variables.tf", "outputs.tf"):
        path = folder / name
        if path.is_file():
            found += blocks(path.read_text(encoding="utf-8"))
    return found


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _default(block: Block) -> str:
    if "default" not in block.arguments:
        return "required"
    value = block.arguments["default"]
    return _code(f'"{value}"' if block.arguments.get("type") == "string" and value != "null" else value)


def render(folder: Path) -> str:
    """Return the tables for a folder, markers included, with a line end at the end."""
    found = read(folder)
    lines = [BEGIN, "", "## Inputs", "", "| name | what it is | type | default |", "|---|---|---|---|"]
    for block in found:
        if block.kind == "variable":
            kind = _code(block.arguments.get("type", "any"))
            lines.append(f"| `{block.name}` | {_cell(block.description)} | {kind} | {_default(block)} |")
    lines += ["", "## Outputs", "", "| name | what it is |", "|---|---|"]
    lines += [f"| `{block.name}` | {_cell(block.description)} |" for block in found if block.kind == "output"]
    return "\n".join([*lines, "", END, ""])


def between(document: str, begin: str, end: str, made: str) -> str:
    """Return a document with what stands from the line `begin` to the line `end` replaced by `made`, lines included.

    Raises
    ------
    ValueError
        The document lacks one of the lines.
    """
    before, found_begin, rest = document.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError("no markers")
    return before + made + after.removeprefix("\n")


def updated(project: Project, folder: Path) -> str:
    """Return a folder's README as it should be.

    Raises
    ------
    UsageProblem
        It is not there, or has no markers.
    """
    readme = folder / "README.md"
    try:
        return between(readme.read_text(encoding="utf-8"), BEGIN, END, render(folder))
    except (FileNotFoundError, ValueError):
        raise UsageProblem(
            f"{readme.relative_to(project.root)} is missing, or has no place for its tables.",
            f"write what the folder is, then a line `{BEGIN}` and a line `{END}`",
        ) from None


def check(project: Project) -> list[str]:
    """Return what is wrong with the READMEs, a sentence each; empty when all are as they should be."""
    problems = []
    for folder in folders(project)[1:]:
        readme, name = folder / "README.md", folder.relative_to(project.root).as_posix()
        if not readme.is_file():
            problems.append(f"{name}/ has no README.md.")
            continue
        text = readme.read_text(encoding="utf-8")
        if BEGIN not in text or END not in text:
            problems.append(f"{name}/README.md has no place for its tables (a line `{BEGIN}` and a line `{END}`).")
        elif updated(project, folder) != text:
            problems.append(f"{name}/README.md is behind its variables.tf or outputs.tf.")
    return problems


def write(project: Project) -> list[Path]:
    """Bring the tables up to date; return the READMEs that changed.

    Raises
    ------
    UsageProblem
        A README is not there, or has no markers.
    """
    changed = []
    for folder in folders(project)[1:]:
        readme, text = folder / "README.md", updated(project, folder)
        if text != readme.read_text(encoding="utf-8"):
            readme.write_text(text, encoding="utf-8")
            changed.append(readme)
    return changed
