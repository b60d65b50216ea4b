# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach the API; the options are CONNECTION_SPEC in module_utils/_module/options.py."""

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
      - An API key belongs to one organization, so this may be left out. The API is then asked for it, which costs one
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
      - Seconds to wait for a connection to the API, or to the proxy, at each of its addresses.
    type: float
    default: 10.0
  read_timeout:
    description:
      - Seconds in which the whole response to one request has to arrive, from its first byte to its last. A request
        takes no longer than this and O(connect_timeout).
    type: float
    default: 60.0
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the API. Never set this to V(false) outside of a test.
    type: bool
    default: true
  ca_path:
    description:
      - A file with certificates of authorities in PEM format, or a directory of such files, to verify the API's
        certificate with.
      - If not set, those that the environment variable E(REQUESTS_CA_BUNDLE) or else E(CURL_CA_BUNDLE) names are used,
        or else those that the Python library C(requests) brings.
    type: path
  allow_http:
    description:
      - Whether O(api_url) may begin with C(http:) where it does not name this machine. The API key then travels in the
        clear, for everybody on its path to read, a proxy included.
    type: bool
    default: false
  rate_limit:
    description:
      - Requests that the API key may make in O(rate_limit_window) seconds. All tasks and inventories of one user on one
        machine share them, whatever the number of forks, and each waits for its turn.
      - With V(0) nobody waits for a turn. A request that the API refuses as one too many is sent again in any case,
        after as long as the API says.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_RATE_LIMIT) is used.
    type: int
    default: 10
  rate_limit_window:
    description:
      - Seconds in which the API key may make O(rate_limit) requests.
      - If not set, the environment variable E(CLICKHOUSE_CLOUD_RATE_LIMIT_WINDOW) is used.
    type: float
    default: 10.0
requirements:
  - python >= 3.9
  - requests >= 2.28
notes:
  - An environment variable that is set to nothing counts as not set, and so does an option that is an empty text or
    null, whatever its type is. Text of nothing but white space and invisible characters is empty, too, but as a
    password or a hash of one it is refused. An empty list or dictionary is a value.
  - A list or dictionary in the place of text is refused, as is an item of a list of texts that is empty.
  - The proxy that the environment variables E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY) name, in upper
    or lower case, is used, but never for an O(api_url) on this machine. Proxies in the settings of macOS are not used.
  - The API grants each API key ten requests in ten seconds. All tasks and inventories of one user on one machine share
    them, see O(rate_limit), by a small file in C(ansible-clickhouse-cloud) in E(XDG_STATE_HOME), or else in
    C(~/.local/state). Other users, and other machines, know nothing of it. Where there can be no such file, a warning
    says so. A task that is refused waits for as long as the API says, and asks again.
"""

    # The same options for plugins, which read the environment by themselves.
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
