"""Every command, option, target and file that the documents and the toolkit's own messages name exists."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import click
import pytest

from tools.access.environments import names
from tools.cli import app
from tools.docs.api import anchor
from tools.project import find_project

PROJECT = find_project()
ROOT = PROJECT.root
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "*/*/README.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).parts[0].startswith((".", "build"))
)
SOURCES = sorted(
    path
    for pattern in ("tools/**/*.py", "*.tf", "*/*.tf", "Makefile", ".pre-commit-config.yaml", ".github/**/*.*")
    for path in ROOT.glob(pattern)
)

_TOOL = re.compile(r"(?:python3?|\.venv/bin/python|\$\(RUN\)) ?-m tools((?: [^\s|&;)`\"',]+)*)")
_MAKE = re.compile(r"(?:^|[`(]|&& )make ((?:[a-z][a-z-]+ ?)+)", re.MULTILINE)
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_ANCHORED = re.compile(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)")
_PATH = re.compile(r"(?<![\w/$.:-])((?:[a-z_.][\w.-]*/)+[\w.-]*)")


def _wrong(arguments: list[str]) -> str | None:
    """Return what is wrong with the arguments of `python -m tools`, or None."""
    if not arguments or not re.fullmatch(r"[a-z]+", arguments[0]):
        return None if not arguments or arguments[0] in {"--help", "..."} or arguments[0][0] in "X{<A" else arguments[0]
    command = app.commands.get(arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    if isinstance(command, click.Group):
        if len(arguments) == 1 or arguments[1] == "--help":
            return None
        subcommand = command.commands.get(arguments[1])
        if subcommand is None:
            return f"no command {arguments[0]} {arguments[1]}"
        command, arguments = subcommand, [" ".join(arguments[:2]), *arguments[2:]]
    options = {text: option for option in command.params for text in (*option.opts, *option.secondary_opts)}
    for position, argument in enumerate(arguments[1:], 1):
        if argument == "--":
            break
        name, _, value = argument.partition("=")
        if not name.startswith("-") or name == "--help":
            continue
        if name not in options:
            return f"{arguments[0]} has no option {name}"
        value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
        kind = options[name].type
        known = list(kind.choices) if isinstance(kind, click.Choice) else None
        if name == "--env":
            known = names(PROJECT)
        if known and re.fullmatch(r"[a-z0-9_]+", value) and value not in known:
            return f"{name} {value}"
    return None


def _complaints(files: list[Path], look: Callable[[Path, str], list[str]]) -> dict[str, list[str]]:
    """Return what `look` finds wrong in each file's text, by file."""
    found = {str(path.relative_to(ROOT)): look(path, path.read_text(encoding="utf-8")) for path in files}
    return {path: wrong for path, wrong in found.items() if wrong}


def test_commands_of_the_toolkit() -> None:
    def look(_: Path, text: str) -> list[str]:
        verdicts = {arguments: _wrong(arguments.split()) for arguments in _TOOL.findall(text)}
        return [f"{arguments}: {wrong}" for arguments, wrong in verdicts.items() if wrong]

    assert _complaints([*DOCUMENTS, *SOURCES], look) == {}


def test_the_readme_names_many() -> None:
    found = {arguments.split()[0] for arguments in _TOOL.findall((ROOT / "README.md").read_text()) if arguments}
    assert {"doctor", "deploy", "smoke", "token", "outputs", "plan", "lint", "destroy", "down", "env"} <= found


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in app.commands if f"`{name}`" not in readme] == []


def test_targets_of_make() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    def look(_: Path, text: str) -> list[str]:
        spans = "\n".join(re.findall(r"`[^`\n]+`|^make .*$|\"make [^\"]*\"", text, re.MULTILINE)).replace('"', "`")
        return sorted({target for found in _MAKE.findall(spans) for target in found.split()} - targets)

    assert {"local", "test", "setup"} <= targets
    assert _complaints([*DOCUMENTS, *SOURCES], look) == {}


def test_files_of_shell_blocks() -> None:
    def look(_: Path, text: str) -> list[str]:
        lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
        return [
            name
            for line in lines
            for name in _PATH.findall(re.sub(r"https?://\S+|'[^']*'", "", line))
            # What a command makes, or the machine has, is not of the project.
            if not name.startswith((".venv/", ".local/", "build/", ".terraform/")) and not (ROOT / name).exists()
        ]

    assert _complaints(DOCUMENTS, look) == {}


def test_links_lead_somewhere() -> None:
    def look(path: Path, text: str) -> list[str]:
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        return [link for link in _LINK.findall(prose) if not (path.parent / link).exists()]

    assert _complaints(DOCUMENTS, look) == {}


def test_anchors_lead_to_headings() -> None:
    def look(path: Path, text: str) -> list[str]:
        targets = [(path.parent / link if link else path, wanted) for link, wanted in _ANCHORED.findall(text)]
        return [f"{target.name}#{wanted}" for target, wanted in targets if wanted not in _anchors(target)]

    assert _complaints(DOCUMENTS, look) == {}


@cache
def _anchors(page: Path) -> set[str]:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}


def test_options_of_pytest_in_the_readme() -> None:
    conftest = (ROOT / "tests" / "conftest.py").read_text()
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if "-m pytest" in line]
    assert lines
    for line in lines:
        for option in re.findall(r" (--[a-z-]+)", line):
            assert f'"{option}"' in conftest


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("deploy --env dev --plan x", None),
        ("test -- --full", None),
        ("build --target aws --arch=arm64", None),
        ("depoly", "no command depoly"),
        ("deploy --evn dev", "deploy has no option --evn"),
        ("deploy --env staging", "--env staging"),
        ("build --target=mars", "--target mars"),
        ("events send create_item --function create-item", None),
        ("events list --json", None),
        ("events sent create_item", "no command events sent"),
        ("events send create_item --to x", "events send has no option --to"),
    ],
)
def test_this_test_finds_what_is_wrong(arguments: str, wrong: str | None) -> None:
    assert _wrong(arguments.split()) == wrong
