"""What a function does once, while Lambda initialises its process: there it has a whole core, and nobody waits yet.

An invocation of a 512 MB function has 0.29 of a core (Lambda Developer Guide, "Configure Lambda function memory":
1,769 MB stand for one), and provisioned concurrency initialises ahead of the first request. So whatever every
invocation needs is made here: clients, keys, connections. What few invocations need stays where it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress


def at_init(*steps: Callable[[], object]) -> None:
    """Run these steps now, if Lambda is initialising this process; a mere import, as in a test, runs none.

    A step that fails keeps no function from starting: the first invocation does the same work again, and answers with
    the error that it meets. So each step has to be one that an invocation repeats when it was not done.

    Parameters
    ----------
    steps
        What every invocation of the function needs.
    """
    # Lambda Developer Guide, "Defined runtime environment variables".
    if "AWS_LAMBDA_INITIALIZATION_TYPE" not in os.environ:
        return
    for step in steps:
        with suppress(Exception):
            step()
