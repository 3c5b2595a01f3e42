"""What is sent and when, as generators that do neither: the sync and the asyncio client each carry the same steps out.

A generator yields a `Request`, and is sent its `Answer` or thrown the failure; or it yields a number of seconds to sleep.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from eth_account.signers.local import LocalAccount
from x402 import x402ClientSync
from x402.http import x402HTTPClientSync
from x402.mechanisms.evm import EthAccountSigner
from x402.mechanisms.evm.exact import register_exact_evm_client
from x402.schemas.hooks import AbortResult

from ._budget import Budget
from ._wallet import sign_in
from .errors import DialtoneError

#: USDC, by network: what is paid with, and nothing else is signed for.
USDC = {
    "eip155:8453": "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
    "eip155:84532": "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
}

#: The longest that the service holds a poll back.
WAIT_SECONDS = 20


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    timeout: float = 35


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: dict[str, Any]

    @property
    def retry_after(self) -> int | None:
        said = self.headers.get("retry-after") or ""
        return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else None


class Lost(Exception):
    """There was no answer, or not the whole of it."""


Steps = Generator["Request | float", Any, Any]


def read(status: int, headers: Any, text: str) -> Answer:
    """A success that is not an object is not the service's: the answer was lost on its way. A refusal may be a proxy's page."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return Answer(status, headers, body)
    if status < 300:
        raise Lost(f"the answer {status} is not whole")
    return Answer(status, headers, {})


@dataclass
class _Signed:
    headers: dict[str, str]
    amount: int


