"""The command line: its commands, and how every failure of theirs ends."""

from __future__ import annotations

import contextlib
import sys

import click

from tools.commands import capabilities, checks, deployment, documents, events, live, local, new
from tools.errors import ToolError, UsageProblem, from_system
from tools.project import find_project
from tools.terminal.console import Console, interrupted, print_error
from tools.terminal.heartbeat import HEARTBEAT
from tools.terminal.suggestions import NAME, spelled, suggestible


class _Commands(click.Group):
    """Commands that are proposed for a mistyped one, but for those that delete or send again."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            known = suggestible(self.commands)
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from None


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        print(find_project().version)
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
def app() -> None:
    """Build, deploy, run and test the application."""


for _command in (
    local.build,
    local.up,
    local.down,
    deployment.deploy,
    deployment.plan,
    deployment.destroy,
    deployment.smoke,
    deployment.token,
    deployment.outputs,
    events.invoke,
    events.events,
    events.redrive,
    live.watch,
    live.demo,
    local.env,
    checks.doctor,
    capabilities.capabilities,
    checks.lint,
    checks.test,
    documents.docs,
    new.new,
):
    app.add_command(_command)


def main() -> int:
    """Run the command line; return its exit code."""
    as_json = "--json" in sys.argv
    with contextlib.suppress(OSError):  # a command that needs the folder says so itself
        find_project().private_state()
    try:
        # These show what others do, for as long as it takes.
        quiet = HEARTBEAT.held() if set(sys.argv[1:2]) & {"watch", "demo", "test"} else contextlib.nullcontext()
        with quiet, HEARTBEAT.beating(" ".join(sys.argv[1:2]), Console().say):
            app(standalone_mode=False, prog_name=spelled(NAME))
    except ToolError as error:
        return print_error(error, as_json=as_json)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        place = getattr(getattr(error, "ctx", None), "command_path", NAME)
        return print_error(UsageProblem(error.format_message(), f"{place} --help"), as_json=as_json)
    except OSError as error:
        return print_error(from_system(error), as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    return 0
