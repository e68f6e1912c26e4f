"""The mutants themselves: what is changed, that a seed decides which, and which tests are asked about them."""

from __future__ import annotations

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.population import drawn
from tests.mutants.python_changes import changes
from tests.mutants.runner import tests_touching as chosen_tests
from tests.mutants.text_changes import terraform_changes, yaml_changes


def _applied(text: str, found: list[tuple[int, int, str]]) -> set[str]:
    return {text[:start] + new + text[end:] for start, end, new in found}


@pytest.mark.parametrize(
    ("text", "mutant"),
    [
        ("x = a < b\n", "x = a <= b\n"),
        ("x = a and b\n", "x = a or b\n"),
        ("x = not a\n", "x = a\n"),
        ("x = 'é', 1\n", "x = 'é', 2\n"),
        ("x = True\n", "x = False\n"),
        ("x = 'key'\n", "x = 'keyX'\n"),
        ("def f():\n    return 1\n", "def f():\n    return None\n"),
        ("if a:\n    f()\n", "if a:\n    pass\n"),
        ("if a:\n    f()\n", "if (not (a)):\n    f()\n"),
    ],
)
def test_python_is_changed(text: str, mutant: str) -> None:
    assert mutant in _applied(text, changes(text))


def test_what_only_a_reader_sees_is_not_changed() -> None:
    assert changes('"""Text."""\nfrom a import b\nx: "T" = None\ndef f(a: "T") -> "T":\n    "Text."\n') == []


@pytest.mark.parametrize(
    ("text", "mutant"),
    [
        ("a: { b: 1, c: 2 }\n", "a: { c: 2 }\n"),
        ("a: { b: 1 }\n", "a: { b: 2 }\n"),
        ("a:\n  b: x\n  c: y\n", "a:\n  c: y\n"),
        ("a: [x, y]\n", "a: [y]\n"),
        ("a: false\n", "a: true\n"),
    ],
)
def test_yaml_is_changed(text: str, mutant: str) -> None:
    assert mutant in _applied(text, yaml_changes(text))


@pytest.mark.parametrize(
    ("text", "mutant"),
    [
        ("  a = true\n", "  a = false\n"),
        ("  a = 7\n  b = 1\n", "  b = 1\n"),
        ("  a = x == y && z\n", "  a = x == y || z\n"),
        ("  depends_on = [a.b]\n", ""),
    ],
)
def test_terraform_is_changed(text: str, mutant: str) -> None:
    assert mutant in _applied(text, terraform_changes(text))


def test_comments_and_descriptions_are_not_changed() -> None:
    assert terraform_changes('  # a = true\n  description = "7 == 7"\n') == []


def test_a_seed_decides_which() -> None:
    everything = {
        area: [Mutant(area, "file", number, number, "", 1) for number in range(100)]
        for area in ("handlers", "security", "terraform", "contract")
    }
    assert drawn(everything, 50, 1) == drawn(everything, 50, 1) != drawn(everything, 50, 2)
    assert len(drawn(everything, 50, 1)) == 50


def test_the_tests_of_a_line_are_asked_the_quickest_first() -> None:
    touched = {
        "slow": {"seconds": 2.0, "lines": {"a.py": [1, 2]}},
        "quick": {"seconds": 1.0, "lines": {"a.py": [2]}},
        "elsewhere": {"seconds": 0.1, "lines": {"b.py": [2]}},
    }
    assert chosen_tests(Mutant("handlers", "lambda_src/a.py", 0, 1, "", 2), touched) == ["quick", "slow"]
    assert chosen_tests(Mutant("handlers", "lambda_src/a.py", 0, 1, "", 9), touched) == ["quick", "slow"]
