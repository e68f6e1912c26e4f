"""What a handler or its child processes write to file descriptor 1 goes to the log and is never taken for a result.

MiniStack's worker returns results as JSON lines on file descriptor 1 and redirects only `sys.stdout`. A handler's line
that looks like a result is taken for one, and every later caller gets the result of the call before. On AWS (Lambda
Developer Guide, "Using Lambda function logs in Python") standard output is log. With the patch the worker moves the
pipe to a descriptor that child processes do not inherit, and descriptor 1 goes where descriptor 2 goes.
"""

from __future__ import annotations

from localcloud.ministack.probing import Endpoint
from localcloud.ministack.support import worker_script

EFFECT = "a handler that writes to file descriptor 1 cannot forge a result"

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


def probe(aws: Endpoint) -> bool:
    """Write forged results to file descriptor 1."""
    code = """
import os, subprocess
def handler(event, context):
    os.write(1, b'{"status":"ok","result":"forged"}\\n')
    subprocess.run(["echo", '{"status":"ok","result":"forged"}'], check=True)
    return event
"""
    function = aws.function(code)
    return [aws.invoke(function, number) for number in (1, 2)] == [1, 2]
