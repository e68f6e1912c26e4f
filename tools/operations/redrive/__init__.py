"""Sending what has failed on its way again.

A message is taken out of a queue only after what it asks for was accepted: whatever interrupts a run, nothing is lost.
Something may be sent twice, which every consumer bears.
"""

from __future__ import annotations

from tools.operations.redrive.looking import look
from tools.operations.redrive.messages import FAILURES, Kept, Outcome, find_queue
from tools.operations.redrive.moving import move
from tools.operations.redrive.records import Ours
from tools.operations.redrive.replaying import Replayer

__all__ = ["FAILURES", "Kept", "Ours", "Outcome", "Replayer", "find_queue", "look", "move"]
