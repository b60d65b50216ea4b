# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.backup_bucket import (
    BACKUP_BUCKET,
    may_be_held,
)
from ansible_collections.clickhouse.cloud.plugins.module_utils._schema.bucket_location import may_overlap
from ansible_collections.clickhouse.cloud.plugins.modules import backup_bucket
from ansible_collections.clickhouse.cloud.tests.emulator.client import Emulator

Run = Callable[..., dict[str, Any]]
Sent = Callable[[], list[str]]
Options = dict[str, Any]

UNKNOWN = "6f0b7c9e-1d2a-4c3b-8e4f-123456789abc"
HINT = " Check its name or id, and which organization the API key belongs to."
ROLE = "arn:aws:iam::123456789012:role/backups"
AWS = {"bucket_provider": "aws", "bucket_path": "https://b.example/c", "iam_role_arn": ROLE}
GCP = {
    "bucket_provider": "gcp",
    "bucket_path": "gs://b",
    "access_key_id": "GOOG1E",
    "secret_access_key": "secret of the bucket",
}
AZURE = {"bucket_provider": "azure", "container_name": "b", "connection_string": "AccountKey=secret of the bucket"}
BODIES = {
    "aws": {"bucketProvider": "AWS", "bucketPath": "https://b.example/c", "iamRoleArn": ROLE},
    "gcp": {
        "bucketProvider": "GCP",
        "bucketPath": "gs://b",
        "accessKeyId": "GOOG1E",
        "secretAccessKey": "secret of the bucket",
    },
    "azure": {
        "bucketProvider": "AZURE",
        "containerName": "b",
        "connectionString": "AccountKey=secret of the bucket",
    },
}
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "azure": "westus3"}
SECRETS = {"aws": "", "gcp": "secret_access_key", "azure": "connection_string"}
#: Options of a change of each bucket, the body of PATCH, and the diff.
CHANGES: dict[str, tuple[Options, Options, Options]] = {
    "aws": (
        {"iam_role_external_id": "e"},
        {"iamRoleExternalId": "e"},
        {"before": {"iam_role_external_id": None}, "after": {"iam_role_external_id": "e"}},
    ),
    "gcp": (
        {"access_key_id": "GOOG2E"},
        {"accessKeyId": "GOOG2E"},
        {"before": {"access_key_id": "GOOG1E"}, "after": {"access_key_id": "GOOG2E"}},
    ),
    "azure": (
        {"container_name": "c"},
        {"containerName": "c"},
        {"before": {"container_name": "b"}, "after": {"container_name": "c"}},
    ),
}


def options_of(provider: str) -> Options:
    return {"aws": AWS, "gcp": GCP, "azure": AZURE}[provider]


def without_secret(options: Options) -> Options:
    return {name: value for name, value in options.items() if name not in SECRETS.values()}


def result_of(options: Options) -> Options:
    """Return the bucket as a result, without its ID."""
    names = backup_bucket_fields()
    return {**dict.fromkeys(names - {"id"}), **without_secret(options)}


def backup_bucket_fields() -> set[str]:
    documented: dict[str, Any] = yaml.safe_load(backup_bucket.RETURN)["backup_bucket"]["contains"]
    return {*documented}


@pytest.fixture
def path(service: dict[str, Any]) -> str:
    return f"services/{service['id']}/backupBucket"


@pytest.fixture
def cloud_service(emulator: Emulator) -> Callable[[str], dict[str, Any]]:
    """Return a function that creates a service in a cloud."""

    def _create(provider: str) -> dict[str, Any]:
        body = {"provider": provider, "region": REGIONS[provider]}
        created: dict[str, Any] = emulator.create(name="clouds", **body)["service"]
        emulator.set_service(created["id"], state="running", backups=[])
        emulator.clear_journal()
        return created

    return _create


@pytest.fixture
def add_bucket(path: str, emulator: Emulator) -> Callable[..., None]:
    """Return a function that gives the service a bucket on AWS, with further fields."""

    def _add(**fields: Any) -> None:
        emulator.request("POST", path, {**BODIES["aws"], **fields})
        emulator.clear_journal()

    return _add


def bodies(emulator: Emulator) -> list[Any]:
    return [entry["body"] for entry in emulator.journal() if entry["method"] != "GET"]


