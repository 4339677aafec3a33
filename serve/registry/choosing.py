"""The durable part of a change of model: what is written down, by the server and by the command line alike."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hazardlens.serve.access.audit import Act
from hazardlens.serve.registry.errors import ModelMissingError, NoPreviousModelError
from hazardlens.serve.registry.state import (
    Choice,
    ModelKey,
    Shadow,
    read_choice,
    read_shadow,
    write_choice,
    write_event,
    write_shadow,
)


class ModelChanges:
    """Changes of one act, in one transaction of `Store.write`. Each leaves a record of itself."""

    def __init__(self, connection: Connection, act: Act) -> None:
        self._connection = connection
        self._act = act

    def activate(self, model: ModelKey, *, default: ModelKey | None, detail: Mapping[str, Any] | None = None) -> Choice:
        """Choose the model that should be in service.

        Args:
            model: which.
            default: what is in service as long as nobody has chosen.
            detail: for the record, beside what was in service before.
        """
        before = read_choice(self._connection, hold=True) or (Choice(default) if default else None)
        if before is not None and before.model == model:
            choice = before
        else:
            choice = before.then(model) if before else Choice(model)
        self._write(choice, before, {"rolled_back": False, **(detail or {})})
        return choice

    def back(self, *, detail: Mapping[str, Any] | None = None) -> Choice:
        """Choose what was in service before.

        Raises:
            NoPreviousModelError: nothing was.
        """
        before = read_choice(self._connection, hold=True)
        choice = before.back() if before else None
        if choice is None:
            raise NoPreviousModelError("no other model was in service before this one")
        self._write(choice, before, {"rolled_back": True, **(detail or {})})
        return choice

    def refuse(self, version: str, *, code: str, reason: str) -> None:
        """Remember that a model was refused, and why."""
        self._note("refused", version, {"code": code, "reason": reason})

    def start_shadow(self, model: ModelKey) -> Shadow:
        """Put a candidate into the shadow, in place of another one."""
        before = read_shadow(self._connection, hold=True)
        if before is not None:
            self._stopped(before, because=f"{model.ref} takes its place")
        shadow = Shadow(model, since=self._act.now, started_at=self._act.now)
        write_shadow(self._connection, shadow, self._act.now)
        self._note("shadow_started", model.version, {"name": model.name, "sha256": model.sha256})
        return shadow

    def stop_shadow(self, wanted: str, *, because: str = "asked to") -> Shadow:
        """Take the candidate out of the shadow.

        Args:
            wanted: its version or name@version.
            because: for the record.

        Raises:
            ModelMissingError: there is none, or it is another one.
        """
        shadow = read_shadow(self._connection, hold=True)
        if shadow is None or wanted not in {shadow.model.version, shadow.model.ref}:
            raise ModelMissingError(f"{wanted[:100]!r} is not in the shadow")
        write_shadow(self._connection, None, self._act.now)
        self._stopped(shadow, because=because)
        return shadow

    def drop_from_shadow(self, shadow: Shadow, *, since: datetime, dropped: int) -> Shadow | None:
        """Give up on reports before `since`; None where `shadow` was stopped or replaced since it was read."""
        present = read_shadow(self._connection, hold=True)
        if present is None or (present.model, present.started_at) != (shadow.model, shadow.started_at):
            return None
        fewer = replace(present, since=since, dropped=present.dropped + dropped)
        write_shadow(self._connection, fewer, self._act.now)
        return fewer

    def _write(self, choice: Choice, before: Choice | None, detail: Mapping[str, Any]) -> None:
        write_choice(self._connection, replace(choice, request_id=self._act.request_id), self._act.now)
        model = choice.model
        previous = before.model.ref if before else None
        record = {"name": model.name, "sha256": model.sha256, "previous": previous, **detail}
        self._note("activated", model.version, record)
        shadow = read_shadow(self._connection, hold=True)
        if shadow is not None and shadow.model.sha256 == model.sha256:
            self.stop_shadow(model.ref, because="it is in service now")

    def _stopped(self, shadow: Shadow, *, because: str) -> None:
        detail = {"name": shadow.model.name, "dropped": shadow.dropped, "because": because}
        self._note("shadow_stopped", shadow.model.version, detail)

    def _note(self, action: str, version: str, detail: Mapping[str, Any]) -> None:
        write_event(
            self._connection,
            actor=self._act.principal.actor,
            action=action,
            version=version,
            detail=detail,
            now=self._act.now,
        )
        name = action if action.startswith("shadow") else f"model_{action}"
        self._act.write(self._connection, name, f"model:{version}", **detail)
