"""The recipes of examples/python in plain code: what they print, what they cost, and that they say no more than is known."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from between import between
from confirm_reservation import confirm_reservation
from scene import Owner, webhook
from wellness_call import wellness_call
from world import CALL, answers, costs, next_call, a_callee

TABLE = ("two at 7 pm tonight", "Vicky")


@pytest.fixture(scope="module")
def owner():
    return Owner()


def test_a_reservation_is_confirmed_where_the_restaurant_has_said_so(owner):
    def asked(*said):
        to = a_callee()
        answers(to, *said)
        code, outcome = owner.run("confirm_reservation.py", to, *TABLE)
        assert (outcome["ended_by"], outcome["paid"]) == ("USER", "0.54")
        assert "two at seven" in outcome["said_on_the_phone"]["summary"] and outcome["said_on_the_phone"]["free_instead"] == said[1]
        return outcome["confirmed"], code

    # As many as a wallet has calls at once.
    with costs(owner.phone.address, 3 * CALL), owner.time_passes(), ThreadPoolExecutor(3) as pool:
        assert list(pool.map(asked, [True, False, None], [None, "nine", None])) == [(True, 0), (False, 1), (None, 1)]


def test_a_call_that_failed_confirms_nothing_and_has_cost_nothing(owner):
    to = a_callee()
    next_call(to, "error")
    assert confirm_reservation(owner.phone, to, *TABLE) == {
        "confirmed": None, "ended_by": "ERROR", "retry": "now", "paid": "0.00", "said_on_the_phone": {"summary": None, "free_instead": None},
    }


def test_a_refused_call_says_why_and_that_nothing_was_charged():
    stranger = Owner(has_number=False)
    with costs(stranger.phone.address, 0), webhook() as (url, reports):
        refused = confirm_reservation(stranger.phone, a_callee(), *TABLE)
        report = wellness_call(stranger.phone, a_callee(), "Mrs Rossi", url)
    assert (refused["confirmed"], refused["code"], refused["charged"]) == (None, "no_owned_numbers", False)
    assert refused["why"].endswith("Not charged.")
    assert reports == [{name: value for name, value in report.items() if name != "reported"}]
    assert (report["reached"], report["code"], report["charged"], report["reported"]) == (False, "no_owned_numbers", False, True)


def test_a_call_whose_answer_was_lost_is_of_unknown_cost_and_is_not_paid_twice(owner):
    to = a_callee()
    next_call(to, "busy")
    with between() as proxy, costs(owner.phone.address, CALL):
        phone = owner.client(base_url=proxy.url, repeats=0)
        proxy.faults.append("504")
        lost = confirm_reservation(phone, to, *TABLE)
        assert (lost["confirmed"], lost["charged"]) == (None, "unknown")
        again = confirm_reservation(phone, to, *TABLE)
    assert (again["confirmed"], again["ended_by"], again["paid"], again["retry"]) == (None, "BUSY", "0.54", "later")


def test_a_wellness_call_posts_its_report(owner):
    to = a_callee()
    answers(to, True, "fair")
    with webhook() as (url, reports), costs(owner.phone.address, CALL), owner.time_passes():
        code, outcome = owner.run("wellness_call.py", to, "Mrs Rossi", url)
    assert (code, outcome["reported"], outcome["reached"], outcome["needs_help"], outcome["mood"]) == (0, True, True, True, "fair")
    assert reports == [{name: value for name, value in outcome.items() if name != "reported"}]
    assert to not in str(reports) and reports[0]["said_on_the_phone"]["summary"]


def test_that_a_person_was_not_reached_is_reported_too_and_again_where_the_receiver_was_not_there(owner):
    to = a_callee()
    next_call(to, "no-answer")
    with webhook(500) as (url, reports), costs(owner.phone.address, CALL):
        outcome = wellness_call(owner.phone, to, "Mrs Rossi", url)
    assert len(reports) == 2 and reports[0] == reports[1]
    assert (outcome["reported"], outcome["reached"], outcome["needs_help"], outcome["ended_by"]) == (True, False, None, "NO_ANSWER")


def test_a_report_that_was_not_received_is_not_said_to_be():
    with webhook(500, 500, 500) as (url, reports):
        code, outcome = Owner(has_number=False).run("wellness_call.py", a_callee(), "Mrs Rossi", url)
    assert (code, outcome["reached"], outcome["reported"], len(reports)) == (1, False, False, 3)
