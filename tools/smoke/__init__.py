"""The same few checks against any deployment: does it answer as its contract says, from the outside?"""

from __future__ import annotations

from tools.smoke.http import Answer, call
from tools.smoke.run import Check, Smoke

__all__ = ["Answer", "Check", "Smoke", "call"]
