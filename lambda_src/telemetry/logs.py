"""The structured logger of a function (Powertools Logger)."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """Return the logger; its service and level come from `POWERTOOLS_SERVICE_NAME` and `POWERTOOLS_LOG_LEVEL`.

    Nothing of a token, a body or a caller is ever passed to it.
    """
    return Logger(utc=True)
