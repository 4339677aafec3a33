"""Fuzzes one target in this process, guided by coverage, with atheris: `guided.py NAME SECONDS FOLDER`.

Nothing of ours may be imported before atheris watches the imports, so this is a program of its own; `run.py` starts it.
"""

import random
import sys
from pathlib import Path
from typing import Final

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

_CASE_S: Final = 20
"""Seconds that one case may take: a photo of many megapixels takes a few on a busy machine."""
_MEMORY_MIB: Final = 3072
_MAX_BYTES: Final = 65_536
_OURS: Final = 0.5
"""Share of the damage that is ours and knows formats; libFuzzer's own is the rest."""


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz until the time is over or the promise is broken; never returns.

    Args:
        name: of the target.
        seconds: how long.
        folder: what breaks the promise is written there, and into `corpus` what reached something new.
    """
    with atheris.instrument_imports(include=["hazardlens", "python_multipart", "tomllib", "zipfile", "PIL"]):
        from fuzz.contract import was_read
        from fuzz.mutating import mutated
        from fuzz.targets.table import TARGETS

    target = TARGETS[name]
    seeds = [path.read_bytes() for path in target.seeds]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def read(data: bytes) -> None:
        was_read(target, data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311 - damage has to come back, not to be secret
        damaged = mutated(data, seeds, rng) if rng.random() < _OURS else atheris.Mutate(data, max_size)
        return bytes(damaged[:max_size])

    options = (
        f"-max_total_time={seconds}",
        f"-timeout={_CASE_S}",
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-max_len={_MAX_BYTES}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    atheris.Setup([name, *options, str(corpus)], read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    fuzz(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
