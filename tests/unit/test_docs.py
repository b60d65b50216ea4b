# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation matches the repository."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/awx.md"
ONLINE = "https://github.com/ansible-collections/clickhouse.cloud/"
#: Pages that Galaxy also shows, without the files next to them.
PUBLISHED = [ROOT / "README.md", *sorted((ROOT / "roles").glob("*/README.md"))]
PAGES = [
    GUIDE,
    *(
        ROOT / name
        for name in (
            "CONTRIBUTING.md",
            "docs/architecture.md",
            "docs/decisions/README.md",
            "extensions/eda/README.md",
        )
    ),
    *PUBLISHED,
]
FORMS: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs/images/awx/forms.yml").read_text())


def field(form: str, label: str) -> Any:
    (fields,) = (item["fields"] for item in FORMS if item["name"] == form)
    (value,) = (field["value"] for field in fields if field["label"] == label)
    return value


def test_images_of_forms_match_their_source() -> None:
    for path, picture in runpy.run_path(str(ROOT / "tests/tools/forms.py"))["draw_all"]().items():
        assert path.read_text() == picture, f"{path.name} is out of date: run make forms"


def test_picture_of_the_demo_shows_its_tasks() -> None:
    picture = (ROOT / "docs/images/demo.svg").read_text()
    shown = re.findall(r"TASK \[(\d+\. .+?)\]", picture)
    assert shown == re.findall(r'- name: "(\d+\. .+)"$', (ROOT / "playbooks/demo.yml").read_text(), re.MULTILINE), (
        "docs/images/demo.svg is out of date: run make recording"
    )
    assert len(picture) < 30_000
    assert "<script" not in picture


def test_drawn_forms_match_the_example_project() -> None:
    assert (ROOT / "examples/awx-project" / field("job_template", "Playbook")).is_file()


def test_screenshots_match_the_setup() -> None:
    """No test can make them again, so each value in them is repeated here."""
    credential_type = json.loads((ROOT / "playbooks/credential_type.json").read_text())
    assert credential_type["inputs"]["fields"][0] == {
        "id": "api_key",
        "type": "string",
        "label": "API key ID",
        "help_text": "The ID of the API key, as the ClickHouse Cloud console shows it.",
    }
    assert credential_type["injectors"]["env"] == {
        "CLICKHOUSE_ORG_ID": "{{ organization_id | default('') }}",
        "CLICKHOUSE_API_URL": "{{ api_url | default('') }}",
        "CLICKHOUSE_CLOUD_API_KEY": "{{ api_key }}",
        "CLICKHOUSE_CLOUD_API_SECRET": "{{ api_secret }}",
    }
    setup = (ROOT / "playbooks/awx_setup.yml").read_text()
    assert "awx_setup_inventory_path: inventories/services.clickhouse_cloud.yml" in setup
    assert (ROOT / "examples/awx-project/inventories/services.clickhouse_cloud.yml").is_file()
    assert "overwrite: true\n        overwrite_vars: true" in setup
    schedule = setup.split("name: office hours end")[1].split("- name")[0]
    assert "20260101T193000 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR" in schedule


def test_guide_lists_every_playbook_with_a_survey() -> None:
    table = GUIDE.read_text().split("| playbook | purpose |")[1].split("\n\n")[0]
    names = [path.name.split(".")[0] for path in (ROOT / "playbooks").glob("*.survey.json")]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(names)


def test_guide_shows_every_picture() -> None:
    pictures = {path.name for path in (ROOT / "docs/images/awx").iterdir() if path.suffix != ".yml"}
    assert set(re.findall(r"images/awx/([^)]+)", GUIDE.read_text())) == pictures


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_pages_are_valid(page: Path) -> None:
    text = page.read_text()
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines()}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _hash, anchor = target.partition("#")
        if path.startswith(ONLINE):
            local = re.fullmatch(rf"{re.escape(ONLINE)}(?:blob|tree|raw)/main/(.+)", path)
            assert local is None or (ROOT / local[1]).exists(), target
        elif "://" not in path:
            assert not path or page not in PUBLISHED, f"{target} leads nowhere on Galaxy"
            assert (page.parent / path).exists(), target
            assert path or anchor in headings, target


