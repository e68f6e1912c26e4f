"""Every patch is complete, is applied, and is in the table of the docs; these tests need no emulator."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType

import pytest

from localcloud.errors import UsageProblem
from localcloud.ministack import patch_table, patches

FOLDER = Path(patches.__file__).parent


def missing(module: ModuleType) -> list[str]:
    """Return what a patch lacks."""
    doc, effect = module.__doc__ or "", getattr(module, "EFFECT", "")
    problems = []
    if not all(word in doc for word in ("MiniStack", "AWS")) or len(doc.split("\n\n")) < 2:
        problems.append("a docstring that says what MiniStack does, what AWS does and where AWS documents it")
    if not isinstance(effect, str) or not effect or "\n" in effect or "|" in effect or effect.endswith("."):
        problems.append("EFFECT, what works with it, as one line without a full stop")
    for name, parameters in (("apply", []), ("probe", ["aws"])):
        function = getattr(module, name, None)
        if not inspect.isfunction(function) or list(inspect.signature(function).parameters) != parameters:
            problems.append(f"{name}({', '.join(parameters)})")
    unknown = sorted(set(getattr(module, "AFTER", ())) - set(patches.names()))
    if unknown:
        problems.append(f"patches for {', '.join(unknown)}, which AFTER names")
    return problems


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_a_patch_is_complete(path: Path) -> None:
    module = patches.load(path.stem)
    problems = missing(module)  # type: ignore[arg-type]
    assert not problems, f"{path} lacks {'; '.join(problems)}"


def test_every_module_of_the_folder_is_applied_once_and_after_those_that_it_names() -> None:
    order = list(patches.in_order())
    assert sorted(order) == patches.names() == sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
    for name in order:
        before = getattr(patches.load(name), "AFTER", ())
        assert all(order.index(each) < order.index(name) for each in before), name


def test_a_patch_that_lacks_everything_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A new file is a patch at once, is reported, and is in the table once it has an effect."""
    (tmp_path / "unfinished.py").write_text("AFTER = ('no_such_patch',)\n")
    (tmp_path / "new_effect.py").write_text("EFFECT = 'everything'\n")
    monkeypatch.setattr(patches, "__path__", [str(tmp_path)])
    assert patches.names() == ["new_effect", "unfinished"]
    module = patches.load("unfinished")
    try:
        assert len(missing(module)) == 5  # type: ignore[arg-type]
        monkeypatch.setattr(patches, "names", lambda: ["new_effect"])
        assert "\n| `new_effect` | everything |\n" in patch_table.render()
    finally:
        for name in ("unfinished", "new_effect"):
            sys.modules.pop(f"{patches.__name__}.{name}", None)


def test_the_table_replaces_what_is_between_its_markers() -> None:
    page = f"before\n{patch_table.BEGIN}\nold\n{patch_table.END}\nafter\n"
    assert patch_table.updated(page) == f"before\n{patch_table.render()}\nafter\n"
    with pytest.raises(UsageProblem, match="has no place for the table of patches"):
        patch_table.updated("before\nafter\n")


def test_the_docs_have_the_current_table() -> None:
    page = (FOLDER.parents[2] / "docs" / "local-cloud.md").read_text(encoding="utf-8")
    assert patch_table.updated(page) == page, "run `python -m tools docs`"
