# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.clickhouse.cloud.plugins.module_utils._client.service_settings import reset_setting
from ansible_collections.clickhouse.cloud.plugins.module_utils._errors import InvalidOption
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.emulator.settings import SETTINGS

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
LIST = " To list the settings that can be changed, use the module service_settings_info with schema: true."
PLATFORM = {"compatibility": "26.2"}
#: The diff of a task that changes nothing.
SAME: dict[str, Any] = {"before": {}, "after": {}}
RESTART = str(SETTINGS["keep_alive_timeout"].warning)


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/clickhouseSettings"


@pytest.fixture
def set_values(emulator: Emulator, path: str) -> Callable[..., None]:
    """Return a function that sets settings of the service as another client would."""

    def _set_values(**values: Any) -> None:
        emulator.request("PATCH", path, {"settings": values})
        emulator.clear_journal()

    _set_values(**PLATFORM)
    return _set_values


@pytest.fixture
def list_as(emulator: Emulator) -> Callable[..., None]:
    """Return a function that makes the API list these values, as often as stated."""

    def _list_as(times: int = 99, skip: int = 0, **values: Any) -> None:
        result = {"settings": [{"name": name, "value": value} for name, value in values.items()]}
        emulator.fault(
            path="/clickhouseSettings$", method="GET", times=times, skip=skip, status=200, body={"result": result}
        )

    return _list_as


def describe(emulator: Emulator, *settings: Any, **response: Any) -> None:
    """Make the API describe these settings, or give another response."""
    body = {"body": {"result": {"settings": list(settings)}}, "status": 200}
    emulator.fault(path="/clickhouseSettings/schema$", times=99, **(response or body))


#: The options of consecutive tasks, the writes of each, the body of its PATCH, the diff, and the resulting settings.
COURSE: list[tuple[dict[str, Any], list[str], Any, dict[str, Any], dict[str, Any]]] = [
    (
        {"settings": {"max_threads": 8, "async_insert": True}},
        ["PATCH"],
        {"max_threads": 8, "async_insert": 1},
        {"before": {"max_threads": None, "async_insert": None}, "after": {"max_threads": 8, "async_insert": 1}},
        {**PLATFORM, "max_threads": 8, "async_insert": 1},
    ),
    (
        {"settings": {"max_threads": "16"}},
        ["PATCH"],
        {"max_threads": 16},
        {"before": {"max_threads": 8}, "after": {"max_threads": 16}},
        {**PLATFORM, "max_threads": 16, "async_insert": 1},
    ),
    (
        {"settings": {"max_threads": None, "max_query_size": 1000}},
        ["PATCH", "DELETE max_threads"],
        {"max_query_size": 1000},
        {
            "before": {"max_threads": 16, "max_query_size": None},
            "after": {"max_threads": None, "max_query_size": 1000},
        },
        {**PLATFORM, "async_insert": 1, "max_query_size": 1000},
    ),
    (
        {"settings_mode": "set", "settings": {"max_query_size": 1000}},
        ["DELETE async_insert"],
        None,
        {"before": {"async_insert": 1}, "after": {"async_insert": None}},
        {**PLATFORM, "max_query_size": 1000},
    ),
    (
        {"settings_mode": "set", "settings": {}},
        ["DELETE max_query_size"],
        None,
        {"before": {"max_query_size": 1000}, "after": {"max_query_size": None}},
        PLATFORM,
    ),
]


