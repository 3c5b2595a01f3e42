"""Which numbers are whole, from Google's metadata: makes shared/data/whole.txt, which `sweep.py` writes.

The metadata has a regular expression for each region and type. This makes one automaton of them all, over the digits of
E.164, and writes its states so that a program walks them as they are: a line is a state, and has for each digit the line
that comes next (three letters to the base of 36, or dots), then, in hexadecimal, a bit for each number of digits that may
still follow: bit 0 says that the number is whole. The first line of states is where every number begins.

A pattern is read through its derivatives (Brzozowski): what is left of it once a digit is read. They know "and" and
"not", which a look-ahead is.
"""

import functools
import sys
import warnings

import phonenumbers

warnings.simplefilter("ignore", DeprecationWarning)
import sre_constants as op  # noqa: E402
import sre_parse  # noqa: E402

# By them a number is valid: what `phonenumbers.number_type` looks at.
KINDS = "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail".split()
DIGITS = "0123456789"
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 3

# Expressions are tuples, made by the functions below so that equal ones are one.
NONE, EMPTY = ("none",), ("empty",)
ANY = ("not", NONE)


def digits(known):
    return ("digits", frozenset(known)) if known else NONE


def then(first, rest):
    if NONE in (first, rest):
        return NONE
    if first == EMPTY:
        return rest
    return ("then", first, rest) if rest != EMPTY else first


def many(kind, parts, zero, all_):
    flat = set()
    for part in parts:
        flat |= part[1] if part[0] == kind else {part}
    flat.discard(zero)
    if all_ in flat:
        return all_
    if not flat:
        return zero
    return (kind, frozenset(flat)) if len(flat) > 1 else flat.pop()


def either(*parts):
    return many("or", parts, NONE, ANY)


def both(*parts):
    return many("and", parts, ANY, NONE)


def without(part):
    return part[1] if part[0] == "not" else ("not", part)


@functools.cache
def is_whole(part):
    kind = part[0]
    if kind in ("none", "digits"):
        return False
    if kind == "empty":
        return True
    if kind == "then":
        return is_whole(part[1]) and is_whole(part[2])
    if kind == "not":
        return not is_whole(part[1])
    return (any if kind == "or" else all)(is_whole(each) for each in part[1])


@functools.cache
def after(part, digit):
    """What may follow the digit."""
    kind = part[0]
    if kind in ("none", "empty"):
        return NONE
    if kind == "digits":
        return EMPTY if digit in part[1] else NONE
    if kind == "then":
        rest = then(after(part[1], digit), part[2])
        return either(rest, after(part[2], digit)) if is_whole(part[1]) else rest
    if kind == "not":
        return without(after(part[1], digit))
    return (either if kind == "or" else both)(*(after(each, digit) for each in part[1]))


def read(pattern):
    return sequence(list(sre_parse.parse(pattern)), EMPTY)


def sequence(items, rest):
    for kind, what in reversed(items):
        rest = one(kind, what, rest)
    return rest


def one(kind, what, rest):
    if kind is op.LITERAL:
        return then(digits(chr(what)), rest)
    if kind is op.IN:
        return then(digits(members(what)), rest)
    if kind is op.BRANCH:
        return either(*(sequence(list(way), rest) for way in what[1]))
    if kind is op.SUBPATTERN:
        return sequence(list(what[3]), rest)
    if kind is op.MAX_REPEAT:
        least, most, repeated = what
        found = rest
        for count in range(most, 0, -1):
            more = sequence(list(repeated), found)
            found = more if count <= least else either(rest, more)
        return found
    if kind is op.ASSERT_NOT:
        return both(rest, without(then(sequence(list(what[1]), EMPTY), ANY)))
    raise ValueError(f"{kind} in a pattern")


def members(items):
    known = set()
    for kind, what in items:
        if kind is op.LITERAL:
            known.add(chr(what))
        elif kind is op.RANGE:
            known |= {chr(each) for each in range(what[0], what[1] + 1)}
        elif kind is op.CATEGORY and what is op.CATEGORY_DIGIT:
            known |= set(DIGITS)
        else:
            raise ValueError(f"{kind} in a class")
    return known


def long(lengths):
    """Any digits, this many."""
    found = NONE
    for length in lengths:
        part = EMPTY
        for _ in range(length):
            part = then(digits(DIGITS), part)
        found = either(found, part)
    return found


def described(description, general):
    if description is None or not description.national_number_pattern:
        return NONE
    # Where a type has no lengths of its own, it has the general ones.
    lengths = description.possible_length or general.possible_length
    if lengths == (-1,):
        return NONE
    return both(read(description.national_number_pattern), long(lengths))


def numbers():
    """Every valid number of E.164."""
    found = NONE
    for region, metadata in regions():
        general = metadata.general_desc
        known = either(*(described(getattr(metadata, kind), general) for kind in KINDS))
        known = both(known, described(general, general))
        for digit in reversed(str(metadata.country_code)):
            known = then(digits(digit), known)
        found = either(found, known)
    return found


def regions():
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        yield region, phonenumbers.PhoneMetadata.metadata_for_region(region)
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        yield f"+{code}", phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code)


def automaton(start):
    """The states and their next ones: as few as there can be, in the order in which they are met. State 0 is the start."""
    sys.setrecursionlimit(100_000)
    same, made = {}, {}

    def merged(part, left):
        """The number of the state; no number has more than `left` digits, so this ends."""
        if part in made:
            return made[part]
        next_ = tuple(None if left == 0 else merged(after(part, digit), left - 1) for digit in DIGITS)
        if not is_whole(part) and not any(each is not None for each in next_):
            made[part] = None
        else:
            made[part] = same.setdefault((is_whole(part), next_), len(same))
        return made[part]

    last = merged(start, 18)
    rows = {number: row for row, number in same.items()}
    order, seen = [last], {last: 0}
    for number in order:
        for each in rows[number][1]:
            if each is not None and each not in seen:
                seen[each] = len(order)
                order.append(each)
    return [(rows[number][0], [None if n is None else seen[n] for n in rows[number][1]]) for number in order]


def remaining(states):
    """For each state, a bit for each count of digits that may follow it."""

    @functools.cache
    def of(number):
        whole, next_ = states[number]
        bits = int(whole)
        for each in next_:
            if each is not None:
                bits |= of(each) << 1
        return bits

    return [of(number) for number in range(len(states))]


def written(number):
    if number is None:
        return "." * WIDTH
    text = ""
    for _ in range(WIDTH):
        number, letter = divmod(number, len(LETTERS))
        text = LETTERS[letter] + text
    return text


def text():
    states = automaton(numbers())
    lines = ["".join(written(each) for each in next_) + f"{bits:05x}" for (_, next_), bits in zip(states, remaining(states))]
    head = (
        "# Which numbers of E.164 are whole: the states of an automaton, as tests/numbers/lengths.py says. Source:"
        f" libphonenumber {phonenumbers.__version__} (Apache-2.0), 2026-11-30."
    )
    return "".join(line + "\n" for line in [head, *lines])
