"""Finding the AWS provider: as Terraform is configured, else from a local mirror where the registry is out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.errors import MachineProblem

MIRROR_VARIABLE = "TF_PLUGIN_MIRROR"
REGISTRY = "registry.terraform.io"
_HOMES = ("/usr/share", "/usr/local/share", "/opt")


def cli_config_file(environ: Mapping[str, str]) -> Path | None:
    """Return the user's Terraform CLI configuration, or None when there is none.

    `TF_CLI_CONFIG_FILE` may name a file that does not exist; Terraform warns and goes on, and so do we.
    """
    named = environ.get("TF_CLI_CONFIG_FILE") or environ.get("TERRAFORM_CONFIG")
    path = Path(named) if named else Path.home() / ".terraformrc"
    return path if path.is_file() else None


def _is_mirror(folder: Path) -> bool:
    return (folder / REGISTRY / "hashicorp" / "aws").is_dir()


def find_mirror(environ: Mapping[str, str], homes: tuple[str, ...] = _HOMES) -> Path | None:
    """Return the folder to give to `terraform init -plugin-dir`, or None.

    It holds a folder `registry.terraform.io` in the layout of a filesystem mirror (Terraform documentation, "Provider
    Installation"). Looked for in `TF_PLUGIN_MIRROR`, `~/.terraform.d` and the folders below it, and in each of `homes`
    and one level below.

    Raises
    ------
    MachineProblem
        `TF_PLUGIN_MIRROR` names a folder that is no mirror with the AWS provider.
    """
    named = environ.get(MIRROR_VARIABLE)
    if named:
        folder = Path(named)
        folder = folder.parent if folder.name == REGISTRY else folder
        if not _is_mirror(folder):
            raise MachineProblem(
                f"{MIRROR_VARIABLE} is set, and there is no {folder}/{REGISTRY}/hashicorp/aws.",
                f"unset {MIRROR_VARIABLE}, or let it name a provider mirror",
            )
        return folder
    for home in (Path.home() / ".terraform.d", *map(Path, homes)):
        if not home.is_dir():
            continue
        try:
            below = sorted(entry for entry in home.iterdir() if entry.is_dir())
        except OSError:
            continue
        for folder in (home, *below):
            if _is_mirror(folder):
                return folder
    return None


def registry_reachable(timeout_s: float = 2.0) -> bool:
    """Whether the provider registry answers, through the proxies that the environment names."""
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"https://{REGISTRY}/.well-known/terraform.json", timeout=timeout_s):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def init_arguments(environ: Mapping[str, str]) -> list[str]:
    """Return what `terraform init` needs on this machine to find the provider: nothing, or `-plugin-dir=...`."""
    mirror = find_mirror(environ)
    if mirror is None:
        return []
    if not environ.get(MIRROR_VARIABLE):
        config = cli_config_file(environ)
        if config is not None and "provider_installation" in config.read_text(encoding="utf-8", errors="replace"):
            return []
        if registry_reachable():
            return []
    return [f"-plugin-dir={mirror}"]