class Core:
    def __init__(
        self, base_url: str, wallet: LocalAccount | None, budget: Budget, timeout: float, patience: float, repeats: int,
    ) -> None:
        self.base_url, self.wallet, self.budget = base_url, wallet, budget
        self.timeout, self.patience, self.repeats = timeout, patience, repeats
        # Signatures of which it is not known what became of them, oldest first, by what they were to buy.
        self._unresolved: dict[str, list[_Signed]] = {}
        self._lock = threading.Lock()

    def url(self, path: str) -> str:
        return f"{self.base_url}/api/v1/{path}"

    def buy(self, path: str, body: dict[str, Any], idempotency_key: str | None, sign_anew: bool) -> Steps:
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        request = Request("POST", self.url(path), headers, json.dumps(body), self.timeout)
        purchase = json.dumps([path, idempotency_key, body], sort_keys=True)
        with self._lock:
            waiting = self._unresolved.get(purchase)
            # Taken out while it is on its way: two purchases of the same at once are two.
            earlier = waiting.pop(0) if waiting and not sign_anew else None
        if earlier:
            try:
                return (yield from self._complete(purchase, request, earlier))
            except DialtoneError as error:
                # 402: it has bought nothing and never will, so this purchase is the first.
                if error.status != 402:
                    raise
        try:
            offer = yield from self._until_answered(request)
        except Lost as lost:
            raise DialtoneError("no_answer", "There was no answer. Not charged.", charged=False) from lost
        if offer.status != 402:
            raise _refusal(offer, False)
        return (yield from self._complete(purchase, request, self._sign(offer)))

    def free(self, request: Request) -> Steps:
        answer = yield from self._answered(request)
        if answer.status >= 300:
            raise _refusal(answer, False)
        return answer.body

    def get(self, path: str, wait: int | None = None) -> Steps:
        query = "" if wait is None else f"?wait={wait}"
        return self.free(Request("GET", self.url(path + query), timeout=self.timeout + (wait or 0)))

    def signed_in(self, path: str) -> Steps:
        if self.wallet is None:
            raise DialtoneError("cannot_pay", "There is no wallet to sign in with. Not charged.", charged=False)
        request = Request("GET", self.url(path), timeout=self.timeout)
        asked = yield from self._answered(request)
        header = sign_in(self.wallet, request.url, asked.body) if asked.status == 402 else None
        if header is None:
            raise _refusal(asked, False)
        return (yield from self.free(replace(request, headers={"sign-in-with-x": header})))

    def call(self, call_id: str, wait: int | None = None) -> Steps:
        return self.get(f"voice/call/{quote(call_id, safe='')}", wait)

    def hang_up(self, call_id: str) -> Steps:
        return self.free(Request("POST", self.url(f"voice/call/{quote(call_id, safe='')}/hangup"), {}, "{}", self.timeout))

    def wait_for_call(self, call_id: str, until: str, timeout: float, on_update: Any) -> Steps:
        end, seen = time.monotonic() + timeout, None
        while True:
            asked = time.monotonic()
            status = yield from self.call(call_id, max(0, min(WAIT_SECONDS, int(end - asked))))
            news, seen = status != seen, status
            if news and on_update:
                on_update(status)
            if is_over(status, until):
                return status
            now = time.monotonic()
            if now >= end:
                message = f"{call_id} still runs; it was waited for {timeout} s."
                raise DialtoneError("still_running", message, charged=False, body={"call_id": call_id})
            # Another client waits for the call, so that this answer was not held back.
            if not news and now - asked < 1:
                yield max(0.0, min(float(max(status.get("poll_after_seconds") or 1, 1)), end - now))

    def call_and_wait(self, body: dict[str, Any], idempotency_key: str | None, until: str, timeout: float, on_update: Any) -> Steps:
        placed = yield from self.buy("voice/call", body, idempotency_key, False)
        try:
            return (yield from self.wait_for_call(placed["call_id"], until, timeout, on_update))
        except DialtoneError as error:
            raise DialtoneError(
                error.code, error.message, charged=True, status=error.status, retry_after_seconds=error.retry_after_seconds,
                body={**error.body, "call_id": placed["call_id"]},
            ) from error

    def _answered(self, request: Request) -> Steps:
        try:
            return (yield from self._until_answered(request))
        except Lost as lost:
            raise DialtoneError("no_answer", "There was no answer. Not charged.", charged=False) from lost

    def _until_answered(self, request: Request) -> Steps:
        """The same request, word for word, until there is an answer that another attempt would not change."""
        end = time.monotonic() + self.patience
        attempt = 0
        while True:
            answer, failure = None, None
            try:
                answer = yield request
            except Lost as lost:
                failure = lost
            if answer and not _is_worth_repeating(answer):
                return answer
            said = answer.retry_after if answer else None
            pause = said if said is not None else min(0.5 * 2**attempt, 8)
            if attempt >= self.repeats or time.monotonic() + pause > end:
                if answer:
                    return answer
                raise failure or Lost()
            yield float(pause)
            attempt += 1

    def _sign(self, offer: Answer) -> _Signed:
        amount, refused = 0, None

        def look(context: Any) -> AbortResult | None:
            nonlocal amount, refused
            asked = context.selected_requirements
            try:
                if USDC.get(asked.network) != asked.asset.lower():
                    message = f"{asked.network}, {asked.asset}: this is not USDC. Nothing was signed. Not charged."
                    raise DialtoneError("cannot_pay", message, charged=False)
                self.budget.take(int(asked.amount))
                amount = int(asked.amount)
                return None
            except DialtoneError as error:
                refused = error
                return AbortResult("refused before signing")

        try:
            client = x402ClientSync()
            # The budget is the only limit, and looks before anything is signed.
            client.set_spend_controls({"max_amount_per_payment": False})
            if self.wallet is not None:
                register_exact_evm_client(client, EthAccountSigner(self.wallet), list(USDC))
            client.on_before_payment_creation(look)
            http = x402HTTPClientSync(client)
            required = http.get_payment_required_response(offer.headers.get, offer.body)
            return _Signed(http.encode_payment_signature_header(client.create_payment_payload(required)), amount)
        except Exception as error:
            self.budget.give_back(amount)
            if refused:
                raise refused from None
            message = f"What is asked for cannot be paid: {error}. Nothing was sent. Not charged."
            raise DialtoneError("cannot_pay", message, charged=False) from error

    def _complete(self, purchase: str, request: Request, signed: _Signed) -> Steps:
        """Sends a payment until it is known what it has bought."""
        charged: bool | str = "unknown"
        is_final = False
        try:
            answer = yield from self._until_answered(replace(request, headers={**request.headers, **signed.headers}))
            charged = True if answer.status == 200 else _charged_by(answer)
            if answer.status == 200:
                return answer.body
            # The payment buys nothing, whatever became of it.
            is_final = answer.status == 402
            raise _refusal(answer, charged)
        except Lost as lost:
            message = "There was no answer. It is not known whether it was paid: ask for the same again, which repeats the same payment and cannot pay twice."
            raise DialtoneError("no_answer", message, charged="unknown") from lost
        finally:
            # Also where the caller has cancelled it.
            if charged == "unknown" and not is_final:
                with self._lock:
                    self._unresolved.setdefault(purchase, []).insert(0, signed)
            elif charged is False:
                self.budget.give_back(signed.amount)


def is_over(status: dict[str, Any], until: str = "ended") -> bool:
    """Whether there is nothing more to wait for."""
    if status.get("final"):
        return True
    return until == "ended" and status["ended_by"] != "IN_PROGRESS" and status.get("result_status") != "pending"


def _is_worth_repeating(answer: Answer) -> bool:
    code = answer.body.get("code")
    return code == "payment_in_progress" or (answer.status >= 500 and code != "selling_paused")


def _charged_by(answer: Answer) -> bool | str:
    """Whether a paid request that was refused has cost its price.

    An answer that is not the service's says nothing about it, and one about a payment that came late can say only that it goes
    back if it was made.
    """
    if str(answer.body.get("message", "")).endswith("Not charged."):
        return False
    # The payment was made, and goes back.
    return True if answer.body.get("code") == "payment_returned" else "unknown"


def _refusal(answer: Answer, charged: bool | str) -> DialtoneError:
    message = answer.body.get("message") or f"The answer was {answer.status}, and is not one of the service."
    return DialtoneError(
        answer.body.get("code", "no_answer"), message, charged=charged, status=answer.status, body=answer.body,
        retry_after_seconds=answer.retry_after,
    )
