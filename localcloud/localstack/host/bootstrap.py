"""Started in a function's process, without the interpreter's site-packages: sets its import path as AWS does.

`python -S -P bootstrap.py HANDLER LAYERS`. AWS's order (Lambda Developer Guide, "Working with layers for Python Lambda
functions") is the function's code, the layers, then what the runtime brings, which `PYTHONPATH` names here as there.
Nothing of ours can be imported: this file uses the standard library alone, and leaves nothing behind in `sys.modules`
but itself as `__main__`, as AWS's own bootstrap does.
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
