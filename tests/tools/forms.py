# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw each form of docs/images/awx/forms.yml as an SVG image in the same directory: "make forms"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

FORMS = Path(__file__).resolve().parents[2] / "docs/images/awx/forms.yml"
TEMPLATE = Path(__file__).with_name("form.svg.j2")
#: The width of the image, the left edge of the fields and the gap between them, in pixels.
WIDTH, LEFT, GAP = 900, 220, 14
#: The height of the title, of a line and of a note, in pixels.
TITLE, LINE, NOTE = 58, 18, 20


def draw(form: dict[str, Any]) -> str:
    """Return the form as SVG."""
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


def draw_all() -> dict[Path, str]:
    """Return all images by path."""
    forms = yaml.safe_load(FORMS.read_text())
    return {FORMS.with_name(f"{form['name']}.svg"): draw(form) for form in forms}


if __name__ == "__main__":
    for path, image in draw_all().items():
        path.write_text(image)
