"""Puts text into files that people write too: at one place, and never over what is there."""

from __future__ import annotations

import re

from tools.errors import UsageProblem


def into_map(text: str, name: str, block: str) -> str:
    """Return Terraform text with a block added at the end of the map `name`, which stands two spaces deep.

    Raises
    ------
    UsageProblem
        There is no such map.
    """
    found = re.search(rf"^  {name} = \{{\n(?:(?:    .*|)\n)*?  \}}$", text, re.MULTILINE)
    if found is None:
        raise UsageProblem(f"There is no map `{name}` for the function's block.", "Add the block by hand.")
    end = found.end() - len("  }")
    return text[:end] + block + text[end:]


def into_list(text: str, name: str, value: str) -> str:
    """Return Terraform text with a string added to the list `name`, which stands on one line."""
    found = re.search(rf"^ +{name} += \[[^\]\n]*(?=\]$)", text, re.MULTILINE)
    if found is None:
        raise UsageProblem(f"There is no list `{name}` for the function's name.", "Add it by hand.")
    return text[: found.end()] + f', "{value}"' + text[found.end() :]


def at_the_end(text: str, block: str) -> str:
    """Return text with a block at its end."""
    return text.rstrip("\n") + "\n" + block


def into_paths(text: str, path: str, method: str, operation: str) -> str:
    """Return the contract with an operation added to a path, which is made if it is not there.

    Raises
    ------
    UsageProblem
        The path has that method already.
    """
    paths = re.search(r"^paths:\n", text, re.MULTILINE)
    components = re.search(r"^components:$", text, re.MULTILINE)
    if paths is None or components is None:
        raise UsageProblem("api-gateway/openapi.yaml has no `paths` followed by `components`.", "Add the path by hand.")
    there = re.search(rf"^  {re.escape(path)}:\n(?:(?:    .*|)\n)*", text, re.MULTILINE)
    if there is None:
        at = len(text[: components.start()].rstrip("\n")) + 1
        return text[:at] + f"  {path}:\n{operation}" + text[at:]
    if re.search(rf"^    {method}:", there[0], re.MULTILINE):
        raise UsageProblem(f"The contract has {method.upper()} {path} already.", "python -m tools new endpoint --help")
    at = there.start() + len(there[0].rstrip("\n")) + 1
    return text[:at] + operation + text[at:]


def into_table(text: str, row: str) -> str:
    """Return Markdown with a row added to its last table."""
    lines = text.splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if line.startswith("|"))
    return "".join([*lines[: last + 1], row, *lines[last + 1 :]])
