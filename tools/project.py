"""Where things are in a checkout. Every path of the project comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localcloud.private import make_private


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
    def version(self) -> str:
        """The version that `pyproject.toml` says."""
        import tomllib

        return str(tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])

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
    def access_key(self) -> Path:
        """The access key of this checkout's local clouds."""
        return self.state / "access-key.json"

    def private_state(self) -> Path:
        """Return `state`, created if it is missing, with access for its owner alone."""
        return make_private(self.state)

    def find_python(self) -> str:
        """Return a Python of the functions' minor version, or raise `MachineProblem`."""
        from tools.errors import MachineProblem
        from tools.programs import AWS_PYTHON, find_interpreter

        try:
            return find_interpreter().path
        except MachineProblem:
            raise MachineProblem(
                f"No Python {AWS_PYTHON} that runs was found on the PATH, in pyenv or by uv.",
                f".venv/bin/uv python install {AWS_PYTHON}",
            ) from None

    def find_uv(self) -> str:
        """Return uv's executable, or raise `MachineProblem`."""
        from tools.programs import find_uv

        return find_uv()

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
