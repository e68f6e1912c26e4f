"""Sending what has failed on its way again.

A message is taken out of a queue only after what it asks for was accepted: whatever interrupts a run, nothing is lost.
Something may be sent twice, which every consumer bears.
"""

from __future__ import annotations

from tools.redrive.looking import look
from tools.redrive.messages import FAILURES, Kept, Outcome, find_queue
from tools.redrive.moving import move
from tools.redrive.records import Ours
from tools.redrive.replaying import Replayer

__all__ = ["FAILURES", "Kept", "Ours", "Outcome", "Replayer", "find_queue", "look", "move"]
