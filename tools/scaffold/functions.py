"""What each kind of function consists of, and how its files are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import Template

from tools.errors import UsageProblem
from tools.project import Project
from tools.scaffold.insertion import at_the_end, into_list, into_map, into_paths, into_table
from tools.terminal.suggestions import did_you_mean

_TEMPLATES = Path(__file__).with_name("templates")
_NAME = re.compile(r"[a-z]+(-[a-z]+)+")
_ITEM = "/items/{id}"
_Edit = Callable[[str], str]
EVENT_KINDS = ("item-created", "item-updated", "item-deleted", "image-refused")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A function to write.

    Parameters
    ----------
    kind
        A key of `KINDS`.
    name
        Of the function: lower-case words joined by hyphens, two at least.
    method, path, scope
        Of an endpoint.
    schedule
        When a scheduled function runs: `rate(...)` or `cron(...)`, in UTC.
    events
        The domain events that an event consumer takes.
    table
        Whose changes a stream consumer reads.
    route
        Of a WebSocket message: its `action`.
    """

    kind: str
    name: str
    method: str = "get"
    path: str = ""
    scope: str = "items:read"
    schedule: str = "rate(1 day)"
    events: tuple[str, ...] = ()
    table: str = "items"
    route: str = ""

    @property
    def module(self) -> str:
        """The handler's module."""
        return self.name.replace("-", "_")

    @property
    def operation(self) -> str:
        """The contract's operationId."""
        first, *others = self.name.split("-")
        return first + "".join(word.title() for word in others)


@dataclass(frozen=True)
class Kind:
    """A kind of function.

    Parameters
    ----------
    what
        In a sentence, for the command's help.
    folder
        Of the handler, below `lambda_src/`.
    block
        The file and the map that the function's Terraform block goes into.
    """

    what: str
    folder: str
    block: tuple[str, str]


_PROCESSORS = ("functions/processors.tf", "processors")
KINDS = {
    "endpoint": Kind("answers one method of a path", "crud_api", ("functions/crud-api.tf", "endpoints")),
    "schedule": Kind("runs by a schedule", "scheduled", ("functions/scheduled.tf", "scheduled")),
    "queue-consumer": Kind("takes messages from a queue with a dead-letter queue", "processors", _PROCESSORS),
    "event-consumer": Kind("takes domain events from a queue with a dead-letter queue", "processors", _PROCESSORS),
    "stream-consumer": Kind("reads the changes of a table", "processors", _PROCESSORS),
    "websocket-route": Kind("answers a WebSocket message", "websocket", ("functions/websocket.tf", "websocket")),
}


def plan(project: Project, wanted: Wanted) -> dict[str, str]:
    """Return the files of a new function, by path relative to the checkout, as they will be.

    Raises
    ------
    UsageProblem
        There is no such kind, the name or an option is not one, or something of that name is there already.
    """
    kind = _kind(wanted)
    _check(project, wanted)
    words = {
        "name": wanted.name,
        "module": wanted.module,
        "operation": wanted.operation,
        "METHOD": wanted.method.upper(),
        "method": wanted.method,
        "path": wanted.path,
        "scope": wanted.scope,
        "SCOPE": "WRITE" if wanted.scope.endswith("write") else "READ",
        "schedule": wanted.schedule,
        "table": wanted.table,
        "route": wanted.route,
        "queue": wanted.name,
        "events": ", ".join(f'"{event}"' for event in wanted.events),
        "folder": kind.folder,
    }
    variant = "endpoint-of-an-item" if wanted.kind == "endpoint" and wanted.path.startswith(_ITEM) else wanted.kind

    def filled(template: str) -> str:
        own = _TEMPLATES / variant / template
        source = own if own.exists() else _TEMPLATES / wanted.kind / template
        return Template(source.read_text(encoding="utf-8")).substitute(words)

    files = {
        f"lambda_src/{kind.folder}/{wanted.module}.py": filled("handler.py.txt"),
        f"tests/unit/functions/test_{wanted.module}.py": filled("test.py.txt"),
        f"docs/functions/{wanted.name}.md": filled("page.md.txt"),
    }
    for path in files:
        if (project.root / path).exists():
            raise UsageProblem(f"{path} is there already.", "Choose another name.")
    edits: list[tuple[str, _Edit]] = [
        (kind.block[0], _map(kind.block[1], filled("block.tf.txt"))),
        ("security/permissions.yaml", partial(at_the_end, block=filled("permissions.yaml.txt"))),
    ]
    match wanted.kind:
        case "endpoint":
            operation = filled("operation.yaml.txt")
            place = partial(into_paths, path=wanted.path, method=wanted.method, operation=operation)
            edits.append(("api-gateway/openapi.yaml", place))
            files[f"tests/events/{wanted.module}.json"] = _event(project, wanted)
            what = f"REST API, `{wanted.method.upper()} {wanted.path}`"
            row = f"| `{wanted.module}.json` | {what} | {wanted.name} | the same |\n"
            edits.append(("tests/events/README.md", partial(into_table, row=row)))
        case "queue-consumer" | "event-consumer":
            edits.append(("triggers/sqs-queues.tf", _map("queues", filled("queue.tf.txt"))))
        case "stream-consumer":
            edits.append(("triggers/dynamodb-streams.tf", _map("stream_consumers", filled("stream.tf.txt"))))
        case "websocket-route":
            edits.append(("api-gateway/websocket/main.tf", _map("routes", filled("route.tf.txt"))))
            edits.append(("features.tf", partial(into_list, name="websocket", value=wanted.name)))
    for path, edit in edits:
        files[path] = edit((project.root / path).read_text(encoding="utf-8"))
    return files


