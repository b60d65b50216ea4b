# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Parse metrics in the text format of Prometheus."""

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

#: The line that declares a counter, whose name may be quoted.
_COUNTER = re.compile(r'^([ \t]*#[ \t]*TYPE[ \t]+"?([^\s"]+)"?[ \t]+)counter(?=\s*$)', re.MULTILINE)


def require_prometheus_client() -> None:
    """Raise MissingLibrary if prometheus_client is not installed."""
    if not HAS_PROMETHEUS_CLIENT:
        raise MissingLibrary(
            f"parse requires the Python library prometheus_client in {sys.executable}: install it there"
            f" ({sys.executable} -m pip install prometheus_client), or leave parse out and use metrics_text."
        )


def parse_metrics(text: str) -> list[dict[str, Any]]:
    """Return the metric families with the names and types, and in the order, that they have in the text.

    Raise UnexpectedResponse when the text cannot be parsed.
    """
    # The parser would rename counters as in OpenMetrics. Declared as untyped, they keep their names.
    counters = {match[2] for match in _COUNTER.finditer(text)}
    families: dict[str, dict[str, Any]] = {}
    try:
        for metric in text_string_to_metric_families(_COUNTER.sub(r"\1untyped", text)):
            kind = "counter" if metric.name in counters else metric.type
            family = {
                "name": metric.name,
                # The parser uses the term of OpenMetrics.
                "type": "untyped" if kind == "unknown" else kind,
                "documentation": metric.documentation,
                "samples": [],
            }
            # The parser splits a family that has no type, or whose samples are not adjacent.
            families.setdefault(metric.name, family)["samples"] += [
                sample_to_result(sample) for sample in metric.samples
            ]
    except Exception as error:  # The exceptions of the parser differ from release to release.
        reason = str(error) or type(error).__name__
        raise UnexpectedResponse(
            f"The metrics cannot be parsed, since they are not in the text format of Prometheus: {reason[:200]}."
            " metrics_text contains them as the API returned them."
        ) from error
    return list(families.values())


def sample_to_result(sample: Any) -> dict[str, Any]:
    """Return the sample as JSON can represent it."""
    return {
        "name": sample.name,
        "labels": dict(sample.labels),
        "value": number_to_result(sample.value),
        "timestamp": None if sample.timestamp is None else number_to_result(sample.timestamp),
    }


def number_to_result(value: float) -> float | str:
    """Return the value as JSON can represent it: infinity and NaN as Prometheus writes them."""
    # Converting an integer that is too large for a float directly would raise an error.
    number = float(str(value))
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else f"{'+' if number > 0 else '-'}Inf"
