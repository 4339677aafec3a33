"""What a training run is told: one TOML file, checked strictly, with messages for people."""

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hazardlens.training.errors import ConfigError

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, le=100)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelConfig(_Section):
    """Which labels are trained, and from which boxes.

    Attributes:
        min_boxes: labels with fewer training boxes are left out, with a message.
        exclude: labels to leave out in any case.
        ignore_boxes: by source, labels whose boxes there are no boxes to learn from.
        inherit: by label, the class of the start weights whose class layer it starts from.
        weights: by label, how often a photo that shows it is drawn per epoch.
        source_weights: by source, how often its photos are drawn per epoch; the highest weight of a photo holds.
    """

    min_boxes: int = Field(default=5, ge=1)
    exclude: tuple[str, ...] = ()
    ignore_boxes: dict[str, tuple[str, ...]] = {}
    inherit: dict[str, str] = {}
    weights: dict[str, Annotated[float, Field(ge=1, le=20)]] = {}
    source_weights: dict[str, Annotated[float, Field(ge=1, le=20)]] = {}


class MixConfig(_Section):
    """What each batch is made of. Only real photos count as real; the other two are made.

    Attributes:
        real: share of real photos; an epoch is as long as it takes to draw them all by their weights.
        epoch_photos: pictures of an epoch instead, so that runs on other photos or by other shares learn from as many.
        rendered: share of rendered photos.
        composed: share of scenes composed of real photos and parts.
        rendered_val: share of the rendered scenes that validate instead, all shots of a scene together.
        rendered_weights: by set (`covers` for the source `rendered-covers`), what it gets of the rendered draws,
            however many photos it has; by label, how often a photo that shows it is drawn within its set. Else 1.
        composed_weights: by composition, what it gets of the composed draws. Else 1.
    """

    real: float = Field(default=1.0, gt=0, le=1)
    rendered: Share = 0.0
    composed: Share = 0.0
    epoch_photos: int | None = Field(default=None, ge=1, le=1_000_000)
    rendered_val: float = Field(default=0.12, ge=0, lt=1)
    rendered_weights: dict[str, Rate] = {}
    composed_weights: dict[str, Annotated[float, Field(ge=0, le=100)]] = {}

    @model_validator(mode="after")
    def _is_a_whole(self) -> Self:
        whole = self.real + self.rendered + self.composed
        if abs(whole - 1) > 1e-6:
            raise ValueError(f"real, rendered and composed must add up to 1, found {whole:g}")
        return self


class AugmentConfig(_Section):
    """How training pictures are varied.

    Attributes:
        scale_min: pictures shrink to no less than this.
        scale_max: they grow to no more than this.
        aspect: they are stretched or squeezed by up to this factor, their area kept.
        translate: they shift by up to this share of the side.
        degrees: they turn by up to this many degrees.
        hsv_h: hue varies by up to this share; `hsv_s` and `hsv_v` are saturation and brightness.
        flip: probability of a mirrored picture.
        phone_camera: probability of each of: no colour, blur, noise, strong compression, poor exposure.
    """

    scale_min: float = Field(default=0.5, gt=0, le=1)
    scale_max: float = Field(default=1.5, ge=1, le=4)
    aspect: float = Field(default=1.0, ge=1, le=2)
    translate: Share = 0.1
    degrees: float = Field(default=0.0, ge=0, le=45)
    hsv_h: Share = 0.015
    hsv_s: Share = 0.7
    hsv_v: Share = 0.4
    flip: Share = 0.5
    phone_camera: Share = 0.08


class StageConfig(_Section):
    """One stretch of training at one picture size; the next one starts from its best epoch.

    Attributes:
        size_px: side of the square pictures.
        epochs: how many.
        batch: photos per optimizer step.
        lr: learning rate at the start, after warm-up.
        final_lr: share of `lr` that is left at the end of the cosine.
        warmup_epochs: epochs over which the rate rises from zero.
        weight_decay: of AdamW.
        mosaic: probability that a picture is put together from four photos.
        close_mosaic: so many epochs at the end show single photos only.
        freeze: instead of the run's own, in this stage.
    """

    size_px: int = Field(ge=32, le=1280, multiple_of=32)
    epochs: int = Field(ge=1)
    batch: int = Field(default=16, ge=1, le=256)
    lr: float = Field(gt=0, le=0.1)
    final_lr: float = Field(default=0.01, gt=0, le=1)
    warmup_epochs: float = Field(default=0.0, ge=0)
    weight_decay: float = Field(default=0.0005, ge=0)
    mosaic: Share = 1.0
    close_mosaic: int = Field(default=0, ge=0)
    freeze: int | None = Field(default=None, ge=0, le=20)

    @model_validator(mode="after")
    def _fits_in_the_epochs(self) -> Self:
        if self.close_mosaic > self.epochs:
            raise ValueError(f"close_mosaic is {self.close_mosaic}, but the stage has {self.epochs} epochs")
        return self