@pytest.mark.parametrize("by", ["name", "service_id"])
def test_settings_are_changed_and_reset_idempotently(
    service: dict[str, Any], path: str, set_values: Any, emulator: Emulator, run: Run, sent: Sent, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    lookup = {by: service["name" if by == "name" else "id"]}
    finds = ["GET services"] if by == "name" else []
    for options, writes, body, diff, after in COURSE:
        reads = [*finds, f"GET {path}", f"GET {path}/schema"]
        plan = run("service_settings", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"], plan["settings"]) == (True, diff, after)
        assert sent() == reads

        changed = run("service_settings", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["settings"]) == (True, diff, after)
        assert changed["service_id"] == plan["service_id"] == service["id"]
        bodies = [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"]
        assert bodies == ([{"settings": body}] if body else [])
        requests = [f"{write.split()[0]} {'/'.join([path, *write.split()[1:]])}" for write in writes]
        assert sent() == [*reads, *requests, f"GET {path}"]

        # A setting that is to be reset, and is not set, may have another name.
        checks = [f"GET {path}/schema"] if None in options["settings"].values() else []
        for check in (True, False):
            again = run("service_settings", check=check, **lookup, **options)
            assert (again["changed"], again["diff"], again["settings"]) == (False, SAME, after)
            assert "warnings" not in again
            assert sent() == [*finds, f"GET {path}", *checks]


#: Values as the API lists them and as a task declares them.
SAME_VALUES: list[tuple[Any, Any]] = [
    (8, "8"),
    ("8", 8),
    (8, " +8 "),
    (8.0, 8),
    (0.5, "0.5"),
    (1, True),
    (1, "true"),
    (1, " 01 "),
    ("26.2", "26.2"),
    (10**19, str(10**19)),
]
#: The same for an integer, but not for a string, so that the schema is read.
AMBIGUOUS_VALUES: list[tuple[Any, Any]] = [("7", "007"), ("007", 7), ("8", " 8 "), ("true", "True"), ("1", "true")]
OTHER_VALUES = [("26.10", "26.1"), (8, "08.0"), ("a", "A"), (1, 2), (1, "yes")]


def test_values_are_compared_by_their_meaning(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str, list_as: Any
) -> None:
    for values, is_changed in ((SAME_VALUES, False), (OTHER_VALUES, True)):
        emulator.clear_faults()
        names = [f"setting_{number}" for number in range(len(values))]
        list_as(**{name: listed for name, (listed, _declared) in zip(names, values)})
        describe(emulator, *({"name": name, "type": "a new type"} for name in names))
        settings = {name: declared for name, (_listed, declared) in zip(names, values)}
        plan = run("service_settings", check=True, service_id=service["id"], settings=settings)
        assert list(plan["diff"]["after"]) == (names if is_changed else [])
        assert sent() == [f"GET {path}", *([f"GET {path}/schema"] if is_changed else [])]


@pytest.mark.parametrize(
    ("setting_type", "is_changed"), [("string", True), ("integer", False), ("a new type", False), (None, False)]
)
def test_type_of_the_schema_decides_whether_values_are_the_same(
    emulator: Emulator,
    service: dict[str, Any],
    run: Run,
    sent: Sent,
    path: str,
    list_as: Any,
    setting_type: Any,
    is_changed: bool,
) -> None:
    names = [f"setting_{number}" for number in range(len(AMBIGUOUS_VALUES))]
    list_as(**{name: listed for name, (listed, _declared) in zip(names, AMBIGUOUS_VALUES)})
    describe(emulator, *({"name": name, "type": setting_type} for name in names if setting_type))
    settings = {name: declared for name, (_listed, declared) in zip(names, AMBIGUOUS_VALUES)}
    plan = run("service_settings", check=True, service_id=service["id"], settings=settings)
    expected = {name: str(declared) for name, declared in settings.items()} if is_changed else {}
    assert (plan["changed"], plan["diff"]["after"]) == (is_changed, expected)
    assert sent() == [f"GET {path}", f"GET {path}/schema"]


def test_value_of_a_string_is_set_as_it_is_declared(
    service: dict[str, Any], set_values: Any, run: Run, emulator: Emulator
) -> None:
    set_values(compatibility="7")
    for declared in ("007", "7", 7):
        result = run("service_settings", name="analytics", settings={"compatibility": declared})
        assert (result["changed"], result["settings"]["compatibility"]) == (declared != 7, str(declared))


#: Settings that fail before any request, and messages.
IMPOSSIBLE: list[tuple[Any, str]] = [
    (
        {"compatibility": 26.2},
        "settings: compatibility must be a string or an integer; 26.2 is neither. Quote it, since YAML reads 25.10 as"
        " the number 25.1, or use the filter int.",
    ),
    ({"max_threads": [4]}, "settings: max_threads must be a string, an integer, a boolean or null; [4] is not."),
    ({"max_threads": {"a": 1}}, "max_threads must be a string, an integer, a boolean or null; {'a': 1} is not."),
    *(
        ({name: 1}, f"{name!r} cannot be the name of a setting, which consists of letters, digits and underscores.")
        for name in ("", "..", "a/b", "max threads", "größe", "{{ x }}")
    ),
    ({"max_threads": "4\n"}, "settings, the value of 'max_threads' ends with a line break,"),
    (None, "settings"),
    ("max_threads", "settings"),
]
#: Settings that the schema does not allow, and messages.
NOT_ALLOWED: list[tuple[dict[str, Any], str]] = [
    ({"max_thread": 4}, "settings: max_thread is not a setting that can be changed. Did you mean max_threads?" + LIST),
    ({"Max_Threads": None}, "settings: Max_Threads is not a setting that can be changed. Did you mean max_threads?"),
    (
        {"max_threads": 4, "zzz": 1, "async_inserts": 1},
        "settings: zzz is not a setting that can be changed. async_inserts is not a setting that can be changed."
        " Did you mean async_insert?" + LIST,
    ),
    ({"max_threads": "many"}, "settings: max_threads must be an integer; 'many' is not."),
    ({"max_threads": ""}, "settings: max_threads must be an integer; '' is not."),
    ({"max_threads": "1.5"}, "settings: max_threads must be an integer; '1.5' is not."),
    ({"async_insert": 2}, "settings: async_insert must be 0 or 1; 2 is not."),
    ({"async_insert": "on"}, "settings: async_insert must be 0 or 1; 'on' is not."),
    (
        {"compatibility": True},
        "settings: compatibility must be a string; True is a boolean. Quote it, since YAML reads yes, no, on and off as"
        " booleans.",
    ),
]


@pytest.mark.parametrize("check", [True, False])
def test_settings_that_cannot_be_set_are_not_sent(
    service: dict[str, Any], set_values: Any, run: Run, sent: Sent, path: str, check: bool
) -> None:
    for settings, message in IMPOSSIBLE:
        result = run("service_settings", check=check, name="analytics", settings=settings)
        assert (result["failed"], result.get("changed", False)) == (True, False)
        assert message in result["msg"]
        assert sent() == []
    for settings, message in NOT_ALLOWED:
        result = run("service_settings", check=check, service_id=service["id"], settings=settings)
        assert (result["failed"], result["changed"], result["settings"]) == (True, False, PLATFORM)
        assert result["msg"].startswith(message)
        assert sent() == [f"GET {path}", f"GET {path}/schema"]


def test_values_are_sent_in_the_type_of_the_schema(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run
) -> None:
    settings = {"compatibility": 26, "max_threads": "8", "async_insert": "true", "max_execution_time": True}
    assert run("service_settings", name="analytics", settings=settings)["changed"] is True
    (body,) = [entry["body"] for entry in emulator.journal() if entry["method"] == "PATCH"]
    sent_values = {"compatibility": "26", "max_threads": 8, "async_insert": 1, "max_execution_time": 1}
    assert body == {"settings": sent_values}
    assert run("service_settings", name="analytics", settings=settings)["changed"] is False


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "is_warned"),
    [
        ({"settings": {"max_query_size": 2}, "settings_mode": "set"}, True),
        # Nothing else is reset.
        ({"settings": {"max_threads": 1, "max_query_size": None, "async_insert": 0}, "settings_mode": "set"}, False),
        ({"settings": {"max_query_size": 2}}, False),
        # All of them, and so no task that sets one can be forgotten.
        ({"settings": {}, "settings_mode": "set"}, False),
    ],
)
def test_settings_that_the_mode_set_resets_are_named(
    service: dict[str, Any],
    set_values: Any,
    run: Run,
    sent: Sent,
    path: str,
    options: dict[str, Any],
    is_warned: bool,
    check: bool,
) -> None:
    set_values(max_threads=4, max_query_size=1, async_insert=1)
    result = run("service_settings", check=check, service_id=service["id"], **options)
    warning = (
        f"settings_mode: set resets in service {service['id']} what settings does not contain: async_insert and"
        " max_threads. If other tasks set it, use settings_mode: add."
    )
    assert result.get("warnings", []) == ([warning] if is_warned else [])
    assert sent()[:2] == [f"GET {path}", f"GET {path}/schema"]
    again = run("service_settings", check=check, service_id=service["id"], **options)
    assert ("warnings" in again) is (check and is_warned)


@pytest.mark.parametrize("check", [True, False])
def test_warnings_of_the_schema_are_shown_word_for_word(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run, check: bool
) -> None:
    name = "shared_merge_tree_disable_merges_and_mutations_assignment"
    notice = SETTINGS[name].deprecation_notice
    result = run("service_settings", check=check, name="analytics", settings={name: 1, "max_threads": 4})
    assert result["warnings"] == [f"Setting {name}: {RESTART}", f"Setting {name}: {notice}"]
    # A reset restarts the servers, too.
    emulator.request("PATCH", f"services/{service['id']}/clickhouseSettings", {"settings": {"keep_alive_timeout": 9}})
    reset = run("service_settings", check=check, name="analytics", settings={"keep_alive_timeout": None})
    assert reset["warnings"] == [f"Setting keep_alive_timeout: {RESTART}"]


@pytest.mark.parametrize("check", [True, False])
def test_warnings_cannot_control_the_terminal_or_become_templates(
    service: dict[str, Any], emulator: Emulator, run: Run, check: bool
) -> None:
    text = "\x1b[2J{{ 1 + 1 }}\nok: [localhost] \u202eabc"
    describe(emulator, {"name": "max_threads", "type": "integer", "warning": text, "deprecationNotice": {"a": 1}})
    result = run("service_settings", check=check, name="analytics", settings={"max_threads": 4})
    expected = r"Setting max_threads: \x1b[2J{{ 1 + 1 }}\nok: [localhost] \u202eabc"
    assert result["warnings"] == [expected]


def test_warnings_in_the_response_are_shown_without_schema(
    service: dict[str, Any], emulator: Emulator, run: Run
) -> None:
    describe(emulator, status=403)
    result = run("service_settings", name="analytics", settings={"keep_alive_timeout": 9})
    assert f"Setting keep_alive_timeout: {RESTART}" in result["warnings"]
    odd: dict[str, Any] = {"settings": {}, "warnings": [None, {"name": "max_threads"}, {"message": "\x07"}]}
    emulator.fault(path="/clickhouseSettings$", method="PATCH", body={"result": odd}, status=200)
    result = run("service_settings", name="analytics", settings={"max_threads": 9}, wait=False)
    assert r"Setting None: \x07" in result["warnings"]
    odd["warnings"] = {"max_threads": "x"}
    emulator.fault(path="/clickhouseSettings$", method="PATCH", body={"result": odd}, status=200)
    assert run("service_settings", name="analytics", settings={"max_threads": 8}, wait=False)["changed"] is True


@pytest.mark.parametrize(("status", "check"), [(400, False), (403, True), (403, False), (404, True), (200, False)])
def test_without_schema_the_api_checks(
    service: dict[str, Any],
    set_values: Any,
    emulator: Emulator,
    run: Run,
    sent: Sent,
    path: str,
    status: int,
    check: bool,
) -> None:
    set_values(max_query_size=1)
    describe(emulator, **({} if status == 200 else {"status": status}))
    options = {
        "service_id": service["id"],
        "settings_mode": "set",
        "settings": {"max_threads": 4, "async_insert": True},
    }
    result = run("service_settings", check=check, **options)
    assert (result["changed"], result["settings"]) == (True, {**PLATFORM, "max_threads": 4, "async_insert": 1})
    warning, reset = result["warnings"]
    assert "max_query_size" in reset
    assert (
        f"The names and values of the settings of service {service['id']} are not checked before they are sent, since"
        " the API does not describe them."
    ) in warning
    assert ("HTTP status" in warning) is (status != 200)
    writes = [] if check else [f"PATCH {path}", f"DELETE {path}/max_query_size", f"GET {path}"]
    assert sent() == [f"GET {path}", f"GET {path}/schema", *writes]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 500}, {"status": 200, "body": {"result": {}}}])
