"""`hazardlens admin purge | forget`: what is over its time, and what somebody asks to have erased."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from hazardlens.cli.administering import administering
from hazardlens.cli.errors import CliError
from hazardlens.cli.extras import progress_bar
from hazardlens.cli.terminal import tell

if TYPE_CHECKING:
    from hazardlens.serve.erasure.due import Limits
    from hazardlens.serve.erasure.purging import Purged
    from hazardlens.serve.erasure.requests import Whose
    from hazardlens.serve.settings import Settings
    from hazardlens.serve.store.blobs import BlobStore

_DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Tell how much it is, and erase nothing.")]


def register(admin: typer.Typer) -> None:
    """Add the commands to those of `admin`."""
    admin.command("purge")(purge)
    admin.command("forget")(forget)


def purge(
    before: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Erase what was decided before this day, whatever the settings say."),
    ] = None,
    dry_run: _DryRunOption = False,
) -> None:
    """Erase what is over its time by the settings, and files that no report names; the server may be running.

    The server does the same once a day. Killed at any moment, the next purge goes on. Reports that nobody has decided
    stay, unless HAZARDLENS_RETENTION_UNDECIDED_DAYS says otherwise. Figures keep all that they are made of.

    Example: hazardlens admin purge --before 2026-01-01 --dry-run
    """
    from hazardlens.serve.erasure.purging import Purge

    with administering() as (store, settings, act):
        limits = _limits(before, settings, act.now)
        job = Purge(store, _blobs(settings), settings, limits, act.now)
        if dry_run:
            _tell_purged(job.look(), "would go")
            return
        with progress_bar("Erasing reports") as advance:
            done = job.run(act, advance)
    _tell_purged(done, "gone")


def forget(
    reporter: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose reports: the reporter as they name them, to the letter.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="SENDER", help="Only as this sender names them: key:ID, account:ID or anonymous."),
    ] = None,
    report: Annotated[str | None, typer.Option(metavar="REPORT", help="One report, by its id, instead.")] = None,
    dry_run: _DryRunOption = False,
) -> None:
    """Erase all reports of one reporter, or one report: photos, words, place, names; the server may be running.

    Also those that nobody has decided: look with --dry-run first, the hazard may still be there. Run again, it finds
    nothing left. Killed at any moment, the server or the next purge goes on.

    Example: hazardlens admin forget --reporter rider-0042 --dry-run
    """
    from hazardlens.serve.erasure.requests import begin, find, go_on
    from hazardlens.serve.store.removals import remove_noted

    whose = _whose(reporter, source, report)
    with administering() as (store, settings, act):
        with store.read() as connection:
            found = find(connection, whose)
        counts = f"{found.reports} reports with {found.photos} photos, {found.undecided} of them not decided yet"
        if dry_run:
            tell(f"would go: {counts}")
            return
        with store.write() as connection:
            erasure_id = begin(connection, whose, act)
        go_on(store, erasure_id, act.now)
        remove_noted(store, _blobs(settings), act.now)
        store.settle()
    tell(f"gone: {counts}; the audit log knows it as erasure:{erasure_id}")


def _whose(reporter: str | None, source: str | None, report: str | None) -> "Whose":
    from hazardlens.serve.erasure.requests import Whose

    if bool(reporter) == bool(report):
        raise CliError("give one of --reporter and --report")
    if report and source:
        raise CliError("--source: belongs to --reporter")
    return Whose(reporter, source, report)


def _limits(before: str | None, settings: "Settings", now: datetime) -> "Limits":
    from hazardlens.serve.erasure.due import Limits

    if before is None:
        return Limits.from_settings(settings, now)
    try:
        day = date.fromisoformat(before)
    except ValueError as error:
        raise CliError(f"--before: expected a day such as 2026-01-31, found {before[:40]!r}") from error
    moment = datetime.combine(day, time.min, UTC)
    if moment > now:
        raise CliError(f"--before: {before} is not over yet; only what has been decided by now can be erased")
    return Limits.before(moment)


def _blobs(settings: "Settings") -> "BlobStore":
    from hazardlens.serve.store.places import open_blobs

    return open_blobs(settings.media_url, folder=settings.media_path, endpoint_url=settings.s3_endpoint_url)


def _tell_purged(done: "Purged", verb: str) -> None:
    """A line for each kind that there is any of."""
    kinds = {
        "erasures that were cut off": done.requests,
        f"reports, with {done.photos} photos": done.reports,
        "photos as they came in": done.originals,
        "addresses of sign-ins": done.sign_ins,
        "files that no report names": done.orphans,
        "files in all": done.files,
        "half-written files": done.leftovers,
    }
    told = [f"{verb}: {n} {kind}" for kind, n in kinds.items() if n]
    for line in told or [f"{verb}: nothing"]:
        typer.echo(line)
