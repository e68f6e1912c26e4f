"""Where the AWS provider is looked for, and when not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.access.providers import _HOMES, cli_config_file, find_mirror, init_arguments
from tools.errors import MachineProblem


def _mirror(folder: Path) -> Path:
    (folder / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    return folder


def _homes(*folders: Path) -> tuple[str, ...]:
    return tuple(map(str, folders))


@pytest.fixture
def home() -> Path:
    """Return the test's own home folder."""
    return Path.home()


def test_the_usual_places() -> None:
    assert _HOMES == ("/usr/share", "/usr/local/share", "/opt")


def test_no_mirror_anywhere(tmp_path: Path) -> None:
    assert find_mirror({}, _homes(tmp_path / "missing", tmp_path)) is None


@pytest.mark.parametrize("below", ["", "plugins"])
def test_in_the_home_folder_and_one_level_below(home: Path, below: str) -> None:
    mirror = _mirror(home / ".terraform.d" / below)
    assert find_mirror({}, ()) == mirror


@pytest.mark.parametrize("below", ["", "tf-plugins"])
def test_in_each_usual_place_and_one_level_below(tmp_path: Path, below: str) -> None:
    mirror = _mirror(tmp_path / "opt" / below)
    assert find_mirror({}, _homes(tmp_path / "share", tmp_path / "opt")) == mirror


def test_two_levels_below_is_not_looked_at(tmp_path: Path) -> None:
    _mirror(tmp_path / "opt" / "a" / "b")
    assert find_mirror({}, _homes(tmp_path / "opt")) is None


def test_a_mirror_of_other_providers_is_none(tmp_path: Path) -> None:
    (tmp_path / "opt" / "registry.terraform.io" / "hashicorp" / "google").mkdir(parents=True)
    assert find_mirror({}, _homes(tmp_path / "opt")) is None


def test_the_home_folder_comes_first(home: Path, tmp_path: Path) -> None:
    own = _mirror(home / ".terraform.d")
    assert find_mirror({}, _homes(_mirror(tmp_path / "opt"))) == own


@pytest.mark.parametrize("tail", ["", "registry.terraform.io"])
def test_the_variable_comes_before_all_and_may_name_the_registrys_folder(home: Path, tmp_path: Path, tail: str) -> None:
    _mirror(home / ".terraform.d")
    named = _mirror(tmp_path / "named")
    assert find_mirror({"TF_PLUGIN_MIRROR": str(named / tail)}, ()) == named


def test_a_variable_that_names_no_mirror_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match="TF_PLUGIN_MIRROR is set, and there is no") as caught:
        find_mirror({"TF_PLUGIN_MIRROR": str(tmp_path)}, ())
    assert "unset TF_PLUGIN_MIRROR" in caught.value.fix


def test_init_uses_a_mirror_only_where_the_registry_is_out_of_reach(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = _mirror(home / ".terraform.d")
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: True)
    assert init_arguments({}) == []
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: False)
    assert init_arguments({}) == [f"-plugin-dir={mirror}"]


def test_a_mirror_named_by_the_user_is_used_without_asking_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: pytest.fail("asked the registry"))
    mirror = _mirror(tmp_path / "named")
    assert init_arguments({"TF_PLUGIN_MIRROR": str(mirror)}) == [f"-plugin-dir={mirror}"]


def test_without_a_mirror_the_registry_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: pytest.fail("asked the registry"))
    assert init_arguments({}) == []


@pytest.mark.parametrize("variable", ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", None])
def test_a_users_own_provider_installation_wins(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    _mirror(home / ".terraform.d")
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: False)
    config = tmp_path / "terraform.rc" if variable else home / ".terraformrc"
    config.write_text('provider_installation {\n  network_mirror { url = "https://mirror.example.com/" }\n}\n')
    assert init_arguments({variable: str(config)} if variable else {}) == []


def test_a_configuration_about_other_things_does_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = _mirror(home / ".terraform.d")
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: False)
    (home / ".terraformrc").write_text("disable_checkpoint = true\n")
    assert init_arguments({}) == [f"-plugin-dir={mirror}"]


def test_a_configuration_that_does_not_exist_is_no_stop(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = _mirror(home / ".terraform.d")
    monkeypatch.setattr("tools.access.providers.registry_reachable", lambda: False)
    environ = {"TF_CLI_CONFIG_FILE": str(home / "missing.rc")}
    assert cli_config_file(environ) is None
    assert init_arguments(environ) == [f"-plugin-dir={mirror}"]


def test_a_folder_that_cannot_be_listed_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, mirror = tmp_path / "closed", _mirror(tmp_path / "open")
    closed.mkdir()
    listing = Path.iterdir

    def iterdir(folder: Path) -> object:
        if folder == closed:
            raise PermissionError(os.strerror(13))
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert find_mirror({}, _homes(closed, mirror)) == mirror
