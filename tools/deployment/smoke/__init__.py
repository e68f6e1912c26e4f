"""The same few checks against any deployment: does it answer as its contract says, from the outside?"""

from __future__ import annotations

from tools.access.http import Answer, call
from tools.deployment.smoke.run import CACHE_CHECK, Check, Smoke
from tools.deployment.smoke.session import Patience

__all__ = ["CACHE_CHECK", "Answer", "Check", "Patience", "Smoke", "call"]
