"""Who may do what in a whole deployment, as Terraform plans it, rendered for review as docs/permissions.md.

Run `python -m tests.terraform.permissions` to render the page again.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.terraform.scratch import ROOT, Outcome, copy_configuration, initialised, terraform_test, write_fake_build

PAGE = ROOT / "docs" / "permissions.md"
COMMAND = "python -m tests.terraform.permissions"
_ACCOUNT, _REGION, _PREFIX = "111122223333", "eu-west-1", "app-env"
_PLACE = f"{_REGION}:{_ACCOUNT}"
_MOCKS = f"""\
mock_provider "aws" {{
  override_during = plan

  mock_data "aws_caller_identity" {{
    defaults = {{ account_id = "{_ACCOUNT}" }}
  }}
  mock_data "aws_region" {{
    defaults = {{ id = "{_REGION}" }}
  }}
  mock_data "aws_partition" {{
    defaults = {{ partition = "aws", dns_suffix = "amazonaws.com" }}
  }}
}}

"""
# Everything there is, so that nothing is missing from the page.
_RUN = """\
run "everything" {
  command = plan

  variables {
    project     = "app"
    environment = "env"
    features    = { response_cache = true }
  }
}
"""
_INTRO = f"""\
# Permissions

Who may do what in a deployment with every feature: what each function's role allows, who may invoke the function, and
what the policies of queues, keys, topics and buckets say. Read a change of this page as you would read a change of the
policies on AWS: the local cloud does not notice when a permission that only AWS asks for is missing.

