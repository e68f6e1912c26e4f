"""Model the first answer of each function from measured processor time, beside a naive handler and an earlier commit.

Run by `make bench-cold`, on Linux with a Python 3.13. Every start is a new process under AWS's runtime interface
client, one function after the other in turn, against a local cloud behind TLS. AWS gives the initialisation a whole
core and the first invocation a share of one by the function's memory, so a second of work in the first invocation of a
512 MB function is three and a half seconds of waiting. Milliseconds are of one machine; ratios travel further.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "lambda_src")]

from tests.benchmarks.cold_cloud import behind_tls, certificate, fill, stored_item  # noqa: E402
from tests.benchmarks.cold_start import Code, DidNotAnswer, Machine, Took, start, unpack  # noqa: E402
from tools.errors import MachineProblem  # noqa: E402
from tools.programs import find_interpreter  # noqa: E402

NAIVE = "naive"
BUDGETS = Path(__file__).with_name("cold-budgets.yaml")
ITEM = "019ab5c4-7d2e-7a31-9c55-0b8e6f4d2a10"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Case:
    """A function's first event.

    Parameters
    ----------
    event
        The recorded event's name.
    status
        The `statusCode` of the answer that is expected; 0 where an answer has none.
    parts
        What is put into the event.
    """

    event: str
    status: int
    parts: Mapping[str, Any]


NEW = {"name": "Desk lamp", "category": "home-office", "price": 49.9}
CASES = {
    "create-item": Case("create_item", 201, {"body": NEW}),
    "get-item": Case("get_item", 200, {}),
    "list-items": Case("list_items", 200, {}),
    "update-item": Case("update_item", 200, {"body": NEW}),
    "delete-item": Case("delete_item", 204, {}),
    "create-upload": Case("create_upload", 201, {"body": {"contentType": "image/jpeg"}}),
    "list-images": Case("list_images", 200, {}),
    "rest-authorizer": Case("authorizer_token", 0, {}),
    "websocket-connect": Case("websocket_connect", 200, {}),
}


@dataclass(frozen=True)
class Tree:
    """A built checkout, unpacked."""

    name: str
    functions: dict[str, Code]


def build(root: Path, name: str, folder: Path) -> Tree:
    """Build a checkout for AWS and this processor, and unpack the functions that are measured."""
    arch = ARCHITECTURE[platform.machine()]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tools", "build", "--target", "aws", "--arch", arch]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    manifest = json.loads((root / "build" / "manifest.json").read_text())
    memory = _memory(root)
    functions = {}
    for function in CASES:
        made = manifest["functions"][function]
        task = unpack([root / made["file"]], folder / name / function / "task")
        layers = unpack(
            [root / manifest["layers"][layer]["file"] for layer in made["layers"]], folder / name / function / "layers"
        )
        functions[function] = Code(task, layers, made["handler"], memory[function])
    return Tree(name, functions)


def _memory(root: Path) -> dict[str, int]:
    """Return each function's memory in MB, as its block says."""
    blocks = re.compile(r"^    ([a-z-]+) = \{\n(.*?)^    \}$", re.MULTILINE | re.DOTALL)
    found = {}
    for path in (root / "functions").glob("*.tf"):
        for name, block in blocks.findall(path.read_text()):
            stated = re.search(r"memory_mb\s*=\s*(\d+)", block)
            found[name] = int(stated.group(1)) if stated else 512
    return found


@contextmanager
def commit(reference: str, folder: Path) -> Iterator[Path]:
    """Check an earlier commit out beside this one."""
    place = folder / "before"
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", place, reference], check=True)
    try:
        (place / ".venv").symlink_to(ROOT / ".venv")
        yield place
    finally:
        subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", place], check=True)


def runtime(python: str) -> Path:
    """Return the folder with what AWS's runtime brings, installed as locked when it is not there yet."""
    lock = ROOT / "requirements" / "runtime.txt"
    folder = ROOT / ".local" / "bench-runtime"
    stamp = folder / "locked-as"
    if not stamp.is_file() or stamp.read_text() != lock.read_text():
        print("Setting up .local/bench-runtime ...", file=sys.stderr)
        uv = Path(sys.executable).with_name("uv")
        install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--target", str(folder)]
        subprocess.run([uv, *install, "--require-hashes", "-r", lock], check=True)
        stamp.write_text(lock.read_text())
    return folder


def naive(tree: Tree, folder: Path) -> Code:
    """Return the handler of the tutorials, compiled as ours are, with the layer that it needs."""
    task = folder / NAIVE
    task.mkdir()
    (task / "naive.py").write_bytes((Path(__file__).parent / "cold_peer" / "naive.py").read_bytes())
    return Code(task, tree.functions["get-item"].layers, "naive.handler", tree.functions["get-item"].memory_mb)


def events(kid: str) -> dict[str, dict[str, Any]]:
    """Return the first event of each function, by its name."""
    from tests.unit.functions.support.events import event, recorded
    from tests.unit.functions.support.tokens import shared

    token = f"Bearer {shared(kid)}"
    found = {}
    for function, case in CASES.items():
        if case.event == "authorizer_token":
            made = recorded(case.event) | {"authorizationToken": token}
        elif case.event == "websocket_connect":
            made = recorded(case.event)
            made["headers"]["Authorization"] = token
            made["multiValueHeaders"]["Authorization"] = [token]
        else:
            made = event(case.event, **case.parts)
        found[function] = made
    return found


