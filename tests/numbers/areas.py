"""Of which country of +1 each area code is, from Google's metadata: makes shared/data/areas.tsv, which `sweep.py` writes.

An area is of the region whose landlines or mobiles begin with it. Numbers without a place (freephone, premium-rate, personal
ones) are of another type there, and so are not in it.
"""

import re

import phonenumbers
from phonenumbers import PhoneMetadata

# The most and the least of what can follow an area code, and what is between.
EXCHANGES = [f"{exchange}" for exchange in range(200, 1000)]
LINES = ("1234", "0000", "9999")


def regions():
    return sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])


def areas(region):
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = [metadata.fixed_line, metadata.mobile]
    patterns = [re.compile(kind.national_number_pattern) for kind in kinds if kind and kind.national_number_pattern]
    place = re.compile(metadata.leading_digits or "")
    return [
        area for area in map(str, range(200, 1000))
        if place.match(area) and any(
            pattern.fullmatch(area + exchange + line) for exchange in EXCHANGES for line in LINES for pattern in patterns
        )
    ]


def text():
    found = {region: areas(region) for region in regions()}
    every = [area for known in found.values() for area in known]
    assert len(every) == len(set(every)), "an area is of two countries"
    head = [
        "# Of which country of +1 an area code is, by country, with a tab behind it.",
        "# Written by `tests/numbers/run --write`.",
        f"# source: libphonenumber {phonenumbers.__version__} (Apache-2.0)",
        "# date: 2026-11-30",
    ]
    return "".join(f"{line}\n" for line in [*head, *(f"{region}\t{' '.join(known)}" for region, known in found.items())])
