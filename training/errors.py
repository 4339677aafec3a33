"""Every error that `hazardlens.training` raises on purpose.

TrainingError
├── DatasetError                labelled photos that cannot be used
│   ├── DatasetMissingError         a file or folder that the format needs is not there
│   ├── DatasetInvalidError         a row, label file or box breaks the format; the message names file and line
│   └── VersionError                a dataset version that is there already, was changed, or has nothing to learn from
├── SplitError                  a split that cannot be made, read, or does not fit the photos
├── ConfigError                 a training configuration that breaks its schema
├── WeightsError                weights that do not fit the network
├── RunError                    a run folder that cannot be started or resumed
├── SceneError                 a photo, boxes or parts that cannot be composed into a scene
├── RenderError                scenes that cannot be rendered
├── EvaluationError             evaluations that cannot be made or compared
├── GateError                   margins or a report of the gate that break their schema
└── ExportError                 a network that must not become a bundle: a broken graph, or one that answers differently

`str(error)` is one line that a person can act on: the command line shows it without a traceback.
"""

from hazardlens.model.errors import HazardlensError


class TrainingError(HazardlensError):
    """Base of all errors that training raises on purpose."""

    code = "training_error"


class DatasetError(TrainingError):
    """Labelled photos that cannot be used."""

    code = "dataset_invalid"


class DatasetMissingError(DatasetError):
    """A file or folder that the format needs is not there."""

    code = "dataset_missing"


class DatasetInvalidError(DatasetError):
    """A row, a label file or a box breaks the format."""


class VersionError(DatasetError):
    """A dataset version that is there already, was changed by hand, or has nothing to learn from."""

    code = "version_invalid"


class SplitError(TrainingError):
    """A split that cannot be made, read, or does not fit the photos."""

    code = "split_invalid"


class ConfigError(TrainingError):
    """A training configuration that breaks its schema."""

    code = "config_invalid"


class WeightsError(TrainingError):
    """Weights that do not fit the network."""

    code = "weights_invalid"


class RunError(TrainingError):
    """A run folder that cannot be started or resumed."""

    code = "run_invalid"


class SceneError(TrainingError):
    """A photo, boxes or parts that cannot be composed into a scene."""

    code = "scene_invalid"


class RenderError(TrainingError):
    """Scenes that cannot be rendered: no Blender, a folder of another set, or scenes that fail."""

    code = "render_failed"


class EvaluationError(TrainingError):
    """An evaluation cannot be made, read or compared with others."""


class GateError(TrainingError):
    """Margins or a report of the gate that break their schema."""

    code = "gate_invalid"


class ExportError(TrainingError):
    """A network that must not become a bundle."""

    code = "export_failed"