@pytest.mark.parametrize("kind", ["modules", "inventory", "filter", "event_source", "playbooks", "roles"])
def test_guides_list_every_module_plugin_and_playbook(kind: str) -> None:
    files = {
        "event_source": "extensions/eda/plugins/event_source/*.py",
        "playbooks": "playbooks/*.yml",
        "roles": "roles/*",
    }
    rows = {
        "modules": r"\* - :ansplugin:`\w+ <clickhouse\.cloud\.(\w+)#module>`\n",
        "event_source": r"\* - ``(\w+)`` \(event source\)",
        "playbooks": r"\* - ``clickhouse\.cloud\.(\w+)``",
        "roles": r":ansplugin:`\w+ <clickhouse\.cloud\.(\w+)#role>`",
    }
    guide = ROOT / f"docs/docsite/rst/guide_{'playbooks' if kind in ('playbooks', 'roles') else 'modules'}.rst"
    names = {path.stem for path in ROOT.glob(files.get(kind, f"plugins/{kind}/*.py"))}
    named = re.findall(rows.get(kind, rf"\* - :ansplugin:`\w+ <clickhouse\.cloud\.(\w+)#{kind}>`"), guide.read_text())
    assert names
    missing = sorted(names - set(named))
    assert not missing, f"add {', '.join(missing)} to {guide.relative_to(ROOT)}"


SECTIONS = (
    "Description",
    "The first play",
    "Requirements",
    "Installation",
    "Use cases",
    "Testing",
    "Release notes",
    "Support",
    "License",
)


def test_readme_is_short_and_has_the_sections_that_certification_requires() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 130
    assert tuple(re.findall("^## (.+)$", text, re.MULTILINE)) == SECTIONS


def test_commands_of_the_readme_exist() -> None:
    """The first play is run by test_release.py, and "make demo" by test_demo.py. CI runs the test command."""
    text = (ROOT / "README.md").read_text()
    first = re.search(r"```shell\n(.+?)```", text, re.DOTALL)
    assert first
    clone, enter, *targets = first[1].splitlines()
    assert clone == "git clone " + yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"] + ".git"
    assert enter == "cd clickhouse.cloud"
    assert targets == ["make demo", "make test"]
    assert (ROOT / ".ci/run").read_text().endswith("\nexec make test\n")
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


#: Variables that may be set as -e name=value, since their values have no spaces.
WITHOUT_SPACES = {"awx_setup_image", "awx_setup_project_url", "awx_setup_update_secrets"}
#: Examples of rejected values.
REFUSED = 'rotate_password_service="prod copy"'


MARKED_UP = [
    *(ROOT / "plugins").glob("*/*.py"),
    *(ROOT / "extensions/eda/plugins/event_source").glob("*.py"),
    *(ROOT / "roles").glob("*/meta/argument_specs.yml"),
]


@pytest.mark.parametrize("path", MARKED_UP, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_markup_does_not_end_at_a_parenthesis_in_its_text(path: Path) -> None:
    """V, O, E and RV take an escaped parenthesis; C, B, I and the like end at the first one."""
    text = path.read_text()
    plain = re.findall(r"(?<![A-Za-z_.])[CBIUML]\([^)]*\)", text)
    assert [item for item in plain if "(" in item[2:]] == []
    semantic = re.findall(r"(?<![A-Za-z_.])(?:V|O|E|RV)\((?:\\.|[^)\\])*\)", text)
    assert [entry for entry in semantic if entry.count("(") != entry.count(")")] == []


def test_variables_on_command_lines_are_json() -> None:
    """In -e name=value, a value ends at its first space, and names and tags may have one."""
    pages = [
        ROOT / "README.md",
        *(
            page
            for name in ("docs", "playbooks", "roles", "examples", "extensions")
            for page in sorted((ROOT / name).rglob("*"))
            if page.suffix in {".md", ".rst", ".yml", ".json"}
        ),
    ]
    given = [
        value for page in pages for value in re.findall(r"(?<![\w-])(?:-e|--extra-vars) +(\S+.*)", page.read_text())
    ]
    assert len(given) > 8
    for value in given:
        named = re.match(r"(\w+)=", value)
        if named and named[1] != "name" and not value.startswith(REFUSED):
            assert named[1] in WITHOUT_SPACES, value
        if value.startswith("'{") and value.endswith("}'"):
            assert json.loads(value.strip("'"))


def test_examples_keep_caches_in_private_directories() -> None:
    patterns = ("README.md", "docs/**/*.rst", "docs/**/*.md", "examples/**/*.yml", "plugins/**/*.py", "roles/**/*.md")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    assert GUIDE in paths
    shared = re.compile(r"cach\w*\s*[:=]\s*[\"']?/(var/)?tmp\b")
    assert [str(path) for path in paths if shared.search(path.read_text(encoding="utf-8"))] == []


def test_every_linter_is_a_hook() -> None:
    linters = re.search(r"^linters := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert linters
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    entries = {hook["id"]: hook["entry"] for hook in repository["hooks"]}
    assert entries == {name: f"make --no-print-directory {name}" for name in linters[1].split()}


def test_help_of_make_fits_on_one_screen() -> None:
    shown = subprocess.run(
        ["make", "-s", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(shown) < 24
    assert max(map(len, shown)) < 80
