"""bfloat16 is used only where the processor is made for it."""

from pathlib import Path

import pytest
import torch

from hazardlens.training.fitting.machine import computes_bf16, versions


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param("flags\t\t: fpu avx512f avx512_bf16 sse2", True, id="avx512_bf16"),
        pytest.param("flags\t\t: fpu amx_bf16", True, id="amx"),
        pytest.param("flags\t\t: fpu avx2 avx512f", False, id="without"),
        pytest.param("model name\t: avx512_bf16", False, id="only in the name"),
    ],
)
def test_flags_of_the_processor_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, expected: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\n{flags}\n", "utf-8")

    assert computes_bf16(path) is expected


def test_no_cpuinfo_means_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert not computes_bf16(tmp_path / "none")


def test_versions_name_what_shapes_a_result() -> None:
    assert {"python", "hazardlens", "torch", "ultralytics"} <= versions().keys()
