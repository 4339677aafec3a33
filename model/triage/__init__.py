"""The triage policy: detections of all photos plus words in, a decision out."""

from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.policy import SHIPPED_POLICY, Policy, load_policy
from hazardlens.model.triage.values import (
    Alternative,
    Curve,
    Decision,
    Evidence,
    ExternalCode,
    LabelRule,
    ModelView,
    Reason,
)

__all__ = [
    "SHIPPED_POLICY",
    "Alternative",
    "Curve",
    "Decision",
    "Evidence",
    "ExternalCode",
    "LabelRule",
    "ModelView",
    "Policy",
    "Reason",
    "decide",
    "load_policy",
]
