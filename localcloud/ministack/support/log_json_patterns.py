"""Filter patterns for JSON log events: `{ ($.level = "ERROR" || $.status >= 500) && $.ok NOT EXISTS }`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

Condition = Callable[[Any], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<sign>&&|\|\||[()]|!=|<=|>=|=|<|>)|(?P<field>\$[\w.\[\]*@-]+)"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"|%(?P<expression>[^%]+)%|(?P<word>[^\s()=<>!&|"]+))'
)
_STEP = re.compile(r"\.([\w@-]+)|\[(\d+|\*)\]")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


class InvalidPattern(ValueError):
    """CloudWatch Logs would refuse this pattern."""


def parsed(text: str) -> Condition:
    """Return the condition of a pattern in braces.

    Raises
    ------
    InvalidPattern
        The pattern does not follow the grammar.
    """
    if not text.endswith("}"):
        raise InvalidPattern("Invalid filter pattern: no closing brace")
    reader = _Reader(text[1:-1].rstrip())
    condition = _alternatives(reader)
    if reader.peek() is not None:
        raise InvalidPattern(f"Invalid filter pattern at '{reader.peek()}'")
    return condition


class _Reader:
    """The tokens of a pattern, each with its kind and its text."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise InvalidPattern(f"Invalid filter pattern at '{text[position:]}'")
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            position = match.end()

    def peek(self) -> str | None:
        return self._tokens[0][1] if self._tokens else None

    def next(self, *kinds: str) -> tuple[str, str]:
        if not self._tokens or self._tokens[0][0] not in kinds:
            raise InvalidPattern(f"Invalid filter pattern: {' or '.join(kinds)} expected before '{self.peek() or ''}'")
        return self._tokens.pop(0)

    def accept(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            self._tokens.pop(0)
            return True
        return False


def _alternatives(reader: _Reader) -> Condition:
    conditions = [_conjunction(reader)]
    while reader.accept("||"):
        conditions.append(_conjunction(reader))
    return lambda event: any(each(event) for each in conditions)


def _conjunction(reader: _Reader) -> Condition:
    conditions = [_comparison(reader)]
    while reader.accept("&&"):
        conditions.append(_comparison(reader))
    return lambda event: all(each(event) for each in conditions)


def _comparison(reader: _Reader) -> Condition:
    if reader.accept("("):
        inner = _alternatives(reader)
        if not reader.accept(")"):
            raise InvalidPattern("Invalid filter pattern: no closing parenthesis")
        return inner
    _, field = reader.next("field")
    kind, sign = reader.next("sign", "word")
    if kind == "word":
        return _keyword_condition(field, sign, reader.next("word")[1])
    kind, value = reader.next("text", "word", "expression", "field")
    if sign in _ORDER:
        return _number_comparison(field, sign, value)
    same = _equality(kind, value)
    if sign == "=":
        return lambda event: any(same(found) for found in _found(event, field))
    if sign == "!=":
        return lambda event: bool(_found(event, field)) and not any(same(found) for found in _found(event, field))
    raise InvalidPattern(f"Invalid filter pattern at '{sign}'")


def _keyword_condition(field: str, first: str, second: str) -> Condition:
    if (first.upper(), second.upper()) == ("NOT", "EXISTS"):
        return lambda event: not _found(event, field)
    if first.upper() == "IS" and second.upper() in _CONSTANTS:
        return lambda event: any(found is _CONSTANTS[second.upper()] for found in _found(event, field))
    raise InvalidPattern(f"Invalid filter pattern at '{first} {second}'")


def _number_comparison(field: str, sign: str, value: str) -> Condition:
    limit = _number(value)
    if limit is None:
        raise InvalidPattern(f"Invalid filter pattern: '{sign}' compares numbers, not '{value}'")
    return lambda event: any(_ORDER[sign](found, limit) for found in _found(event, field) if _is_number(found))


def _equality(kind: str, value: str) -> Callable[[Any], bool]:
    """Return a comparison with the pattern's value: `*` matches anything, `%...%` is a regular expression."""
    if kind == "expression":
        try:
            expression = re.compile(value)
        except re.error as problem:
            raise InvalidPattern(f"Invalid regular expression: {problem}") from problem
        return lambda found: isinstance(found, str) and bool(expression.search(found))
    number = _number(value) if kind == "word" else None
    wildcard = re.compile(".*".join(map(re.escape, re.sub(r"\\(.)", r"\1", value).split("*"))), re.DOTALL)

    def same(found: Any) -> bool:
        if _is_number(found) and number is not None:
            return bool(found == number)
        return value == "*" or (isinstance(found, str) and bool(wildcard.fullmatch(found)))

    return same


def _found(event: Any, field: str) -> list[Any]:
    """Return the values at a field's path: none when it is absent, several when the path has `[*]`."""
    values = [event]
    for name, index in _STEP.findall(field):
        if name:
            values = [value[name] for value in values if isinstance(value, dict) and name in value]
        elif index == "*":
            values = [element for value in values if isinstance(value, list) for element in value]
        else:
            values = [value[int(index)] for value in values if isinstance(value, list) and int(index) < len(value)]
    return values


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
