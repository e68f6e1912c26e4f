"""What people see at a terminal."""

from __future__ import annotations

import pytest

from tools.errors import UsageProblem
from tools.terminal.console import Console, print_error


@pytest.mark.parametrize("text", ["[/x] is no end of anything", "[red]", ":warning:"])
def test_a_table_at_a_terminal_shows_text_as_it_is(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A message that waits in a queue was written by anybody."""
    console = Console()
    console.rich = True
    console.table("Messages", ("body",), [(text,)])
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(("said", "colour"), [(None, True), ("", True), ("1", False), ("0", False)])
def test_no_color_is_respected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, said: str | None, colour: bool
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if said is not None:
        monkeypatch.setenv("NO_COLOR", said)
    print_error(UsageProblem("There is no x.", "use y"))
    assert ("\033[" in capsys.readouterr().err) == colour