@pytest.mark.parametrize(("provider", "by"), [("aws", "name"), ("gcp", "service_id"), ("azure", "name")])
def test_bucket_is_created_changed_and_deleted_idempotently(
    cloud_service: Callable[[str], dict[str, Any]], emulator: Emulator, run: Run, sent: Sent, provider: str, by: str
) -> None:
    """Run each step in check mode, for real, and again."""
    service = cloud_service(provider)
    lookup = {by: service["name" if by == "name" else "id"]}
    finds = ["GET services"] if by == "name" else []
    path = f"services/{service['id']}/backupBucket"
    new, (change, body, diff) = options_of(provider), CHANGES[provider]
    changed_options = {**new, **change}
    location = changed_options.get("bucket_path") or changed_options.get("container_name")
    absent = {"state": "absent", "confirm_name": location}
    created = {"before": {}, "after": without_secret(new)}
    steps: list[tuple[Options, str, Any, Options, Any]] = [
        (new, "POST", BODIES[provider], created, result_of(new)),
        # PATCH has all values: the API requires the credentials.
        (changed_options, "PATCH", {**BODIES[provider], **body}, diff, result_of(changed_options)),
        (absent, "DELETE", None, {"before": result_of(changed_options), "after": {}}, None),
    ]
    exists = False
    for options, method, expected_body, expected_diff, after in steps:
        # The service is read only if it has no bucket.
        checks = [f"GET services/{service['id']}"] if by == "service_id" and not exists else []
        held = [f"GET services/{service['id']}/backups"] if after is None else []
        looks = [*finds, f"GET {path}", *checks, *held]
        plan = run("backup_bucket", check=True, **lookup, **options)
        assert (plan["changed"], plan["diff"]) == (True, expected_diff)
        planned = plan["backup_bucket"]
        assert planned == (after and {"id": planned["id"], **after})
        assert sent() == looks

        changed = run("backup_bucket", **lookup, **options)
        assert (changed["changed"], changed["diff"], changed["service_id"]) == (True, expected_diff, service["id"])
        assert bodies(emulator) == [expected_body]
        assert changed["backup_bucket"] == (after and {"id": changed["backup_bucket"]["id"], **after})
        assert sent() == [*looks, f"{method} {path}", f"GET {path}"]
        assert "secret of the bucket" not in str(changed)

        exists = after is not None
        checks = [f"GET services/{service['id']}"] if by == "service_id" and not exists else []
        for check in (True, False):
            again = run("backup_bucket", check=check, **lookup, **options)
            assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
            assert again["backup_bucket"] == changed["backup_bucket"]
            assert sent() == [*finds, f"GET {path}", *checks]


@pytest.mark.parametrize("provider", ["gcp", "azure"])
def test_secret_is_only_sent_on_request(
    cloud_service: Callable[[str], dict[str, Any]], emulator: Emulator, run: Run, sent: Sent, provider: str
) -> None:
    service, new, secret = cloud_service(provider), options_of(provider), SECRETS[provider]
    path = f"services/{service['id']}/backupBucket"
    created = run("backup_bucket", name="clouds", **new)
    sent()
    renewed = {**new, secret: "another secret of the bucket"}
    assert run("backup_bucket", name="clouds", **renewed)["changed"] is False
    assert run("backup_bucket", name="clouds", **without_secret(new))["changed"] is False
    assert bodies(emulator) == []

    sent()
    always = {**renewed, "update_credentials": "always"}
    diff = {"before": {secret: "the current one"}, "after": {secret: "the given one"}}
    body = {**BODIES[provider], {"gcp": "secretAccessKey", "azure": "connectionString"}[provider]: always[secret]}
    for _again in range(2):
        plan = run("backup_bucket", check=True, name="clouds", **always)
        assert (plan["changed"], plan["diff"]) == (True, diff)
        assert plan["backup_bucket"] == created["backup_bucket"]
        assert sent() == ["GET services", f"GET {path}"]
        result = run("backup_bucket", name="clouds", **always)
        assert (result["changed"], result["diff"]) == (True, diff)
        assert result["backup_bucket"] == created["backup_bucket"]
        assert bodies(emulator) == [body]
        assert sent() == ["GET services", f"GET {path}", f"PATCH {path}", f"GET {path}"]
        assert "another secret" not in str(result)


def test_always_has_no_effect_on_aws(add_bucket: Callable[..., None], emulator: Emulator, run: Run) -> None:
    add_bucket()
    assert run("backup_bucket", name="analytics", **AWS, update_credentials="always")["changed"] is False
    assert bodies(emulator) == []


