"""A filter pattern selects the log events that CloudWatch Logs would select.

In MiniStack every pattern of JSON fields matches everything. It ignores case, has no alternatives and no regular
expressions, and treats quotes as part of a term in subscription filters. On AWS (CloudWatch Logs User Guide, "Filter
pattern syntax for metric filters, subscription filters, filter log events, and Live Tail") terms are case sensitive, a
term with characters other than letters, digits and underscores has to be quoted, `?` starts an alternative, `-` an
exclusion, and `{ $.field = "value" && ... }` reads JSON. The patch compiles patterns by these rules, and refuses those
that AWS refuses. Patterns of space-delimited fields, in square brackets, are not supported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import log_json_patterns
from localcloud.ministack.support.log_json_patterns import InvalidPattern

EFFECT = "patterns of terms and of JSON fields select log events; those that AWS refuses are refused"

_Matches = Callable[[str], bool]

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')


def apply() -> None:
    """Patch the compilation of patterns, for searches, subscriptions and live tails."""
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs

    search = cloudwatch_logs._filter_log_events

    def searching(data: dict[str, Any]) -> Any:
        try:
            return search(data)
        except InvalidPattern as problem:
            return error_response_json("InvalidParameterException", str(problem), 400)

    def matching(pattern: str, message: str) -> bool:
        try:
            return compiled(pattern)(message or "")
        except InvalidPattern:
            return False

    cloudwatch_logs._filter_log_events = searching
    cloudwatch_logs._compile_filter_pattern = compiled
    cloudwatch_logs._subscription_pattern_matches = matching


def compiled(pattern: str | None) -> _Matches:
    """Return a function that tells whether a message matches.

    Raises
    ------
    InvalidPattern
        AWS would not take the pattern, or it is one of space-delimited fields.
    """
    text = (pattern or "").strip()
    if text.startswith("{"):
        return _of_json(text)
    if text.startswith("["):
        raise InvalidPattern("Patterns of space-delimited fields are not supported here")
    return _of_terms(text)


def _of_json(text: str) -> _Matches:
    condition = log_json_patterns.parsed(text)

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return isinstance(event, dict) and condition(event)

    return matches


def _of_terms(text: str) -> _Matches:
    wanted: dict[str, list[_Matches]] = {"": [], "?": [], "-": []}
    for kind, quoted, expression, plain in _TERM.findall(text):
        if plain and not re.fullmatch(r"\w+", plain):
            raise InvalidPattern(f"Invalid character(s) in term '{plain}'")
        wanted[kind].append(
            _regular(expression) if expression else _containing(plain or re.sub(r"\\(.)", r"\1", quoted))
        )
    every, any_of, none_of = wanted[""], wanted["?"], wanted["-"]

    def matches(message: str) -> bool:
        # AWS ignores alternatives when there are other terms.
        if any_of and not every and not none_of:
            return any(each(message) for each in any_of)
        return all(each(message) for each in every) and not any(each(message) for each in none_of)

    return matches


def _containing(term: str) -> _Matches:
    return lambda message: term in message


def _regular(expression: str) -> _Matches:
    try:
        found = re.compile(expression)
    except re.error as problem:
        raise InvalidPattern(f"Invalid regular expression: {problem}") from problem
    return lambda message: bool(found.search(message))


def probe(aws: Endpoint) -> bool:
    """Search for a JSON field with a value above a limit."""
    function = aws.function("import json\ndef handler(event, context):\n    print(json.dumps(event))")
    for code in (200, 500):
        aws.invoke(function, {"code": code})
    group, pattern = "/aws/lambda/" + function.rpartition(":")[2], "{ $.code >= 500 }"
    found = aws.list_all("logs", "filter_log_events", logGroupName=group, filterPattern=pattern)
    return [event["message"] for event in found] == ['{"code": 500}']
