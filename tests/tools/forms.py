# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw the forms of docs/images/awx/forms.yml, each as a picture beside it: "make forms"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

FORMS = Path(__file__).resolve().parents[2] / "docs/images/awx/forms.yml"
TEMPLATE = Path(__file__).with_name("form.svg.j2")
#: Pixels: of the picture, of where the fields begin, and from one to the next.
WIDTH, LEFT, GAP = 900, 220, 14
TITLE, LINE, NOTE = 58, 18, 20


def drawn(form: dict[str, Any]) -> str:
    """The form as SVG."""
    fields, y = [], TITLE
    for field in form["fields"]:
        value = "••••••••••••" if field.get("kind") == "secret" else field.get("value", "")
        lines = value if isinstance(value, list) else [value]
        tall = LINE * len(lines) + 12
        fields.append({"note": "", "kind": "", **field, "lines": lines, "y": y, "tall": tall})
        y += tall + (NOTE if field.get("note") else 0) + GAP
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return template.from_string(TEMPLATE.read_text()).render(
        title=form["title"], fields=fields, width=WIDTH, height=y + 6, left=LEFT
    )


def pictures() -> dict[Path, str]:
    """The pictures, by their files."""
    forms = yaml.safe_load(FORMS.read_text())
    return {FORMS.with_name(f"{form['name']}.svg"): drawn(form) for form in forms}


if __name__ == "__main__":
    for path, picture in pictures().items():
        path.write_text(picture)
