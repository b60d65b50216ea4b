# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Explanations of network errors: whether the request was sent, and what to do."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator
from typing import Any

from .._errors import NO_RESPONSE, NOT_RETRYABLE, NOT_SENT, Unreachable
from .options import ClientOptions

NETWORK = "Check api_url and the network, or try again later."
UNKNOWN_AUTHORITY = (
    "comes from an authority that is not known here",
    "Give the certificate of that authority as ca_path, if it is the right one; perhaps a proxy decrypts the traffic",
)
#: By the error code of OpenSSL: what is wrong with a certificate, and what to do.
CERTIFICATES = {
    9: ("is not valid yet", "Check the clock of this machine"),
    10: ("has expired", "Ask the operator of that server to renew it, and check the clock of this machine"),
    18: ("is self-signed", "Give it as ca_path, if it is the right one"),
    19: UNKNOWN_AUTHORITY,
    20: UNKNOWN_AUTHORITY,
    21: UNKNOWN_AUTHORITY,
    23: ("is revoked", "Ask the operator of that server to replace it"),
    62: ("belongs to another host name", "Check the host name in api_url, and the proxy"),
    64: ("belongs to another IP address", "Write the host name instead of its address in api_url"),
}
OTHER_CERTIFICATE = ("does not verify", "Check api_url, ca_path and the proxy")
#: Other causes for TLS to fail, and what to do.
HANDSHAKES = (
    (
        "WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|HTTP_REQUEST|UNKNOWN_PROTOCOL",
        "the server does not speak TLS on this port",
        "Check the port in api_url, and whether it begins with https: or http:",
    ),
    (
        "PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|CERTIFICATE_REQUIRED",
        "no TLS connection can be agreed on",
        "Check api_url and the proxy",
    ),
    (
        "NO_CERTIFICATE|PEM lib",
        "ca_path holds no certificate that can be used",
        "Name a file with certificates in PEM format",
    ),
)


#: The exceptions that requests raises before it connects, for a URL or a proxy that it cannot use.
UNUSABLE = {"InvalidURL", "InvalidSchema"}
#: The exceptions that requests raises if the network fails.
NETWORK_FAILURES = {"ConnectionError", "Timeout"}
#: The attribute of an error that was raised before anything of a request was sent.
_MARK = "nothing_sent"


@contextlib.contextmanager
def count_as_not_sent() -> Iterator[None]:
    """Mark errors that are raised in this block, before any of the request is sent.

    The type of an error does not show this: TLS can fail, and a header can be invalid, in the response as well.
    """
    try:
        yield
    except Exception as error:  # Whatever is raised, it is raised again with the mark.
        vars(error)[_MARK] = True
        raise


def describe_unreachable(request: str, options: ClientOptions, error: Exception) -> Unreachable:
    """Return the error; its outcome shows whether the API may have received the request."""
    kinds, reason = _exception_names(error), hide_credentials(_root_message(error))
    if _was_sent(error, kinds):
        if "ReadTimeoutError" in kinds:
            reason = f"none that was complete within read_timeout, {options.read_timeout:g} seconds"
        return Unreachable(f"{request} got no response from {options.url} ({reason}). Try it again later.", NO_RESPONSE)
    peer = "the proxy that the environment names" if "ProxyError" in kinds else options.url
    permanent = describe_certificate_error(error, peer) or describe_handshake_error(error, peer)
    if permanent:
        fault, advice = permanent
        return Unreachable(f"{request} was not sent: {fault} ({reason}). {advice}.", NOT_RETRYABLE)
    if not kinds & NETWORK_FAILURES:
        return Unreachable(f"{request} was not sent: {reason}. Check api_url, ca_path and the proxy.", NOT_RETRYABLE)
    if "ReadTimeoutError" in kinds:
        reason = f"no connection was ready within connect_timeout, {options.connect_timeout:g} seconds"
    if "ProxyError" in kinds:
        reason = f"{reason}, by {peer}"
    return Unreachable(f"{request} was not sent: {options.url} cannot be reached ({reason}). {NETWORK}", NOT_SENT)


def _was_sent(error: BaseException, kinds: set[str]) -> bool:
    """Return whether a part of the request may have been sent."""
    # For a timeout of the handshake, urllib3 raises an error that has the original one only as its __cause__.
    marks = (_MARK in vars(cause) for inner in _causes(error) for cause in (inner, inner.__cause__) if cause)
    return not (kinds & UNUSABLE or any(marks))


def hide_credentials(text: str) -> str:
    """Return the text without the credentials in its URLs."""
    return re.sub(r"//\S*@", "//", text)


def describe_certificate_error(error: BaseException, peer: str) -> tuple[str, str] | None:
    """Return what is wrong with the certificate and what to do; None for another error."""
    for inner in _causes(error):
        if isinstance(inner, ssl.SSLCertVerificationError) or type(inner).__name__ == "CertificateError":
            # Errors of the oldest urllib3 have no code.
            code = getattr(inner, "verify_code", None) or (62 if "match" in str(inner) else 0)
            fault, advice = CERTIFICATES.get(code, OTHER_CERTIFICATE)
            return f"the certificate of {peer} {fault}", advice
    return None


def describe_handshake_error(error: BaseException, peer: str) -> tuple[str, str] | None:
    """Return why the TLS handshake failed and what to do; None for another error."""
    reasons = " ".join(str(inner) for inner in _causes(error) if isinstance(inner, ssl.SSLError))
    for pattern, fault, advice in HANDSHAKES:
        if re.search(pattern, reasons):
            return f"{peer}: {fault}", advice
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those it wraps, outermost first (requests wraps urllib3, which wraps the socket's)."""
    inner: Any = error
    while isinstance(inner, BaseException):
        yield inner
        inner = getattr(inner, "reason", None) or (inner.args[-1] if inner.args else None)


def _exception_names(error: BaseException) -> set[str]:
    return {kind.__name__ for inner in _causes(error) for kind in type(inner).__mro__}


def _root_message(error: BaseException) -> str:
    """Return the message of the innermost error, without the prefix of urllib3."""
    innermost = list(_causes(error))[-1]
    noise = r"^.*?HTTPS?Connection[^:]*: (Failed to establish a new connection: )?"
    return re.sub(noise, "", str(innermost)).rstrip(".") or type(innermost).__name__
