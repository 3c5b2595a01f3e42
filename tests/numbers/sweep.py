#!/usr/bin/env python3
"""Google's opinion of the world's phone numbers, frozen: writes numbers.txt, twins.txt and longer.txt beside itself, and
shared/data/whole.txt and areas.tsv, which the product reads.

    tests/numbers/run [--write]

numbers.txt: for each region and type, numbers of every alternative of the type's pattern, and its example number. A line
is the region, the calling code, the type, then national numbers.
twins.txt: other spellings of valid numbers: with the prefix that is dialled inside the country, in each form that the
plan knows, behind the calling code. Google reads them as another number than they say, or as none.
longer.txt: what is a number too where one of numbers.txt has each of TAILS behind it. What is not there is none.
whole.txt: `lengths.py`. areas.tsv: `areas.py`.

With --check nothing is written; it fails if the files are not what the pinned release of `phonenumbers` gives.
"""

import itertools
import pathlib
import sys
import warnings

import areas
import lengths
import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType, format_number

warnings.simplefilter("ignore", DeprecationWarning)
import sre_constants as op  # noqa: E402
import sre_parse  # noqa: E402

HERE = pathlib.Path(__file__).parent
# Samples of one pattern, spread evenly over its alternatives.
MOST = 56
# What is put behind a number.
TAILS = ("0", "7", "00", "34")
# Combinations of alternatives that are looked at before.
COMBINATIONS = 4000

TYPES = {
    PhoneNumberType.FIXED_LINE: ("fixed", "fixed_line"),
    PhoneNumberType.MOBILE: ("mobile", "mobile"),
    PhoneNumberType.FIXED_LINE_OR_MOBILE: ("either", None),
    PhoneNumberType.VOIP: ("voip", "voip"),
    PhoneNumberType.TOLL_FREE: ("tollfree", "toll_free"),
    PhoneNumberType.PREMIUM_RATE: ("premium", "premium_rate"),
    PhoneNumberType.SHARED_COST: ("shared", "shared_cost"),
    PhoneNumberType.PERSONAL_NUMBER: ("personal", "personal_number"),
    PhoneNumberType.PAGER: ("pager", "pager"),
    PhoneNumberType.UAN: ("uan", "uan"),
}


def texts(pattern):
    """Texts that a pattern of the metadata matches: all of its alternatives; of a class and of a count the ends."""
    return list(itertools.islice(sequence(sre_parse.parse(pattern)), COMBINATIONS))


def sequence(items):
    # The last group turns fastest, so what is cut off is a tail of combinations: `spread` takes from all that is left.
    parts = [list(itertools.islice(one(*item), COMBINATIONS)) for item in items]
    for combination in itertools.product(*parts):
        yield "".join(combination)


def one(kind, what):
    if kind is op.LITERAL:
        yield chr(what)
    elif kind is op.IN:
        yield from ends(what)
    elif kind is op.BRANCH:
        for alternative in what[1]:
            yield from sequence(alternative)
    elif kind is op.SUBPATTERN:
        yield from sequence(what[3])
    elif kind is op.MAX_REPEAT:
        least, most, repeated = what
        for count in sorted({least, most}):
            for base in itertools.islice(sequence(repeated), 12):
                yield filled(base, count, repeated)
    elif kind is op.ASSERT_NOT or kind is op.ASSERT or kind is op.AT:
        yield ""
    else:
        raise ValueError(f"{kind} in a pattern")


def filled(base, count, repeated):
    """`\\d{4}` gives a subscriber's digits and not one of them four times."""
    if len(base) == 1 and repeated[0][0] is op.IN and repeated[0][1] == [(op.CATEGORY, op.CATEGORY_DIGIT)]:
        return "12345678901234567890"[: count]
    return base * count


def ends(members):
    for kind, what in members:
        if kind is op.LITERAL:
            yield chr(what)
        elif kind is op.RANGE:
            yield chr(what[0])
            yield chr(what[1])
        elif kind is op.CATEGORY:
            yield "2"
            yield "7"


