"""How much concurrency an account lets a function reserve."""

from __future__ import annotations

import re
from pathlib import Path

from tools.access.clients import answering, client
from tools.access.environments import Environment
from tools.checks.findings import Finding

NAME = "Concurrency"
# Lambda Developer Guide, "Configuring reserved concurrency": what has to stay for functions that reserve none.
KEPT_UNRESERVED = 100
# A reservation that stands ready in a variables file: "# image-processor = { reserved = 20 }".
_READY = re.compile(r"^\s*#\s*(?P<function>[a-z-]+)\s*=\s*\{\s*reserved\s*=\s*(?P<count>\d+)\s*\}", re.MULTILINE)


def reservable(unreserved: int) -> int:
    """Return how much more an account of so much unreserved concurrency lets functions reserve."""
    return max(0, unreserved - KEPT_UNRESERVED)


def look(environment: Environment) -> Finding:
    """Say what may be reserved in the account of an environment ("GetAccountSettings"), and what of it stands ready.

    Raises
    ------
    CloudProblem, MachineProblem
        The account cannot be asked.
    """
    with answering(environment, "the account's limits"):
        limit = client(environment, "lambda").get_account_settings()["AccountLimit"]
    total, unreserved = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    most = reservable(unreserved)
    found = f"{total} in all, {unreserved} unreserved: "
    if not most:
        return Finding(
            NAME,
            "warning",
            f"{found}no function can reserve any, since Lambda keeps {KEPT_UNRESERVED} unreserved",
            'ask for 1000: "Concurrent executions" of AWS Lambda in Service Quotas; until then leave `reserved` out',
        )
    found += f"functions can reserve {most} more"
    ready = _ready(environment.var_file)
    fitting = [f"{function} = {{ reserved = {count} }}" for function, count in ready if count <= most]
    if fitting:
        found += f"; ready in {environment.var_file.name}, to be uncommented: {', '.join(fitting)}"
    return Finding(NAME, "ok", found)


def _ready(var_file: Path) -> list[tuple[str, int]]:
    return [(match["function"], int(match["count"])) for match in _READY.finditer(var_file.read_text(encoding="utf-8"))]
