# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Duplicated facts agree, and the rules of the design are followed."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.clickhouse.cloud.plugins.module_utils._client import features, operations, session
from ansible_collections.clickhouse.cloud.plugins.module_utils._json import to_snake_case
from ansible_collections.clickhouse.cloud.plugins.module_utils._module import options as option_specs
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema import service
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_config import BACKUP_CONFIG
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backups import backup_to_result
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.fields import Field, Schema
from ansible_collections.clickhouse.cloud.plugins.module_utils._service import power_state
from ansible_collections.clickhouse.cloud.plugins.module_utils._service.service import DELETED_STATES
from ansible_collections.clickhouse.cloud.plugins.plugin_utils._inventory.hosts import (
    endpoint_hosts,
    host_variables,
    service_hosts,
)
from ansible_collections.clickhouse.cloud.tests.contract.contract import load
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator
from ansible_collections.clickhouse.cloud.tests.unit.module_registry import (
    MODULES,
    assert_lists_every_module,
    usual_options,
)
from ansible_collections.clickhouse.cloud.tests.unit.test_specs import specification

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "ansible_collections.clickhouse.cloud.plugins"
UTILITIES = ROOT / "plugins/module_utils"
ACTIONS = ROOT / "plugins/action"
TARGETS = ROOT / "tests/integration/targets"


def fragment(name: str, part: str = "DOCUMENTATION") -> dict[str, Any]:
    """Return the options that a documentation fragment documents."""
    module = importlib.import_module(f"{NAMESPACE}.doc_fragments.{name}")
    options: dict[str, Any] = yaml.safe_load(getattr(module.ModuleDocFragment, part))["options"]
    return options


