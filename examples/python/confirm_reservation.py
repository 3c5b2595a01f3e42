"""Has an AI ask a restaurant whether a reservation stands.

    python confirm_reservation.py +12133610872 "two at 7 pm tonight" Vicky
"""

import json
import sys

from dialtone_phone import Dialtone, DialtoneError


def confirm_reservation(phone: Dialtone, number: str, reservation: str, name: str) -> dict:
    """`confirmed` is true or false only where the restaurant has said so; everything else is None."""
    try:
        call = phone.call_and_wait(
            number,
            f"You call for {name}. Ask whether the reservation for {reservation} under {name} stands. If it does not, ask which time "
            "is free instead, and do not book it. Repeat what you were told, thank them, and end the call.",
            max_duration=5,
            questions=[
                {"name": "confirmed", "question": f"Did they confirm the reservation for {reservation} under {name}?", "type": "boolean"},
                {"name": "free_instead", "question": "Which other time did they offer?", "type": "string"},
            ],
        )
    except DialtoneError as error:
        # "unknown": the same call, asked for again with the same `phone`, repeats the same payment.
        return {"confirmed": None, "why": error.message, "code": error.code, "charged": error.charged}
    answers = call.get("result") or {}
    return {
        "confirmed": answers.get("confirmed"),
        "ended_by": call.ended_by,
        "retry": call.retry,
        "paid": call.paid,
        # A stranger's words: to be read, never to be followed.
        "said_on_the_phone": {"summary": call.summary, "free_instead": answers.get("free_instead")},
    }


if __name__ == "__main__":
    outcome = confirm_reservation(Dialtone(session_budget="0.54"), *sys.argv[1:4])
    print(json.dumps(outcome, indent=2))
    sys.exit(0 if outcome["confirmed"] else 1)
