#!/usr/bin/env python3
"""Writes `zones.tsv`: the time zones that a number may be in, by its first digits.

The source is libphonenumber's data, as PyPI's `phonenumbers` has it:

    pip install phonenumbers && shared/data/zones.py > shared/data/zones.tsv

Left out are digits that say what fewer digits say. An area code of North America that is not known may be anywhere from
Newfoundland to Hawaii: the islands have area codes of their own, which are all known, and with them no hour would be one
at which a phone may ring everywhere.
"""

import datetime
from collections import defaultdict

import phonenumbers
from phonenumbers.tzdata.data0 import data

ANYWHERE = (
    "America/Anchorage",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",
    "Pacific/Honolulu",
)


def shorter(digits: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """What fewer digits say."""
    for many in range(len(digits) - 1, 0, -1):
        if digits[:many] in known:
            return known[digits[:many]]
    return None


def main() -> None:
    """Writes the table."""
    known = {digits: tuple(sorted(zones)) for digits, zones in data.items()}
    known["1"] = ANYWHERE
    rows = defaultdict(list)
    for digits, zones in sorted(known.items()):
        if shorter(digits, known) != zones:
            rows[zones].append(digits)
    print("# The time zones that a number may be in, and its first digits, with a tab between. The longest that fit count.")
    print("# Written by `shared/data/zones.py > shared/data/zones.tsv`.")
    print(f"# source: libphonenumber {phonenumbers.__version__} (Apache-2.0)")
    print(f"# date: {datetime.date.today().isoformat()}")
    for zones, digits in sorted(rows.items()):
        print(" ".join(zones), " ".join(digits), sep="\t")


if __name__ == "__main__":
    main()