@pytest.fixture(scope="module")
def docs() -> dict[str, Any]:
    """Return what ansible-doc returns for each module."""
    names = [f"clickhouse.cloud.{name}" for name in MODULES]
    command = [sys.executable, "-m", "ansible.cli.doc", "--type", "module", "--json", *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return {name.rsplit(".", 1)[1]: documentation for name, documentation in found.items()}


@pytest.mark.parametrize("name", ["connection", "wait", "lookup", "element"])
def test_fragment_documents_its_spec(name: str) -> None:
    spec = getattr(option_specs, f"{name.upper()}_SPEC")
    documented = {
        option: {key: text[key] for key in ("type", "default", "choices") if key in text}
        for option, text in fragment(name).items()
    }
    assert documented == {
        option: {key: rule[key] for key in ("type", "default", "choices") if key in rule}
        for option, rule in spec.items()
    }


def test_environment_variables_are_the_same_for_modules_and_plugins() -> None:
    of_plugins = {option: text["env"][0]["name"] for option, text in fragment("connection", "PLUGIN").items()}
    of_modules = {
        option: rule["fallback"][1][0] for option, rule in option_specs.CONNECTION_SPEC.items() if "fallback" in rule
    }
    assert of_plugins == of_modules
    texts = fragment("connection")
    assert all(f"E({name})" in json.dumps(texts[option]) for option, name in of_modules.items())


def test_every_module_has_the_fast_path() -> None:
    ours = {path.stem: importlib.import_module(f"{NAMESPACE}.action.{path.stem}") for path in ACTIONS.glob("*.py")}
    assert_lists_every_module(ours, "plugins/action: a copy of any other file there, with two names changed")
    for name, plugin in ours.items():
        assert plugin.ActionModule.MODULE.__name__ == f"{NAMESPACE}.modules.{name}"


@pytest.mark.parametrize("name", MODULES)
def test_linter_can_check_the_options_of_a_task(
    name: str,
    docs: dict[str, Any],
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As ansible-lint does: it loads the action plugin as if it were a module, and gives main() the options."""
    usual = usual_options(name, name="analytics")
    spec = specification(name)
    required = {option: value for option, value in usual.items() if spec[option].get("required")}

    def check(**options: Any) -> str:
        file = importlib.util.spec_from_file_location(f"linted_{name}", ACTIONS / f"{name}.py")
        assert file is not None
        assert file.loader is not None
        linted = importlib.util.module_from_spec(file)
        file.loader.exec_module(linted)
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**required, **options}}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", arguments)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with contextlib.suppress(SystemExit):
            linted.main()
        return capsys.readouterr().out

    assert "nam" in json.loads(check(nam="x"))["msg"]
    if name == "fleet":
        assert "nam" in json.loads(check(services=[{"nam": "x"}]))["msg"]
    # The value of a template is not known yet.
    templates = dict.fromkeys(docs[name]["doc"]["options"], "{{ one }}")
    assert check(**templates) == ""
    # Valid options do not run the module.
    assert check(**usual) == ""
    assert emulator.journal() == []


def test_every_module_is_in_the_action_group() -> None:
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
    assert_lists_every_module(groups["all"], "action_groups.all in meta/runtime.yml")


def test_every_module_has_a_test() -> None:
    tests = {path.stem: path.read_text() for path in (ROOT / "tests/unit/modules").glob("test_*.py")}
    tested = [name for name in MODULES if f'run("{name}"' in tests.get(f"test_{name}", "")]
    assert_lists_every_module(tested, "tests/unit/modules: a file test_MODULE.py that runs it")


def test_every_module_has_an_integration_target() -> None:
    targets = {path.parents[1].name: path.read_text() for path in TARGETS.glob("*/tasks/main.yml")}
    # ansible-test runs a target as a role, and a role of the collection has precedence over a target of the same name.
    roles = {path.name for path in (ROOT / "roles").iterdir()}
    assert not roles & targets.keys()
    names = {name: f"{name}_module" if name in roles else name for name in MODULES}
    run = [name for name in MODULES if f"clickhouse.cloud.{name}:" in targets.get(names[name], "")]
    assert_lists_every_module(run, "tests/integration/targets: a target of this name that runs it")


def test_every_module_has_version_added(docs: dict[str, Any]) -> None:
    releases = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text())["releases"]
    current = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    major, minor, _patch = current.split(".")
    coming = f"{major}.{int(minor) + 1}.0" if current in releases else current
    came = {module["name"]: version for version, release in releases.items() for module in release.get("modules", [])}
    for name in MODULES:
        expected = came.get(name, coming)
        assert docs[name]["doc"].get("version_added") == expected, f"set version_added of {name} to {expected}"


def test_results_are_documented_in_one_place(docs: dict[str, Any]) -> None:
    shown = set(service.SERVICE.to_result({}))
    assert set(docs["service_info"]["return"]["services"]["contains"]) == shown
    returning = {name: docs[name]["return"]["service"] for name in MODULES if "service" in docs[name]["return"]}
    assert {"service", "service_state"} <= returning.keys()
    for returned in returning.values():
        assert "M(clickhouse.cloud.service_info)" in json.dumps(returned["description"])
        assert {"id", "name", "state"} <= returned["contains"].keys() <= shown


@pytest.mark.parametrize("name", MODULES)
def test_module_documents_its_attributes(docs: dict[str, Any], name: str) -> None:
    documentation = docs[name]["doc"]
    attributes = documentation["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    assert attributes["diff_mode"]["support"] == ("none" if name.endswith("_info") else "full")
    assert attributes["action_group"]["membership"] == ["clickhouse.cloud.all"]
    assert "requests >= 2.28" in documentation["requirements"]
    assert f"clickhouse.cloud.{name}:" in docs[name]["examples"]


@pytest.mark.parametrize(
    ("module", "known"),
    [("service", service.SERVICE), ("service_scaling", service.SCALING), ("backup_config", BACKUP_CONFIG)],
)
def test_multiples_are_documented(docs: dict[str, Any], module: str, known: Schema) -> None:
    options = docs[module]["doc"]["options"]
    for field in known.options():
        if field.multiple_of > 1:
            assert f"a multiple of {field.multiple_of}" in json.dumps(options[field.option]["description"])


def test_fields_of_backups_are_documented(docs: dict[str, Any]) -> None:
    documented = docs["backup_info"]["return"]["backups"]["contains"].keys()
    assert documented == backup_to_result({}, 0).keys()
    for name in ("backup_config", "backup_config_info"):
        assert docs[name]["return"]["backup_config"]["contains"].keys() == BACKUP_CONFIG.to_result({}).keys()


def test_create_only_options_are_documented(docs: dict[str, Any]) -> None:
    options = docs["service"]["doc"]["options"]
    for field in fields():
        if field.patch_path is None:
            text = json.dumps(options[field.option]["description"])
            assert "annot be changed" in text or "Only for creation" in text, field.option


def test_inventory_documents_its_endpoint_variables() -> None:
    endpoints = [{"protocol": name, "host": "h", "port": 1} for name in ("https", "nativesecure", "mysql")]
    variables = host_variables({"id": "1", "endpoints": endpoints}).keys() - host_variables({"id": "1"}).keys()
    services = [{"id": "1", "endpoints": endpoints}]
    known = service_hosts(services)["1"]
    own = {name for host in endpoint_hosts(services).values() for name in host.keys() - known.keys()}
    text = (ROOT / "plugins/inventory/services.py").read_text()
    assert len(variables) == 6
    assert len(own) == 12
    assert all(f"C({name})" in text for name in {*variables, *own})


def test_user_agent_has_the_version_of_the_collection() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == session.VERSION


#: Which packages of module_utils each of them may import, beside those that all may: _errors, _files, _json and _texts.
PACKAGES: dict[str, set[str]] = {
    "_compat": set(),
    "_errors": set(),
    "_json": set(),
    "_texts": set(),
    "_files": set(),
    "_client": set(),
    "_schema": set(),
    "_module": {"_client"},
    "_service": {"_client", "_compat", "_schema", "_module"},
    "_organization": {"_client", "_schema", "_module", "_service"},
}


def imports(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports."""
    package = ".".join([NAMESPACE, *path.relative_to(ROOT / "plugins").with_suffix("").parts])
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package.split(".")[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {module} if node.module else {f"{module}.{alias.name}" for alias in node.names}
    return names


@pytest.fixture(scope="module")
def imports_of_package() -> dict[str, set[str]]:
    """Return what the files of each package of module_utils import."""
    found: dict[str, set[str]] = {}
    for path in UTILITIES.rglob("*.py"):
        package = path.relative_to(UTILITIES).with_suffix("").parts[0]
        found.setdefault(package, set()).update(imports(path))
    return found


def test_package_imports_only_lower_packages(imports_of_package: dict[str, set[str]]) -> None:
    assert imports_of_package.keys() == PACKAGES.keys()
    for package, names in imports_of_package.items():
        ours = (name.removeprefix(f"{NAMESPACE}.module_utils.") for name in names if NAMESPACE in name)
        imported = {name.split(".")[0] for name in ours}
        assert imported <= {package, "_errors", "_files", "_json", "_texts"} | PACKAGES[package], package


def test_only_package_module_imports_ansible(imports_of_package: dict[str, set[str]]) -> None:
    top = {package: {name.split(".")[0] for name in names} for package, names in imports_of_package.items()}
    assert {package for package, names in top.items() if "ansible" in names} == {"_compat", "_module"}


def fields() -> list[Field]:
    return list(service.SERVICE.options())


#: The schema of the request that each endpoint takes.
REQUESTS = {
    "": "ServicePatchRequest",
    "/scaling": "ServiceScalingPatchRequest",
    "/replicaScaling": "ServiceReplicaScalingPatchRequest",
}


#: Options of creation that the newest specification no longer lists, although the API may still take them.
UNLISTED = {"encryptionKey", "encryptionAssumedRoleIdentifier"}


def test_every_field_is_one_of_the_apis() -> None:
    for field in fields():
        if field.in_create and field.name not in UNLISTED:
            assert field.name in load().fields("ServicePostRequest")
        if field.readable:
            assert field.name in load().fields("Service")
        if field.patch_path is not None:
            assert field.name in load().fields(REQUESTS[field.patch_path])


def test_a_field_has_the_type_and_the_limits_of_the_api() -> None:
    types = {"str": "string", "int": ("integer", "number"), "bool": "boolean", "list": "array", "dict": "array"}
    for field in fields():
        requests = ["ServicePostRequest"] if field.in_create and field.name not in UNLISTED else []
        requests += [REQUESTS[field.patch_path]] if field.patch_path is not None else []
        for request in requests:
            stated = load().resolve(load().fields(request)[field.name])
            assert stated.get("multipleOf", 1) == field.multiple_of, field.option
            assert stated.get("maxLength", 0) == field.max_length, field.option
            # A count of hours without a minimum is at least 1.
            assert field.minimum in (stated.get("minimum"), 1), field.option
            # A list is changed by what is added and removed; the switch of an endpoint is an entry in a list.
            if field.patch_path is None and field.type != "bool":
                assert stated["type"] in types[field.type], field.option


def test_what_only_creation_takes_has_no_other_endpoint() -> None:
    fixed = {field.name for field in fields() if field.patch_path is None}
    for schema in REQUESTS.values():
        assert not fixed & load().fields(schema).keys()


def test_every_response_is_one_of_the_apis() -> None:
    known = {to_snake_case(name) for name in load().fields("Service")}
    # The collection's own word for an entry of "endpoints".
    assert service.SERVICE.to_result({}).keys() - {"mysql_endpoint"} <= known


def test_every_state_is_one_of_the_apis() -> None:
    known = set(load().fields("Service")["state"]["enum"])
    # "deleted" is not documented, but the vendor's own client guards against it.
    assert (
        DELETED_STATES | power_state.STARTED_STATES | power_state.STARTING_STATES | power_state.DELETABLE_STATES
    ) - known == {"deleted"}


@pytest.mark.parametrize(
    ("module", "option", "schema", "path"),
    [
        ("backup_info", "status", "Backup", "status"),
        ("backup_info", "type", "Backup", "type"),
    ],
)
def test_choices_are_the_values_of_the_api(
    docs: dict[str, Any], module: str, option: str, schema: str, path: str
) -> None:
    assert docs[module]["doc"]["options"][option]["choices"] == load().fields(schema)[path]["enum"]


def test_commands_are_those_of_the_api() -> None:
    assert operations.COMMANDS.keys() == set(load().fields("ServiceStatePatchRequest")["command"]["enum"])


#: How the documentation states a limit.
LIMIT_TEXTS = {
    "multipleOf": "a multiple of {}",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
}


def options_of(docs: dict[str, Any], module: str) -> dict[str, Any]:
    """Return the options of a module; for the fleet, those of each service."""
    options: dict[str, Any] = docs[module]["doc"]["options"]
    return options["services"]["suboptions"] if module == "fleet" else options


@pytest.mark.parametrize("module", ["service", "fleet", "service_scaling", "backup_config"])
def test_the_limits_of_the_api_are_documented(docs: dict[str, Any], module: str) -> None:
    known, request = {
        "service": (service.SERVICE, "ServicePostRequest"),
        "fleet": (service.SERVICE, "ServicePostRequest"),
        "service_scaling": (service.SCALING, "ServiceReplicaScalingPatchRequest"),
        "backup_config": (BACKUP_CONFIG, "BackupConfigurationPatchRequest"),
    }[module]
    options = options_of(docs, module)
    for field in known.options():
        stated = load().fields(request).get(field.name, {})
        text = json.dumps(options[field.option]["description"])
        for keyword, form in LIMIT_TEXTS.items():
            if keyword in stated:
                assert form.format(stated[keyword]) in text, field.option


def test_the_least_idle_timeout_and_the_retention_are_documented(docs: dict[str, Any]) -> None:
    least = load().fields("ServicePostRequest")["idleTimeoutMinutes"]["minimum"]
    for module in ("service", "fleet", "service_scaling"):
        text = json.dumps(options_of(docs, module)["idle_timeout_minutes"]["description"])
        assert f"at least {least}" in text
    retention = load().fields("BackupConfigurationPatchRequest")["backupRetentionPeriodInHours"]
    text = json.dumps(docs["backup_config"]["doc"]["options"]["backup_retention_period_in_hours"]["description"])
    assert f"V({retention['minimum']}) to V({retention['maximum']})" in text


def test_a_refusal_of_a_beta_names_it() -> None:
    for line, operation in load().operations.items():
        method, path = line.split(" ")
        part = path.removeprefix("/v1/organizations/{organizationId}/services/{serviceId}/")
        if part != path and "Beta" in operation.get("badges", ()):
            assert "beta" in features.describe_missing_feature(method, path.removeprefix("/v1")), line


def test_a_feature_is_one_of_the_api() -> None:
    places = "/v1/organizations/{organizationId}/(?:services/{serviceId}/)?"
    requests = {tuple(re.sub(places, "", line).split("/")[0].split(" ")) for line in load().operations}
    parts = {part for request in requests for part in (request[1], " ".join(request))}
    assert features.FEATURES.keys() <= parts


def test_permissions_are_those_of_the_vendor() -> None:
    """The vendor names none for lists, which is not to say that a key without a role sees everything."""
    known = {
        (method, re.sub(r"{[^}]*}", "{}", path.removeprefix("/v1"))): operation
        for line, operation in load().operations.items()
        for method, path in [line.split(" ")]
    }
    for request, operation in operations.OPERATIONS.items():
        ours = [f"control-plane:{permission}" for permission in operation.permissions]
        assert known[request].get("permissions", ours) == ours, request
    fields = {
        (method, name): permission.removeprefix("control-plane:")
        for (method, _path), operation in known.items()
        for name, permission in operation.get("field_permissions", {}).items()
    }
    assert fields == operations.FIELD_PERMISSIONS
    commands = known["PATCH", "/organizations/{}/services/{}/state"]["command_permissions"]
    assert commands == {
        command: f"control-plane:{operation.permissions[0]}" for command, operation in operations.COMMANDS.items()
    }
