"""A fresh deployment goes through, or the next one does, whichever answer of the local cloud is lost on the way."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import localcloud
from tests.integration.checkout import Checkout, copy_project
from tests.integration.endpoint import Place, place

SEED = "LOST_ANSWER_SEED"
"""Names the run to repeat; without it, each run loses another answer."""

CALLS = 950
"""How many calls a fresh deployment makes at least, reads included."""


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout in which nothing was ever deployed or started."""
    here = place(request.config)
    if here != Place("ministack", "local", None):
        pytest.skip("answers are lost on a local cloud of MiniStack's alone")
    made = Checkout(copy_project(tmp_path / "project"), here)
    yield made
    made.tools("down", check=False)


@pytest.mark.full
def test_a_lost_answer_ends_no_deployment(fresh: Checkout) -> None:
    """Half of the runs lose it for good, as if the SDK had sent nothing by which its second attempt is known."""
    seed = os.environ.get(SEED) or str(random.SystemRandom().randrange(10**6))
    chosen = random.Random(seed)
    lost = f"{chosen.randint(1, CALLS)}{chosen.choice(['', ',forgotten'])}"
    again = f"run it again with {SEED}={seed} (LOCALCLOUD_LOST_ANSWER={lost})"
    first = fresh.run(*fresh.command("deploy"), check=False, env={"LOCALCLOUD_LOST_ANSWER": lost})
    cloud = localcloud.status(fresh.project)
    assert cloud is not None, f"{again}\n{first.stderr}"
    log = cloud.log.read_text(errors="replace")
    said = [line for line in log.splitlines() if "[faults]" in line or "[repeated-calls]" in line]
    print("\n".join([again, *said]))
    assert sum("is lost" in line for line in said) == 1, f"{again}\n{first.stderr}"
    if first.returncode != 0:
        second = fresh.run(*fresh.command("deploy"), check=False)
        assert second.returncode == 0, "\n".join([again, *said, first.stderr, second.stderr])
    planned = fresh.tools("plan", "--detailed-exitcode", check=False)
    assert planned.returncode == 0, "\n".join([again, *said, planned.stdout, planned.stderr])
