"""Templates of gateway responses ("Set up gateway response templates").

They support only variables, and nothing else of the mapping template language: `$context.requestId`,
`${context.error.message}`, `$stageVariables.name`, `$method.request.header.name`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>[^}]+)\}|(?P<bare>(?:context|stageVariables|method\.request)(?:\.[A-Za-z0-9_-]+)+))"
)

Variables = Callable[[str], str | None]
"""Returns the value of "context.requestId" and the like; `None` when there is none."""


def render(template: str, variables: Variables) -> str:
    """Return a template with its variables filled in; unset ones become empty."""
    return _VARIABLE.sub(lambda match: variables(match["braced"] or match["bare"]) or "", template)


def header(source: str, variables: Variables) -> str | None:
    """Return a header's value from its mapping: a text in single quotes, or the name of a variable.

    `None` when the variable has no value; the header is then left out.
    """
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return source[1:-1]
    return variables(source)


def looked_up(values: Mapping[str, Any], path: str) -> str | None:
    """Return the text at a path of names separated by dots.

    Booleans are written as in JSON.
    """
    value: Any = values
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value)


def quoted(message: str | None) -> str:
    """Return `$context.error.messageString`: the message as a quoted JSON string."""
    return json.dumps(message)
