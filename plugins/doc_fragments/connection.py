# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the connection to the API; see CONNECTION_SPEC in module_utils/_module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - ID of an API key of your ClickHouse Cloud organization.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_KEY) is used. One of the two is required.
    type: str
  api_secret:
    description:
      - Secret of the API key.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_API_SECRET) is used. One of the two is required.
    type: str
  organization_id:
    description:
      - ID of your organization, a UUID.
      - If not set, the environment variable E(CLICKHOUSE_ORG_ID) is used.
      - If neither is set, the organization of the API key is used, since a key belongs to exactly one. This costs one
        more request.
    type: str
  api_url:
    description:
      - URL of the API, with or without C(/v1) at its end.
      - If not set, the environment variable E(CLICKHOUSE_API_URL) is used.
    type: str
    default: https://api.clickhouse.cloud
  connect_timeout:
    description:
      - Seconds to wait for a connection to each address of the API or of the proxy.
    type: float
    default: 10.0
  read_timeout:
    description:
      - Seconds in which the whole response to one request must arrive, from its first byte to its last. A request takes
        no longer than this and O(connect_timeout) together.
    type: float
    default: 60.0
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the API. Never set this to V(false) except in tests.
    type: bool
    default: true
  ca_path:
    description:
      - File with CA certificates in PEM format, or a directory of such files, that verify the certificate of the API.
      - If not set, the environment variable E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) is used. If neither is set, the
        certificates of the Python library C(requests) are used.
    type: path
  allow_http:
    description:
      - Whether O(api_url) may begin with C(http:) even if it is on another machine. The API key is then sent without
        encryption, so a proxy, for example, can read it.
    type: bool
    default: false
  rate_limit:
    description:
      - Maximum number of requests that are sent with the API key in O(rate_limit_window) seconds. All tasks and
        inventories of one user on one machine share this limit, whatever the number of forks, and wait if necessary.
      - With V(0), requests are sent without waiting. Regardless of this option, a request that the API rejects because
        of its rate limit is sent again after the time that the API requests.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_RATE_LIMIT) is used.
    type: int
    default: 10
  rate_limit_window:
    description:
      - Seconds in which at most O(rate_limit) requests are sent with the API key.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW) is used.
    type: float
    default: 10.0
requirements:
  - python >= 3.9
  - requests >= 2.28
notes:
  - An empty environment variable counts as not set, and so does an option that is empty text or null, whatever its type
    is. Text of only white space and invisible characters is also empty, but is rejected as a password or password hash.
    An empty list or dictionary is a value.
  - A list or dictionary in place of text is rejected, and so is an empty item in a list of texts.
  - The proxy in the environment variables E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY), in upper or
    lower case, is used, but never for an O(api_url) on this machine. Proxies in the settings of macOS are ignored.
  - The API accepts ten requests in ten seconds for each API key. All tasks and inventories of one user on one machine
    share this limit, see O(rate_limit), with a small file in C(ansible-clickhouse-cloud) in E(XDG_STATE_HOME), or in
    C(~/.local/state). If this file cannot be written, there is a warning. Other users and other machines do not share
    the file. A request that the API rejects because of the limit is sent again after the time that the API requests.
"""

    # The same options for plugins, for which Ansible reads the environment.
    PLUGIN = r"""
options:
  api_key:
    env:
      - name: CLICKHOUSE_CLOUD_API_KEY
  api_secret:
    env:
      - name: CLICKHOUSE_CLOUD_API_SECRET
  organization_id:
    env:
      - name: CLICKHOUSE_ORG_ID
  api_url:
    env:
      - name: CLICKHOUSE_API_URL
  rate_limit:
    env:
      - name: CLICKHOUSE_CLOUD_RATE_LIMIT
  rate_limit_window:
    env:
      - name: CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW
"""