def test_conflict_does_not_count_as_a_new_secret(
    cloud_service: Callable[[str], dict[str, Any]], emulator: Emulator, run: Run
) -> None:
    cloud_service("azure")
    run("backup_bucket", name="clouds", **AZURE)
    emulator.fault(path="/backupBucket$", method="PATCH", status=409)
    result = run("backup_bucket", name="clouds", **AZURE, update_credentials="always")
    assert (result["failed"], result["status"]) == (True, 409)


@pytest.mark.parametrize("check", [True, False])
def test_change_requires_the_secret(
    cloud_service: Callable[[str], dict[str, Any]], emulator: Emulator, run: Run, check: bool
) -> None:
    cloud_service("gcp")
    run("backup_bucket", name="clouds", **GCP)
    emulator.clear_journal()
    changed = {**without_secret(GCP), "bucket_path": "gs://c", "access_key_id": "GOOG2E"}
    assert run("backup_bucket", check=check, name="clouds", **changed)["msg"] == (
        "To change bucket_path and access_key_id, set secret_access_key, too: the API requires it in each change."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_other_bucket_is_announced(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run, check: bool
) -> None:
    add_bucket(iamRoleExternalId="e")
    result = run("backup_bucket", check=check, name="analytics", bucket_provider="aws", bucket_path="https://new")
    assert result["diff"] == {
        "before": {"bucket_path": "https://b.example/c"},
        "after": {"bucket_path": "https://new"},
    }
    assert result["warnings"] == [
        f"bucket_path changes from 'https://b.example/c' to 'https://new': the existing backups of service"
        f" {service['id']} stay in the old bucket, which they need to be restored from."
    ]
    sent_body = {**BODIES["aws"], "bucketPath": "https://new", "iamRoleExternalId": "e"}
    assert bodies(emulator) == ([] if check else [sent_body])


def test_values_are_removed(add_bucket: Callable[..., None], emulator: Emulator, run: Run) -> None:
    add_bucket(iamRoleSessionName="s", iamRoleExternalId="e")
    options = {"bucket_provider": "aws", "reset": ["iam_role_session_name"]}
    plan = run("backup_bucket", check=True, name="analytics", **options)
    result = run("backup_bucket", name="analytics", **options)
    diff = {"before": {"iam_role_session_name": "s"}, "after": {"iam_role_session_name": None}}
    assert (plan["diff"], result["diff"]) == (diff, diff)
    assert bodies(emulator) == [{**BODIES["aws"], "iamRoleSessionName": None, "iamRoleExternalId": "e"}]
    assert result["backup_bucket"] == plan["backup_bucket"]
    assert run("backup_bucket", name="analytics", **options)["changed"] is False
    new = run("backup_bucket", check=True, name="analytics", **AWS, reset=["iam_role_session_name"])
    assert new["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_provider_is_not_changed(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run, check: bool
) -> None:
    add_bucket()
    assert run("backup_bucket", check=check, name="analytics", **GCP)["msg"] == (
        f"The backup bucket of service {service['id']} has bucket_provider 'aws', which is not changed to 'gcp'."
        " To replace the bucket, delete it first, with state: absent."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("by", ["name", "service_id"])
def test_bucket_of_another_cloud_than_the_service_is_refused(
    service: dict[str, Any], emulator: Emulator, run: Run, by: str, check: bool
) -> None:
    result = run("backup_bucket", check=check, **{by: service["name" if by == "name" else "id"]}, **GCP)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        f"bucket_provider is 'gcp', but service {service['id']} is in 'aws': its backups can only go to a bucket in the"
        " same cloud."
    )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
def test_bucket_with_backups_is_only_deleted_with_force(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    add_bucket()
    own = {name: value for name, value in BODIES["aws"].items() if name != "bucketProvider"}
    same = {**BODIES["aws"], "iamRoleArn": "an old one", "bucketPath": "https://B.example/c/"}
    older = {"startedAt": "2026-01-30T02:00:00Z", "bucket": same}
    newest = {"startedAt": "2026-01-31T02:00:00Z", "bucket": {**own, "bucketProvider": "AWS"}, "status": "in_progress"}
    emulator.set_service(service["id"], backups=[older, newest, {"startedAt": "2026-02-01T02:00:00Z"}])
    absent = {"name": "analytics", "state": "absent", "confirm_name": "https://b.example/c"}
    refused = run("backup_bucket", check=check, **absent)
    assert refused["msg"] == (
        f"The backup bucket 'https://b.example/c' of service {service['id']} is not deleted, since it holds 2 of its"
        " backups, the newest of which was started at 2026-01-31T02:00:00Z. To delete it anyway, set force: true;"
        " whether these backups can then be restored is not documented."
    )
    assert (refused["changed"], bodies(emulator)) == (False, [])
    sent()
    assert run("backup_bucket", check=check, **absent, force=True)["changed"] is True
    assert f"GET services/{service['id']}/backups" not in sent()


def test_backups_elsewhere_do_not_prevent_the_deletion(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run
) -> None:
    add_bucket()
    elsewhere = {"bucket": {**BODIES["aws"], "bucketPath": "https://old"}}
    failed = {"bucket": BODIES["aws"], "status": "error"}
    emulator.set_service(service["id"], backups=[{}, elsewhere, failed])
    assert run("backup_bucket", name="analytics", state="absent")["changed"] is True


@pytest.mark.parametrize(
    ("backup", "is_held"),
    [
        ({}, False),
        ({"bucket": None}, False),
        ({"bucket": BODIES["gcp"]}, False),
        ({"bucket": BODIES["aws"], "status": "error"}, False),
        ({"bucket": BODIES["aws"]}, True),
        # The API does not say which one it is.
        ({"bucket": {}}, True),
        ({"bucket": "odd"}, True),
        ({"backupName": "analytics/1"}, True),
        ({"bucket": {**BODIES["aws"], "bucketProvider": "Aws"}}, True),
    ],
)
def test_backups_that_may_be_in_the_bucket_count(backup: dict[str, Any], is_held: bool) -> None:
    assert may_be_held(backup, BODIES["aws"]) is is_held


@pytest.mark.parametrize(
    ("location", "same", "others"),
    [
        (
            "s3://logs/prefix",
            [
                "s3://logs/prefix/",
                "s3://Logs//prefix",
                "logs/prefix",
                "s3://logs",
                "s3://logs/prefix/analytics",
                "s3://logs.s3.amazonaws.com/prefix",
                "https://logs.s3.eu-central-1.amazonaws.com/prefix/",
                "https://LOGS.S3.EU-CENTRAL-1.AMAZONAWS.COM:443/prefix",
                "https://s3.eu-central-1.amazonaws.com/logs/prefix",
                "https://s3.dualstack.eu-central-1.amazonaws.com./logs/pre%66ix",
                "https://minio.example/logs/prefix",
                "https://logs.minio.example/prefix",
                # The bucket is not known.
                "https://s3.amazonaws.com/",
                "s3://",
                "",
            ],
            [
                "s3://logs2/prefix",
                "s3://logs/prefix2",
                "s3://prefix/logs",
                "https://old.s3.amazonaws.com/prefix",
                "https://s3.amazonaws.com/old/prefix",
                "https://old.example/archive",
            ],
        ),
        (
            "https://storage.googleapis.com/b/c/",
            ["gs://b/c", "gs://b", "https://b.storage.googleapis.com/c", "https://storage.cloud.google.com/b/c/d"],
            ["gs://c", "https://storage.googleapis.com/c/b"],
        ),
        (
            "backups",
            ["Backups", "backups/", "/backups", "backups/2026", "abfss://backups@account.dfs.core.windows.net/2026"],
            ["backups2", "abfss://old@backups.dfs.core.windows.net"],
        ),
        ("https://user@b.example/c", ["s3://b/c", "https://b.example/c"], ["https://user.example/d"]),
        ("https://b.example/c", ["https://other.example/c", "https://b.example"], ["https://old", "https://b.org/d"]),
    ],
)
def test_locations_are_compared_in_all_their_forms(location: str, same: list[str], others: list[str]) -> None:
    for is_same, texts in ((True, same), (False, others)):
        for text in texts:
            for pair in ((location, text), (text, location)):
                assert may_overlap(*pair) is is_same, pair


@pytest.mark.parametrize("check", [True, False])
def test_deletion_needs_the_name(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run, sent: Sent, check: bool
) -> None:
    add_bucket()
    by_id = {"service_id": service["id"], "state": "absent"}
    assert run("backup_bucket", check=check, **by_id)["msg"] == (
        "To delete a backup bucket by service_id, set confirm_name to its bucket_path or container_name, or select the"
        " service with name instead of service_id."
    )
    assert sent() == []
    for lookup in (by_id, {"name": "analytics", "state": "absent"}):
        assert run("backup_bucket", check=check, **lookup, confirm_name="analytics")["msg"] == (
            f"The backup bucket of service {service['id']} is not deleted, since its name is 'https://b.example/c';"
            " confirm_name is 'analytics'."
        )
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bucket_provider": "aws"}, "bucket_provider: aws, set bucket_path and iam_role_arn."),
        ({"bucket_provider": "azure", "container_name": "c"}, "bucket_provider: azure, set connection_string."),
        (
            {"bucket_provider": "gcp", "secret_access_key": "secret of the bucket"},
            "bucket_provider: gcp, set bucket_path and access_key_id.",
        ),
    ],
)
def test_what_is_missing_for_a_creation_is_named(
    service: dict[str, Any], emulator: Emulator, run: Run, options: Options, message: str, check: bool
) -> None:
    result = run("backup_bucket", check=check, name="analytics", **options)
    assert result["msg"] == f"Service {service['id']} has no backup bucket yet. To create one with {message}"
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "state: present needs bucket_provider. To have no backup bucket, set state: absent."),
        ({"bucket_provider": "s3"}, "bucket_provider must be aws or gcp or azure; 's3' is not."),
        (
            {**GCP, "iam_role_arn": ROLE, "container_name": "c"},
            "container_name and iam_role_arn cannot be set for a bucket with bucket_provider: gcp, whose options are"
            " bucket_path, access_key_id and secret_access_key.",
        ),
        ({**GCP, "reset": ["iam_role_session_name"]}, "reset cannot be set for a bucket with bucket_provider: gcp"),
        (
            {**AWS, "iam_role_external_id": "e", "reset": ["iam_role_external_id"]},
            "iam_role_external_id is both set and named in reset: leave one of them out.",
        ),
        (
            {**without_secret(AZURE), "update_credentials": "always"},
            "update_credentials: always requires connection_string for bucket_provider: azure.",
        ),
    ],
)
def test_invalid_options_fail_before_any_request(
    service: dict[str, Any], run: Run, sent: Sent, options: Options, message: str
) -> None:
    assert message in run("backup_bucket", name="analytics", **options)["msg"]
    assert sent() == []


