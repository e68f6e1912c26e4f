"""What is wrong with an authorizer's answer."""

from __future__ import annotations


class PolicyProblem(Exception):
    """The policy is not one, or asks for what policies here cannot ask for."""
