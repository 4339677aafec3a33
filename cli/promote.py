"""`hazardlens promote`, `models` and `rollback`: which model is in service, and another one in its place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hazardlens.cli.errors import CliError
from hazardlens.cli.gate import Judgement, find_report, judge_photos, judge_report
from hazardlens.cli.installation import Installation, in_service, installation
from hazardlens.cli.terminal import printable, tell

if TYPE_CHECKING:
    from hazardlens.model.bundle import Bundle
    from hazardlens.serve.settings import Settings

REFUSED: Final = 3

_VERDICTS: Final = {
    "passed": "the gate lets it pass",
    "refused": "the gate refuses it",
    "not_compared": "nobody knows whether it is better",
    "outdated": "its report does not count",
}

_ServerOption = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Ask a running server, instead of writing its database.")
]
_AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Engineer or administrator, for --server.")
]
_StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command("models")(models)
    app.command("promote")(promote)
    app.command("rollback")(rollback)


def models(server: _ServerOption = None, account: _AccountOption = None, password_stdin: _StdinOption = False) -> None:
    """List the models of the registry: name@version, state, when it was made, and what is wrong with it.

    Example: hazardlens models
    """
    from hazardlens.serve.settings import load_settings

    with installation(load_settings(), server, account, password_stdin=password_stdin) as place:
        for row in place.rows():
            cells = (row.ref, row.state, row.created or "-", row.problem or "-")
            typer.echo("\t".join(printable(cell) for cell in cells))


def promote(
    candidate: Annotated[
        Path, typer.Argument(metavar="DIR", help="Bundle, or what a retraining left: a bundle and its report.json.")
    ],
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Labelled photos to compare on, now.")] = None,
    split: Annotated[Path | None, typer.Option(metavar="FILE", help="Split manifest of these photos.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Against the gate; goes on the record.")] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; goes on the record.")] = None,
    server: _ServerOption = None,
    account: _AccountOption = None,
    password_stdin: _StdinOption = False,
) -> None:
    """Put a candidate into service, if it is no worse than the model that is there.

    The report.json that a retraining leaves decides, if it speaks of this bundle and of the model in service; or both
    are compared on the test photos of --data and --split, which needs the training extra. The bundle is copied into the
    registry (HAZARDLENS_BUNDLES_PATH), which a server must share. Running servers follow within seconds and lose no
    request.

    Exit codes: 0 in service; 2 wrong usage or a bundle that must not be used; 3 refused by the gate.

    Example: hazardlens promote retrained/2026.2
    """
    from hazardlens.model.bundle import read_bundle
    from hazardlens.serve.registry.installing import install_bundle
    from hazardlens.serve.settings import load_settings

    if (data is None) != (split is None):
        raise CliError("--data and --split go together")
    if force and not (reason or "").strip():
        raise CliError("--force needs a --reason, for the record")
    bundle = read_bundle(candidate / "bundle" if (candidate / "bundle").is_dir() else candidate)
    ref = f"{bundle.manifest.name}@{bundle.manifest.version}"
    settings = load_settings()
    with installation(settings, server, account, password_stdin=password_stdin) as where:
        judgement = _judge(candidate, bundle, where, settings, data, split, force=force)
        note = _decide(ref, judgement, reason, force=force)
        place = install_bundle(bundle, settings.registry_path)
        tell(f"in the registry: {place}")
        where.activate(place, ref, note)
    typer.echo(f"in service: {ref}")


def rollback(
    server: _ServerOption = None, account: _AccountOption = None, password_stdin: _StdinOption = False
) -> None:
    """Put back the model that was in service before the present one; once more, and it is the one before that.

    Example: hazardlens rollback
    """
    from hazardlens.serve.settings import load_settings

    with installation(load_settings(), server, account, password_stdin=password_stdin) as where:
        typer.echo(f"in service: {where.rollback()}")


def _judge(
    candidate: Path,
    bundle: "Bundle",
    where: Installation,
    settings: "Settings",
    data: Path | None,
    split: Path | None,
    *,
    force: bool,
) -> Judgement:
    try:
        baseline = in_service(where)
    except CliError as error:
        if not force:
            raise
        return Judgement("not_compared", (str(error),))
    tell(f"in service now: {baseline.ref}")
    if data is None or split is None:
        return judge_report(find_report(candidate, bundle.path), bundle, (baseline.name, baseline.version))
    from hazardlens.cli.extras import progress_bar, training_command
    from hazardlens.serve.registry.bundles import BundleShelf

    here = BundleShelf(settings.bundle_path, settings.registry_path).find_sha256(baseline.sha256 or "")
    if here is None:
        raise CliError(f"{baseline.ref} is in service, but no bundle of it is here to compare with")
    with training_command(), progress_bar("Looking at photos") as advance:
        return judge_photos(bundle.path, here.path, data=data, split=split, advance=advance)


def _decide(ref: str, judgement: Judgement, reason: str | None, *, force: bool) -> dict[str, Any]:
    """What goes on the record; ends the command where the gate refuses."""
    tell(f"{ref}: {_VERDICTS[judgement.verdict]}")
    for line in judgement.reasons:
        tell(f"  {line}")
    if not judgement.passed and not force:
        tell("not in service; --force --reason TEXT goes against the gate")
        raise typer.Exit(REFUSED)
    note: dict[str, Any] = {"verdict": judgement.verdict, "forced": force and not judgement.passed}
    return {**note, "reason": reason} if reason else note
