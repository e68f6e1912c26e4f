"""Changes of YAML and Terraform: entries that are left out, numbers, flags, operators, words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

Change = tuple[int, int, str]

# For people alone
_FOR_PEOPLE = {"description", "summary", "title", "detail", "version"}
_ASSIGNMENT = re.compile(r"^ +(?P<name>[a-z_]+) += (?P<value>[^{\[(\n][^{\[(\n]*)$", re.MULTILINE)
_LISTED = re.compile(r"^ +depends_on += \[[^\]]*\]$", re.MULTILINE)
_WORDS = re.compile(r"(?<![\w.-])(?:true|false)(?![\w.-])|&&|\|\||==|!=|(?<![\w.\"-])\d+(?![\w.\"-])")
_SWAPPED = {"true": "false", "false": "true", "&&": "||", "||": "&&", "==": "!=", "!=": "=="}
_IN_TERRAFORM_FOR_PEOPLE = {"description", "error_message", "source", "version", "required_version", "type"}


def yaml_changes(text: str) -> list[Change]:
    """Return every change of a YAML document: an entry left out, a number or word that is another, a flag turned."""
    return sorted(set(_yaml(yaml.compose(text), text)))


def _yaml(node: yaml.Node | None, text: str) -> Iterator[Change]:
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                if key.value not in _FOR_PEOPLE:
                    yield from _entry(key, value, node, text)
                    yield from _yaml(value, text)
        case yaml.SequenceNode():
            for index, value in enumerate(node.value):
                yield from _element(node, index, text)
                yield from _yaml(value, text)
        case yaml.ScalarNode():
            new = _other(node)
            if new is not None:
                yield node.start_mark.index, node.end_mark.index, new


def _entry(key: yaml.Node, value: yaml.Node, mapping: yaml.MappingNode, text: str) -> Iterator[Change]:
    """Leave out an entry of one line; one with an anchor stays, since others stand on it."""
    start, end = key.start_mark.index, value.end_mark.index
    entry = text[start:end]
    if "\n" in entry.rstrip() or "&" in entry or end <= start or entry.lstrip().startswith("<<"):
        return
    if mapping.flow_style:
        after = re.compile(r"\s*,\s*").match(text, end)
        yield start, after.end() if after else end, ""
    elif text[text.rfind("\n", 0, start) + 1 : start].strip() == "":
        yield text.rfind("\n", 0, start) + 1, text.find("\n", end) + 1, ""


def _element(sequence: yaml.SequenceNode, index: int, text: str) -> Iterator[Change]:
    element = sequence.value[index]
    start, end = element.start_mark.index, element.end_mark.index
    if "&" in text[start:end]:
        return
    if sequence.flow_style:
        if len(sequence.value) > 1:
            after = re.compile(r"\s*,\s*").match(text, end)
            yield start, after.end() if after else end, ""
        return
    # From its dash to the next one, or to where the sequence ends
    dash = text.rfind("-", 0, start)
    following = sequence.value[index + 1].start_mark.index if index + 1 < len(sequence.value) else None
    stop = text.rfind("-", 0, following) if following else end
    if text[dash + 1 : start].strip() == "" and len(sequence.value) > 1:
        yield dash, stop, ""


def _other(node: yaml.ScalarNode) -> str | None:
    value, tag = str(node.value), str(node.tag)
    if tag.endswith(":int"):
        return str(int(value) + 1)
    if tag.endswith(":bool"):
        return "false" if value == "true" else "true"
    if tag.endswith(":str") and value and " " not in value and node.style is None and "$" not in value:
        return value + "X"
    return None


def terraform_changes(text: str) -> list[Change]:
    """Return every change of a Terraform file: arguments left out, other flags, numbers and operators."""
    comments = [found.span() for found in re.finditer(r"(?:^|(?<=\s))#[^\n]*", text)]
    people = [
        found.span()
        for found in re.finditer(r"^ +(\w+) += [^\n]*$", text, re.MULTILINE)
        if found[1] in _IN_TERRAFORM_FOR_PEOPLE
    ]
    skipped = [
        *comments,
        *people,
        *(found.span() for found in re.finditer(r"<<-?(\w+)\n.*?\n\s*\1\n", text, re.DOTALL)),
    ]

    def kept(start: int) -> bool:
        return not any(first <= start < last for first, last in skipped)

    found: set[Change] = set()
    for line in (*_ASSIGNMENT.finditer(text), *_LISTED.finditer(text)):
        # A local or a variable's default that is gone is no mutant but a mistake in the syntax
        if kept(line.start() + 1) and kept(line.end() - 1):
            found.add((line.start(), line.end() + 1, ""))
    for word in _WORDS.finditer(text):
        if kept(word.start()):
            new = _SWAPPED.get(word[0]) or str(int(word[0]) + 1)
            found.add((*word.span(), new))
    return sorted(found)
