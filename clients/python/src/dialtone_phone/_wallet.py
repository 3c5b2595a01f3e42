"""Who pays, and who signs in."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import urlsplit

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from .errors import DialtoneError


def wallet_of(private_key: str) -> LocalAccount:
    # Whatever a library says of a wrong key could repeat it.
    key = private_key.strip().removeprefix("0x")
    try:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", key):
            raise ValueError
        return Account.from_key("0x" + key)
    except Exception:
        message = "private_key: 64 hexadecimal digits of an account's key, with or without 0x in front."
        raise DialtoneError("bad_options", message, charged=False) from None


def sign_in(wallet: LocalAccount, url: str, body: dict[str, Any]) -> str | None:
    """The value of `SIGN-IN-WITH-X` for a 402 that wants a wallet to sign in at `url`; nothing where it wants something else."""
    wanted = body.get("extensions", {}).get("sign-in-with-x")
    chain = next((one for one in (wanted or {}).get("supportedChains", []) if one["type"] == "eip191"), None)
    if not wanted or not chain:
        return None
    info, asked = wanted["info"], urlsplit(url)
    signed = urlsplit(info["uri"])
    # A signature that is good elsewhere is not for this service to ask for.
    if info["domain"] != asked.netloc or (signed.scheme, signed.netloc) != (asked.scheme, asked.netloc):
        message = f"{asked.netloc} asks to sign in at {info['domain']}: nothing was signed. Not charged."
        raise DialtoneError("cannot_pay", message, charged=False)
    message = encode_defunct(text=_eip4361(info, wallet.address, chain["chainId"]))
    signature = "0x" + bytes(wallet.sign_message(message).signature).hex()
    payload = {**info, "address": wallet.address, "chainId": chain["chainId"], "type": chain["type"], "signature": signature}
    return base64.b64encode(json.dumps(payload).encode()).decode()


def _eip4361(info: dict[str, Any], address: str, chain: str) -> str:
    lines = [f"{info['domain']} wants you to sign in with your Ethereum account:", address, ""]
    if "statement" in info:
        lines.append(info["statement"])
    lines += ["", f"URI: {info['uri']}", f"Version: {info['version']}", f"Chain ID: {chain.split(':')[1]}"]
    lines += [f"Nonce: {info['nonce']}", f"Issued At: {info['issuedAt']}"]
    if "expirationTime" in info:
        lines.append(f"Expiration Time: {info['expirationTime']}")
    if info.get("resources"):
        lines += ["Resources:", *(f"- {resource}" for resource in info["resources"])]
    return "\n".join(lines)