@dataclass
class Bench:
    """Everything that a start needs, and what the starts took."""

    python: Path
    runtime: Path
    environment: dict[str, str]
    client: Any
    took: dict[tuple[str, str], list[Took]]

    def measure(self, tree: str, function: str, code: Code, event: Mapping[str, Any], status: int) -> None:
        """Start it once, with the item in its place."""
        from tests.unit.functions.support.cloud import ITEMS_TABLE

        self.client("dynamodb").put_item(TableName=ITEMS_TABLE, Item=stored_item(ITEM, "alice"))
        took = start(code, Machine(self.python, self.runtime, self.environment), event, status)
        self.took.setdefault((tree, function), []).append(took)

    def median(self, tree: str, function: str, memory_mb: int) -> tuple[float, float, float]:
        """Return medians in milliseconds: initialisation, first invocation, and the modelled first answer."""
        times = self.took[tree, function]
        return (
            statistics.median(one.init for one in times) * 1000,
            statistics.median(one.first for one in times) * 1000,
            statistics.median(one.answer_after(memory_mb) for one in times) * 1000,
        )


@contextmanager
def prepared(folder: Path) -> Iterator[tuple[Bench, str]]:
    """Start the local cloud behind TLS with what the functions use; give the bench, and the signing key's `kid`."""
    import boto3

    from localcloud import down, up
    from tests.unit.functions.support.cloud import ENVIRONMENT
    from tools.project import Project

    interpreter = find_interpreter()
    served, trusted = certificate(folder)
    project = Project(folder / "cloud")
    project.root.mkdir()
    cloud = up(project)
    try:
        variables = cloud.environment()

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=cloud.url,
                region_name=cloud.region,
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            )

        kid = fill(client, stored_item(ITEM, "alice"))
        with behind_tls(cloud.port, served) as url:
            own = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("AWS_SESSION")}
            own |= {name: value for name, value in variables.items() if name.startswith("AWS_")}
            own |= {
                "AWS_ENDPOINT_URL": url,
                "AWS_CA_BUNDLE": str(trusted),
                # Off in production.
                "VALIDATE_ANSWERS": "false",
            }
            yield Bench(Path(interpreter.path), runtime(interpreter.path), own, client, {}), kid
    finally:
        down(project)


def rows(bench: Bench, trees: list[Tree]) -> list[tuple[str, ...]]:
    """Return a table's rows: of each function, each tree's figures in times of the naive handler's."""
    now = trees[-1]
    reference = bench.median(NAIVE, NAIVE, now.functions["get-item"].memory_mb)
    found = [(NAIVE, "", *(f"{value:.0f}" for value in reference), "1.00", "")]
    for function in now.functions:
        before = None
        for tree in trees:
            figures = bench.median(tree.name, function, tree.functions[function].memory_mb)
            share = f"{figures[2] / before:.2f}" if before else ""
            before = before or figures[2]
            relative = f"{figures[2] / reference[2]:.2f}"
            found.append((function, tree.name, *(f"{value:.0f}" for value in figures), relative, share))
    return found


def over_budget(bench: Bench, now: Tree) -> list[str]:
    """Return a sentence for each function whose modelled first answer is beyond its budget."""
    budgets: dict[str, float] = yaml.safe_load(BUDGETS.read_text())
    reference = bench.median(NAIVE, NAIVE, now.functions["get-item"].memory_mb)[2]
    said = []
    for function, code in now.functions.items():
        found = bench.median(now.name, function, code.memory_mb)[2] / reference
        if found > budgets[function]:
            said.append(f"{function} takes {found:.2f} of the naive handler's first answer, over {budgets[function]}")
    return said


def main() -> int:
    """Measure, print a table, and return 1 when a function is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each function (default: 7)")
    parser.add_argument("--before", metavar="COMMIT", help="also measure that commit, in the same run")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    try:
        find_interpreter()
    except MachineProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return problem.exit_code
    with tempfile.TemporaryDirectory(prefix="bench-cold-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        trees = []
        if chosen.before:
            trees.append(build(stack.enter_context(commit(chosen.before, folder)), "before", folder / "built"))
        trees.append(build(ROOT, "now", folder / "built"))
        bench, kid = stack.enter_context(prepared(folder))
        peer, first = naive(trees[-1], folder), events(kid)
        try:
            for turn in range(chosen.rounds + 1):
                if turn == 1:
                    bench.took.clear()  # the first round has compiled, and has filled the caches
                bench.measure(NAIVE, NAIVE, peer, first["get-item"], 200)
                for function, case in CASES.items():
                    for tree in trees:
                        bench.measure(tree.name, function, tree.functions[function], first[function], case.status)
        except DidNotAnswer as problem:
            print(f"error: {problem}", file=sys.stderr)
            return 1
        table, over = rows(bench, trees), over_budget(bench, trees[-1])
    headings = ("function", "tree", "init ms", "first ms", "answer ms", "of naive", "of before")
    if chosen.json:
        print(json.dumps([dict(zip(headings, row, strict=True)) for row in table]))
    else:
        _show(headings, table, chosen.rounds)
    for sentence in over:
        print(sentence, file=sys.stderr)
    return 1 if over else 0


def _show(headings: tuple[str, ...], table: list[tuple[str, ...]], rounds: int) -> None:
    widths = [max(len(row[column]) for row in [headings, *table]) for column in range(len(headings))]
    print(f"Processor time of a start, medians of {rounds}; answer = init + first / (memory / 1769 MB)")
    for row in [headings, *table]:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
