"""Imports that need no module, and star imports, which need more than they name."""

from __future__ import annotations

import pytest

from tests.unit.build.conftest import Tree
from tools.errors import BuildProblem

STAR = "from kit import *\n\n\ndef handler(event, context): ...\n"


@pytest.mark.parametrize(
    "exports",
    [
        "__all__ = ['first', 'second', 'VALUE']",
        "__all__ = ('first', 'second')",
        "__all__: list[str] = ['first']\n__all__ += ['second']",
        "__all__ = ['first']\n__all__ += ('second',)",
        "__all__ = ['first'] + ['second']",
        "__all__ = []\n__all__.append('first')\n__all__.extend(['second'])",
        "__all__ = [*('first', 'second')]",
        "if True:\n    __all__ = ['first', 'second']",
        "from . import third\n__all__ = ['first', 'second', *third.__all__]",
        "__all__ = [name for name in sorted(globals()['NAMES'])]",
        "from kit.third import __all__",
    ],
)
def test_a_star_import_brings_the_modules_of_all(tree: Tree, exports: str) -> None:
    tree.write("lambda_src/kit/__init__.py", f"{exports}\nVALUE = 1\n")
    for name in ("first", "second", "third"):
        tree.write(f"lambda_src/kit/{name}.py", "__all__ = ['first', 'second']\n")
    tree.write("lambda_src/scheduled/cleanup_job.py", STAR)

    tree.build()

    names = tree.names("cleanup-job")
    assert {"kit/__init__.py", "kit/first.py", "kit/second.py"} <= set(names)
    assert ("kit/third.py" in names) is ("third" in exports or "globals" in exports)


def test_a_star_import_brings_nothing_that_all_does_not_name(tree: Tree) -> None:
    tree.write("lambda_src/kit/__init__.py", "__all__ = ['first']\n")
    tree.write("lambda_src/kit/first.py", "")
    tree.write("lambda_src/kit/second.py", "")
    tree.write("lambda_src/scheduled/cleanup_job.py", STAR)

    tree.build()

    assert tree.names("cleanup-job") == ["kit/__init__.py", "kit/first.py", "scheduled/cleanup_job.py"]


def test_star_imports_of_nested_packages(tree: Tree) -> None:
    tree.write("lambda_src/kit/__init__.py", "from .tools import *\nfrom . import tools\n__all__ = tools.__all__\n")
    tree.write("lambda_src/kit/tools/__init__.py", "__all__ = ['saw']\n")
    tree.write("lambda_src/kit/tools/saw/__init__.py", "from kit.tools.saw.teeth import *\n")
    tree.write("lambda_src/kit/tools/saw/teeth/__init__.py", "__all__ = ['sharp']\n")
    tree.write("lambda_src/kit/tools/saw/teeth/sharp.py", "")
    tree.write("lambda_src/scheduled/cleanup_job.py", STAR)

    tree.build()

    assert "kit/tools/saw/teeth/sharp.py" in tree.names("cleanup-job")


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n",
        "try:\n    import orjson\nexcept (KeyError, builtins.ModuleNotFoundError):\n    orjson = None\n",
        "try:\n    import orjson\nexcept BaseException:\n    orjson = None\n",
        "try:\n    import orjson\nexcept* ImportError:\n    orjson = None\n",
        "try:\n    import json\nexcept ImportError:\n    pass\nelse:\n    import orjson\n",
        "with suppress(ImportError):\n    import orjson\n",
        "with open('x') as file, contextlib.suppress(OSError, ModuleNotFoundError):\n    import orjson\n",
        "if importlib.util.find_spec('orjson'):\n    import orjson\n",
        "if find_spec(name='orjson') is None:\n    raise SystemExit\nimport orjson.fast\n",
        "FAST = find_spec('orjson') is not None\nif FAST:\n    from orjson import dumps\n",
        "def has(name):\n    return find_spec(name)\nif has('orjson'):\n    import orjson\n",
        "if sys.version_info >= (3, 14):\n    import orjson\n",
        "if sys.version_info[:2] < (3, 11):\n    pass\nelse:\n    import orjson\n",
        "if version_info < (3, 11):\n    import orjson\n",
        "if sys.platform == 'win32':\n    import orjson\n",
        "if sys.implementation.name == 'pypy':\n    import orjson\n",
        "if platform.system() == 'Darwin':\n    import orjson\n",
        "if os.name == 'nt':\n    import orjson\n",
        "match sys.platform:\n    case 'win32':\n        import orjson\n",
        "if typing.TYPE_CHECKING:\n    import orjson\n",
        "if TYPE_CHECKING and DEBUG:\n    import orjson\n",
        "if not TYPE_CHECKING:\n    pass\nelse:\n    import orjson\n",
    ],
)
def test_an_import_that_may_fail_is_optional(tree: Tree, source: str) -> None:
    tree.write("lambda_src/domain/times.py", source)

    assert "create-item" in tree.changes()


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import orjson\nexcept ValueError:\n    pass\n",
        "try:\n    import ujson\nexcept ImportError:\n    import orjson\n",
        "with suppress(ValueError):\n    import orjson\n",
        "with open('ImportError'):\n    import orjson\n",
        "if find_spec('ujson'):\n    import orjson\n",
        "if event['platform']:\n    import orjson\n",
        "if not TYPE_CHECKING:\n    import orjson\n",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import orjson\n",
        "if TYPE_CHECKING or event:\n    import orjson\n",
    ],
)
def test_any_other_import_is_required(tree: Tree, source: str) -> None:
    tree.write("lambda_src/domain/times.py", source)

    with pytest.raises(BuildProblem, match="imports orjson, which no layer holds"):
        tree.build()


def test_both_sides_of_a_version_guard_are_shipped(tree: Tree) -> None:
    guard = (
        "import sys\nif sys.version_info >= (3, 14):\n    from domain import new\nelse:\n    from domain import old\n"
    )
    tree.write("lambda_src/domain/times.py", guard)
    tree.write("lambda_src/domain/new.py", "")
    tree.write("lambda_src/domain/old.py", "")

    tree.build()

    assert {"domain/new.py", "domain/old.py"} <= set(tree.names("create-item"))
