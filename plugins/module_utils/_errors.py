# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Exceptions whose text is the message that the user of a module reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

NOT_SENT = "not sent"
NO_RESPONSE = "no response"
NOT_RETRYABLE = "not retryable"

# The outcome of a request: an HTTP status, or one of these.
RequestOutcome = Union[int, str]

STATUS_ADVICE = {
    400: "Check the options: the API does not accept them",
    401: "Check api_key and api_secret: the API does not know this key, or the key may not be used from this address",
    403: "The role of the API key does not allow this: use a key that may, or ask an administrator of the organization",
    404: "Check organization_id and api_url: the API has no such resource, or not for this key",
    408: "Try again later: the API did not receive the whole request in time",
    409: "Wait until the state of the service allows this, and try again",
    429: "The API allows each key ten requests in ten seconds: run fewer tasks at a time, or try again later",
}


class CloudError(Exception):
    """The base of all exceptions of the collection; its text is the whole message."""

    #: True if the same call may succeed a little later.
    is_transient = False
    #: True if the API may have applied the request although the call failed.
    may_have_been_applied = False
    #: The method and path of the request that failed, if it was one.
    request_line: str | None = None
    #: A sentence that was appended to the message.
    hint = ""

    def details(self) -> dict[str, Any]:
        """Return the values that a failed task returns besides the message."""
        return {"request": self.request_line} if self.request_line else {}

    def append(self, sentence: str) -> None:
        """Append the sentence to the message, unless it is empty."""
        if sentence:
            self.hint = sentence
            self.args = (f"{self} {sentence}",)


class InvalidOption(CloudError):
    """An option is missing or malformed, or asks for something impossible."""


class MissingLibrary(CloudError):
    """A required Python library is not installed."""


class NotFound(CloudError):
    """The resource does not exist."""


class NotVisibleYet(CloudError):
    """A new resource cannot be read yet."""

    is_transient = True


class AmbiguousName(CloudError):
    """Several resources match a name."""


class CheckModeViolation(CloudError):
    """A write was about to be sent in check mode."""


class PartialFailure(CloudError):
    """Some of the changes have failed, and the others have not."""


class WaitFailed(CloudError):
    """The condition that was waited for was not met in time, or never can be."""


class Unreachable(CloudError):
    """There is no response of the API.

    outcome is NOT_SENT if the request cannot have reached the API, NO_RESPONSE if it may have, and NOT_RETRYABLE if it
    was not sent and another attempt would fail in the same way.
    """

    def __init__(self, message: str, outcome: RequestOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.headers: Mapping[str, str] = {}
        self.is_transient = outcome != NOT_RETRYABLE
        self.may_have_been_applied = outcome == NO_RESPONSE


class Interrupted(CloudError):
    """The task was interrupted."""


class UnexpectedResponse(CloudError):
    """The API responded with success, but not in the documented form."""

    is_transient = True
    may_have_been_applied = True


class ApiError(CloudError):
    """An error response.

    request describes the request, status is the HTTP status, error the message of the API, and request_id the ID that
    its support needs. advice replaces the usual advice for the status. from_api is true if the error has the form of
    the API's errors: only then has the API certainly refused the request.
    """

    def __init__(
        self,
        request: str,
        status: int,
        error: str,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        advice: str | None = None,
        *,
        from_api: bool = True,
    ) -> None:
        self.request = request
        self.advice = advice or _advise(status, error, from_api)
        failure = f"{request} failed with HTTP status {status}: {error.rstrip('.')}"
        reference = f"The API's request id is {request_id}" if request_id else None
        super().__init__(". ".join(filter(None, (failure, self.advice, reference))) + ".")
        self.outcome: RequestOutcome = status
        self.status = status
        self.error = error
        self.request_id = request_id
        self.headers = headers or {}
        self.from_api = from_api
        self.is_transient = status in (408, 429) or status >= 500 or status < 300
        # These may come from a proxy in front of an API that acted; an unreadable 2xx comes from one that did.
        self.may_have_been_applied = not from_api or status == 408 or status >= 500 or status < 300

    def with_message(self, request: str, advice: str | None = None) -> ApiError:
        """Return the same error with another description of the request, and perhaps other advice."""
        error = ApiError(
            request,
            self.status,
            self.error,
            self.request_id,
            self.headers,
            advice or self.advice,
            from_api=self.from_api,
        )
        error.request_line, error.may_have_been_applied = self.request_line, self.may_have_been_applied
        error.append(self.hint)
        return error

    @property
    def is_forbidden(self) -> bool:
        """Return whether the API itself, not a gateway in front of it, denies the key this request."""
        return self.status == 403 and self.from_api

    @property
    def may_be_explained(self) -> bool:
        """Return whether the present state may explain the error, or an earlier attempt may have been applied."""
        return self.status == 409 or (self.status == 400 and self.may_have_been_applied)

    def is_not_found(self, identity: str) -> bool:
        """Return whether the API says that there is no resource with this ID.

        The response to a wrong organization_id or api_url has status 404 too, but does not name this ID.
        """
        return self.status == 404 and self.error.startswith("NOT_FOUND") and identity.lower() in self.error.lower()

    def details(self) -> dict[str, Any]:
        return {**super().details(), "status": self.status, "error": self.error, "request_id": self.request_id}


def _advise(status: int, error: str, from_api: bool) -> str | None:
    """Return the usual advice for the HTTP status, if any; an error with a reason needs none."""
    if error.startswith(("FORBIDDEN: ", "NOT_FOUND: ")):
        return None
    if 400 <= status < 500 and status != 408 and not from_api:
        return "Check api_url, and the proxies and gateways in front of it: this is not an error of the API"
    if status >= 500:
        return "Try again later: the API, or a gateway in front of it, has failed"
    if status < 300:
        return "Check that api_url is the URL of the API, and that no other server responds in its place, and try again"
    return STATUS_ADVICE.get(status)


class ExplainedRefusal(CloudError):
    """The API refuses a request for a reason that lasts, so that there is no point in repeating it."""

    def __init__(self, error: ApiError, advice: str) -> None:
        super().__init__(str(error.with_message(error.request, advice)))
        self._details = error.details()

    def details(self) -> dict[str, Any]:
        return self._details


class HasSecondaryServices(ExplainedRefusal):
    """The service is the primary one of a data warehouse that has secondary services."""


class DeletionProtected(ExplainedRefusal):
    """The deletion protection of the service is on."""


class FeatureOff(ExplainedRefusal):
    """The organization does not have a feature, such as a beta."""


class OutcomeUnknown(CloudError):
    """It is not known whether the API has applied a request."""

    may_have_been_applied = True

    def __init__(self, message: str, cause: CloudError | None = None) -> None:
        super().__init__(message)
        self._details = cause.details() if cause else {}

    def details(self) -> dict[str, Any]:
        return self._details
