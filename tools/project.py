"""Where things are in a checkout. Every path of the project comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Project:
    """A checkout of the project.

    Parameters
    ----------
    root
        The folder that holds `main.tf`; absolute.
    """

    root: Path

    @property
    def sources(self) -> Path:
        """First-party code of the functions; its content is a zip's root."""
        return self.root / "lambda_src"

    @property
    def layers(self) -> Path:
        """One folder per layer."""
        return self.root / "layers"

    @property
    def contract(self) -> Path:
        """The API description."""
        return self.root / "api-gateway" / "openapi.yaml"

    @property
    def build(self) -> Path:
        """Finished artefacts: `manifest.json`, `functions/`, `layers/`."""
        return self.root / "build"

    @property
    def manifest(self) -> Path:
        """What Terraform reads."""
        return self.build / "manifest.json"

    @property
    def state(self) -> Path:
        """Everything of this machine alone: the local cloud, caches, fingerprints. Never committed."""
        return self.root / ".local"

    @property
    def environments(self) -> Path:
        """One `.tfvars` per environment."""
        return self.root / "environments"

    @property
    def events(self) -> Path:
        """Recorded events, one JSON file each."""
        return self.root / "tests" / "events"


def find_project() -> Project:
    """Return the checkout that this toolkit stands in."""
    return Project(Path(__file__).resolve().parent.parent)
