"""All mutants there are, and the ones that a seed draws."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import yaml

from tests.mutants.mutant import Mutant, make
from tests.mutants.python_changes import changes as python_changes
from tests.mutants.text_changes import terraform_changes, yaml_changes

# How many of a hundred come from where.
SHARES = {"handlers": 50, "security": 12, "terraform": 22, "contract": 16}
_CONTRACT = "api-gateway/openapi.yaml"


def population(root: Path) -> dict[str, list[Mutant]]:
    """Return every mutant of the project by area, in the order of the files; some cannot be read (`is_another`)."""
    return {area: list(_of_area(area, root)) for area in SHARES}


def drawn(
    everything: dict[str, list[Mutant]], count: int, seed: int, good: Callable[[Mutant], bool] = lambda mutant: True
) -> list[Mutant]:
    """Return `count` mutants that are good, as many of each area as its share, in an order that the seed decides.

    The same files and the same seed give the same mutants.
    """
    chance = random.Random(seed)
    chosen = []
    for area, share in SHARES.items():
        wanted = round(count * share / 100)
        shuffled = chance.sample(everything[area], len(everything[area]))
        # Reading a changed file takes a while, so only as many are read as are wanted
        chosen += list(islice(filter(good, shuffled), wanted))
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
            files = [path for path in _configuration(root) if path.name != "versions.tf"]
            find = terraform_changes
    for path in files:
        text = path.read_text(encoding="utf-8")
        for change in find(text):
            yield make(area, path, root, text, change)


def _configuration(root: Path) -> list[Path]:
    found = [path for path in root.glob("**/*.tf") if not any(part.startswith(".") for part in path.parts[1:])]
    return sorted(path for path in found if "build" not in path.relative_to(root).parts)


def is_another(mutant: Mutant, root: Path) -> bool:
    """Say whether a mutant can be read, and says something else than the file it was made from."""
    path = root / mutant.path
    before = path.read_text(encoding="utf-8")
    text = mutant.applied(before)
    try:
        if path.suffix == ".py":
            return ast.dump(ast.parse(text)) != ast.dump(ast.parse(before))
        if path.suffix == ".yaml":
            return bool(yaml.safe_load(text) != yaml.safe_load(before))
    except (SyntaxError, yaml.YAMLError):
        return False
    return text != before
