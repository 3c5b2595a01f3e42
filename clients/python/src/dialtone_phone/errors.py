"""What can go wrong, by code, and whether it has cost anything."""

from __future__ import annotations

from typing import Any



class DialtoneError(Exception):
    """Every refusal and failure of this package is one.

    `code` is the service's, or one of these: `over_max_payment`, `over_session_budget`, `cannot_pay` (nothing was signed),
    `bad_options`, `no_answer` (none that could be read, however often the same request was repeated), `still_running`.

    `charged` is `"unknown"` where only the same request gets to know it; that cannot pay twice.
    """

    def __init__(
        self, code: str, message: str, *, charged: bool | str, status: int | None = None,
        body: dict[str, Any] | None = None, retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.charged = charged
        self.status = status
        #: All that the service has said, such as `your_active_numbers` or `call_id`.
        self.body = body or {}
        self.retry_after_seconds = retry_after_seconds