Rendered from the plan by `{COMMAND}`; a test compares it with what Terraform plans now.
`PREFIX` is project and environment.
"""

# Resources that may have a policy as an argument; others have it as a resource of its own.
_WITH_POLICY = ("aws_kms_key", "aws_sns_topic", "aws_sqs_queue")

Change = Mapping[str, Any]
Row = tuple[str, str, str, str]


def plan(folder: Path) -> Outcome:
    """Plan everything in a new folder, with the ARNs that AWS would give; the run is named `everything`."""
    root = copy_configuration(folder)
    write_fake_build(root)
    initialised(root)
    # Only a plan knows which resources there are, and only their ARNs make the policies of a plan known.
    found = _run(root, "")
    if found.failures:
        return found
    overrides = [_override(change) for change in found.planned["everything"]]
    return _run(root, "".join(overrides))


def _run(root: Path, overrides: str) -> Outcome:
    (root / "everything").mkdir(exist_ok=True)
    (root / "everything" / "everything.tftest.hcl").write_text(_MOCKS + overrides + _RUN, encoding="utf-8")
    return terraform_test(root, "-verbose", "-test-directory=everything", "-filter=everything/everything.tftest.hcl")


def _override(change: Change) -> str:
    values = _values(change["type"], change["name"], change["change"]["after"] or {})
    if not values or change["mode"] != "managed":
        return ""
    pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    return (
        f"override_resource {{\n  target          = {change['address']}\n"
        f"  override_during = plan\n  values          = {{ {pairs} }}\n}}\n\n"
    )


def _values(kind: str, label: str, after: Mapping[str, Any]) -> dict[str, str]:
    name = str(after.get("name", ""))
    match kind:
        case "aws_dynamodb_table":
            arn = f"arn:aws:dynamodb:{_PLACE}:table/{name}"
            return {"arn": arn, "stream_arn": f"{arn}/stream/LABEL"}
        case "aws_s3_bucket":
            bucket = str(after["bucket"])
            return {"id": bucket, "arn": f"arn:aws:s3:::{bucket}"}
        case "aws_sqs_queue":
            return {
                "arn": f"arn:aws:sqs:{_PLACE}:{name}",
                "url": f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{name}",
            }
        case "aws_sns_topic":
            return {"arn": f"arn:aws:sns:{_PLACE}:{name}"}
        case "aws_secretsmanager_secret":
            return {"arn": f"arn:aws:secretsmanager:{_PLACE}:secret:{name}"}
        case "aws_cloudwatch_event_bus":
            return {"arn": f"arn:aws:events:{_PLACE}:event-bus/{name}"}
        case "aws_cloudwatch_event_rule":
            bus = after.get("event_bus_name") or "default"
            return {"arn": f"arn:aws:events:{_PLACE}:rule/{name if bus == 'default' else f'{bus}/{name}'}"}
        case "aws_kms_key":
            return {"arn": f"arn:aws:kms:{_PLACE}:key/{label}", "key_id": label}
        case "aws_api_gateway_rest_api":
            return {"id": "REST-API", "execution_arn": f"arn:aws:execute-api:{_PLACE}:REST-API"}
        case "aws_apigatewayv2_api":
            api = "WEBSOCKET-API"
            return {"id": api, "api_endpoint": f"wss://{api}", "execution_arn": f"arn:aws:execute-api:{_PLACE}:{api}"}
        case "aws_lambda_alias":
            return {"arn": f"arn:aws:lambda:{_PLACE}:function:{after['function_name']}:live"}
    return {}


def render(changes: Iterable[Change]) -> str:
    """Return the page for a plan's `resource_changes`.

    Raises
    ------
    AssertionError
        A policy or a source is not known in the plan, so the page would not show it.
    """
    found = [change for change in changes if change["mode"] == "managed"]
    parts = [_INTRO, "\n## Functions\n"]
    for function in sorted(str(after["function_name"]) for _, after in _of(found, "aws_lambda_function")):
        parts += _function(function, found)
    parts.append("\n## Other roles\n")
    for address, after in _of(found, "aws_iam_role"):
        if not address.startswith("module.security.aws_iam_role.function["):
            parts += [f"\n### {after['name']}\n\n", *_role(_statements(address, after["assume_role_policy"]))]
            parts += [
                f"\nManaged policy: `{attached['policy_arn']}`\n"
                for _, attached in _of(found, "aws_iam_role_policy_attachment")
            ]
    parts.append("\n## Policies of resources\n")
    for change in sorted(found, key=lambda change: (_title(change), str(change["address"]))):
        after = change["change"]["after"]
        if change["type"] in _WITH_POLICY or re.fullmatch(r"aws_(?!iam_)\w+_policy", change["type"]):
            parts += [f"\n### {_title(change)}\n\n", _table(_statements(change["address"], after.get("policy")))]
    text = "".join(parts)
    for name, shown in ((_ACCOUNT, "ACCOUNT"), (_REGION, "REGION"), (_PREFIX, "PREFIX")):
        text = text.replace(name, shown)
    return text


def _of(changes: Iterable[Change], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for change in sorted(changes, key=lambda change: str(change["address"])):
        if change["type"] == kind:
            yield change["address"], change["change"]["after"]


def _title(change: Change) -> str:
    after = change["change"]["after"] or {}
    named = after.get("name") or after.get("bucket") or str(after.get("description")).partition(":")[2].strip()
    return f"{change['type'].removeprefix('aws_').replace('_', ' ')}: {named}"


def _function(name: str, changes: list[Change]) -> list[str]:
    short = name.removeprefix(f"{_PREFIX}-")
    key = f'["{short}"]'
    roles = [after for address, after in _of(changes, "aws_iam_role") if address.endswith(f"function{key}")]
    assert len(roles) == 1, f"{short} has no role of its own"
    rows = _statements(short, roles[0]["assume_role_policy"])
    for address, after in _of(changes, "aws_iam_role_policy"):
        if address.endswith(key):
            rows += _statements(address, after.get("policy"))
    starts = [
        (
            f"`{after['principal']}`",
            "`lambda:InvokeFunction`",
            f"`{_known(address, after.get('source_arn'))}`",
            _account(after),
        )
        for address, after in _of(changes, "aws_lambda_permission")
        if after["function_name"] == name
    ]
    starts += [
        ("its own role", "polls", f"`{_known(address, after.get('event_source_arn'))}`", "")
        for address, after in _of(changes, "aws_lambda_event_source_mapping")
        if str(_known(address, after.get("function_name"))).endswith(f":function:{name}:live")
    ]
    return [
        f"\n### {short}\n\n",
        *_role(rows),
        "\nStarted by:\n\n| who | how | from | condition |\n|---|---|---|---|\n",
        "".join(f"| {' | '.join(row)} |\n" for row in sorted(starts)),
    ]


def _account(after: Mapping[str, Any]) -> str:
    return f"`aws:SourceAccount` {after['source_account']}" if after.get("source_account") else ""


def _known(address: str, value: Any) -> Any:
    assert value is not None, f"{address}: the plan does not know it, so permissions.py has to give its source an ARN"
    return value


def _statements(address: str, policy: str | None) -> list[Row]:
    rows = []
    for statement in json.loads(_known(address, policy))["Statement"]:
        principal = statement.get("Principal", "")
        who = principal if isinstance(principal, str) else ", ".join(_list(*principal.values()))
        effect = "" if statement["Effect"] == "Allow" else "**not** "
        conditions = [
            f"`{key}` {operator} {' or '.join(f'`{value}`' for value in _list(values))}"
            for operator, pairs in statement.get("Condition", {}).items()
            for key, values in pairs.items()
        ]
        rows.append(
            (
                f"`{who}`" if who else "",
                effect + ", ".join(f"`{action}`" for action in _list(statement["Action"])),
                ", ".join(f"`{resource}`" for resource in _list(statement.get("Resource", []))),
                "; ".join(conditions),
            )
        )
    return rows


def _list(*values: Any) -> list[str]:
    return [str(each) for value in values for each in (value if isinstance(value, list) else [value])]


def _role(rows: list[Row]) -> list[str]:
    (who, *_), *rights = rows
    head = [f"Assumed by {who}.\n"] + (["\n| may | on | condition |\n|---|---|---|\n"] if rights else [])
    return head + [f"| {' | '.join(row[1:])} |\n" for row in rights]


def _table(rows: list[Row]) -> str:
    return "| who | may | on | condition |\n|---|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = plan(Path(folder) / "root")
    if outcome.failures:
        sys.exit(outcome.failures)
    PAGE.write_text(render(outcome.planned["everything"]), encoding="utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
