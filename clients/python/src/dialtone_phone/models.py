"""What the service answers. Made from /openapi.json by scripts/generate.py: do not edit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ._answer import Answer, Model


class BoughtNumber(Answer):
    #: Whether it has the `area_code` that was asked for, if one was.
    area_code_matched: bool | None = Field(default=None)
    #: Where it was paid.
    chain: Literal["base", "base-sepolia", "solana", "solana-devnet"] | str
    #: Its country, ISO 3166-1 alpha-2.
    country: str
    #: When the lease ends.
    expires_at: str
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: The wallet that paid.
    owner_wallet: str
    #: The number, in E.164.
    phone_number: str
    #: The transaction that paid.
    transaction: str


class RenewedNumber(Answer):
    #: When the lease ends.
    expires_at: str
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: The number, in E.164.
    phone_number: str
    #: The transaction that paid.
    transaction: str


class NumberListNumbers(Model):
    #: Always true: what has ended is not listed.
    active: bool
    #: Where it was paid.
    chain: Literal["base", "base-sepolia", "solana", "solana-devnet"] | str
    #: Its country, ISO 3166-1 alpha-2.
    country: str
    #: Whole days that are left, rounded down: 30 in the second in which a lease of 30 days begins, 29 after it.
    days_remaining: int
    #: When the lease ends.
    expires_at: str
    #: The number, in E.164.
    phone_number: str


class NumberList(Answer):
    #: How many there are.
    count: int
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: What the wallet owns.
    numbers: list[NumberListNumbers]
    #: The wallet that has signed in.
    wallet: str


class PlacedCall(Answer):
    #: Names the call, and is the right to look at it and to hang it up: keep it to yourself.
    call_id: str
    #: When it is cut off at the latest.
    expected_duration_minutes: int
    #: Who calls.
    from_: str = Field(alias="from")
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: `pending`: the outcome of the payment is not known yet. `credit`: what the wallet was owed has paid, and the payment of this request is not used.
    payment: Literal["pending", "credit"] | str | None = Field(default=None)
    #: Where to ask how it goes. In a browser it is a page.
    poll_url: str
    #: The phone is being rung.
    status: Literal["started"] | str
    #: Who is called.
    to: str
    #: The transaction that paid; empty while `payment` is there.
    transaction: str


class CallStatusRefund(Model):
    #: `due`: it goes back, in minutes or on a later day. `credited`: the wallet's next call is paid with it.
    status: Literal["due", "refunded", "credited"] | str
    #: The one that paid it back.
    transaction: str | None


class CallStatusTranscript(Model):
    #: Its place, from 0: the same for as long as the call is kept.
    index: int
    #: The speaker: the AI or the callee.
    role: Literal["assistant", "user"] | str
    #: What.
    text: str


class CallStatus(Answer):
    #: Who answered, as the dialler heard it.
    answered_by: str | None
    #: Who ended it, in the dialler's words.
    call_ended_by: str | None
    #: Names the call, and is the right to look at it and to hang it up: keep it to yourself.
    call_id: str
    #: Minutes.
    call_length: float | None
    #: `true`: the callee has asked not to be called again, so every further call to this number is 403 `destination_opted_out`.
    callee_opted_out: bool | None = Field(default=None)
    #: Whether it is paid for and stays so.
    charged: bool
    #: The transcript as one text.
    concatenated_transcript: str | None
    #: When it was over.
    ended_at: str | None
    #: Why it ended. `ERROR` is paid back, and so is `REQUESTED` (a hang-up) where `status` is `failed`: before the phone rang.
    ended_by: Literal["IN_PROGRESS", "USER", "ASSISTANT", "TIMEOUT", "REQUESTED", "NO_ANSWER", "BUSY", "VOICEMAIL", "ERROR"] | str
    #: The same in a sentence.
    ended_by_reason: str
    #: Whether nothing changes any more, but how far a refund is: poll no more.
    final: bool
    #: Who calls.
    from_: str = Field(alias="from")
    #: What it has cost the wallet so far, in dollars.
    paid: str
    #: The outcome of its payment is not known yet.
    payment: Literal["pending"] | str | None = Field(default=None)
    #: When there can be something new, as `Retry-After`; `null` once `final` is true. Lines come twice a minute, and within five seconds to a request that waits.
    poll_after_seconds: int | None
    #: Where it can be listened to.
    recording_url: str | None
    #: Where the money of a call is that failed, or whose payment came too late, which can be after `final`.
    refund: CallStatusRefund | None = Field(default=None)
    #: The answers by name; one that was not given, or is not of its type, is `null`. `null` until `result_status` is `ready`.
    result: dict[str, Any] | None = Field(default=None)
    #: Of a call with `questions`. `unavailable`: there will be no answers, as of a call in which no person spoke.
    result_status: Literal["pending", "ready", "unavailable"] | str | None = Field(default=None)
    #: Whether the same call makes sense again. `no`: it was made, hung up on request, still runs, the number does not exist, or a carrier blocked the one that calls. `later`: the callee was not reached. `now`: an error, which `ended_by_reason` names. A number is called at most once in ten seconds.
    retry: Literal["no", "later", "now"] | str
    #: When it was answered; `null` if it was not.
    started_at: str | None
    #: Where it is. The last four are ends, which never change.
    status: Literal["started", "in-progress", "completed", "failed", "no_answer", "busy"] | str
    #: What was said, in short.
    summary: str | None
    #: Who is called.
    to: str
    #: Who said what. While the call runs, what is heard so far: lines are added, and one may be corrected, until `transcript_final` is true.
    transcript: list[CallStatusTranscript]
    #: Whether no line is added or corrected any more.
    transcript_final: bool
    #: The fields that hold what a stranger said, or what was made of it.
    untrusted: list[str]
    #: `true` once voicemail is known to have your message: the AI has spoken all of it. Else `null`.
    voicemail_left: bool | None


class HangUp(Answer):
    #: Names the call, and is the right to look at it and to hang it up: keep it to yourself.
    call_id: str
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: It is being hung up.
    status: Literal["ending"] | str


class CallListCalls(Model):
    #: Names the call, and is the right to look at it and to hang it up: keep it to yourself.
    call_id: str
    #: Minutes.
    call_length: float | None
    #: Whether it is paid for and stays so.
    charged: bool
    #: When it was placed.
    created_at: str
    #: When it was over.
    ended_at: str | None
    #: Why it ended.
    ended_by: Literal["IN_PROGRESS", "USER", "ASSISTANT", "TIMEOUT", "REQUESTED", "NO_ANSWER", "BUSY", "VOICEMAIL", "ERROR"] | str
    #: Who calls.
    from_: str = Field(alias="from")
    #: Where it is.
    status: Literal["started", "in-progress", "completed", "failed", "no_answer", "busy"] | str
    #: Who is called.
    to: str


class CallList(Answer):
    #: What was called.
    calls: list[CallListCalls]
    #: How many are on this page.
    count: int
    #: Fields of the body and parameters of the address that nothing is made of, by name: at most twenty. Left out where there are none.
    ignored_fields: list[str] | None = Field(default=None)
    #: Where the next page begins; `null` on the last one. It is this wallet's alone, and the filters may change on the way. A filter looks at two hundred calls at most, so a page can have fewer than `limit` and be followed by another.
    next_cursor: str | None
    #: The wallet that has signed in.
    wallet: str


class VoiceListVoices(Model):
    #: How it sounds, where that is known.
    description: str | None
    #: What to send as `voice`. The name will do too.
    id: str
    #: What it speaks best, where that is known.
    language: str | None
    #: What it is called.
    name: str
    #: Where it can be heard, if anywhere.
    sample_url: str | None


class VoiceList(Answer):
    #: By name.
    voices: list[VoiceListVoices]


class LanguageListLanguages(Model):
    #: What to send as `language`.
    code: str
    #: In English.
    name: str


class LanguageList(Answer):
    #: A language, then its variants.
    languages: list[LanguageListLanguages]
