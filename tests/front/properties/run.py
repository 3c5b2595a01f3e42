"""Requests made up from the OpenAPI document, unpaid and paid: what fits its schema is not a bad request and what does not is one,
and every answer is one that the document knows. The world is the one that `tests/front/run` has started; the seed is fixed."""

import base64
import itertools
import json
import os
import secrets
import sys
import time
from collections import Counter

import requests
import schemathesis
from eth_account import Account
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SEED, UNPAID, PAID = 402, 40, 10
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WORLD = json.load(open(os.environ["DIALTONE_WORLD"]))
DOCUMENT = schemathesis.openapi.from_url(WORLD["gateway"] + "/openapi.json")
OPERATIONS = {operation.path: operation for operation in (found.ok() for found in DOCUMENT.get_all_operations())}
PAID_FOR = {path: operation for path, operation in OPERATIONS.items() if "x-payment-info" in operation.definition.raw}
BUY, CALL, RENEW = "/api/v1/phone/numbers/buy", "/api/v1/voice/call", "/api/v1/phone/numbers/renew"
# No callee is called twice within ten seconds, and no prefix gets so many calls that its day is used up.
AREAS = itertools.cycle(["212", "213", "305", "312", "415", "503", "617", "702"])
callees = (f"+1{area}{subscriber}" for area, subscriber in zip(AREAS, itertools.count(4_100_000)))
told = Counter()


def each(count, operation, mode=GenerationMode.POSITIVE):
    """Calls a function with this many requests, the same ones every time."""
    quiet = settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    requests_of_its_kind = operation.as_strategy(generation_mode=mode)
    return lambda judge: seed(SEED)(quiet(given(requests_of_its_kind, strategies.booleans())(judge)))()


def answered(case, kind, headers):
    """Sends a request, holds its answer against the document, and counts it."""
    case.headers.clear()
    case.headers.update(headers)
    # Where a page begins is only for the table to say: what is made up is none of its places, and refused as such.
    if kind != "does not fit" and isinstance(case.body, dict):
        case.body.pop("cursor", None)
    # That no two questions are called the same is more than a schema can say.
    if kind != "does not fit" and isinstance(case.body, dict) and isinstance(case.body.get("questions"), list):
        case.body["questions"] = list({one["name"]: one for one in case.body["questions"]}.values())
    response = case.call()
    case.validate_response(response, checks=CHECKS)
    code = response.json().get("code") if response.status_code != 200 else None
    told[kind, case.operation.path, response.status_code, code] += 1
    # The carrier has numbers in few countries.
    assert response.status_code < 500 or (case.operation.path, code) == (BUY, "upstream_error"), response.text
    return response.status_code, code


