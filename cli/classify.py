"""`hazardlens classify`: what the endpoint answers, for photos and clips on this machine."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from hazardlens.cli.errors import NothingFoundError
from hazardlens.cli.photos import Candidate, Found, find_photos
from hazardlens.cli.terminal import path_text, tell

if TYPE_CHECKING:
    from hazardlens.cli.bars import Bars
    from hazardlens.cli.batch import Job, Outcome
    from hazardlens.cli.printers import JsonPrinter, TablePrinter
    from hazardlens.cli.saving import SaveFolder

_FAILED: Final = 1
_MAX_SECONDS: Final = 180.0
_EXAMPLES: Final = """\b
Examples:
  hazardlens classify photo.jpg
  hazardlens classify walk.mp4 --save walk
  hazardlens classify ~/Pictures/inbox --save annotated --text "楼道里堆满纸箱"
  hazardlens classify inbox --json | jq -r 'select(.prefill.urgency == "immediate").path'
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify", no_args_is_help=True, epilog=_EXAMPLES)(classify)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter("not valid UTF-8") from error
    return value


def classify(
    photos: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Photos and clips, or folders that are searched for them.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per file.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write copies with the boxes drawn on them, of a clip its best frames too; overwrites nothing.",
        ),
    ] = None,
    text: Annotated[str, typer.Option(callback=_text, help="The reporter's words, for each of the files.")] = "",
    min_confidence: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="List boxes from this score on. The decision is the same. [default: by label]"),
    ] = None,
    max_seconds: Annotated[
        float, typer.Option(min=1, metavar="S", help="Refuse a clip that lasts longer.")
    ] = _MAX_SECONDS,
    bundle: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Model bundle. [default: the one that ships]", show_default=False)
    ] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the table.")] = "en",
) -> None:
    """Say which hazard each photo or clip shows, how urgent it is, and why.

    Each file is classified on its own. Folders are searched to the bottom for files named like photos and clips;
    hidden ones are left out. A file that cannot be read is reported, and the rest goes on.

    Exit codes: 0 all files classified; 1 some failed; 2 wrong usage, nothing found, or a model that does not load.
    """
    found = find_photos(photos, leave_out=save)
    _require_photos(found)
    failed = 0
    with _bars(found.candidates, silent=as_json and sys.stdout.isatty()) as bars:
        job = _job(bundle, text, min_confidence, max_seconds, draw=save is not None, progress=bars.clip)
        folder, printer = _save_folder(save), _printer(job, lang, as_json=as_json)
        for outcome in _outcomes(job, found.candidates):
            bars.finished(outcome.path)
            printer.show(outcome, _save(folder, outcome))
            failed += outcome.error is not None
    printer.close()
    _summarise(len(found.candidates) - failed, failed, found.skipped, save)
    if failed:
        raise typer.Exit(_FAILED)


def _require_photos(found: Found) -> None:
    problems = [candidate for candidate in found.candidates if candidate.error is not None]
    if len(problems) < len(found.candidates):
        return
    if problems:
        named = "; ".join(f"{path_text(problem.path)}: {problem.error}" for problem in problems)
        raise NothingFoundError(f"nothing to classify: {named}")
    skipped = f" ({found.skipped} other files)" if found.skipped else ""
    raise NothingFoundError(
        f"no photo or clip found there{skipped}; they end in .jpg, .png, .webp, .heic, .avif, .mp4, .mov or .webm"
    )


def _job(
    bundle: Path | None,
    text: str,
    min_confidence: float | None,
    max_seconds: float,
    *,
    draw: bool,
    progress: Callable[[Path, float], None],
) -> "Job":
    from hazardlens.cli.batch import Job
    from hazardlens.cli.clips import limits_for
    from hazardlens.model.bundle import SHIPPED_BUNDLE, read_bundle
    from hazardlens.model.detector import OnnxDetector
    from hazardlens.model.pipeline import Classifier
    from hazardlens.model.triage.policy import load_policy

    # One thread a photo, also for a single photo: then an answer does not depend on how many came along.
    detector = OnnxDetector(read_bundle(bundle or SHIPPED_BUNDLE), threads=1)
    return Job(Classifier(detector, load_policy()), text, min_confidence, draw, limits_for(max_seconds), progress)


def _save_folder(path: Path | None) -> "SaveFolder | None":
    from hazardlens.cli.saving import SaveFolder

    return None if path is None else SaveFolder(path)


def _save(folder: "SaveFolder | None", outcome: "Outcome") -> list[Path]:
    if folder is None:
        return []
    return [folder.write(outcome.path, copy.content, tag=copy.tag, suffix=copy.suffix) for copy in outcome.copies]


def _printer(job: "Job", lang: Literal["en", "zh"], *, as_json: bool) -> "JsonPrinter | TablePrinter":
    from hazardlens.cli.printers import JsonPrinter, TablePrinter

    return JsonPrinter() if as_json else TablePrinter(job.classifier.policy.data, lang)


def _bars(candidates: Sequence[Candidate], *, silent: bool) -> "Bars":
    from hazardlens.cli.bars import Bars

    return Bars(len(candidates), silent=silent)


def _outcomes(job: "Job", candidates: Sequence[Candidate]) -> Iterator["Outcome"]:
    from hazardlens.cli.batch import classify_all
    from hazardlens.serve.cores import usable_cores

    return classify_all(job, candidates, min(usable_cores(), len(candidates)))


def _summarise(done: int, failed: int, skipped: int, save: Path | None) -> None:
    """On standard error, where there is something that the rows do not say."""
    if done + failed > 1 or failed or skipped or save is not None:
        parts = [f"{done} classified"]
        parts += [f"{failed} failed"] if failed else []
        parts += [f"{skipped} other files skipped"] if skipped else []
        parts += [f"annotated copies in {path_text(save)}"] if save is not None and done else []
        tell(", ".join(parts))
