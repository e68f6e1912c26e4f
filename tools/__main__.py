"""`python -m tools`: into the environment that `make setup` made, then by the shortest way to the command."""

from __future__ import annotations

import os
import sys


def _enter_environment() -> None:
    """Start again in `.venv` when this interpreter has no virtual environment: `python -m tools` then just works."""
    if sys.prefix != sys.base_prefix:
        return
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib costs 5 ms
    python = os.path.join(root, ".venv", "bin", "python")  # noqa: PTH118
    if os.access(python, os.X_OK):
        os.execv(python, [python, "-m", "tools", *sys.argv[1:]])  # noqa: S606


def main() -> int:
    """Run the command; return its exit code."""
    _enter_environment()
    if sys.argv[1:2] == ["build"]:
        # A build with nothing to do takes less time than importing the command line's framework.
        from tools.build.fast import main as fast_build

        try:
            code = fast_build(sys.argv[2:])
        except OSError as error:
            from tools.errors import from_system
            from tools.terminal.console import print_error

            return print_error(from_system(error), as_json="--json" in sys.argv)
        except KeyboardInterrupt:
            from tools.terminal.console import interrupted

            return interrupted()
        if code is not None:
            return code
    try:
        import click  # noqa: F401
    except ImportError:
        print("error: The toolkit is not set up.\n  fix: make setup", file=sys.stderr)
        return 3
    from tools.cli import main as command_line

    return command_line()


sys.exit(main())
