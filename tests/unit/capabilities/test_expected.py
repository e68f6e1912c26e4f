"""What is expected of the engines: the file, what is found against it, and the table in the documentation."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from tools.checks.capabilities import (
    PROBES,
    Finding,
    Probing,
    differences,
    engine_of,
    find_out,
    load,
    rows,
)
from tools.checks.capabilities.expected import COLUMNS
from tools.docs import capabilities as documentation
from tools.errors import UsageProblem
from tools.project import Project, find_project


def _as_expected(engine: str) -> dict[str, Finding]:
    return {row.name: Finding(row.has[engine], "" if row.has[engine] else "nothing happens") for row in load()}


def test_every_capability_is_probed_and_every_probe_is_a_capability() -> None:
    assert [row.name for row in load()] == list(PROBES)
    assert all(row.what.endswith(".") for row in load())


def test_aws_has_them_all() -> None:
    """A capability that AWS lacks is nothing that an application for AWS needs."""
    assert [row.name for row in load() if not row.has["aws"]] == []


@pytest.mark.parametrize("row", ["{what: W, ministack: true, localstack: true}", "{what: W, ministack: 1, aws: true}"])
def test_a_row_that_lacks_something_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "expected.yaml").write_text(f"authorizer: {row}\n")
    with pytest.raises(ValueError, match="authorizer needs `what`, and true or false for each of ministack"):
        load(tmp_path / "expected.yaml")


@pytest.mark.parametrize("engine", ["ministack", "localstack"])
def test_what_is_expected_is_no_difference(engine: str) -> None:
    assert differences(engine, _as_expected(engine)) == []


def test_what_is_lost_or_gained_is_a_sentence_each() -> None:
    changes = {"iam": Finding(False, "a role without a right is told: done"), "response-cache": Finding(True)}
    assert differences("ministack", _as_expected("ministack") | changes) == [
        "MiniStack has gained the capability response-cache; expected.yaml says that it has it not.",
        "MiniStack has lost the capability iam: a role without a right is told: done.",
    ]


def test_nothing_is_expected_of_what_was_not_probed_or_is_not_ours() -> None:
    assert differences("ministack", {}) == []
    assert differences(None, {"iam": Finding(False, "no")}) == []


class _Probed:
    """Probes that are done; `again` finds what it finds the second time."""

    def __init__(self, first: dict[str, Finding], second: dict[str, Finding]) -> None:
        self._first, self._second = first, second
        self.asked_again: list[str] = []

    def wait(self, names: Collection[str], done: Callable[[str], None]) -> dict[str, Finding]:
        return {name: self._first[name] for name in names}

    def again(self, names: Collection[str]) -> dict[str, Finding]:
        self.asked_again = list(names)
        return {name: self._second[name] for name in names}


def test_what_seems_lost_is_tried_once_more() -> None:
    no, yes = Finding(False, "too late"), Finding(True)
    probed = _Probed({"iam": no, "events": yes, "response-cache": no, "throttle": no}, {"iam": yes, "throttle": no})
    names = ["iam", "events", "response-cache", "throttle"]
    found = find_out(cast(Probing, probed), "ministack", names)
    assert probed.asked_again == ["iam", "throttle"]
    assert found == {"iam": yes, "events": yes, "response-cache": no, "throttle": no}
    probed.asked_again.clear()
    find_out(cast(Probing, probed), None, names)
    assert probed.asked_again == []


def test_a_row_tells_what_a_capability_is_or_what_happened_instead() -> None:
    found = {"iam": Finding(False, "a role is told: done"), "events": Finding(True)}
    names = {row.name: row for row in load()}
    assert rows("ministack", found) == [
        ("iam", "no", "yes", "a role is told: done"),
        ("events", "yes", "yes", names["events"].what),
    ]
    assert [row[2] for row in rows(None, found)] == ["", ""]


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/_local/instance" else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


_OURS = {"id": "1", "version": "v", "project": "/p", "ready": True}


@pytest.mark.parametrize(
    ("status", "body", "engine"),
    [
        (200, json.dumps(_OURS), "ministack"),
        (200, json.dumps(_OURS | {"engine": "localstack"}), "localstack"),
        (200, json.dumps(_OURS | {"engine": "another"}), None),
        (200, "<Error/>", None),
        (200, "[]", None),
        (404, json.dumps(_OURS), None),
    ],
)
def test_an_engine_is_what_it_says_itself(status: int, body: str, engine: str | None) -> None:
    with _answering(status, body.encode()) as endpoint:
        assert engine_of(endpoint) == engine
        assert engine_of(f"{endpoint}/") == engine


def test_nobody_is_no_engine() -> None:
    assert engine_of("http://127.0.0.1:9") is None


def test_the_documentation_shows_what_is_expected() -> None:
    project = find_project()
    text = documentation.document(project).read_text(encoding="utf-8")
    assert text == documentation.updated(project), f"run: {documentation.COMMAND}"
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert {f"| `{row.name}` |" for row in load()} <= {line[: line.index("|", 2) + 1] for line in lines}
    assert f"| capability | what is enforced | {' | '.join(COLUMNS.values())} |" in text


def test_a_document_that_is_behind_is_brought_up_to_date(tmp_path: Path) -> None:
    document = tmp_path / "docs" / "local-cloud.md"
    document.parent.mkdir()
    document.write_text(f"# Words\n\n{documentation.BEGIN}\nold\n{documentation.END}\n\nMore words.\n")
    assert documentation.updated(Project(tmp_path)) == f"# Words\n\n{documentation.render(load())}\nMore words.\n"


def test_a_document_without_a_place_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "local-cloud.md").write_text("# Words\n")
    with pytest.raises(UsageProblem, match=r"docs/local-cloud\.md is missing, or has no place for the table"):
        documentation.updated(Project(tmp_path))


def _found(root: Path) -> Callable[[], Project]:
    return lambda: Project(root)