def test_failed_read_of_the_schema_is_reported_before_any_write(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, fault: dict[str, Any]
) -> None:
    describe(emulator, **fault)
    result = run("service_settings", service_id=service["id"], settings={"max_threads": 4})
    assert (result["failed"], result["changed"]) == (True, False)
    assert {request.split()[0] for request in sent()} == {"GET"}


def test_malformed_list_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    for listed in (7, [None], [{"value": 1}], [{"name": 7}]):
        emulator.fault(path="/clickhouseSettings$", status=200, body={"result": {"settings": listed}})
        result = run("service_settings", service_id=service["id"], settings={"max_threads": 4})
        assert (result["failed"], result["changed"]) == (True, False)
        assert "in settings: " in result["msg"] or "for settings; expected a list" in result["msg"]


def test_mode_set_keeps_settings_that_cannot_be_changed(
    service: dict[str, Any], emulator: Emulator, run: Run, sent: Sent, path: str, list_as: Any
) -> None:
    list_as(**{"cloud_mode": 1, "../keys": 1, "compatibility": "26.2", "max_threads": 4})
    result = run("service_settings", service_id=service["id"], settings_mode="set", settings={"max_threads": 4})
    assert (result["changed"], result["diff"]) == (False, SAME)
    assert sent() == [f"GET {path}", f"GET {path}/schema"]


