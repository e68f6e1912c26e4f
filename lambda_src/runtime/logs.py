"""The structured logger of a function (Powertools Logger)."""

from __future__ import annotations

import logging
from functools import cache

from aws_lambda_powertools import Logger

# botocore says at each cold start, at level INFO, where it has found credentials: in the environment, as ever.
logging.getLogger("botocore.credentials").setLevel(logging.WARNING)


@cache
def logger() -> Logger:
    """Return the logger; its service and level come from `POWERTOOLS_SERVICE_NAME` and `POWERTOOLS_LOG_LEVEL`.

    Nothing of a token, a body or a caller is ever passed to it. Times are written by RFC 3339: Lambda takes a line with
    another form of time for one of level INFO, so that a filter of WARN would lose errors (AWS Lambda Developer Guide,
    "Log-level filtering").
    """
    return Logger(utc=True, use_rfc3339=True)
