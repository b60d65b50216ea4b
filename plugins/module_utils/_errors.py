# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Every way to fail, as a sentence for the reader of a play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

NOT_SENT = "not sent"
NO_RESPONSE = "no answer"
NOT_RETRYABLE = "hopeless"

# What became of a request: an HTTP status, or one of these.
RequestOutcome = Union[int, str]

STATUS_ADVICE = {
    400: "Check the options: the API does not take what they ask for",
    401: "Check api_key and api_secret: the API does not know this key, or the key may not be used from this address",
    403: "The role of the API key does not allow this: use a key that may, or ask an administrator of the organization",
    404: "Check organization_id and api_url: the API does not know what was asked for, or not for this key",
    408: "Try it again later: the request did not get through",
    409: "Wait until the state of the service allows this, and try it again",
    429: "The API grants each key ten requests in ten seconds: run fewer tasks at a time, or try again later",
}


class CloudError(Exception):
    """The base of all failures; its text is the whole message."""

    #: True when the same call may well succeed a little later.
    is_transient = False
    #: True when the API may have done what it was asked to do, although the call failed.
    may_have_been_applied = False
    #: The method and path of the request that failed, if it was one.
    request_line: str | None = None
    #: A sentence that was appended to the message.
    hint = ""
    #: The newest known state, in the form in which the task returns it, if it is newer than what is in the result.
    last_seen: Mapping[str, Any] = {}

    def details(self) -> dict[str, Any]:
        """What a play may want to look at, beside the message."""
        return {"request": self.request_line} if self.request_line else {}

    def append(self, sentence: str) -> None:
        """Have the message end with this sentence, if it is one."""
        if sentence:
            self.hint = sentence
            self.args = (f"{self} {sentence}",)


class InvalidOption(CloudError):
    """An option is missing, malformed, or asks for what cannot be."""


class MissingLibrary(CloudError):
    """A Python library that is needed here is not installed."""


class NotFound(CloudError):
    """What was named does not exist."""


class NotVisibleYet(CloudError):
    """What was just created is not to be read yet."""

    is_transient = True


class AmbiguousName(CloudError):
    """A name fits more than one."""


class CheckModeViolation(CloudError):
    """A write was about to be sent in check mode."""


class PartialFailure(CloudError):
    """Some of what was asked for has failed, and the rest has not."""


class WaitFailed(CloudError):
    """What was waited for did not come about, in time or at all."""


class Unreachable(CloudError):
    """The API gave no answer.

    outcome is NOT_SENT when the request cannot have reached the API, NO_ANSWER when it may have, and HOPELESS when it
    was not sent and never can be.
    """

    def __init__(self, message: str, outcome: RequestOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.headers: Mapping[str, str] = {}
        self.is_transient = outcome != NOT_RETRYABLE
        self.may_have_been_applied = outcome == NO_RESPONSE


class Interrupted(CloudError):
    """Somebody has had enough of waiting."""


class UnexpectedResponse(CloudError):
    """The API answered with success, but not with what it documents."""

    is_transient = True
    may_have_been_applied = True


class ApiError(CloudError):
    """The API answered, but not with what was asked for.

    request says in words what was asked, status is the HTTP status, error the API's own words, request_id what its
    support asks for. advice takes the place of what is usually said of this status. from_api is whether the error has
    the API's own form: only then is it certain that the API has refused the request.
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
        # With more than its code, a 403 or a 404 says by itself what is missing.
        spoken = error.startswith(("FORBIDDEN: ", "NOT_FOUND: "))
        advice = advice or (None if spoken else status_advice(status, from_api))
        self.request = request
        self.advice = advice
        parts = [f"{request} failed with HTTP status {status}: {error.rstrip('.')}"]
        parts += [advice] if advice else []
        parts += [f"The API's request id is {request_id}"] if request_id else []
        super().__init__(". ".join(parts) + ".")
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
        """Return the same error of a request that is described in other words, perhaps with other advice."""
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
        """Return whether the API says that the key may not do this, and not a gateway before it."""
        return self.status == 403 and self.from_api

    @property
    def may_be_explained(self) -> bool:
        """Return whether to look at what there is now: at why it is refused, or what an earlier attempt has changed."""
        return self.status == 409 or (self.status == 400 and self.may_have_been_applied)

    def is_not_found(self, identity: str) -> bool:
        """Whether the API says that there is nothing of this id.

        A wrong organization_id or api_url is answered with 404 too, but not in its words and about this id.
        """
        return self.status == 404 and self.error.startswith("NOT_FOUND") and identity.lower() in self.error.lower()

    def details(self) -> dict[str, Any]:
        own = {"status": self.status, "error": self.error, "request_id": self.request_id}
        return {**super().details(), **own}


def status_advice(status: int, from_api: bool) -> str | None:
    """Return the advice for this HTTP status."""
    if 400 <= status < 500 and status != 408 and not from_api:
        return "Check api_url, and the proxies and gateways in front of it: this is not an error of the API"
    if status >= 500:
        return "Try it again later: the API, or a gateway before it, is in trouble"
    if status < 300:
        return "Check that api_url is that of the API and that nothing answers in its place, and try it again"
    return STATUS_ADVICE.get(status)


class HasSecondaryServices(CloudError):
    """The API refuses, for a reason that asking again does not take away."""

    def __init__(self, error: ApiError, advice: str) -> None:
        super().__init__(str(error.with_message(error.request, advice)))
        self._details = error.details()

    def details(self) -> dict[str, Any]:
        return self._details


class OutcomeUnknown(CloudError):
    """Nobody can tell whether the API has done what it was asked to do."""

    may_have_been_applied = True

    def __init__(self, message: str, cause: CloudError | None = None) -> None:
        super().__init__(message)
        self._details = cause.details() if cause else {}

    def details(self) -> dict[str, Any]:
        return self._details
