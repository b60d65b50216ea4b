# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why the template in an option of an inventory file cannot be rendered."""

from __future__ import annotations

from collections.abc import Iterator

#: The reasons, by the class names of errors, since some of the classes are private. The first match counts. None
#: contains any text of the template, which may be a secret.
REASONS = {
    "AnsibleVaultError UndecryptableVaultError": (
        "it is encrypted, and none of the given vault passwords decrypts it. Use --ask-vault-pass or"
        " --vault-password-file with the correct password"
    ),
    "AnsibleUndefinedVariable": "it uses a variable that is not defined. Only variables that are set with -e are"
    " available here",
    "AnsibleLookupError AnsibleTemplatePluginError": "a plugin that it uses, such as a lookup, has failed",
    "TemplateSyntaxError": "its syntax is invalid",
}


def explain_template_error(error: BaseException) -> str:
    """Return why a template cannot be rendered, without any of its text."""
    names = {cls.__name__ for cause in _causes(error) for cls in type(cause).__mro__}
    reasons = (reason for classes, reason in REASONS.items() if names.intersection(classes.split()))
    return next(reasons, "it is a template that cannot be rendered")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it was raised from."""
    previous: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in previous:
        yield cause
        previous.append(cause)
        cause = cause.__cause__ or cause.__context__
