# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Set the password of a service. It is kept before it is sent, so that it cannot be lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._client.passwords import send_password
from .._errors import CloudError, InvalidOption, OutcomeUnknown
from .._module.context import ModuleContext
from .creation_record import CreationRecord
from .login import NOT_RUNNING_STATES, can_log_in, check_can_log_in
from .outcome import ServiceOutcome
from .password_file import PasswordFile, check_password_hashes, generate_password, open_password_file, password_hashes
from .password_owner import check_owner, save_owner
from .service import Service, is_planned

#: Options that the modules service, fleet and service_password share, and document.
PASSWORD_SPEC: Mapping[str, Mapping[str, Any]] = {
    "password": {"type": "str", "no_log": True},
    "password_hash": {"type": "str", "no_log": True},
    "double_sha1_hash": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "login_validate_certs": {"type": "bool", "default": True},
    "login_ca_path": {"type": "path"},
}
#: The options that are secrets.
SECRETS = ("password", "password_hash", "double_sha1_hash")
PASSWORD_MUTUALLY_EXCLUSIVE = [("password", "password_hash")]
#: The diff of a task that sets a new password.
NEW_PASSWORD_DIFF = {"before": {"password": "the current one"}, "after": {"password": "a new one"}}


@dataclass(frozen=True)
class NewPassword:
    """A password to set: its hashes, its text unless only the hashes are known, and the file to keep it in.

    is_generated is true for a password that this task generates, and is_pending for one that an interrupted task may
    have set already.
    """

    hashes: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False, default="")
    file: PasswordFile | None = None
    is_generated: bool = False
    is_pending: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> NewPassword:
        """Return the given password, the pending one of an interrupted task, or a generated one.

        Raise InvalidOption for a file in which it could not be kept.
        """
        file = open_password_file(options["password_file"])
        if options["password_hash"]:
            return cls(check_password_hashes(options["password_hash"], options["double_sha1_hash"]))
        if options["password"]:
            return cls(password_hashes(options["password"]), options["password"], file)
        pending = file.read_pending() if file else ""
        text = pending or generate_password()
        return cls(password_hashes(text), text, file, is_generated=True, is_pending=bool(pending))

    def keep(self, ctx: ModuleContext, service: Service) -> None:
        """Keep it before it is sent: beside the file, or in the result if it is generated and there is no file."""
        if self.file:
            save_owner(ctx, service, self.file.staged_path(self.is_generated))
            self.file.stage(self.text, self.is_generated)
        elif self.is_generated:
            ctx.set_result(password=self.text)

    def discard(self, ctx: ModuleContext) -> None:
        """Discard it, since the API has refused it."""
        if self.is_generated:
            ctx.unset_result("password")
        if self.file and not self.is_pending:
            self.file.unstage(self.is_generated)

    def confirm(self, ctx: ModuleContext, service: Service) -> None:
        """Move it into the file: it is valid now."""
        if self.file:
            save_owner(ctx, service, self.file.path)
            self.file.commit(self.text, self.is_generated)


def check_password_options(options: Mapping[str, Any], empty: Mapping[str, str]) -> None:
    """Raise InvalidOption for options that contradict each other.

    empty maps the options that are set to empty or invisible text to this text.
    """
    _check_has_no_blank(empty)
    is_empty = not (options["password"] or options["password_hash"] or empty.keys().isdisjoint(SECRETS))
    if options["update_password"] == "always" and is_empty:
        # If it counted as not set, a random password would be generated.
        raise InvalidOption("password or password_hash is empty. Leave both out to have a password generated.")
    _check_goes_with_hash(options)
    if options["update_password"] == "on_login_failure" and not options["password"]:
        raise InvalidOption("update_password: on_login_failure requires password, with which it logs in.")
    if options["password_hash"]:
        check_password_hashes(options["password_hash"], options["double_sha1_hash"])
    if options["password_file"]:
        PasswordFile(options["password_file"])


def _check_goes_with_hash(options: Mapping[str, Any]) -> None:
    """Raise InvalidOption for double_sha1_hash without password_hash, and for password_file with it."""
    if options["double_sha1_hash"] and not options["password_hash"]:
        raise InvalidOption("double_sha1_hash requires password_hash: without it, the API would set a random password.")
    if options["password_file"] and options["password_hash"]:
        raise InvalidOption(
            "password_file cannot be combined with password_hash, which does not contain the password itself."
        )


