"""`hazardlens serve`: the server of `hazardlens.serve`, with its most used settings as options."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

_EXAMPLE: Final = """\b
Example:
  hazardlens serve --host 0.0.0.0 --port 8080
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=_EXAMPLE)(serve)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all networks. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one. [default: 8000]")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Model bundle until another is activated. [default: the one that ships]"),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Triage policy. [default: the one that ships]")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Requests classified at once. [default: as many as there are cores]")
    ] = None,
    queue_length: Annotated[
        int | None, typer.Option(min=0, help="Requests that may wait for a thread. [default: 32]")
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, typer.Option(help="Least to log. [default: info]")
    ] = None,
) -> None:
    """Serve the classify endpoint and its page over HTTP until stopped by Ctrl-C or SIGTERM.

    An option goes before the environment: each setting is also a variable HAZARDLENS_..., see docs/settings.md.

    Exit codes: 0 stopped; 1 the address cannot be used; 2 wrong usage, a bad setting, or a bundle that does not load.
    """
    from hazardlens.model.bundle import read_bundle
    from hazardlens.serve.server import run
    from hazardlens.serve.settings import load_settings

    settings = load_settings(
        host=host,
        port=port,
        bundle_path=bundle,
        policy_path=policy,
        inference_threads=threads,
        queue_length=queue_length,
        log_level=log_level,
    )
    if bundle is not None:
        read_bundle(bundle)  # a server comes up without a model and says so; who names one wants to know at once
    raise typer.Exit(run(settings))