def test_mode_set_resets_what_the_task_names(service: dict[str, Any], set_values: Any, run: Run) -> None:
    result = run("service_settings", name="analytics", settings_mode="set", settings={"compatibility": None})
    assert (result["changed"], result["settings"]) == (True, {})


def test_settings_of_a_secondary_service_are_its_own(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run
) -> None:
    warehouse = service["dataWarehouseId"]
    emulator.create(name="reports", provider="aws", region="eu-central-1", dataWarehouseId=warehouse)
    assert run("service_settings", name="reports", settings={"max_threads": 4})["changed"] is True
    assert run("service_settings", name="analytics", settings={"max_threads": 4})["changed"] is True


def test_wrong_service_is_reported(emulator: Emulator, run: Run) -> None:
    for lookup, check in (({"service_id": UNKNOWN}, True), ({"service_id": UNKNOWN}, False), ({"name": UNKNOWN}, True)):
        result = run("service_settings", check=check, **lookup, settings={"max_threads": 4})
        assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


def test_service_selection_is_required(emulator: Emulator, run: Run) -> None:
    assert "one of the following is required: name, service_id" in run("service_settings", settings={})["msg"]
    assert "service_id must be a UUID" in run("service_settings", service_id="x", settings={})["msg"]
    assert emulator.journal() == []


