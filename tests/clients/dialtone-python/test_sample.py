"""The specification's Python sample with its import line changed and nothing else, but for the blanks at the beginning of lines,
which the document has lost."""

import os
import subprocess
import sys
from pathlib import Path

from eth_account import Account
from world import WORLD, fund, new_key

SAMPLE = Path(__file__).parents[1] / "samples/python.txt"
IMPORT = "from blockrun_llm import LLMClient"
INDENTED = {"status = ": 4, "if status": 4, "break": 8, "time.sleep": 4}


def as_written(line):
    depth = next((depth for start, depth in INDENTED.items() if line.startswith(start)), 0)
    return " " * depth + line


def test_it_ends_with_the_summary():
    sample = SAMPLE.read_text()
    assert sample.count(IMPORT) == 1
    program = sample.replace(IMPORT, "from dialtone_phone import LLMClient")
    key = new_key()
    fund(Account.from_key(key).address)
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(map(as_written, program.splitlines()))],
        env=os.environ | {"BASE_CHAIN_WALLET_KEY": key, "DIALTONE_URL": WORLD["gateway"]}, capture_output=True, text=True, timeout=120, check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "reservation for two at seven" in ran.stdout and "None" not in ran.stdout