def test_secondary_service_has_no_bucket(service: dict[str, Any], emulator: Emulator, run: Run) -> None:
    emulator.create(name="reports", provider="aws", region="eu-central-1", dataWarehouseId=service["dataWarehouseId"])
    emulator.clear_journal()
    result = run("backup_bucket", name="reports", **AWS)
    assert "is a secondary service. Only the primary service of a data warehouse has a backup bucket" in result["msg"]
    assert bodies(emulator) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("options", [AWS, {"state": "absent", "confirm_name": "b"}])
@pytest.mark.parametrize("lookup", [{"service_id": UNKNOWN}, {"name": UNKNOWN}])
def test_wrong_service_does_not_count_as_absent(
    emulator: Emulator, run: Run, lookup: dict[str, str], options: Options, check: bool
) -> None:
    result = run("backup_bucket", check=check, **lookup, **options)
    assert (result["failed"], result["msg"]) == (True, f"There is no service '{UNKNOWN}'." + HINT)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_lost_response_is_not_a_failure(
    service: dict[str, Any], add_bucket: Callable[..., None], emulator: Emulator, run: Run, method: str
) -> None:
    options = {"POST": AWS, "PATCH": {**AWS, "iam_role_external_id": "e"}, "DELETE": {"state": "absent"}}[method]
    if method != "POST":
        add_bucket()
    emulator.fault(path="/backupBucket$", method=method, disconnect="after")
    result = run("backup_bucket", name="analytics", **options)
    assert ("failed" in result, result["changed"]) == (False, True)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.usefixtures("fast_clock")
def test_failed_read_is_reported(service: dict[str, Any], emulator: Emulator, run: Run, status: int) -> None:
    emulator.fault(path="/backupBucket$", status=status, times=99, body={"error": "no", "status": status})
    result = run("backup_bucket", name="analytics", **AWS)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, status)


def test_service_that_is_only_planned(emulator: Emulator, run: Run) -> None:
    run("service", check=True, name="new", provider="aws", region="us-east-1", ip_access_list=[])
    result = run("backup_bucket", check=True, name="new", **AWS)
    # A separate process does not find it.
    assert result["changed"] is not result.get("failed", False)
    assert bodies(emulator) == []


def test_return_values_are_documented() -> None:
    assert backup_bucket_fields() == BACKUP_BUCKET.to_result({}).keys()
