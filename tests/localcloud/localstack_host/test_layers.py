"""Merged layers."""

from __future__ import annotations

from pathlib import Path

from localcloud.localstack.host.layers import merged


def layer(root: Path, name: str, **files: str) -> Path:
    for file, content in files.items():
        path = root / name / "python" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root / name


def test_the_later_layer_wins_and_the_layers_stay(tmp_path: Path) -> None:
    first, second = layer(tmp_path, "1", a="1", b="1"), layer(tmp_path, "2", b="2", c="2")
    folder = merged([first, second], tmp_path / "cache")
    assert {path.name: path.read_text() for path in (folder / "python").iterdir()} == {"a": "1", "b": "2", "c": "2"}
    assert (first / "python" / "b").read_text() == "1"
    other = merged([second, first], tmp_path / "cache")
    assert (other / "python" / "b").read_text() == "1"


def test_a_combination_is_made_once(tmp_path: Path) -> None:
    first = layer(tmp_path, "1", a="1")
    folder = merged([first], tmp_path / "cache")
    (folder / "seen").touch()
    assert merged([first], tmp_path / "cache") == folder
    assert (folder / "seen").exists()


def test_without_layers_there_is_an_empty_folder(tmp_path: Path) -> None:
    assert list(merged([], tmp_path / "cache").iterdir()) == []
