"""Terraform's own errors, made readable: one sentence and the command that fixes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from localcloud.cloud import MINISTACK
from localcloud.engines import KINDS, of_environment
from tools.access.credentials import LOGIN, expired, says_expired
from tools.errors import CloudProblem, MachineProblem, TerraformProblem, ToolError

Diagnostic = dict[str, Any]

_NO_CREDENTIALS = (
    "No valid credential sources found",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "failed to refresh cached credentials",
    "get credentials",
)
_NO_PROVIDER = ("Failed to query available provider packages", "Failed to install provider", "Could not retrieve")
_OTHER_PROVIDER = ("is no longer available", "doesn't match any of the checksums", "no available releases match")
# Of services that refuse to make a thing twice; the codes of their API references.
_EXISTS = (
    "already exist",
    "AlreadyExist",
    "AlreadyOwnedByYou",
    "ConflictException",
    "DuplicateItemException",
    "QueueNameExists",
    "ResourceExistsException",
    "ResourceInUseException",
    "with different attributes",
    "with different tags",
    "StatusCode: 409",
)
_NOT_INITIALISED = ("Required plugins are not installed", "Inconsistent dependency lock file", "Module not installed")
_SHOWN = 3
_GO_ON = "fix what it names; the same command goes on from here"
_UNREACHABLE = ("connection refused", "no such host", "dial tcp")


class Taken(TerraformProblem):
    """Something that Terraform was to make exists already.

    Parameters
    ----------
    addresses
        Which, by their addresses in the configuration.
    """

    def __init__(self, problem: str, fix: str, addresses: Sequence[str]) -> None:
        super().__init__(problem, fix)
        self.addresses = tuple(addresses)


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _locked(text: str, workspace: str) -> ToolError:
    found = re.search(r"ID:\s+(\S+)", text)
    who = re.search(r"Who:\s+(\S+)", text)
    lock = found.group(1) if found else "LOCK_ID"
    return TerraformProblem(
        f"The state is locked by another run{f' ({who.group(1)})' if who else ''}.",
        f"wait for it to end; if it is dead: TF_WORKSPACE={workspace} terraform force-unlock {lock}",
    )


def explain(
    diagnostics: Sequence[Diagnostic], command: str, *, emulated: bool, workspace: str = "default"
) -> ToolError:
    """Return the error that says what Terraform's diagnostics mean.

    Parameters
    ----------
    diagnostics
        `diagnostic` objects of Terraform's machine-readable output (Terraform documentation, "Machine-Readable UI").
    command
        The Terraform command that failed, such as `plan`.
    emulated
        Whether it ran against an emulator, where an endpoint out of reach means that the emulator is down.
    workspace
        Where it ran: the environment's name.
    """
    errors = [one for one in diagnostics if one.get("severity") == "error"]
    if not errors:
        return TerraformProblem(f"terraform {command} failed without saying why.", f"terraform {command}")
    text = "\n".join(f"{one.get('summary', '')}\n{one.get('detail', '')}" for one in errors)
    if "state lock" in text:
        return _locked(text, workspace)
    if "Unsupported Terraform Core version" in text:
        return MachineProblem("This Terraform is too old for the configuration.", "install Terraform 1.11 or later")
    if any(sign in text for sign in _NO_PROVIDER):
        return _no_provider(text)
    if any(sign in text for sign in _NOT_INITIALISED):
        return TerraformProblem(
            "Terraform is not initialised for this configuration.", "terraform init, then the same command again"
        )
    if "Unsupported state file format" in text:
        return TerraformProblem("The state file is damaged.", f"python -m tools deploy --env {workspace}")
    if "Saved plan is stale" in text or "as a plan file" in text:
        return TerraformProblem(
            "The saved plan does not fit: it is damaged, or something was deployed after it was made.",
            f"python -m tools plan --env {workspace} --out PLAN, then deploy that",
        )
    if emulated and any(sign in text for sign in _UNREACHABLE):
        kind = of_environment(workspace) or KINDS[MINISTACK]
        return CloudProblem(f"{kind.heading} does not answer.", kind.start)
    if says_expired(text) and not emulated:
        return expired()
    if any(sign in text for sign in _NO_CREDENTIALS):
        return MachineProblem("AWS refuses these credentials, or there are none.", LOGIN)
    problem = _first(errors, command)
    taken = [one["address"] for one in errors if one.get("address") and _says_taken(one)]
    if taken:
        again = (
            'the same command goes on from here; if it does not, see "When something is wrong" in docs/local-cloud.md'
        )
        return Taken(problem.problem, again, taken)
    return problem


def _says_taken(one: Diagnostic) -> bool:
    return any(sign in f"{one.get('summary', '')} {one.get('detail', '')}" for sign in _EXISTS)


def _no_provider(text: str) -> ToolError:
    if any(sign in text for sign in _OTHER_PROVIDER):
        return MachineProblem(
            "The AWS provider found is not the one that .terraform.lock.hcl names.",
            "put the version of .terraform.lock.hcl, for this platform, into the mirror; or unset TF_PLUGIN_MIRROR",
        )
    return MachineProblem(
        "Terraform cannot get the AWS provider: the registry is out of reach and no local mirror was found.",
        "connect to the internet, or point TF_PLUGIN_MIRROR at a provider mirror",
    )


def _first(errors: Sequence[Diagnostic], command: str) -> ToolError:
    seen: list[str] = []
    fix = ""
    for one in errors:
        detail = _sentence(str(one.get("detail", "")))
        summary = _sentence(str(one.get("summary", "")))
        if summary in ("Resource precondition failed", "Invalid value for variable", "Resource postcondition failed"):
            summary = ""
        # Preconditions of ours end in "Run: COMMAND"; Terraform appends where the check stands.
        run = re.search(r"Run: (.+?)(?: This was checked by .*)?$", detail)
        if run:
            fix = fix or run.group(1)
            detail = detail[: run.start()].strip()
        detail = re.sub(r"\s*This was checked by the validation rule at .*$", "", detail)
        address = f" ({one['address']})" if one.get("address") and not run else ""
        sentence = ": ".join(part for part in (summary, detail) if part) + address
        if sentence not in seen:
            seen.append(sentence)
    shown = "; ".join(sentence.rstrip(".:") for sentence in seen[:_SHOWN])
    more = f" (and {len(seen) - _SHOWN} more)" if len(seen) > _SHOWN else ""
    return TerraformProblem(f"terraform {command}: {shown}{more}.", fix or _GO_ON)
