"""What people see at a terminal."""

from __future__ import annotations

import pytest

from tools.console import Console


@pytest.mark.parametrize("text", ["[/x] is no end of anything", "[red]", ":warning:"])
def test_a_table_at_a_terminal_shows_text_as_it_is(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A message that waits in a queue was written by anybody."""
    console = Console()
    console.rich = True
    console.table("Messages", ("body",), [(text,)])
    assert text in capsys.readouterr().err
