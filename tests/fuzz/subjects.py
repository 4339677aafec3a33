"""Whom a fuzzer of the API asks as, and what there is to ask for, written into the server's database."""

import base64
import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.authentication import CSRF_HEADER
from hazardlens.serve.access.keys import add_key
from hazardlens.serve.access.links import make_password_link
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import KEY_ACTIONS, Action, Role
from hazardlens.serve.access.sessions import COOKIE, open_session
from hazardlens.serve.dispatch.targets import target_of
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.media_tables import VIDEO
from hazardlens.serve.store.tables import deliveries, login_failures, report_media
from support.accounts import PASSWORD, person_in
from support.dispatch import ROUTE, add_decided, enqueue, set_target
from support.reports import add_report

NOBODY: Final = "nobody"
KEY: Final = "key"
ROLES: Final = (NOBODY, KEY, *(role.value for role in Role if role is not Role.PUBLIC))
"""Without credentials, with a key that may all that keys may, and an account of each role."""

CLIP: Final = (Path(__file__).parent / "seeds" / "video" / "h264.mp4").read_bytes()
_TAG: Final = f'"{hashlib.sha256(CLIP).hexdigest()}"'
_RANGES: Final = ("bytes=0-99", "bytes=100-", "bytes=-10", "bytes=0-0", "bytes=0-999999999999999999")
_NO_RANGES: Final = (
    *("bytes=999999999999-", "bytes=-0", "bytes=0-1,5-9", "bytes=9-1", "bytes=0-99999999999999999999"),
    *("bytes=", "bytes=-", "bytes=x-y", "bytes=0-\xb2", "bytes 0-9", "lines=0-9", ""),
)
PARTS: Final[tuple[Sequence[Mapping[str, str]], ...]] = (
    ({},),
    [*({"Range": asked} for asked in _RANGES), {"Range": _RANGES[0], "If-Range": _TAG}],
    [*({"Range": asked} for asked in _NO_RANGES), *({"Range": _RANGES[0], "If-Range": tag} for tag in ('"other"', ""))],
    [{"If-None-Match": tag} for tag in (_TAG, f'"other", {_TAG}', '"other"', "*")],
)
"""Headers that ask for all of `CLIP`, for a part, for what is no part of it, and for what has changed."""

_CHANGED_ROUTE: Final = "property_manager"
_HOURS: Final = 12.0
_VERSION: Final = 2
"""Of each report that is made here."""


class Subjects:
    """Makes people and things as they are needed, so that what one request does to them spoils no other."""

    def __init__(self, store: Store, media: Path) -> None:
        """Make the people.

        Args:
            store: of a server that runs, with its tables.
            media: its folder of photos.
        """
        self._store = store
        self._blobs = FolderBlobs(media)
        self._numbers = itertools.count()
        self._people = {role.value: person_in(store, role.value, role) for role in Role if role is not Role.PUBLIC}
        self._key = f"Bearer {self._new_key()[1]}"
        set_target(store)

    def headers_of(self, role: str) -> dict[str, str]:
        """Headers of a request by somebody, with a session that has just begun."""
        if role == NOBODY:
            return {}
        if role == KEY:
            return {"Authorization": self._key}
        with self._store.write() as connection:
            opened = open_session(connection, self._people[role], datetime.now(UTC), _HOURS)
        return {"Cookie": f"{COOKIE}={opened.token}", CSRF_HEADER: opened.csrf_token}

    def put_in_path(self, case: Any, role: str) -> None:  # noqa: ANN401 - of schemathesis
        """Let a request ask for what there is."""
        for name in case.path_parameters:
            case.path_parameters[name] = self._subject(name, case.operation.path, role)

    def put_in_body(self, case: Any, photo: bytes) -> None:  # noqa: ANN401 - of schemathesis
        """Let a request say what is right of it: a report's version, a password, a link's token, a photo."""
        body = case.body
        if not isinstance(body, dict):
            return
        if "version" in body:
            body["version"] = _VERSION
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "/v1/keys": lambda: {"name": f"key {next(self._numbers)}", "actions": [Action.CLASSIFY]},
            "/v1/session": self._sign_in,
            "/v1/session/password": lambda: {"password": PASSWORD, "new_password": PASSWORD},
            "/v1/setup": lambda: {"token": self._link(), "password": PASSWORD, "name": ""},
            "/v1/setup/look": lambda: {"token": self._link()},
            "/v1/dispatch/targets/{route}": self._target,
        }
        body.update(makers.get(case.operation.path, dict)())
        for item in body["media"] if isinstance(body.get("media"), list) else ():
            if isinstance(item, dict):
                item["data"] = base64.b64encode(photo).decode()

    def _sign_in(self) -> dict[str, Any]:
        with self._store.write() as connection:
            connection.execute(delete(login_failures))  # of those who did not know a password
        return {"name": self._guest()[0], "password": PASSWORD}

    def _link(self) -> str:
        account_id = self._guest()[1]
        with self._store.write() as connection:
            return make_password_link(connection, Act(SYSTEM, datetime.now(UTC)), account_id, _HOURS).token

    def _target(self) -> dict[str, Any]:
        with self._store.read() as connection:
            row = target_of(connection, _CHANGED_ROUTE)
        return {"version": row["version"] if row else 0, "url": None, "secret": None, "enabled": False}

    def _guest(self) -> tuple[str, str]:
        """Name and id of somebody new."""
        name = f"guest{next(self._numbers)}"
        return name, person_in(self._store, name)

    def _subject(self, name: str, path: str, role: str) -> str | int:
        makers: dict[str, Callable[[], str | int]] = {
            "report_id": lambda: self._report(path, role),
            "account_id": lambda: self._guest()[1],
            "key_id": lambda: self._new_key()[0],
            "delivery_id": self._dead_delivery,
            "route": lambda: ROUTE if path.endswith("/test") else _CHANGED_ROUTE,
            "version": lambda: "2",
            "n": lambda: 0,
        }
        return makers[name]()

    def _report(self, path: str, role: str) -> str:
        now = datetime.now(UTC)
        if path.endswith(("/review", "/release")):
            holder = f"account:{self._people.get(role, 'nobody')}"
            held: dict[str, Any] = {
                "state": State.IN_REVIEW.value,
                "claimed_by": holder,
                "claimed_until": now + timedelta(hours=1),
            }
            return add_report(self._store, self._blobs, at=now, **held)
        if path.endswith(("/reopen", "/resolution", "/reviews")):
            return add_decided(self._store, blobs=self._blobs, at=now)
        report_id = add_report(self._store, self._blobs, at=now)
        if path.endswith("/media/{n}") and next(self._numbers) % 3:  # only clips are sent in part
            self._make_clip(report_id)
        return report_id

    def _make_clip(self, report_id: str) -> None:
        """Let a report have a clip in place of its photo."""
        name = self._blobs.put(CLIP)
        row = {"kind": VIDEO, "media_type": "video/mp4", "sha256": name, "preview_sha256": name}
        with self._store.write() as connection:
            connection.execute(update(report_media).where(report_media.c.report_id == report_id).values(row))

    def _new_key(self) -> tuple[str, str]:
        act = Act(SYSTEM, datetime.now(UTC))
        with self._store.write() as connection:
            row, key = add_key(connection, act, name=f"key {next(self._numbers)}", actions=KEY_ACTIONS)
        return row["id"], str(key)

    def _dead_delivery(self) -> str:
        delivery_id = enqueue(self._store, add_decided(self._store))
        with self._store.write() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(state="dead"))
        return str(delivery_id)
