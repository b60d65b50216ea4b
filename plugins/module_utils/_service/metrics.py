# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Metrics in the text format of Prometheus, taken apart."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

from .._errors import MissingLibrary, UnexpectedResponse

try:
    from prometheus_client.parser import text_string_to_metric_families

    HAS_PROMETHEUS_CLIENT = True
except ImportError:
    HAS_PROMETHEUS_CLIENT = False

#: The line that says that a family counts; its name may be quoted.
_COUNTER = re.compile(r'^([ \t]*#[ \t]*TYPE[ \t]+"?([^\s"]+)"?[ \t]+)counter(?=\s*$)', re.MULTILINE)


def require_prometheus_client() -> None:
    """Raises MissingLibrary when there is nothing to parse with."""
    if not HAS_PROMETHEUS_CLIENT:
        raise MissingLibrary(
            f"With parse, the Python library prometheus_client is needed by {sys.executable}: install it there"
            f" ({sys.executable} -m pip install prometheus_client), or leave parse out and use metrics_text."
        )


def parse_metrics(text: str) -> list[dict[str, Any]]:
    """The families of metrics in the text, under the names and types that they have there, in its order.

    Raises UnexpectedAnswer when the text cannot be parsed.
    """
    # The parser renames what counts, as OpenMetrics would have it: it is not told, so names stay those of the text.
    counters = {match[2] for match in _COUNTER.finditer(text)}
    found: dict[str, dict[str, Any]] = {}
    try:
        for metric in text_string_to_metric_families(_COUNTER.sub(r"\1untyped", text)):
            kind = "counter" if metric.name in counters else metric.type
            family = {
                "name": metric.name,
                # The parser's word is that of OpenMetrics.
                "type": "untyped" if kind == "unknown" else kind,
                "documentation": metric.documentation,
                "samples": [],
            }
            # What has no type in the text, or is scattered over it, comes in pieces.
            found.setdefault(metric.name, family)["samples"] += [sample_to_result(sample) for sample in metric.samples]
    except Exception as error:  # What the parser raises on a text that is none differs from release to release.
        reason = str(error) or type(error).__name__
        raise UnexpectedResponse(
            f"The metrics cannot be parsed, since they are not in the text format of Prometheus: {reason[:200]}."
            " They are in metrics_text, as the API gave them."
        ) from error
    return list(found.values())


def sample_to_result(sample: Any) -> dict[str, Any]:
    return {
        "name": sample.name,
        "labels": dict(sample.labels),
        "value": number_to_result(sample.value),
        "timestamp": None if sample.timestamp is None else number_to_result(sample.timestamp),
    }


def number_to_result(value: float) -> float | str:
    """The value as JSON can carry it, which has no number for what is not finite: that is as Prometheus writes it."""
    # By way of text, since an integer that is too large for a float would be an error.
    number = float(str(value))
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else f"{'+' if number > 0 else '-'}Inf"
