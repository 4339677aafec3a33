"""The service tells how far its photos have moved from the model's reference."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from hazardlens.model.bundle import ManifestDraft, Metrics, read_bundle, write_bundle
from hazardlens.model.pipeline import Classification, MediaResult, ModelRef
from hazardlens.model.reference import REFERENCE_KEY, Reference, make_reference
from hazardlens.serve.drift import LEAST_PHOTOS, DriftWatch
from support import pictures
from support.serving import CLASSIFY, serving
from support.tiny_bundle import make_tiny_bundle


def answers(model: str = "tiny", *, labels: tuple[str, ...] = ("stacked_clutter",)) -> Classification:
    """An answer with one photo, a box for each label."""
    boxes = [
        {"label": label, "hazard": None, "confidence": 0.9, "box": {"x_min": 0, "y_min": 0, "x_max": 9, "y_max": 9}}
        for label in labels
    ]
    photo = {"name": "a", "width": 20, "height": 20, "detections": boxes}
    prefill = {"category": "other", "urgency": "none", "confidence": 0, "needs_human": True, "route": "a", "codes": {}}
    return Classification.model_validate(
        {
            "request_id": "",
            "model": {"name": model, "version": "1"},
            "policy": "a",
            "prefill": {**prefill, "alternatives": [], "reasons": []},
            "media": [photo],
            "timing_ms": {"decode": 0, "inference": 0, "total": 0},
        }
    )


ALIKE = make_reference([one for one in answers().media if isinstance(one, MediaResult)] * 100)


def watch(reference: Reference | None = ALIKE, window: int = 300) -> DriftWatch:
    def of(model: ModelRef) -> Reference | None:
        return reference if model.name == "tiny" else None

    return DriftWatch(of, window=window, registry=CollectorRegistry())


def test_it_says_nothing_of_few_photos_and_then_that_they_are_alike() -> None:
    drift = watch()
    for _ in range(LEAST_PHOTOS - 1):
        drift.saw(answers())
    assert drift.distances() == {}
    drift.saw(answers())
    assert max(drift.distances().values()) < 0.02


def test_the_window_moves_on() -> None:
    drift = watch(window=LEAST_PHOTOS)
    for _ in range(LEAST_PHOTOS):
        drift.saw(answers(labels=("manhole_open",) * 7))
    assert min(drift.distances()[figure] for figure in ("labels", "boxes_per_photo")) > 1
    for _ in range(LEAST_PHOTOS):
        drift.saw(answers())
    assert max(drift.distances().values()) < 0.02


def test_another_model_begins_anew_and_one_without_a_reference_tells_no_index() -> None:
    drift = watch(window=LEAST_PHOTOS)
    for _ in range(LEAST_PHOTOS):
        drift.saw(answers())
    for _ in range(LEAST_PHOTOS):
        drift.saw(answers("other"))
    assert drift.distances() == {}
    drift.saw(answers())
    assert drift.distances() == {}  # one photo of this one since


def test_the_reference_comes_with_the_bundle_and_the_figures_are_scraped(tmp_path: Path) -> None:
    plain = make_tiny_bundle(tmp_path / "plain")
    draft = plain.manifest.model_dump(exclude={"files"})
    summary = {**plain.manifest.metrics.summary, REFERENCE_KEY: ALIKE.model_dump(mode="json")}
    draft["metrics"] = Metrics(**{**draft["metrics"], "summary": summary})
    onnx = plain.onnx_bytes
    with_one = write_bundle(tmp_path / "with", onnx_bytes=onnx, card="A card.", draft=ManifestDraft(**draft))
    assert Reference.of(read_bundle(with_one.path).manifest) == ALIKE
    assert Reference.of(plain.manifest) is None
    with serving(bundle_path=with_one.path, drift_window_photos=2) as client:
        for _ in range(3):
            client.post(CLASSIFY, files={"file": pictures.jpeg()})
        client.post(CLASSIFY, files={"file": pictures.jpeg()}, data={"min_confidence": "0"})  # lists boxes of its own
        text = client.get("/metrics").text
    assert "hazardlens_drift_photos 2.0" in text


def test_what_cannot_be_read_is_no_reference(tmp_path: Path) -> None:
    plain = make_tiny_bundle(tmp_path / "plain").manifest
    broken = plain.model_copy(update={"metrics": plain.metrics.model_copy(update={"summary": {REFERENCE_KEY: {}}})})
    assert Reference.of(broken) is None


def test_the_text_is_prometheus_own() -> None:
    registry = CollectorRegistry()
    drift = DriftWatch(lambda _: ALIKE, window=500, registry=registry)
    for _ in range(LEAST_PHOTOS):
        drift.saw(answers())
    text = generate_latest(registry).decode()
    assert 'hazardlens_drift_index{figure="confidence"}' in text
    assert 'hazardlens_drift_boxes{label="stacked_clutter"} 200.0' in text
    assert "hazardlens_drift_reference_photos 100.0" in text
