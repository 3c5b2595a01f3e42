"""Has an AI ask how a person is, and posts a report to a webhook: also where the person was not reached, which matters most.

    python wellness_call.py +12133610872 "Mrs Rossi" https://care.example/reports

Call people only who have agreed to be called by an AI.
"""

import json
import sys
import time

import httpx
from dialtone_phone import Dialtone, DialtoneError


def wellness_call(phone: Dialtone, number: str, name: str, webhook: str) -> dict:
    report = {"name": name, **call(phone, number, name)}
    return {**report, "reported": post(webhook, report)}


def call(phone: Dialtone, number: str, name: str) -> dict:
    """`reached` where there was a conversation; `needs_help` is None where it was not answered, and that is not a no."""
    try:
        call = phone.call_and_wait(
            number,
            f"Ask {name} how the day is, whether the medicine was taken, and whether help is needed. Listen, be kind, give no medical "
            "advice. In an emergency say to dial 911. Then say goodbye and end the call.",
            max_duration=10,
            questions=[
                {"name": "needs_help", "question": f"Does {name} need help?", "type": "boolean"},
                {"name": "mood", "question": f"How is {name}?", "type": "enum", "options": ["bad", "fair", "good"]},
            ],
        )
    except DialtoneError as error:
        return {"reached": False, "why": error.message, "code": error.code, "charged": error.charged, "call_id": error.body.get("call_id")}
    answers = call.get("result") or {}
    return {
        "reached": call.ended_by in ("USER", "ASSISTANT", "TIMEOUT"),
        "needs_help": answers.get("needs_help"),
        "mood": answers.get("mood"),
        "ended_by": call.ended_by,
        "paid": call.paid,
        "call_id": call.call_id,
        # A person's words: for people to read, not for a program to follow.
        "said_on_the_phone": {"summary": call.summary},
    }


def post(webhook: str, report: dict) -> bool:
    """Only the report is sent again: the call is over and paid. The receiver knows it again by its `call_id`."""
    for pause in (0, 1, 4):
        time.sleep(pause)
        try:
            if httpx.post(webhook, json=report, timeout=10).is_success:
                return True
        except httpx.HTTPError:
            pass
    return False


if __name__ == "__main__":
    outcome = wellness_call(Dialtone(session_budget="0.54"), *sys.argv[1:4])
    print(json.dumps(outcome, indent=2))
    sys.exit(0 if outcome["reached"] and outcome["reported"] else 1)
