"""The command `hazardlens`: collects the commands and turns what users do wrong into one line and an exit code."""

from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from hazardlens.cli import admin, classify, data, evaluate, promote, retrain, serve, train
from hazardlens.cli.terminal import print_anything, tell
from hazardlens.model.errors import HazardlensError

_USAGE: Final = 2


class _Group(TyperGroup):
    """Ends a command with one line where an error of ours comes through: it is the user's to mend, so no traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the signature of typer's own class, which it does not export
        try:
            return super().invoke(ctx)
        except HazardlensError as error:
            tell(f"error: {error}")
            raise typer.Exit(_USAGE) from error


app = typer.Typer(
    cls=_Group,
    name="hazardlens",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help in plain text: quick, and the same in a pipe
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hazardlens {version('hazardlens')}")
        raise typer.Exit


@app.callback(epilog="Example: hazardlens classify photo.jpg")
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """From a photo of a hazard to a pre-filled report."""


for _module in (classify, serve, admin, data, train, evaluate, retrain, promote):
    _module.register(app)


def main() -> None:
    """Run the command line and exit with its code."""
    print_anything()
    app(prog_name="hazardlens")


if __name__ == "__main__":
    main()