def unpaid(operation):
    @each(UNPAID, operation)
    def fits(case, _):
        status, code = answered(case, "fits", {})
        assert status == 402 or code == "unsupported_destination", f"{status} {code}: {case.body!r}"

    @each(UNPAID, operation, GenerationMode.NEGATIVE)
    def does_not_fit(case, _):
        body = case.meta.components.get(ParameterLocation.BODY)
        if body is None or body.mode != GenerationMode.NEGATIVE:
            told["does not fit: left out, as only its headers do not", operation.path, None, None] += 1
            return
        status, code = answered(case, "does not fit", {})
        # A question that asks for nothing learns the price.
        assert (status, code) == (400, "bad_request") or case.body in ({}, [], None, "", NOT_SET, b""), f"{status} {code}: {case.body!r}"

    @each(UNPAID // 3, operation)
    def with_a_payment_that_is_none(case, _):
        status, code = answered(case, "payment made up", {"PAYMENT-SIGNATURE": base64.b64encode(repr(case.body).encode()).decode()})
        assert (status, code) == (400, "invalid_payment"), f"{status} {code}"


class Wallet:
    """A fresh wallet with a hundred dollars, and with a number if it needs one."""

    def __init__(self, with_number):
        self.account = Account.create()
        control("/mint", {"address": self.account.address, "amount": "100000000"})
        self.number = None
        if with_number:
            response = requests.post(WORLD["gateway"] + BUY, json={}, headers=self.pays(BUY), timeout=60)
            assert response.status_code == 200, response.text
            self.number = response.json()["phone_number"]

    def pays(self, path):
        """A payment for what is sold there."""
        asked = requests.post(WORLD["gateway"] + path, timeout=60).headers["payment-required"]
        accepted = next(one for one in json.loads(base64.b64decode(asked))["accepts"] if one["network"] == WORLD["network"])
        message = {
            "from": self.account.address, "to": accepted["payTo"], "value": int(accepted["amount"]), "validAfter": 0,
            "validBefore": int(time.time()) + 300, "nonce": "0x" + secrets.token_hex(32),
        }
        domain = {**accepted["extra"], "chainId": WORLD["chain_id"], "verifyingContract": accepted["asset"]}
        kinds = {"from": "address", "to": "address", "value": "uint256", "validAfter": "uint256", "validBefore": "uint256", "nonce": "bytes32"}
        types = {"TransferWithAuthorization": [{"name": name, "type": kind} for name, kind in kinds.items()]}
        signed = self.account.sign_typed_data(domain, types, message)
        authorization = {name: str(value) for name, value in message.items()}
        payload = {"signature": "0x" + signed.signature.hex().removeprefix("0x"), "authorization": authorization}
        payment = {"x402Version": 2, "accepted": accepted, "payload": payload}
        return {"PAYMENT-SIGNATURE": base64.b64encode(json.dumps(payment).encode()).decode()}


def control(path, body):
    requests.post(WORLD["control"] + path, json=body, timeout=60).raise_for_status()


def paid(operation):
    path = operation.path

    @each(PAID, operation)
    def fits(case, likely):
        # Wallets are limited, and this is not about their limits: each request has its own.
        wallet = Wallet(with_number=path in (CALL, RENEW))
        # What is made up is a real number once in a thousand times, so every other request names one.
        if likely and path == BUY and isinstance(case.body, dict):
            case.body["country"] = "us"
            # It was made up for the country that was.
            case.body.pop("area_code", None)
        elif likely and path == RENEW:
            case.body["phone_number"] = wallet.number
        elif likely and path == CALL:
            control("/calls", {"next": "busy"})
            case.body |= {"phone_number": next(callees), "from": None}
        if path == CALL:
            # The audit looks for each task in the log, where ids are full of noughts: a word makes it findable.
            case.body["task"] = "Say " + case.body["task"][:3_000]
        status, code = answered(case, "paid", wallet.pays(path))
        assert code != "bad_request" and status != 402, f"{status} {code}: {case.body!r}"
        if (path, status) == (CALL, 200):
            # The dialler has few lines: this one is free once the call is over and the reaper has seen it.
            control("/travel", {"seconds": 120})
            control("/sweep", {})


def main():
    began = time.monotonic()
    for operation in PAID_FOR.values():
        unpaid(operation)
        paid(operation)
        assert told["paid", operation.path, 200, None] >= 3, f"{operation.path} was hardly sold"

    @each(UNPAID, OPERATIONS["/api/v1/voice/call/{call_id}"])
    def of_no_call(case, _):
        assert answered(case, "made up", {}) == (404, "unknown_call")

    @each(UNPAID, OPERATIONS["/api/v1/voice/call/{call_id}/hangup"])
    def of_no_call_either(case, _):
        assert answered(case, "made up", {}) == (404, "unknown_call")

    @each(UNPAID, OPERATIONS["/api/v1/phone/numbers"])
    def not_signed_in(case, made_up):
        header = {"SIGN-IN-WITH-X": base64.b64encode(repr(case.query).encode()).decode()} if made_up else {}
        expected = (401, "siwx_malformed") if made_up else (402, "sign_in_required")
        assert answered(case, "made up", header) == expected

    for (kind, path, status, code), count in sorted(told.items(), key=str):
        print(f"{count:5d}  {path}: {kind}{'' if status is None else f' → {status}'} {code or ''}")
    print(f"{sum(told.values())} requests in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