def test_wrong_organization_is_reported(emulator: Emulator, run: Run) -> None:
    other = "8d2f1c44-6a0b-4b7e-9c55-0123456789ab"
    result = run("service_settings", service_id=UNKNOWN, organization_id=other, settings={})
    assert (result["failed"], result["status"]) == (True, 404)
    assert "Check organization_id" in result["msg"]


FEATURE = "he beta of ClickHouse settings in the API is off for the organization: ask ClickHouse support to turn it on."


def test_feature_that_is_off_is_named(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.add_organization(id=emulator.organization_id, features={"clickhouseSettings": False})
    result = run("service_settings", check=True, name="analytics", settings={"max_threads": 4})
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
    assert f"The API key may not read the ClickHouse settings of service {service['id']}" in result["msg"]
    assert "permission control-plane:service:view. If it has, t" + FEATURE in result["msg"]


def test_feature_that_is_off_for_writes_is_named(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    options = {"name": "analytics", "settings": {"max_threads": 4}}
    body = {"status": 400, "requestId": "r-1", "error": "BAD_REQUEST: This feature is not enabled"}
    for status, advice in ((403, "permission control-plane:service:manage. If it has, t"), (400, "enabled. T")):
        emulator.fault(
            path="/clickhouseSettings$", method="PATCH", status=status, **({"body": body} if status == 400 else {})
        )
        result = run("service_settings", **options)
        assert (result["failed"], result["changed"], result["status"]) == (True, False, status)
        assert advice + FEATURE in result["msg"]


def test_refusal_of_the_api_is_reported(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    describe(emulator, status=403)
    result = run("service_settings", name="analytics", settings={"max_threads": "many"})
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 400)
    assert "body.settings.max_threads" in result["msg"]


def test_restricted_key_without_necessary_change(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run
) -> None:
    added = emulator.add_organization(id=emulator.organization_id, forbidden=["update-service"])
    key = {name: added[name] for name in ("api_key", "api_secret")}
    assert run("service_settings", **key, name="analytics", settings=PLATFORM)["changed"] is False
    for value in ("25.8", None):
        result = run("service_settings", **key, name="analytics", settings={"compatibility": value})
        assert (result["failed"], result["changed"], result["status"]) == (True, False, 403)
        assert "the permission control-plane:service:manage" in result["msg"]


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("status", [400, 401, 403, 409])
def test_failed_reset_is_reported_with_the_change_before(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run, status: int
) -> None:
    set_values(max_threads=4)
    emulator.fault(path="/clickhouseSettings/max_threads$", method="DELETE", status=status)
    result = run("service_settings", name="analytics", settings={"max_threads": None, "async_insert": 1})
    assert (result["failed"], result["changed"], result["status"]) == (True, True, status)
    assert (result["settings"]["max_threads"], result["settings"]["async_insert"]) == (4, 1)
    assert f"The request to reset the ClickHouse setting max_threads of service {service['id']} failed" in result["msg"]
    assert (
        "Changes that this task has made, or may have made: changed the ClickHouse settings of service"
        f" {service['id']}."
    ) in result["msg"]


def test_reset_that_another_task_makes_is_no_change(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run, list_as: Any
) -> None:
    """The same conflict after the first setting was changed still counts as a change."""
    set_values(max_threads=4)
    for settings, listed, is_changed in (
        ({"max_threads": None}, {}, False),
        ({"max_threads": None, "async_insert": 1}, {"async_insert": 1}, True),
    ):
        emulator.clear_faults()
        emulator.fault(path="/clickhouseSettings/max_threads$", method="DELETE", status=409)
        list_as(skip=1, **listed)
        result = run("service_settings", service_id=service["id"], settings=settings)
        assert ("failed" in result, result["changed"], result["settings"]) == (False, is_changed, listed)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_lost_response_is_not_a_failure(
    service: dict[str, Any], set_values: Any, emulator: Emulator, run: Run, method: str
) -> None:
    set_values(max_threads=4)
    emulator.fault(path="/clickhouseSettings", method=method, disconnect="after")
    result = run("service_settings", name="analytics", settings={"max_threads": None, "async_insert": 1})
    assert ("failed" in result, result["changed"]) == (False, True)
    assert result["settings"] == {**PLATFORM, "async_insert": 1}


def test_waits_for_lagging_reads(
    service: dict[str, Any], set_values: Any, run: Run, sent: Sent, path: str, list_as: Any
) -> None:
    set_values(max_threads=4)
    list_as(times=3, **PLATFORM, max_threads=4)
    result = run("service_settings", service_id=service["id"], settings={"max_threads": 8})
    assert (result["changed"], result["settings"]) == (True, {**PLATFORM, "max_threads": 8})
    assert sent() == [f"GET {path}", f"GET {path}/schema", f"PATCH {path}", *[f"GET {path}"] * 3]


@pytest.mark.usefixtures("pauses")
def test_permanent_lag_is_reported(service: dict[str, Any], set_values: Any, run: Run, list_as: Any) -> None:
    list_as(max_threads=4)
    waits = {"wait_timeout": 300, "wait_interval": 50}
    result = run("service_settings", service_id=service["id"], settings={"max_threads": 8}, **waits)
    assert (result["failed"], result["changed"]) == (True, True)
    assert (
        f"The ClickHouse settings of service {service['id']} still have max_threads 4 after 300 seconds of waiting"
    ) in result["msg"]


def test_without_wait_all_settings_are_returned(
    service: dict[str, Any], set_values: Any, run: Run, sent: Sent, path: str
) -> None:
    set_values(max_threads=4)
    options = {"settings": {"max_threads": None, "async_insert": True}, "wait": False}
    result = run("service_settings", name="analytics", **options)
    assert (result["changed"], result["settings"]) == (True, {**PLATFORM, "async_insert": 1})
    assert sent()[-2:] == [f"PATCH {path}", f"DELETE {path}/max_threads"]


def test_planned_service_has_no_settings_yet(emulator: Emulator, run: Run) -> None:
    new = {"name": "planned", "provider": "aws", "region": "us-east-1", "ip_access_list": []}
    assert run("service", check=True, **new)["changed"] is True
    result = run("service_settings", check=True, name="planned", settings={"max_threads": 8})
    # A module in a separate process knows nothing of the plan.
    assert result.get("failed") or result["settings"] == {"max_threads": 8}
    assert "warnings" not in result


def test_name_that_would_be_another_path_is_not_sent() -> None:
    api: Any = object()  # The name is refused before it is used.
    for name in ("..", "a/b", "", "größe"):
        with pytest.raises(InvalidOption, match="cannot be the name of a setting"):
            reset_setting(api, UNKNOWN, name)
