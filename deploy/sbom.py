"""The list of what is compiled into the functions and the command, as CycloneDX: what cargo-sbom knows of the workspace, without what only
tests and builds need, and without times and random names, so that it is the same for the same commit. See deploy/release."""

import json
import subprocess
import sys

# The functions, and the operator's command.
PACKAGES = ["dialtone", "operator"]
NAMED = [word for package in PACKAGES for word in ("--package", package)]
TREE = ["cargo", "tree", "--locked", *NAMED, "--edges", "normal", "--target", "all", "--prefix", "none", "--format", "{p}"]
tree = subprocess.run(TREE, check=True, capture_output=True, text=True).stdout
compiled = {tuple(line.replace(" v", " ", 1).split()[:2]) for line in tree.splitlines() if line}


def bill_of(package):
    command = ["cargo", "sbom", "--output-format", "cyclone_dx_json_1_6", "--cargo-package", package]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


bill, *others = [bill_of(package) for package in PACKAGES]
for name, key in (("components", "bom-ref"), ("dependencies", "ref")):
    parts = {part[key]: part for one in [*others, bill] for part in one.get(name, [])}
    bill[name] = list(parts.values())
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
missing = {part for part in missing if part[0] not in PACKAGES}
if missing:
    sys.exit(f"not in the list: {sorted(missing)}")
json.dump(bill, sys.stdout, indent=1, sort_keys=True)
