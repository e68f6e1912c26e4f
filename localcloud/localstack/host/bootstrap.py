"""Runs first in a function's process, without the interpreter's site-packages, and sets the import path as AWS does.

`python -S -P bootstrap.py HANDLER LAYERS`. AWS's order (Lambda Developer Guide, "Working with layers for Python Lambda
functions") is the function's code, the layers, then the runtime's packages, which `PYTHONPATH` names here as on AWS.
This file can import none of our modules: it uses only the standard library, and leaves nothing in `sys.modules` except
itself as `__main__`, like AWS's own bootstrap.
"""

import os
import site
import sys


def _import_path(layers: str) -> "list[str]":
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [
        os.environ["LAMBDA_TASK_ROOT"],
        os.path.join(layers, "python", "lib", version, "site-packages"),  # noqa: PTH118 - pathlib costs 10 ms here
        os.path.join(layers, "python"),  # noqa: PTH118
    ]


def _main() -> None:
    program, handler, layers = sys.argv
    sys.path[:0] = _import_path(layers)
    sys.argv = [program, handler]
    site.setquit()
    site.setcopyright()
    site.sethelper()

    from awslambdaric.__main__ import main

    main(sys.argv)


if __name__ == "__main__":
    _main()
