#!/usr/bin/python
# Copyright: (c) 2026, The clickhouse.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credit_balance_info
short_description: Get the credit balances of a ClickHouse Cloud organization
version_added: 1.1.0
description:
  - Returns the credits that remain to the organization, prepaid and of the trial, and when they expire.
  - Costs one request, which belongs to a beta of the API.
author:
  - The clickhouse.cloud collection contributors (@ansible-collections)
extends_documentation_fragment:
  - clickhouse.cloud.attributes
  - clickhouse.cloud.attributes.info
  - clickhouse.cloud.connection
seealso:
  - module: clickhouse.cloud.usage_cost_info
"""

EXAMPLES = r"""
- name: Get the remaining credits
  clickhouse.cloud.credit_balance_info:
  register: credits

- name: Fail while there is still time to buy more
  ansible.builtin.assert:
    that: credits.credit_balance.total_remaining_credits > 500
"""

RETURN = r"""
credit_balance:
  description:
    - The active balances. Null, with a warning, if the API key may not read them.
    - Fields that this collection does not know yet are returned as well.
  returned: success
  type: dict
  contains:
    total_remaining_credits:
      description: Credits that remain in all balances, in ClickHouse Credits (CHC).
      type: float
      sample: 1200.5
    balances:
      description: The balances that have begun, have not expired, and are not used up, the first to expire first.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the balance.
          type: str
          sample: 4d5e6f70-8192-4a3b-8c4d-5e6f7a8b9c0d
        type:
          description: V(prepaid) or V(trial).
          type: str
          sample: prepaid
        remaining_credits:
          description: Credits that remain.
          type: float
          sample: 1200.5
        total_amount:
          description: Credits that were granted.
          type: float
          sample: 2000
        amount_spent:
          description: Credits that are spent.
          type: float
          sample: 799.5
        start_date:
          description: When the balance begins, ISO 8601.
          type: str
          sample: "2026-03-01T00:00:00Z"
        expiration_date:
          description: When it expires, ISO 8601.
          type: str
          sample: "2027-03-01T00:00:00Z"
"""

from ..module_utils._module.runner import Worker, run
from ..module_utils._organization.billing import report_credit_balances


def main(worker: Worker | None = None) -> None:
    run(worker, report_credit_balances)


if __name__ == "__main__":
    main()
