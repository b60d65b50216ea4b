# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of a separate process that runs SQL on the databases in a directory, with ClickHouse inside.

Its arguments are this directory, and that of all services, which it deletes if the emulator is killed. It reads one
statement per line of standard input and writes one result per line of standard output, both as JSON. It ends with its
standard input, also in the middle of a statement.
"""

from __future__ import annotations

import base64
import glob
import importlib
import json
import os
import queue
import shutil
import sys
import threading
import time
from typing import Any, TextIO

# What a user of a service can do. Without access to sources, SQL cannot access the files and the network of this
# machine.
_GRANTS = (
    "SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY,"
    " CREATE TEMPORARY TABLE, CREATE FUNCTION, DROP, DROP FUNCTION, TRUNCATE, OPTIMIZE, KILL QUERY,"
    " TABLE ENGINE, dictGet, SYSTEM RELOAD FUNCTION"
)
_USERS = f"""<clickhouse>
  <users><default>
    <password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants><query>GRANT {_GRANTS} ON *.*</query></grants>
  </default></users>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
</clickhouse>
"""
_CONFIG = """<clickhouse>
  <users_config>{users}</users_config>
  <user_defined_executable_functions_config>{functions}</user_defined_executable_functions_config>
  <user_scripts_path>{scripts}</user_scripts_path>
</clickhouse>
"""


class Databases:
    """The databases in a directory. Each statement runs in a session that ends with it."""

    def __init__(self, directory: str) -> None:
        # Here, so that the emulator starts without the package.
        self._chdb: Any = importlib.import_module("chdb")

        users, config = f"{directory}.users.xml", f"{directory}.xml"
        self._prefix, self._functions_path = f"{directory}.functions.", ""
        # Below the directory of all services.
        scripts = os.path.join(os.path.dirname(os.path.dirname(directory)), "functions")
        _write_file(users, _USERS)
        _write_file(config, _CONFIG.format(users=users, functions=f"{self._prefix}*", scripts=scripts))
        # What the last process of this directory has left.
        for path in glob.glob(f"{glob.escape(self._prefix)}*"):
            os.remove(path)
        self._functions = ""
        self._path = f"{directory}?config-file={config}"
        # The engine ends with its last session.
        self._first = self._connect()

    def _connect(self) -> Any:
        return self._chdb.connect(self._path)

    def _load_functions(self, configuration: str) -> None:
        """Make these user-defined functions, and no others, callable."""
        if configuration == self._functions:
            return
        previous, self._functions_path = self._functions_path, ""
        if configuration:
            # ClickHouse would not notice a second change of a file in one second.
            self._functions_path = f"{self._prefix}{time.time_ns()}.xml"
            _write_file(self._functions_path, configuration)
        if previous:
            os.remove(previous)
        self._first.query("SYSTEM RELOAD FUNCTIONS")
        self._functions = configuration

    def run(self, statement: dict[str, Any]) -> bytes:
        """Return the result. Raise RuntimeError with the exception of ClickHouse as its text."""
        self._load_functions(statement["functions"])
        session = self._connect()
        try:
            if statement["database"]:
                session.query(f"USE {quote_name(statement['database'])}")
            settings = {**statement["settings"], **({"readonly": "2"} if statement["readonly"] else {})}
            for name, value in settings.items():
                session.query(f"SET {quote_name(name)} = {quote_text(value)}")
            result = session.query(statement["sql"], statement["format"], params=statement["parameters"])
            return bytes(result.bytes())
        finally:
            session.close()


def _write_file(path: str, content: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def quote_name(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def quote_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def separate_streams() -> tuple[TextIO, TextIO]:
    """Return standard input and output, which ClickHouse uses as well, and replace them for it.

    An INSERT with a format reads standard input without waiting. Meanwhile, the reader of the statements would see its
    end, or ClickHouse would take a statement for data.
    """
    statements, results = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return statements, results


def _read_statements(source: TextIO, statements: queue.Queue[str]) -> None:
    for line in source:
        statements.put(line)
    # The emulator was killed, so it could not delete its files. It ends this process without this in all other cases.
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    os._exit(0)


def main() -> None:
    source, results = separate_streams()
    statements: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read_statements, args=(source, statements), daemon=True).start()
    databases = Databases(sys.argv[1])
    while True:
        statement = json.loads(statements.get())
        try:
            result = {"content": base64.b64encode(databases.run(statement)).decode()}
        except RuntimeError as error:
            result = {"error": str(error)}
        results.write(json.dumps(result) + "\n")
        results.flush()


if __name__ == "__main__":
    main()
