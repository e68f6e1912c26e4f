"""Templates of gateway responses ("Set up gateway response templates").

They know variables and nothing else of the template language of mappings: `$context.requestId`,
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
"""The value of "context.requestId" and its like; `None` where there is none."""


def render(template: str, variables: Variables) -> str:
    """Return a template with its variables filled in, an unset one with nothing."""
    return _VARIABLE.sub(lambda match: variables(match["braced"] or match["bare"]) or "", template)


def header(source: str, variables: Variables) -> str | None:
    """Return a header's value from its mapping: a text in single quotes, or a variable's name.

    `None`, where the variable has no value: the header is left out.
    """
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return source[1:-1]
    return variables(source)


def looked_up(values: Mapping[str, Any], path: str) -> str | None:
    """Return the text at a path of names with dots between them.

    True and false are written as JSON writes them.
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
    """Return `$context.error.messageString`: the message as JSON, in its quotes."""
    return json.dumps(message)
