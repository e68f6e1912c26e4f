"""Commands that stay: they show what happens while it happens, until Ctrl-C."""

from __future__ import annotations

import os
import sys

import click

from tools.commands import context
from tools.errors import DeliveryProblem
from tools.terminal.console import Console

_sub = click.option("--sub", default="alice", show_default=True, help="The caller.")


@click.command()
@_sub
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Also item:ID, or public. Can be repeated.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many pushes.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="End after so many seconds.")
@context.env
@context.endpoint
@click.option("--json", "as_json", is_flag=True, help="Print each push as it came, one JSON document a line.")
def watch(  # noqa: PLR0917 - a command's parameters are its options
    sub: str,
    topics: tuple[str, ...],
    count: int | None,
    timeout: float | None,
    env: str,
    endpoint_url: str | None,
    as_json: bool,
) -> None:
    """Print what is pushed to a caller by WebSocket: their own items' events, and those of TOPICs.

    Fails when --timeout is over before --count pushes have come.
    """
    from tools.access.tokens import mint
    from tools.operations import watch as stage

    environment, outputs = context.deployed(env, endpoint_url)

    def token() -> str:
        return mint(environment, outputs, sub, lifetime_s=stage.TOKEN_LIFETIME_S)

    # Progress goes to stderr, so that a pipe carries pushes alone.
    watching = stage.Watch(stage.url_of(outputs), token, topics, Console().say, timeout)
    seen = 0
    try:
        for text, push in watching.pushes():
            print(text if as_json else stage.line(push), flush=True)
            seen += 1
            if seen == count:
                return
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # The reader has seen enough. The interpreter would fail once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    if count:
        raise DeliveryProblem(f"{seen} of {count} pushes came in {timeout:g} s.", "python -m tools smoke")


@click.command()
@_sub
@click.option("--port", type=click.IntRange(0, 65535), help="Another than this checkout's; 0 takes a free one.")
@context.env
@context.endpoint
def demo(sub: str, port: int | None, env: str, endpoint_url: str | None) -> None:
    """Serve a page on this machine that shows a deployment at work: items, images, and pushes as they come."""
    from localcloud.ports import page
    from tools.access.tokens import check, mint
    from tools.operations.demo import DemoServer, Deployment
    from tools.operations.demo.deployment import LIFETIME_S

    check(sub, "", LIFETIME_S)
    console = Console()
    environment, outputs = context.deployed(env, endpoint_url)

    def token() -> str:
        return mint(environment, outputs, sub, lifetime_s=LIFETIME_S)

    deployment = Deployment(env, outputs, sub, token, environment.endpoint)
    with DemoServer(deployment, page(context.find_project()) if port is None else port) as server:
        allowed = deployment.refused_origin(server.url)
        if allowed:
            console.say(
                f"The API lets {allowed} alone call it from a browser, and not this page: "
                f'set api.cors_origin to "{server.url}" in environments/{env}.tfvars and deploy.'
            )
        print(server.url, flush=True)
        console.say(f"The page of {sub} in {env}. Ctrl-C ends it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
