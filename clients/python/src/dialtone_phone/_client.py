"""The two clients, which do the same: one waits, the other is awaited."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
from eth_account.signers.local import LocalAccount

from . import models
from ._budget import Budget, dollars, micro_dollars
from ._steps import Core, Lost, Request, Steps, read
from ._wallet import wallet_of
from .errors import DialtoneError

Until = Literal["ended", "final"]
#: Is shown each status and each line of a call as they come.
OnUpdate = Callable[[models.CallStatus], None]

#: Longer than a call can take, in seconds.
LONGEST = 45 * 60


class _Client:
    """`private_key` is that of a wallet with USDC on Base, and `BASE_CHAIN_WALLET_KEY` of the environment if it is left out;
    `account` of eth-account goes in its place. `base_url` is where the service is, or `DIALTONE_URL`.

    A payment may cost `max_payment` dollars, and all of this client's together `session_budget`; both are held before anything
    is signed. An answer may take `timeout` seconds; the same request is repeated for `patience` seconds and `repeats` times.
    """

    def __init__(
        self,
        private_key: str | None = None,
        *,
        account: LocalAccount | None = None,
        base_url: str | None = None,
        max_payment: str | int | float = "5.00",
        session_budget: str | int | float | None = None,
        timeout: float = 35,
        patience: float = 120,
        repeats: int = 6,
        transport: Any = None,
    ) -> None:
        key = private_key if private_key is not None else os.environ.get("BASE_CHAIN_WALLET_KEY")
        wallet = account or (wallet_of(key) if key else None)
        budget = Budget(
            micro_dollars(max_payment, "max_payment"),
            None if session_budget is None else micro_dollars(session_budget, "session_budget"),
        )
        self._core = Core(_base_of(base_url or os.environ.get("DIALTONE_URL")), wallet, budget, timeout, patience, repeats)
        self._http = self._open(transport)

    def _open(self, transport: Any) -> Any:
        raise NotImplementedError

    @property
    def address(self) -> str | None:
        """The wallet that pays."""
        return self._core.wallet.address if self._core.wallet else None

    @property
    def spent(self) -> str:
        """Dollars that were spent, with those of payments whose outcome is unknown."""
        return dollars(self._core.budget.spent)


def _base_of(url: str | None) -> str:
    if not url or not re.match(r"https?://[^/?#]", url):
        message = "base_url: say where the service is, here or as DIALTONE_URL in the environment: an http(s) address, such as https://dialtone.example."
        raise DialtoneError("bad_options", message, charged=False)
    return re.sub(r"/api(/v1)?$", "", url.rstrip("/"))


def _sent(**fields: Any) -> dict[str, Any]:
    """Without what was left out; `from_` is `from`, which is a word of the language."""
    return {name.rstrip("_"): value for name, value in fields.items() if value is not None}


def _shown(on_update: OnUpdate | None) -> Callable[[dict[str, Any]], None] | None:
    return (lambda status: on_update(models.CallStatus.of(status))) if on_update else None


def _exchange(request: Request) -> dict[str, Any]:
    headers = {"accept": "application/json", **request.headers}
    if request.body is not None:
        headers["content-type"] = "application/json"
    # A payment is for the service that was asked, and no other: redirects are not followed.
    return {
        "method": request.method, "url": request.url, "headers": headers, "content": request.body,
        "timeout": request.timeout, "follow_redirects": False,
    }


class Dialtone(_Client):
    """Phone numbers and AI calls, paid by x402."""

    def _open(self, transport: Any) -> httpx.Client:
        return httpx.Client(transport=transport)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Dialtone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def phone_buy(
        self, country: str | None = None, area_code: str | None = None, *, idempotency_key: str | None = None, sign_anew: bool = False,
    ) -> models.BoughtNumber:
        """Leases a number for 30 days: $5.00."""
        body = _sent(country=country, area_code=area_code)
        return models.BoughtNumber.of(self._run(self._core.buy("phone/numbers/buy", body, idempotency_key, sign_anew)))

    def phone_renew(self, phone_number: str, *, idempotency_key: str | None = None, sign_anew: bool = False) -> models.RenewedNumber:
        """Adds 30 days to a lease: $5.00."""
        body = _sent(phone_number=phone_number)
        return models.RenewedNumber.of(self._run(self._core.buy("phone/numbers/renew", body, idempotency_key, sign_anew)))

    def phone_list(self) -> models.NumberList:
        """The wallet's numbers: free, since the wallet signs in."""
        return models.NumberList.of(self._run(self._core.signed_in("phone/numbers")))

    def voice_call(
        self, phone_number: str, task: str, *, idempotency_key: str | None = None, sign_anew: bool = False, **fields: Any,
    ) -> models.PlacedCall:
        """Places a call: $0.54. It goes on by itself; `wait_for_call` has its end.

        `from_`, `voice`, `language`, `max_duration`, `first_sentence`, `wait_for_greeting`, `interruption_threshold`,
        `voicemail_message` and `questions` are as the service has them.
        """
        body = _sent(phone_number=phone_number, task=task, **fields)
        return models.PlacedCall.of(self._run(self._core.buy("voice/call", body, idempotency_key, sign_anew)))

    def voice_call_status(self, call_id: str, *, wait: int | None = None) -> models.CallStatus:
        """How a call stands. With `wait` (0 to 20 seconds) the answer comes when something is new."""
        return models.CallStatus.of(self._run(self._core.call(call_id, wait)))

    def voice_hang_up(self, call_id: str) -> models.HangUp:
        """Hangs up: free. How the call ended is learned by looking at it."""
        return models.HangUp.of(self._run(self._core.hang_up(call_id)))

    def voice_calls(
        self, *, limit: int | None = None, number: str | None = None, status: str | None = None, since: str | None = None, cursor: str | None = None,
    ) -> models.CallList:
        """The wallet's calls of the last 30 days, newest first: free, since the wallet signs in."""
        query = urlencode(_sent(limit=limit, number=number, status=status, since=since, cursor=cursor))
        return models.CallList.of(self._run(self._core.signed_in("voice/calls" + (f"?{query}" if query else ""))))

    def voices(self) -> models.VoiceList:
        """The voices that a call can speak with: free."""
        return models.VoiceList.of(self._run(self._core.get("voice/voices")))

    def languages(self) -> models.LanguageList:
        """The languages that a call can be held in: free."""
        return models.LanguageList.of(self._run(self._core.get("voice/languages")))

    def wait_for_call(
        self, call_id: str, *, until: Until = "ended", timeout: float = LONGEST, on_update: OnUpdate | None = None,
    ) -> models.CallStatus:
        """Waits until a call is over. It does not end the call to stop waiting."""
        return models.CallStatus.of(self._run(self._core.wait_for_call(call_id, until, timeout, _shown(on_update))))

    def call_and_wait(
        self, phone_number: str, task: str, *, idempotency_key: str | None = None, until: Until = "ended", timeout: float = LONGEST,
        on_update: OnUpdate | None = None, **fields: Any,
    ) -> models.CallStatus:
        """Places a call and waits for its end. Where the waiting fails, the call goes on, and the error's `body["call_id"]` has it."""
        body = _sent(phone_number=phone_number, task=task, **fields)
        steps = self._core.call_and_wait(body, idempotency_key, until, timeout, _shown(on_update))
        return models.CallStatus.of(self._run(steps))

    def _run(self, steps: Steps) -> dict[str, Any]:
        """Carries the steps out."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Request):
                    try:
                        response = self._http.request(**_exchange(step))
                        answer = read(response.status_code, response.headers, response.text)
                    except (httpx.HTTPError, Lost) as error:
                        step = steps.throw(error if isinstance(error, Lost) else Lost(type(error).__name__))
                    else:
                        step = steps.send(answer)
                else:
                    time.sleep(step)
                    step = next(steps)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()


class AsyncDialtone(_Client):
    """The same, for asyncio."""

    def _open(self, transport: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> AsyncDialtone:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def phone_buy(
        self, country: str | None = None, area_code: str | None = None, *, idempotency_key: str | None = None, sign_anew: bool = False,
    ) -> models.BoughtNumber:
        """Leases a number for 30 days: $5.00."""
        body = _sent(country=country, area_code=area_code)
        return models.BoughtNumber.of(await self._run(self._core.buy("phone/numbers/buy", body, idempotency_key, sign_anew)))

    async def phone_renew(self, phone_number: str, *, idempotency_key: str | None = None, sign_anew: bool = False) -> models.RenewedNumber:
        """Adds 30 days to a lease: $5.00."""
        body = _sent(phone_number=phone_number)
        return models.RenewedNumber.of(await self._run(self._core.buy("phone/numbers/renew", body, idempotency_key, sign_anew)))

    async def phone_list(self) -> models.NumberList:
        """The wallet's numbers: free, since the wallet signs in."""
        return models.NumberList.of(await self._run(self._core.signed_in("phone/numbers")))

    async def voice_call(
        self, phone_number: str, task: str, *, idempotency_key: str | None = None, sign_anew: bool = False, **fields: Any,
    ) -> models.PlacedCall:
        """Places a call: $0.54. It goes on by itself; `wait_for_call` has its end.

        `from_`, `voice`, `language`, `max_duration`, `first_sentence`, `wait_for_greeting`, `interruption_threshold`,
        `voicemail_message` and `questions` are as the service has them.
        """
        body = _sent(phone_number=phone_number, task=task, **fields)
        return models.PlacedCall.of(await self._run(self._core.buy("voice/call", body, idempotency_key, sign_anew)))

    async def voice_call_status(self, call_id: str, *, wait: int | None = None) -> models.CallStatus:
        """How a call stands. With `wait` (0 to 20 seconds) the answer comes when something is new."""
        return models.CallStatus.of(await self._run(self._core.call(call_id, wait)))

    async def voice_hang_up(self, call_id: str) -> models.HangUp:
        """Hangs up: free. How the call ended is learned by looking at it."""
        return models.HangUp.of(await self._run(self._core.hang_up(call_id)))

    async def voice_calls(
        self, *, limit: int | None = None, number: str | None = None, status: str | None = None, since: str | None = None, cursor: str | None = None,
    ) -> models.CallList:
        """The wallet's calls of the last 30 days, newest first: free, since the wallet signs in."""
        query = urlencode(_sent(limit=limit, number=number, status=status, since=since, cursor=cursor))
        return models.CallList.of(await self._run(self._core.signed_in("voice/calls" + (f"?{query}" if query else ""))))

    async def voices(self) -> models.VoiceList:
        """The voices that a call can speak with: free."""
        return models.VoiceList.of(await self._run(self._core.get("voice/voices")))

    async def languages(self) -> models.LanguageList:
        """The languages that a call can be held in: free."""
        return models.LanguageList.of(await self._run(self._core.get("voice/languages")))

    async def wait_for_call(
        self, call_id: str, *, until: Until = "ended", timeout: float = LONGEST, on_update: OnUpdate | None = None,
    ) -> models.CallStatus:
        """Waits until a call is over. It does not end the call to stop waiting."""
        return models.CallStatus.of(await self._run(self._core.wait_for_call(call_id, until, timeout, _shown(on_update))))

    async def call_and_wait(
        self, phone_number: str, task: str, *, idempotency_key: str | None = None, until: Until = "ended", timeout: float = LONGEST,
        on_update: OnUpdate | None = None, **fields: Any,
    ) -> models.CallStatus:
        """Places a call and waits for its end. Where the waiting fails, the call goes on, and the error's `body["call_id"]` has it."""
        body = _sent(phone_number=phone_number, task=task, **fields)
        steps = self._core.call_and_wait(body, idempotency_key, until, timeout, _shown(on_update))
        return models.CallStatus.of(await self._run(steps))

    async def _run(self, steps: Steps) -> dict[str, Any]:
        """Carries the steps out."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Request):
                    try:
                        response = await self._http.request(**_exchange(step))
                        answer = read(response.status_code, response.headers, response.text)
                    except (httpx.HTTPError, Lost) as error:
                        step = steps.throw(error if isinstance(error, Lost) else Lost(type(error).__name__))
                    else:
                        step = steps.send(answer)
                else:
                    await asyncio.sleep(step)
                    step = next(steps)
        except StopIteration as end:
            return end.value
        finally:
            steps.close()
