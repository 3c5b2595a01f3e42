"""Phone numbers and AI calls for agents, paid by x402: a client that pays once."""

from ._client import AsyncDialtone, Dialtone
from ._steps import is_over
from .errors import DialtoneError

#: The name that samples of the service use.
LLMClient = Dialtone

__all__ = ["AsyncDialtone", "Dialtone", "DialtoneError", "LLMClient", "is_over"]
