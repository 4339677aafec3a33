"""A running server, for one person who changes its models."""

from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from hazardlens.cli.errors import CliError, RemoteError
from hazardlens.cli.installation import ModelRow

_TIMEOUT_S: Final = 120.0


class Remote:
    """Signs in with an account, because keys are for systems that send reports; signs out at the end of the block."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is sent yet.

        Raises:
            CliError: it is no address.
        """
        if not url.startswith(("http://", "https://")):
            raise CliError(f"--server: expected http://... or https://..., found {url!r}")
        self._client = httpx2.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT_S)
        self._signed_in = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        with closing(self._client), suppress(httpx2.HTTPError):  # where nobody answers, the session ends by itself
            if self._signed_in:
                self._client.delete("/v1/session")

    def sign_in(self, name: str, password: str) -> None:
        """Begin a session.

        Raises:
            RemoteError: the server is not there, or refuses.
        """
        session = self._ask("POST", "/v1/session", json={"name": name, "password": password})
        self._client.headers["X-CSRF-Token"] = str(session["csrf_token"])
        self._signed_in = True

    def rows(self) -> list[ModelRow]:
        """See `Installation`.

        Raises:
            RemoteError: the server is not there, or refuses.
        """
        return [_row(model) for model in self._ask("GET", "/v1/models")["models"]]

    def activate(self, place: Path, ref: str, note: dict[str, Any]) -> None:  # noqa: ARG002 - the server finds it
        """See `Installation`.

        Raises:
            RemoteError: the server is not there, or refuses.
        """
        self._ask("POST", f"/v1/models/{ref}/activate", json=note)

    def rollback(self) -> str:
        """See `Installation`.

        Raises:
            RemoteError: the server is not there, or refuses.
        """
        return str(self._ask("POST", "/v1/models/rollback")["ref"])

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - what httpx takes
        try:
            response = self._client.request(method, path, **request)
            answer = response.json()
        except httpx2.HTTPError as error:
            raise RemoteError(f"{self._client.base_url}: {type(error).__name__}: no answer") from error
        except ValueError as error:
            raise RemoteError(f"{self._client.base_url}: this is no hazardlens server") from error
        if not isinstance(answer, dict):
            raise RemoteError(f"{self._client.base_url}: this is no hazardlens server")
        if not response.is_success:
            raise RemoteError(f"{answer.get('code', response.status_code)}: {answer.get('detail', 'refused')}")
        return answer


def _row(model: dict[str, Any]) -> ModelRow:
    problem = model["problem"]
    state = "bad" if problem else "active" if model["active"] else "shadow" if model["shadow"] else "ready"
    return ModelRow(
        model["name"], model["version"], model["sha256"], state, model["created"], problem and problem["detail"]
    )
