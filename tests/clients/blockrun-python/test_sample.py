"""The specification's Python sample, word for word but for the line that imports its client, as its readers run it. Its loop ends
at the first status that is an end, and prints the summary at once."""

import os
import subprocess
import sys
from pathlib import Path

from world import fund, new_key

# Not before `world`: it gives the client a home of its own.
from blockrun_llm import PhoneClient

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "samples/python.txt"
IMPORT = "from blockrun_llm import LLMClient"
# The document has lost its blanks at the beginning of lines, without which it is not Python.
INDENTED = {"status = ": 4, "if status": 4, "break": 8, "time.sleep": 4}


def as_written(line):
    depth = next((depth for start, depth in INDENTED.items() if line.startswith(start)), 0)
    return " " * depth + line


def test_it_ends_with_the_summary():
    sample = SAMPLE.read_text()
    assert sample.count(IMPORT) == 1
    program = sample.replace(IMPORT, "from sample_client import LLMClient")
    key = new_key()
    fund(PhoneClient(key).get_wallet_address())
    environment = os.environ | {"BASE_CHAIN_WALLET_KEY": key, "PYTHONPATH": str(HERE)}
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(map(as_written, program.splitlines()))],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "reservation for two at seven" in ran.stdout and "None" not in ran.stdout
