"""`hazardlens data render`: make photos of a hazard, and of the same places without it, in Blender."""

from pathlib import Path
from typing import Annotated

import typer

from hazardlens.cli.extras import progress_bar, training_command
from hazardlens.cli.terminal import tell


def register(data: typer.Typer) -> None:
    """Add the command to those of `data`."""
    data.command("render")(render)


def render(
    hazard: Annotated[str, typer.Option(metavar="HAZARD", help="Hazard to make scenes of, or `all`.")],
    count: Annotated[int, typer.Option(min=1, help="Photos of each hazard; about half are harmless.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder to write into; a folder below it for each hazard of `all`."),
    ],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same scenes.")] = 0,
    assets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Models, textures and skies; without, all is made in code.")
    ] = None,
    size: Annotated[int, typer.Option(min=160, max=1920, help="Long side of the photos, in pixels.")] = 448,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Scenes rendered at a time, one thread and 1 GB each.")
    ] = 2,
    blender: Annotated[
        Path | None, typer.Option(metavar="PYTHON", help="Python with bpy; `make blender` makes one.")
    ] = None,
) -> None:
    """Render scenes of a hazard as labelled photos; killed at any time, the same command goes on.

    Exit code 0: the set is complete; 2: it cannot be rendered.

    Example: hazardlens data render --hazard raised_manhole_cover --count 40 --seed 7 --out var/covers
    """
    with training_command():
        from hazardlens.training.errors import RenderError
        from hazardlens.training.rendering.crew import Studio, default_python, ended_together, hire
        from hazardlens.training.rendering.orders import TOPICS
        from hazardlens.training.rendering.rendering import Plan, render_set, scenes_folder

        if hazard not in {*TOPICS, "all"}:
            raise RenderError(f"there are no scenes of {hazard}: choose one of {', '.join(TOPICS)}, or all")
        if assets is not None and not assets.is_dir():
            raise RenderError(f"{assets}: there is no such folder")
        for one in TOPICS if hazard == "all" else (hazard,):
            folder = out / TOPICS[one] if hazard == "all" else out
            studio = Studio(blender or default_python(), scenes_folder(folder), assets, size)
            version = studio.version()
            crew = hire(studio, workers, folder / ".studio.log")
            with progress_bar(f"Rendering {TOPICS[one]}") as advance, ended_together(crew):
                made = render_set(
                    Plan(one, count, seed, size), crew, folder, blender=version, assets=assets, advance=advance
                )
            for scene, reason in made.failed.items():
                tell(f"left out {scene}: {reason.strip().splitlines()[-1]}")
            typer.echo(f"{folder}: {made.photos} photos of {made.scenes} scenes, {made.rendered} scenes rendered now")
