"""The detector of a bundle, run by ONNX Runtime on the CPU."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors  # pyright: ignore[reportAttributeAccessIssue]

from hazardlens.model.bundle import Bundle
from hazardlens.model.detections import Detections
from hazardlens.model.detector_seam import Detector, ModelInfo, ScriptedDetector
from hazardlens.model.errors import BundleInvalidError, InferenceError
from hazardlens.model.images import Photo
from hazardlens.model.postprocess import OutputForm, decode_output
from hazardlens.model.preprocess import Placement, letterbox
from hazardlens.model.stages import stage

__all__ = ["Detector", "ModelInfo", "OnnxDetector", "ScriptedDetector"]

# The runtime's errors share no base but Exception.
_RUNTIME_ERRORS: Final[tuple[type[Exception], ...]] = (
    *(error for error in vars(ort_errors).values() if isinstance(error, type) and issubclass(error, Exception)),
    RuntimeError,
    ValueError,
)


class OnnxDetector:
    """A bundle's graph on the CPU by ONNX Runtime, photo by photo.

    Photos are not batched: on a CPU a batch takes as long as its photos do one by one, and the first of them waits.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        """Load the graph.

        Args:
            bundle: from `read_bundle`.
            threads: cores that one photo may use. Several workers with one thread each do more than one with several.

        Raises:
            BundleInvalidError: the runtime refuses the graph, or its input or output does not fit the manifest.
        """
        manifest = bundle.manifest
        self._spec = manifest.output
        self._size_px = manifest.input.size_px
        self._labels = bundle.labels
        self._info = ModelInfo(manifest.name, manifest.version, manifest.labels, manifest.calibration)
        try:
            self._session = onnxruntime.InferenceSession(
                bundle.onnx_bytes,
                sess_options=_options(threads),
                providers=["CPUExecutionProvider"],
            )
        except _RUNTIME_ERRORS as error:
            raise BundleInvalidError(f"model.onnx: the runtime refuses it: {_one_line(error)}") from error
        self._input, self._output = self._check_ends()

    @property
    def info(self) -> ModelInfo:
        """Labels, thresholds and calibration."""
        return self._info

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self._info.name

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self._info.version

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, by label id."""
        return self._labels

    @property
    def input_size_px(self) -> int:
        """Side of the square input."""
        return self._size_px

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """Find boxes on each photo; see `Detector.detect`."""
        return [self._detect(photo) for photo in photos]

    def _detect(self, photo: Photo) -> Detections:
        with stage("preprocess"):
            tensor, placement = self.prepare(photo)
        with stage("network"):
            raw = self.infer(tensor)
        with stage("postprocess"):
            return self.decode(raw, placement)

    def prepare(self, photo: Photo) -> tuple[npt.NDArray[np.float32], Placement]:
        """The first step of `detect`: a photo to the graph's input (3, S, S)."""
        return letterbox(photo, self._size_px)

    def infer(self, tensor: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The second step: one input (3, S, S) float32 to the raw output for it, without the batch's axis.

        Raises:
            InferenceError: the runtime failed.
        """
        try:
            (raw,) = self._session.run([self._output], {self._input: tensor[None]})
        except _RUNTIME_ERRORS as error:
            raise InferenceError(f"model {self.name} {self.version}: {_one_line(error)}") from error
        first: npt.NDArray[np.float32] = np.asarray(raw, np.float32)[0]
        return first

    def decode(self, raw: npt.NDArray[np.float32], placement: Placement) -> Detections:
        """The third step: raw output to detections.

        Raises:
            InferenceError: the output's shape does not fit the manifest.
        """
        spec = self._spec
        try:
            return decode_output(
                raw,
                form=spec.form,
                placement=placement,
                labels=self._labels,
                min_confidence=spec.min_confidence,
                iou_threshold=spec.iou_threshold,
                max_detections=spec.max_detections,
            )
        except ValueError as error:
            raise InferenceError(f"model {self.name} {self.version}: {error}") from error

    def warm_up(self) -> None:
        """Run once on grey, so that the first photo does not pay for the runtime's set-up.

        Raises:
            InferenceError: the graph does not run.
        """
        size = self._size_px
        self.detect([Photo(np.full((size, size, 3), 114, np.uint8), size, size, "png")])

    def _check_ends(self) -> tuple[str, str]:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise BundleInvalidError(
                f"model.onnx: expected 1 input and 1 output, found {len(inputs)} and {len(outputs)}"
            )
        anchors = self._spec.form is OutputForm.ANCHORS
        expected_output = (1, 4 + len(self._labels), None) if anchors else (1, None, 6)
        for end, what, expected in (
            (inputs[0], "input", (1, 3, self._size_px, self._size_px)),
            (outputs[0], "output", expected_output),
        ):
            if end.type != "tensor(float)" or not _fits(end.shape, expected):
                raise BundleInvalidError(
                    f"model.onnx: {what}: expected float32 {expected}, found {end.type} {tuple(end.shape)}",
                )
        return inputs[0].name, outputs[0].name


def _fits(shape: Sequence[object], expected: tuple[int | None, ...]) -> bool:
    """Whether a graph's shape allows the expected one; an axis without a number in either allows everything."""
    return len(shape) == len(expected) and all(
        not isinstance(found, int) or wanted is None or found == wanted
        for found, wanted in zip(shape, expected, strict=True)
    )


def _options(threads: int) -> onnxruntime.SessionOptions:
    # The memory arena stays on: every input has the same size, so it stops growing after one run per thread, and
    # without it a run takes a fifth longer.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.load_model_format", "ONNX")  # what was checked is what is read
    # Waiting threads that spin take the cores from the other workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
