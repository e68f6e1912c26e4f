"""A run of all checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.deployment.smoke.callers import CacheChecks
from tools.deployment.smoke.images import ImageChecks
from tools.deployment.smoke.items import ItemChecks
from tools.deployment.smoke.pushes import PushChecks
from tools.deployment.smoke.session import ON_AWS, Patience, Session

Step = tuple[str, Callable[[], None]]
CACHE_CHECK = "no page is shared between callers"


@dataclass
class Check:
    """One finished check. `detail` says what was wrong."""

    name: str
    ok: bool
    detail: str = ""
    milliseconds: float = 0.0


@dataclass
class Smoke:
    """A run of all checks against one deployment; what a deployment does not have is not checked.

    Parameters
    ----------
    url
        The API with its stage.
    token
        Grants items:read and items:write.
    anonymous_reads
        Whether `GET /items` answers without a token there.
    websocket_url
        The WebSocket API, or None.
    health, uploads
        Whether it answers `GET /health`, and takes images.
    stranger
        The token of another caller, where the deployment keeps answers: none may be given to somebody else.
    patience
        How long things may take.
    """

    url: str
    token: str
    anonymous_reads: bool = False
    websocket_url: str | None = None
    health: bool = False
    uploads: bool = False
    stranger: str = ""
    patience: Patience = field(default_factory=Patience)
    checks: list[Check] = field(default_factory=list)

    @classmethod
    def of(cls, outputs: Mapping[str, Any], mint: Callable[[str], str], *, emulated: bool) -> Smoke:
        """Return the run that fits a deployment's outputs.

        Parameters
        ----------
        mint
            Returns a token for the subject that it is given.
        emulated
            Whether it is on an emulator, where a new deployment is there at once.
        """
        return cls(
            outputs["api_url"],
            mint("smoke-test"),
            bool(outputs.get("anonymous_reads")),
            outputs.get("websocket_url"),
            "health-checker" in outputs.get("functions", {}),
            "uploads" in outputs.get("buckets", {}),
            mint("smoke-test-stranger") if outputs.get("response_cache") else "",
            Patience() if emulated else ON_AWS,
        )

    def run(self, report: Callable[[Check], None] | None = None) -> list[Check]:
        """Run every check; the item that it creates it deletes (cleanup-job removes the images of deleted items)."""
        session = Session(self.url, self.token, self.patience)
        pushes = PushChecks(session, self.websocket_url or "")
        try:
            for name, step in self._steps(session, pushes):
                started = time.perf_counter()
                try:
                    step()
                    check = Check(name, True)
                except (AssertionError, LookupError, TypeError, ValueError) as error:
                    check = Check(name, False, str(error) if isinstance(error, AssertionError) else repr(error))
                check.milliseconds = (time.perf_counter() - started) * 1000
                self.checks.append(check)
                if report:
                    report(check)
        finally:
            pushes.close()
        return self.checks

    def _steps(self, session: Session, pushes: PushChecks) -> list[Step]:
        items, images = ItemChecks(session, self.anonymous_reads), ImageChecks(session)
        health: list[Step] = [("GET /health is 200", items.health)]
        opened: list[Step] = [
            ("the WebSocket refuses a bad token", pushes.bad_token),
            ("the WebSocket answers ping with pong", pushes.ping),
        ]
        pushed: list[Step] = [("a creation is pushed to its owner", pushes.creation)]
        kept: list[Step] = [(CACHE_CHECK, CacheChecks(session, self.stranger).apart)]
        uploads: list[Step] = [
            ("POST /items/{id}/images is 201", images.form),
            ("an uploaded image is processed", images.processed),
        ]
        return [
            *(health if self.health else []),
            ("POST without a token is 401", items.post_without_token),
            ("GET /items without a token", items.list_without_token),
            *(opened if self.websocket_url else []),
            ("POST /items is 201", items.create),
            *(pushed if self.websocket_url else []),
            ("GET /items lists it", items.list),
            *(kept if self.stranger else []),
            ("GET /items/{id} is 200", items.get),
            ("PUT with the wrong version is 412", items.stale),
            ("PUT /items/{id} is 200", items.update),
            *(uploads if self.uploads else []),
            ("a bad body is 400", items.bad),
            ("DELETE /items/{id} is 204", items.delete),
            ("GET /items/{id} is 404 after it", items.gone),
        ]
