"""What a handler, or a child of it, writes to file descriptor 1 is log, never an answer.

MiniStack's worker answers in JSON lines on file descriptor 1 and redirects only `sys.stdout`: a line like an answer
on that descriptor is taken for one, and every later caller gets the answer before its own. On AWS (Lambda Developer
Guide, "Using Lambda function logs in Python") standard output is log. Here the worker keeps the pipe under another
number, which children don't inherit, and descriptor 1 goes where descriptor 2 goes.
"""

from __future__ import annotations

from localcloud.ministack.patches import worker_script

_WORKER_CODE = """
def _keep_answers_apart():
    import os, sys

    answers = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(answers, "w", buffering=1, encoding="utf-8")

_keep_answers_apart()
"""


def apply() -> None:
    """Patch the worker."""
    worker_script.insert(_WORKER_CODE)
