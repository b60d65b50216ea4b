# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

# PRIVATE to the collection: not for use from outside, may change at any time.
"""How a task ends: every failure becomes a sentence in its result."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.clickhouse.cloud.plugins.module_utils._data import printable
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import CloudError, PartlyFailed


@contextlib.contextmanager
def told(result: dict[str, Any], writes: Sequence[str]) -> Iterator[None]:
    """Add to the result, as msg, why what is done in here has failed, if it has, and what it had written by then."""
    try:
        yield
    except PartlyFailed as error:
        # What was done is told with each of the parts.
        result.update(msg=printable(str(error)))
    except CloudError as error:
        result.update(error.last_seen)
        result.update(error.details(), changed=bool(writes), msg=_message(str(error), writes))
    except KeyboardInterrupt:
        seen = (result.get("service") or {}).get("state")
        words = f"Interrupted. The service was {seen} when last seen." if seen else "Interrupted."
        result.update(changed=bool(writes), msg=_message(words, writes))
    except Exception as error:  # A defect of ours: told, and not to take the only password with it.
        defect = f"A defect in the collection clickhouse.cloud, please report it: {type(error).__name__}: {error}."
        result.update(exception=traceback.format_exc(), changed=bool(writes), msg=_message(defect, writes))


def _message(sentence: str, writes: Sequence[str]) -> str:
    """The sentence, and what has been done by then: nobody should have to guess."""
    # One that was tried again is one change.
    listed = ", ".join(dict.fromkeys(writes))
    changes = f" Changes that this task has made, or may have made: {listed}." if writes else ""
    return printable(sentence + changes)
