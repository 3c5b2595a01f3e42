"""Makes src/dialtone_phone/models.py from the OpenAPI document of a running service: `generate.py URL [--check]`.

With `--check` it writes nothing, and fails where what is there is stale.
"""

import json
import keyword
import sys
import urllib.request
from pathlib import Path

FILE = Path(__file__).parents[1] / "src/dialtone_phone/models.py"
HEAD = '''"""What the service answers. Made from /openapi.json by scripts/generate.py: do not edit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ._answer import Answer, Model
'''
ANSWERS = {
    "BoughtNumber": ("numbers_buy", "200"),
    "RenewedNumber": ("numbers_renew", "200"),
    "NumberList": ("numbers", "200"),
    "PlacedCall": ("voice_call", "200"),
    "CallStatus": ("voice_call_status", "200"),
    "HangUp": ("voice_call_hangup", "202"),
    "CallList": ("voice_calls", "200"),
    "VoiceList": ("voice_voices", "200"),
    "LanguageList": ("voice_languages", "200"),
}
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "dict[str, Any]"}


def main(url: str, *flags: str) -> int:
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
        document = json.load(answer)
    operations = {one["operationId"]: one for path in document["paths"].values() for one in path.values() if "operationId" in one}
    classes: list[str] = []
    for name, (operation, status) in ANSWERS.items():
        schema = operations[operation]["responses"][status]["content"]["application/json"]["schema"]
        # The other answer is that of a dry run, which nothing here asks for.
        [schema] = [one for one in schema.get("anyOf", [schema]) if "$ref" not in one]
        write(classes, name, "Answer", schema)
    text = HEAD + "".join(classes)
    if "--check" not in flags:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        print(f"{FILE.name} is stale: scripts/generate.py URL", file=sys.stderr)
        return 1
    return 0


def write(classes: list[str], name: str, base: str, schema: dict) -> None:
    """A class, behind those that it needs."""
    lines = []
    for field, of in schema["properties"].items():
        kind, needed = type_of(classes, name + field.title().replace("_", ""), of), field in schema.get("required", [])
        python = field + "_" if keyword.iskeyword(field) else field
        if not needed and not kind.endswith("None"):
            kind += " | None"
        facts = [] if needed else ["default=None"]
        facts += [f"alias={json.dumps(field)}"] if python != field else []
        if "description" in of:
            lines.append(f"    #: {of['description']}")
        lines.append(f"    {python}: {kind}" + (f" = Field({', '.join(facts)})" if facts else ""))
    classes.append(f"\n\nclass {name}({base}):\n" + "\n".join(lines or ["    pass"]) + "\n")


def type_of(classes: list[str], name: str, schema: dict) -> str:
    # New words may come, which are no reason to refuse an answer: they are text as well.
    if "enum" in schema:
        return f"Literal[{', '.join(map(json.dumps, schema['enum']))}] | str"
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(one_of(classes, name, kind, schema) for kind in sorted(kinds, key=lambda kind: kind == "null"))


def one_of(classes: list[str], name: str, kind: str, schema: dict) -> str:
    if kind == "array":
        return f"list[{type_of(classes, name, schema['items'])}]"
    if kind == "object" and "properties" in schema:
        write(classes, name, "Model", schema)
        return name
    return PLAIN[kind]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
