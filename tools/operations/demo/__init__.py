"""A page that shows a deployment at work: items, their images, and what is pushed about them."""

from __future__ import annotations

from tools.operations.demo.deployment import Deployment
from tools.operations.demo.server import DemoServer

__all__ = ["DemoServer", "Deployment"]