def _map(name: str, block: str) -> _Edit:
    return partial(into_map, name=name, block=block)


def write(project: Project, files: dict[str, str]) -> None:
    """Write the files of a plan."""
    for path, text in files.items():
        (project.root / path).write_text(text, encoding="utf-8")


def _kind(wanted: Wanted) -> Kind:
    if wanted.kind not in KINDS:
        raise UsageProblem(
            f"There is no kind of function {wanted.kind!r}; there are: {', '.join(KINDS)}."
            f"{did_you_mean(wanted.kind, KINDS)}",
            "python -m tools new --help",
        )
    return KINDS[wanted.kind]


def _check(project: Project, wanted: Wanted) -> None:
    fix = f"python -m tools new {wanted.kind} --help"
    if not _NAME.fullmatch(wanted.name):
        raise UsageProblem(
            f"{wanted.name!r} cannot be a function's name: take at least two lower-case words, as in archive-item.", fix
        )
    there = list(project.sources.glob(f"*/{wanted.module}.py"))
    if there:
        raise UsageProblem(f"{there[0].relative_to(project.root)} is there already.", "Choose another name.")
    if wanted.kind == "endpoint" and not re.fullmatch(r"(/([a-z]+(-[a-z]+)*|\{[a-z]+\}))+", wanted.path):
        raise UsageProblem(f"{wanted.path!r} is not a path such as /items/{{id}}/archive.", fix)
    if wanted.kind == "websocket-route" and not wanted.name.startswith("websocket-"):
        raise UsageProblem(f"A function of a WebSocket route is named websocket-..., not {wanted.name}.", fix)
    if wanted.kind == "websocket-route" and not re.fullmatch("[a-z]+", wanted.route):
        raise UsageProblem("Name the route, which is the message's `action`: --route typing", fix)
    if wanted.kind == "event-consumer" and (not wanted.events or set(wanted.events) - set(EVENT_KINDS)):
        raise UsageProblem(f"Name the events to take, out of: {', '.join(EVENT_KINDS)}.", fix)
    if wanted.kind == "stream-consumer":
        text = (project.root / "triggers" / "dynamodb-streams.tf").read_text(encoding="utf-8")
        if text.count(f'{{ table = "{wanted.table}" }}') >= 2:
            raise UsageProblem(
                f"The stream of {wanted.table} has two readers already, the most that DynamoDB serves.",
                f"python -m tools new event-consumer {wanted.name} --event item-updated",
            )


def _event(project: Project, wanted: Wanted) -> str:
    """Return the event of an endpoint's request: another one's, with its own method and path."""
    base = json.loads((project.events / "get_item.json").read_text(encoding="utf-8"))
    item_id = base["pathParameters"]["id"]
    path = re.sub(r"\{[a-z]+\}", item_id, wanted.path)
    names = re.findall(r"\{([a-z]+)\}", wanted.path)
    base |= {
        "resource": wanted.path,
        "path": path,
        "httpMethod": wanted.method.upper(),
        "pathParameters": dict.fromkeys(names, item_id) or None,
    }
    base["requestContext"] |= {"resourcePath": wanted.path, "httpMethod": wanted.method.upper(), "path": f"/prod{path}"}
    return json.dumps(base, indent=2) + "\n"
