"""The error in an authorizer's policy."""

from __future__ import annotations


class PolicyProblem(Exception):
    """The policy is invalid, or uses something that is not supported here."""