class ValidationConfig(_Section):
    """How the best epoch is chosen: by the weighted mean of the labels' AP50 on the validation photos.

    A label that has too few boxes on real photos counts with its AP50 on rendered ones, and with less weight.

    Attributes:
        every: validate every so many epochs, and after the last.
        weights: by label, what its AP50 weighs; others weigh 1.
        min_boxes: labels with fewer validation boxes are reported, but do not count: their figure is chance.
        rendered_weight: what a label weighs, of its own weight, when only rendered photos can judge it.
        rendered_photos: so many rendered photos are looked at, evenly spread; it saves time.
    """

    every: int = Field(default=1, ge=1)
    weights: dict[str, Annotated[float, Field(gt=0)]] = {}
    min_boxes: int = Field(default=5, ge=1)
    rendered_weight: Share = 0.5
    rendered_photos: int = Field(default=200, ge=0)


class TrainConfig(_Section):
    """A whole run.

    Attributes:
        name: of the run and of the model that comes out.
        arch: network, as ultralytics calls it.
        split: manifest that says which photos train and validate; relative to the configuration's own folder.
        seed: of everything that is drawn.
        freeze: so many layers from the picture on keep the weights that they start with.
        loss: `partial` leaves labels that nobody looked for out of it; `stock` takes them for absent, to compare.
        bf16: compute the network in bfloat16 where the processor is made for it.
        threads: CPU threads of torch.
        workers: processes that prepare pictures beside the training process; 0 prepares them in it. Not said: none on
            a CPU, whose cores the network needs, and one per core, up to 12, beside a GPU.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    arch: str = Field(default="yolo11n.yaml", pattern=r"^[a-z0-9-]+\.yaml$")
    split: Path
    seed: int = Field(default=0, ge=0)
    freeze: int = Field(default=0, ge=0, le=20)
    loss: Literal["partial", "stock"] = "partial"
    bf16: bool = True
    threads: int = Field(default=2, ge=1, le=256)
    workers: int | None = Field(default=None, ge=0, le=64)
    labels: LabelConfig = LabelConfig()
    mix: MixConfig = MixConfig()
    augment: AugmentConfig = AugmentConfig()
    validation: ValidationConfig = ValidationConfig()
    stages: tuple[StageConfig, ...] = Field(min_length=1)


def read_config(path: Path) -> TrainConfig:
    """Read a configuration; `split` in the answer is an absolute path.

    Raises:
        ConfigError: there is none, it is no TOML, or a key or value is wrong; the message names the first mistake.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # broken TOML, or not UTF-8
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    try:
        config = TrainConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_mistake(error)}") from error
    return config.model_copy(update={"split": (path.parent / config.split).resolve()})


def without(config: TrainConfig, parts: Collection[str]) -> TrainConfig:
    """The configuration with no share for `parts` (of `rendered` and `composed`); the others fill each batch.

    Raises:
        ConfigError: there is no such part.
    """
    strangers = sorted(set(parts) - {"rendered", "composed"})
    if strangers:
        raise ConfigError(f"a run can go without rendered or composed photos, not without {strangers[0]}")
    left = {part: 0.0 if part in parts else getattr(config.mix, part) for part in ("real", "rendered", "composed")}
    whole = sum(left.values())
    mix = config.mix.model_copy(update={part: share / whole for part, share in left.items()})
    return config.model_copy(update={"mix": mix})


def _first_mistake(error: ValidationError) -> str:
    mistake = error.errors()[0]
    where = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"there is no setting {where}"
    if mistake["type"] == "missing":
        return f"{where} is missing"
    found = "" if mistake["type"] == "value_error" else f", found {mistake['input']!r}"
    return f"{where}: {mistake['msg'].removeprefix('Value error, ')}{found}"
