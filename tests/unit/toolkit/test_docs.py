"""The generated pages are current, and say what the contract and the handlers say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

from tools import docs
from tools.docs import api, contract, handlers
from tools.errors import BuildProblem
from tools.project import Project, find_project

PROJECT = find_project()

CONTRACT = """
info: { description: Notes. }
paths:
  /notes/{id}:
    parameters:
      - { $ref: "#/components/parameters/Id" }
    options: { operationId: preflight, responses: {} }
    put:
      operationId: replaceNote
      summary: Replace a note, safely
      parameters:
        - { name: If-Match, in: header, description: The version., schema: { type: string, minLength: 1 } }
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } }
      responses:
        "200":
          description: Replaced.
          headers: { ETag: {} }
          content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } }
        "404": { $ref: "#/components/responses/Problem" }
        "412": { $ref: "#/components/responses/Problem" }
components:
  parameters:
    Id:
      name: id
      in: path
      required: true
      schema: { type: string, pattern: "^([0-9a-f]+-){4}[0-9a-f]{12} *$|^another long one$" }
  responses:
    Problem:
      description: An error.
      content: { application/problem+json: { schema: { $ref: "#/components/schemas/Problem" } } }
  schemas:
    Problem: { type: object, properties: { title: { type: string } } }
    Unused: { type: object }
    Note:
      type: object
      required: [text]
      properties:
        text: { type: string, maxLength: 9, description: Anything | at all. }
        kind: { enum: [a, b], default: a }
        lines:
          type: array
          maxItems: 3
          uniqueItems: true
          items: { type: object, properties: { at: { type: integer, minimum: 0 } } }
"""
HANDLER = """
from domain.scopes import WRITE as _unused, EDIT

OPERATION = Operation("replaceNote", scope=EDIT)


def respond(request):
    detail = "It has changed."
    raise Problem(412, "changed", detail, headers={})
    raise Problem(403, "missing", f"Needs {operation.scope}.")
    raise Problem(413, "", "Too much.")
"""
EVENT = """{"httpMethod": "PUT", "resource": "/notes/{id}", "path": "/notes/7", "body": "{\\"text\\": \\"it's\\"}",
            "queryStringParameters": {"dry": "1"}}"""


@pytest.fixture
def notes(tmp_path: Path) -> Project:
    """Return a project with an API of one operation."""
    for name, text in {
        "api-gateway/openapi.yaml": CONTRACT,
        "docs/api-examples.yaml": "Note: { text: Hello }",
        "lambda_src/notes/replace_note.py": HANDLER,
        "lambda_src/domain/scopes.py": 'EDIT = "notes:edit"\n',
        "tests/events/replace_note.json": EVENT,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Project(tmp_path)


def test_every_generated_page_is_up_to_date() -> None:
    """To bring them up to date: python -m tools docs."""
    assert [path.relative_to(PROJECT.root).as_posix() for path in docs.outdated(PROJECT)] == []


def test_the_api_page_shows_what_the_contract_says(notes: Project) -> None:
    lines = api.render(notes).splitlines()
    for line in (
        "| `PUT /notes/{id}` | [Replace a note, safely](#replace-a-note-safely) | `notes:edit` |",
        "Scope: `notes:edit`. Function: [replace-note](functions/replace-note.md).",
        "| `id` | path, required | string, a UUID |  |",
        "| `If-Match` | header | string, not empty | The version. |",
        "Body: [Note](#note).",
        """curl -s -X PUT "$URL/notes/7?dry=1" -H "Authorization: Bearer $TOKEN" """
        """-H 'Content-Type: application/json' -d '{"text": "it'\\''s"}'""",
        "| 200 | Replaced. | [Note](#note) | `ETag` |",
        "| 404, 412 | See [Problems](#problems). | [Problem](#problem) |  |",
        "| `text` | required | string, at most 9 characters | Anything \\| at all. |",
        "| `kind` |  | one of `a`, `b`, a by default |  |",
        "| `lines` |  | array (at most 3, no duplicates) of object |  |",
        "| `lines[].at` |  | integer, at least 0 |  |",
        '  "text": "Hello"',
        "| 412 Precondition Failed | `/problems/changed` | It has changed. |",
        "| 403 Forbidden | `/problems/missing` | Needs {scope}. |",
    ):
        assert line in lines
    assert "### Unused" not in lines
    assert "413" not in "\n".join(lines)


def test_an_operation_without_a_handler_is_named(notes: Project) -> None:
    (notes.sources / "notes" / "replace_note.py").unlink()
    with pytest.raises(BuildProblem, match="No handler in lambda_src/ answers the operation replaceNote"):
        api.render(notes)


@pytest.mark.parametrize(
    ("old", "new", "said"), [("    put:", "  - put", "is not YAML"), ("operationId: r", "x: r", "lacks 'operationId'")]
)
def test_a_broken_contract_is_one_sentence(notes: Project, old: str, new: str, said: str) -> None:
    notes.contract.write_text(CONTRACT.replace(old, new))
    with pytest.raises(BuildProblem, match=said):
        contract.load(notes)


def test_who_may_call_what() -> None:
    found = handlers.handlers(PROJECT)
    assert found["createItem"] == handlers.Handler("create-item", "items:write", anonymous=False)
    assert found["listItems"] == handlers.Handler("list-items", "items:read", anonymous=True)
    assert found["getHealth"] == handlers.Handler("health-checker", "", anonymous=False)


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PROJECT.contract.read_text(encoding="utf-8"))["components"]
    return found


@pytest.mark.parametrize("name", api.examples(PROJECT))
def test_an_example_follows_its_schema(name: str) -> None:
    components = _schemas()
    schema = {**components["schemas"][name], "components": components}
    Draft4Validator(schema).validate(api.examples(PROJECT)[name])


def test_every_answer_has_an_example() -> None:
    answers = [answer for operation in contract.load(PROJECT).operations for answer in operation.responses.values()]
    schemas = [contract.schema_of(answer.get("content", {})) for answer in answers]
    names = {schema["$ref"].rpartition("/")[2] for schema in schemas if schema and "$ref" in schema}
    assert names - set(api.examples(PROJECT)) == set()


def test_check_names_what_is_out_of_date_and_writes_nothing(
    command: Any, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    page = project.root / "page.md"
    monkeypatch.setattr(docs, "rendered", lambda _: iter([(page, "new\n")]))
    code, _, err = command("docs", "--check")
    assert (code, page.exists()) == (4, False)
    assert err.splitlines()[0] == "error: Out of date: page.md."
    assert err.splitlines()[1].endswith("-m tools docs")
    assert command("docs")[1] == "Wrote page.md.\n"
    assert page.read_text() == "new\n"
    assert command("docs", "--check")[:2] == (0, "Every generated page is up to date.\n")
