"""What an endpoint really does, found by trying it, never by its name or version.

`Probing` tries; `expected.yaml` says what the project's engines and AWS do; `differences` holds one against the other.
"""

from __future__ import annotations

from tools.checks.capabilities.expected import HEADINGS, Capability, differences, engine_of, find_out, load, rows
from tools.checks.capabilities.probes import PROBES
from tools.checks.capabilities.probing import QUICK, Finding, Probing, probing

__all__ = [
    "HEADINGS",
    "PROBES",
    "QUICK",
    "Capability",
    "Finding",
    "Probing",
    "differences",
    "engine_of",
    "find_out",
    "load",
    "probing",
    "rows",
]
