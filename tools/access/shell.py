"""Which of the shell's variables reach Terraform and the AWS SDKs, and which never do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from tools.errors import UsageProblem
from tools.project import Project

NOWHERE = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""Lets every AWS SDK, and with them Terraform's provider, find no file of the user's."""

# What Terraform needs of a machine: to be found, to write, to read its configuration and credentials of registries, to
# reach a registry, and to say what it does (Terraform documentation, "Environment Variables", "CLI Configuration").
_NEEDED = {
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "TERM", "LANG", "LANGUAGE", "NO_COLOR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", "TF_PLUGIN_MIRROR"),
    *("TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"),
    *("TF_REGISTRY_DISCOVERY_RETRY", "TF_REGISTRY_CLIENT_TIMEOUT"),
    *("TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PATH"),
}
_NEEDED_FAMILIES = ("LC_", "TF_TOKEN_")

# Whatever begins so can lead a command to another account, service, state or plan.
_LEADING = re.compile(r"(AWS|TF_VAR|TF_CLI_ARGS)_\w+|TF_CLI_ARGS|TF_WORKSPACE|TF_DATA_DIR", re.ASCII)
_USUAL = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "TF_WORKSPACE")

_VARIABLE = re.compile(r'^variable\s+"(\w+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_SECRET = re.compile(r"^\s*(sensitive|ephemeral)\s*=\s*true", re.MULTILINE)


def needed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return those variables that Terraform needs wherever it deploys, and nothing that leads it anywhere."""
    return {name: text for name, text in environ.items() if name in _NEEDED or name.startswith(_NEEDED_FAMILIES)}


def leading(environ: Mapping[str, str]) -> list[str]:
    """Return the names of variables that could lead a command elsewhere: those set, and the most usual ones."""
    return sorted({*_USUAL, *(name for name in environ if _LEADING.fullmatch(name))})


def for_aws(project: Project, environ: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the variables for Terraform on AWS: all but those that change what it does.

    Of `TF_VAR_*` the secrets pass: variables declared sensitive or ephemeral, which no file should hold. A name that
    the configuration does not declare is left out, as Terraform itself ignores it.

    Raises
    ------
    UsageProblem
        Another one is set, and would change the deployment although no file says so.
    """
    declared = _declared(project)
    kept = {}
    for key, text in environ.items():
        variable = key.removeprefix("TF_VAR_")
        if variable != key:
            if variable not in declared:
                continue
            if not declared[variable]:
                raise UsageProblem(
                    f"{key} is set in this shell, and would change {name} unseen.",
                    f"unset {key}; what {name} is to have stands in environments/{name}.tfvars",
                )
        elif key.startswith("TF_CLI_ARGS") or key == "TF_DATA_DIR":
            continue
        kept[key] = text
    return kept


def _declared(project: Project) -> dict[str, bool]:
    """Return the root module's variables, and of each whether it is a secret."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(project.root.glob("*.tf")))
    return {name: bool(_SECRET.search(body)) for name, body in _VARIABLE.findall(text)}
