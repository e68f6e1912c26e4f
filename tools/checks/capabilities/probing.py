"""Running the probes side by side: most of their time they wait."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tools.access.environments import Environment
from tools.access.listing import everything
from tools.checks.capabilities.probes import PROBES, SLOW, Probe
from tools.checks.capabilities.workshop import Clients, Lacking, Workshop
from tools.errors import ToolError, UsageProblem
from tools.terminal.suggestions import did_you_mean

QUICK = tuple(name for name in PROBES if name not in SLOW)
"""Those that are done within half a minute."""

_PREFIX = "probe"


def _unseen(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Finding:
    """What a probe found.

    Parameters
    ----------
    found
        Whether the endpoint has the capability.
    note
        What happened instead where it has not; empty where it has.
    """

    found: bool
    note: str = ""


class Probing:
    """Probes under way.

    Parameters
    ----------
    environment
        What is probed; an emulated one.
    names
        Which; all unless some are named.

    Raises
    ------
    UsageProblem
        A capability does not exist, or the environment is on AWS.
    """

    def __init__(self, environment: Environment, names: Collection[str] = tuple(PROBES)) -> None:
        unknown = sorted(set(names) - set(PROBES))
        if unknown:
            raise UsageProblem(
                f"There is no capability {unknown[0]!r}; there are: {', '.join(PROBES)}."
                f"{did_you_mean(unknown[0], PROBES)}",
                "python -m tools capabilities",
            )
        if not environment.emulated:
            raise UsageProblem(
                f"{environment.name} is on AWS; capabilities are probed on emulators.",
                "python -m tools capabilities --endpoint-url URL",
            )
        self._clients = Clients(environment)
        self._prefix = f"{_PREFIX}-{uuid.uuid4().hex[:8]}"
        self._pool = ThreadPoolExecutor(max_workers=len(PROBES), thread_name_prefix=_PREFIX)
        self._futures = {name: self._pool.submit(self._run, PROBES[name]) for name in PROBES if name in names}

    def wait(self, names: Collection[str], done: Callable[[str], None] = _unseen) -> dict[str, Finding]:
        """Return what the named probes find, in the order of all probes, as soon as all of them are done.

        Parameters
        ----------
        done
            Told the name of each that is done.
        """
        wanted: dict[Future[Finding], str] = {self._futures[name]: name for name in self._futures if name in names}
        for future in as_completed(wanted):
            done(wanted[future])
        return {name: future.result() for future, name in wanted.items()}

    def again(self, names: Collection[str]) -> dict[str, Finding]:
        """Probe some once more, now that the others are done: a busy machine can be too slow for a probe's patience."""
        for name in names:
            self._futures[name] = self._pool.submit(self._run, PROBES[name])
        return self.wait(names)

    def close(self) -> None:
        """End the rest, and remove the logs that were written after their function was removed."""
        self._clients.over.set()
        self._pool.shutdown(wait=True)
        from botocore.exceptions import BotoCoreError, ClientError

        logs = self._clients("logs")
        with suppress(BotoCoreError, ClientError):
            for group in everything(logs, "describe_log_groups", logGroupNamePrefix=f"/aws/lambda/{self._prefix}"):
                logs.delete_log_group(logGroupName=group["logGroupName"])

    def _run(self, probe: Probe) -> Finding:
        from botocore.exceptions import BotoCoreError, ClientError
        from websockets.exceptions import WebSocketException

        try:
            with Workshop(self._clients, f"{self._prefix}-{probe.__name__.replace('_', '-')}") as shop:
                probe(shop)
        except Lacking as lacking:
            return Finding(False, str(lacking))
        # Whatever an endpoint answers that is not what AWS would is an answer to the probe, too.
        except (BotoCoreError, ClientError, WebSocketException, OSError, LookupError, ValueError, ToolError) as error:
            return Finding(False, _told(error))
        return Finding(True)


def _told(error: Exception) -> str:
    """Return an error's first sentence on one line; some emulators answer with a page."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text if len(text) <= 200 else text[:200] + ' ...'}"


@contextmanager
def probing(environment: Environment, names: Collection[str] = tuple(PROBES)) -> Iterator[Probing]:
    """Probe for as long as the context lasts; at its end nothing of the probes is left."""
    running = Probing(environment, names)
    try:
        yield running
    finally:
        running.close()