def spread(found, most):
    step = max(1, -(-len(found) // most))
    return found[::step]


def exchanges(text):
    """The same with exchanges that are service codes on the mainland, and not everywhere else."""
    return [text[:3] + exchange + text[6:] for exchange in ("211", "411", "911", "976")]


def regions():
    known = [(region, PhoneMetadata.metadata_for_region(region)) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    nowhere = [(f"+{code}", PhoneMetadata.metadata_for_nongeo_region(code)) for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)]
    return known + nowhere


def parsed(code, national):
    try:
        return phonenumbers.parse(f"+{code}{national}")
    except phonenumbers.NumberParseException:
        return None


def e164(number):
    return format_number(number, PhoneNumberFormat.E164)


def belongs(region, number):
    home = phonenumbers.region_code_for_number(number)
    return home == region or region.startswith("+")


def samples(region, metadata):
    """National numbers of each type."""
    found = {}
    for _, field in TYPES.values():
        description = getattr(metadata, field) if field else None
        if description is None or not description.national_number_pattern:
            continue
        national = texts(description.national_number_pattern)
        if metadata.country_code == 1:
            national = [variant for text in spread(national, 12) for variant in exchanges(text)] + national
        good = []
        for text in national:
            number = parsed(metadata.country_code, text)
            if number and e164(number) == f"+{metadata.country_code}{text}" and belongs(region, number):
                if phonenumbers.is_valid_number(number):
                    good.append((text, phonenumbers.number_type(number)))
        example = description.example_number
        extra = []
        if example:
            number = parsed(metadata.country_code, example)
            if number and phonenumbers.is_valid_number(number):
                extra = [(example, phonenumbers.number_type(number))]
        for text, kind in spread(sorted(set(good)), MOST) + extra:
            if kind in TYPES:
                found.setdefault(TYPES[kind][0], set()).add(text)
    return found


def prefixes(metadata):
    """What may be dialled before a national number."""
    written = {metadata.national_prefix} if metadata.national_prefix else set()
    pattern = metadata.national_prefix_for_parsing
    if pattern:
        # What follows a look-ahead or stands in a transformation is not dialled by itself: Google's reading is the judge.
        written |= set(spread(texts(pattern), 60))
    return sorted(prefix for prefix in written if prefix)


def twins(metadata, nationals):
    """Spellings that are not a number as they are."""
    for prefix in prefixes(metadata):
        for national in nationals:
            text = prefix + national
            whole = f"+{metadata.country_code}{text}"
            if not 8 <= len(whole) <= 16:
                continue
            number = parsed(metadata.country_code, text)
            if not (number and phonenumbers.is_valid_number(number) and e164(number) == whole):
                yield whole


def longer(code, nationals):
    """Numbers with digits behind them that are numbers again."""
    for text in (national + tail for national in nationals for tail in TAILS):
        number = parsed(code, text)
        if number and phonenumbers.is_valid_number(number) and e164(number) == f"+{code}{text}":
            yield text


def main():
    listed, doubled, again = [], [], []
    for region, metadata in regions():
        found = samples(region, metadata)
        for kind, _ in TYPES.values():
            if kind in found:
                listed.append(" ".join([region, str(metadata.country_code), kind, *sorted(found[kind])]))
        more = sorted(set(longer(metadata.country_code, [n for texts in found.values() for n in texts])))
        if more:
            again.append(" ".join([str(metadata.country_code), *more]))
        ordinary = [n for kind in ("fixed", "mobile", "either", "voip", "tollfree") for n in spread(sorted(found.get(kind, [])), 4)]
        other = sorted(set(twins(metadata, ordinary)))
        if other:
            doubled.append(" ".join([region, *other]))
    head = f"# phonenumbers {phonenumbers.__version__}, by sweep.py\n"
    files = {
        HERE / f"{name}.txt": head + "".join(line + "\n" for line in lines)
        for name, lines in {"numbers": listed, "twins": doubled, "longer": again}.items()
    }
    data = HERE.parent.parent / "shared" / "data"
    files |= {data / "whole.txt": lengths.text(), data / "areas.tsv": areas.text()}
    for path, text in files.items():
        if "--check" not in sys.argv[1:]:
            path.write_text(text)
        elif path.read_text() != text:
            sys.exit(f"{path.name} is not what phonenumbers {phonenumbers.__version__} gives: tests/numbers/run --write")
        print(f"{path.name}: {len(text.split())} words in {text.count(chr(10))} lines")


main()