def _check_has_no_blank(empty: Mapping[str, str]) -> None:
    """Raise InvalidOption for a secret that consists only of invisible text: it must be a mistake."""
    for name in SECRETS:
        if empty.get(name):
            raise InvalidOption(
                f"{name} consists of white space or invisible characters. Set the intended value, or leave it out."
            )


def check_password_files(services: Iterable[Mapping[str, Any]]) -> None:
    """Raise InvalidOption when two passwords would have the same file, also by different paths: one would be lost."""
    files = [
        (password_label(options), PasswordFile(options["password_file"]))
        for options in services
        if options["password_file"] and options["state"] != "absent"
    ]
    owners: dict[str, str] = {}
    for label, file in files:
        if file.path in owners:
            raise InvalidOption(
                f"{owners[file.path]} and {label} have the same password_file, {file.path}, which can hold one password"
                " only. Give each service its own file."
            )
        owners[file.path] = label
    for label, file in files:
        for path in owners.keys() & set(file.neighbors):
            raise InvalidOption(
                f"The password_file of {owners[path]} is {path}, which is needed beside that of {label}, {file.path}."
                " Give it another name."
            )


def password_label(options: Mapping[str, Any]) -> str:
    """Return the name, the ID or both of the service of these options for a message."""
    name, service_id = options["name"], options["service_id"]
    return f"{name} ({service_id})" if name and service_id else str(name or service_id)


def check_has_password(service: Service) -> None:
    """Raise InvalidOption for a secondary service."""
    if service.is_secondary:
        raise InvalidOption(f"{service.label} is a secondary service, and has the password of its primary one.")


def check_can_update_password(ctx: ModuleContext, service: Service) -> None:
    """Raise CloudError, before any change, if the password cannot be updated as update_password says."""
    options = ctx.options
    if options["update_password"] == "on_create" or is_planned(service.id):
        return
    NewPassword.from_options(options)
    check_has_password(service)
    check_owner(ctx, service)
    awaited_states = {"provisioning"} if options.get("state") != "started" else NOT_RUNNING_STATES
    will_run = options["wait"] and service.state in awaited_states
    if options["update_password"] == "on_login_failure" and not will_run:
        check_can_log_in(service, options)


def ensure_password(ctx: ModuleContext, outcome: ServiceOutcome) -> None:
    """Set the password of a service that existed before this task, as update_password says."""
    mode, service = ctx.options["update_password"], outcome.service
    if service is None or mode == "on_create" or outcome.sets_first_password:
        return
    if mode == "on_login_failure" and ctx.check_mode and service.state in NOT_RUNNING_STATES:
        # It accepts a login only once it runs, so whether it has the password is not known yet.
        return
    update_password(ctx, service, NewPassword.from_options(ctx.options))


def update_password(ctx: ModuleContext, service: Service, new: NewPassword) -> None:
    """Set the password of the service, unless a login shows that it has this one."""
    # A login to a service that is only planned is not possible.
    try_login = ctx.options["update_password"] == "on_login_failure" and not is_planned(service.id)
    if try_login and can_log_in(check_can_log_in(service, ctx.options)):
        _write_known_password(ctx, service, new)
    else:
        ctx.add_diff(**NEW_PASSWORD_DIFF)
        if not ctx.check_mode:
            set_password(ctx, service, new, lambda: send_password(ctx.api, service.id, new.hashes))
    if not ctx.check_mode:
        CreationRecord(ctx, service.name).remove_for(service)


def set_password(ctx: ModuleContext, service: Service, new: NewPassword, send: Callable[[], object]) -> None:
    """Keep the password, send it, and move it into the file."""
    new.keep(ctx, service)
    try:
        send()
    except CloudError as error:
        if not error.may_have_been_applied:
            new.discard(ctx)
        elif new.file:
            raise OutcomeUnknown(f"{error} {new.file.explain_pending(new.is_generated)}", error) from error
        raise
    new.confirm(ctx, service)


def _write_known_password(ctx: ModuleContext, service: Service, new: NewPassword) -> None:
    """Write the password that the service has to the file."""
    if new.file is None:
        return
    is_kept = new.file.holds(new.text)
    if not is_kept:
        ctx.add_diff(before={"password_file": "another password"}, after={"password_file": "the given password"})
    if not ctx.check_mode:
        save_owner(ctx, service, new.file.path)
        if not is_kept:
            new.file.write(new.text)
