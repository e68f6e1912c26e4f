"""All mutants there are, and the ones that a seed draws."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.mutants.mutant import Mutant, make
from tests.mutants.python_changes import changes as python_changes
from tests.mutants.text_changes import terraform_changes, yaml_changes

# How many of a hundred come from where.
SHARES = {"handlers": 50, "security": 12, "terraform": 22, "contract": 16}
_CONTRACT = "api-gateway/openapi.yaml"


def population(root: Path) -> dict[str, list[Mutant]]:
    """Return every mutant of the project by area, in the order of the files."""
    return {area: list(_of_area(area, root)) for area in SHARES}


def drawn(everything: dict[str, list[Mutant]], count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants, as many of each area as its share, in an order that the seed decides.

    The same files and the same seed give the same mutants.
    """
    chance = random.Random(seed)
    chosen = []
    for area, share in SHARES.items():
        wanted = round(count * share / 100)
        chosen += chance.sample(everything[area], min(wanted, len(everything[area])))
    chance.shuffle(chosen)
    return chosen


def _of_area(area: str, root: Path) -> Iterator[Mutant]:
    match area:
        case "handlers":
            files, find = sorted((root / "lambda_src").rglob("*.py")), python_changes
        case "security":
            files, find = sorted((root / "security").glob("*.yaml")), yaml_changes
        case "contract":
            files, find = [root / _CONTRACT], yaml_changes
        case _:
            # What was moved is told to Terraform's state alone, which no test has.
            files = [path for path in _configuration(root) if path.name not in {"moved.tf", "versions.tf"}]
            find = terraform_changes
    for path in files:
        text = path.read_text(encoding="utf-8")
        for change in find(text):
            mutant = make(area, path, root, text, change)
            if _is_another(mutant.applied(text), text, path.suffix):
                yield mutant


def _configuration(root: Path) -> list[Path]:
    found = [path for path in root.glob("**/*.tf") if not any(part.startswith(".") for part in path.parts[1:])]
    return sorted(path for path in found if "build" not in path.relative_to(root).parts)


def _is_another(text: str, before: str, suffix: str) -> bool:
    """Say whether a changed text can be read, and says something else than before."""
    try:
        if suffix == ".py":
            return ast.dump(ast.parse(text)) != ast.dump(ast.parse(before))
        if suffix == ".yaml":
            return bool(yaml.safe_load(text) != yaml.safe_load(before))
    except (SyntaxError, yaml.YAMLError):
        return False
    return text != before
