"""How much may be spent, and how much was. In micro-dollars, which are the units of USDC."""

from __future__ import annotations

import re
import threading

from .errors import DialtoneError


def micro_dollars(dollars: str | int | float, name: str) -> int:
    said = re.fullmatch(r"\$?([0-9]{1,9})(?:\.([0-9]{1,6}))?", str(dollars))
    if not said:
        raise DialtoneError("bad_options", f'{name}: {dollars!r} is not an amount of dollars, such as "5.00".', charged=False)
    return int(said[1] + (said[2] or "").ljust(6, "0"))


def dollars(micro: int) -> str:
    """As the service writes it: `"0.54"`, `"0.001"`."""
    whole, part = divmod(micro, 1_000_000)
    cents = re.sub("0{1,4}$", "", f"{part:06}")
    return f"{whole}.{cents}"


class Budget:
    def __init__(self, per_payment: int, per_session: int | None) -> None:
        self.per_payment, self.per_session = per_payment, per_session
        self.spent = 0
        self._lock = threading.Lock()

    def take(self, amount: int) -> None:
        """Before anything is signed, so that two payments at once cannot both have the last dollar."""
        if amount > self.per_payment:
            raise DialtoneError(
                "over_max_payment",
                f"This costs ${dollars(amount)}, and a payment may cost ${dollars(self.per_payment)} (max_payment). Nothing was signed. Not charged.",
                charged=False,
            )
        with self._lock:
            if self.per_session is not None and self.spent + amount > self.per_session:
                raise DialtoneError(
                    "over_session_budget",
                    f"This costs ${dollars(amount)}, and of the session's ${dollars(self.per_session)} (session_budget) "
                    f"${dollars(self.per_session - self.spent)} are left. Nothing was signed. Not charged.",
                    charged=False,
                )
            self.spent += amount

    def give_back(self, amount: int) -> None:
        """For what is known not to have been charged."""
        with self._lock:
            self.spent -= amount
