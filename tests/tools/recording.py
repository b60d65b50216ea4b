# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record "make demo" as an animated picture, docs/images/demo.svg: "make recording".

The picture shows 24 lines of a terminal, which move up from task to task. It contains no script, only styles, so that
GitHub and Galaxy show it, and stands still for readers who prefer that.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/images/demo.svg"
COLUMNS, ROWS = 80, 24
#: Pixels.
CHARACTER, LINE, MARGIN = 7.25, 16, 12
#: Seconds for which each task, and the end, is shown.
PAUSE, FINAL_PAUSE = 2.5, 6.0
#: By the code of ANSI: a color that is legible on the background.
COLORS = {"31": "#ff8a80", "32": "#8bd48b", "33": "#e8c268", "34": "#8ab4f8", "35": "#d7a6f0", "36": "#7fd6d6"}
STYLE = re.compile("\x1b\\[([0-9;]*)m")
#: What Ansible makes wider than the terminal, and what differs in each run.
RECAP = re.compile(r"^localhost +: (ok=\d+) +(changed=\d+) .*(failed=\d+).*$")


def record() -> list[str]:
    """Run the demo, and return the lines that it prints, with the codes of their colors."""
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "true", "COLUMNS": str(COLUMNS), "TERM": "xterm"}
    command = ["make", "--no-print-directory", "demo"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    lines = ended.stdout.replace("\r", "").split("\n")
    first = next(number for number, line in enumerate(lines) if "TASK [1." in line)
    return ["$ make demo", "", *lines[first:]]


def draw_line(line: str) -> str:
    """Return the content of a line as elements of SVG."""
    parts = STYLE.split(line)
    texts, color = [html.escape(parts[0])], ""
    for codes, text in zip(parts[1::2], parts[2::2]):
        color = next((COLORS[code] for code in codes.split(";") if code in COLORS), "")
        if text:
            texts.append(f'<tspan fill="{color}">{html.escape(text)}</tspan>' if color else html.escape(text))
    return "".join(texts)


def shorten(lines: Sequence[str]) -> list[str]:
    """Return the lines without what Ansible makes wider than the terminal."""
    return [RECAP.sub(r"localhost : \1 \2 \3", STYLE.sub("", line)) if "failed=" in line else line for line in lines]


def find_stops(lines: Sequence[str]) -> list[int]:
    """Return the first line that is shown at each stop: a task, the next page of a long one, and the end."""
    last = max(len(lines) - ROWS, 0)
    tasks = [number for number, line in enumerate(lines) if "TASK [" in line]
    pages = [page for start, end in zip(tasks, tasks[1:]) for page in range(start, end, ROWS - 4)]
    return sorted({0, *(page for page in pages if page < last), last})


def draw_keyframes(stops: Sequence[int]) -> Iterator[str]:
    """Return the positions of the text during the animation."""
    total = PAUSE * (len(stops) - 1) + FINAL_PAUSE
    for number, stop in enumerate(stops):
        yield f"{PAUSE * number / total:.2%}{{transform:translateY({-stop * LINE}px)}}"
    yield f"100%{{transform:translateY({-stops[-1] * LINE}px)}}"


def draw(lines: Sequence[str]) -> str:
    """Return the picture of the lines."""
    stops = find_stops(lines)
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), ROWS * LINE + 2 * MARGIN
    seconds = PAUSE * (len(stops) - 1) + FINAL_PAUSE
    texts = "".join(
        f'<text y="{(number + 1) * LINE - 4}">{draw_line(line)}</text>\n' for number, line in enumerate(lines) if line
    )
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">
<title>A terminal in which "make demo" plans, creates, repairs, audits and deletes three services</title>
<style>
text{{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}}
.s{{animation:s {seconds:g}s step-end infinite}}
@keyframes s{{{"".join(draw_keyframes(stops))}}}
@media(prefers-reduced-motion:reduce){{.s{{animation:none}}}}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#1e222a"/>
<svg x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" height="{ROWS * LINE}"><g class="s">
{texts}</g></svg>
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(draw(shorten(record())))
