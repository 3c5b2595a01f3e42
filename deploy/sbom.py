"""The list of what is compiled into the functions, as CycloneDX: what cargo-sbom knows of the workspace, without what only
tests and builds need, and without times and random names, so that it is the same for the same commit. See deploy/release."""

import json
import subprocess
import sys

PACKAGE = ["--locked", "--package", "dialtone", "--edges", "normal", "--target", "all"]
tree = subprocess.run(
    ["cargo", "tree", *PACKAGE, "--prefix", "none", "--format", "{p}"], check=True, capture_output=True, text=True
).stdout
compiled = {tuple(line.replace(" v", " ", 1).split()[:2]) for line in tree.splitlines() if line}
bill = json.loads(
    subprocess.run(
        ["cargo", "sbom", "--output-format", "cyclone_dx_json_1_6", "--cargo-package", "dialtone"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
)
bill["components"] = [part for part in bill["components"] if (part["name"], part["version"]) in compiled]
bill["components"].sort(key=lambda part: part["bom-ref"])
kept = {part["bom-ref"] for part in bill["components"]}
bill["dependencies"] = [
    {**entry, "dependsOn": sorted(ref for ref in entry.get("dependsOn", []) if ref in kept)}
    for entry in bill.get("dependencies", [])
    if entry["ref"] in kept
]
bill["dependencies"].sort(key=lambda entry: entry["ref"])
bill.pop("serialNumber", None)
bill["metadata"].pop("timestamp", None)
missing = compiled - {(part["name"], part["version"]) for part in bill["components"]}
missing = {part for part in missing if part[0] != "dialtone"}
if missing:
    sys.exit(f"not in the list: {sorted(missing)}")
json.dump(bill, sys.stdout, indent=1, sort_keys=True)
