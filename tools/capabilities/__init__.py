"""What an endpoint really does, found by trying it, never by its name or version.

`probe` tries; `expected.yaml` says what the project's engines and AWS do; `differences` holds one against the other.
"""

from __future__ import annotations

from tools.capabilities.expected import HEADINGS, Capability, differences, engine_of, load, rows
from tools.capabilities.probes import PROBES
from tools.capabilities.probing import QUICK, Finding, Probing, probe, probing

__all__ = [
    "HEADINGS",
    "PROBES",
    "QUICK",
    "Capability",
    "Finding",
    "Probing",
    "differences",
    "engine_of",
    "load",
    "probe",
    "probing",
    "rows",
]
