"""Zips the functions that cargo-lambda has built for a processor, and writes the template that deploys these zips:
`pack.py BUILT ARCHITECTURE OUT`; `pack.py --check` only looks whether that template can be written. See deploy/release."""

import os
import pathlib
import re
import sys
import zipfile

# The header of an ELF file names the processor.
MACHINES = {"arm64": 183, "x86_64": 62}
FUNCTION = re.compile(
    r"    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties:\n        Binary: (\w+)\n((?:    #.*\n)*)    Properties:\n"
)


def zipped(program: pathlib.Path, architecture: str, archive: pathlib.Path) -> None:
    code = program.read_bytes()
    if code[:4] != b"\x7fELF" or int.from_bytes(code[18:20], "little") != MACHINES[architecture]:
        sys.exit(f"{program} is not for {architecture}")
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w") as file:
        # A test hurries; what is shipped is small.
        file.writestr(entry, code, compresslevel=1 if "DIALTONE_HURRIED" in os.environ else 9)


def released(architecture: str) -> tuple[set[str], str]:
    """What is packed for the template, and the template that deploys it."""
    template = pathlib.Path("template.yaml").read_text()
    packed = {found.group(1) for found in FUNCTION.finditer(template)}
    template = FUNCTION.sub(r"\2    Properties:\n      CodeUri: \1.zip\n", template)
    # These zips are for one processor, so a stack that is made of them can have no other.
    processor = r"(  Architecture:\n(?:    .*\n)*?)    AllowedValues: \[arm64, x86_64\]\n    Default: \w+\n"
    template, changed = re.subn(processor, rf"\g<1>    AllowedValues: [{architecture}]\n    Default: {architecture}\n", template)
    functions = {path.stem for path in pathlib.Path("functions").glob("*.rs")}
    if packed != functions:
        sys.exit(f"template.yaml builds these and functions/ has not, or the other way round: {sorted(packed ^ functions)}")
    if changed != 1 or "cargolambda" in template:
        sys.exit("template.yaml names its processor, or how a function is built, in a way that is not known here")
    return packed, template


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        for architecture in MACHINES:
            released(architecture)
        return
    built, architecture, out = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    packed, template = released(architecture)
    out.mkdir(parents=True)
    for name in packed:
        zipped(built / name / "bootstrap", architecture, out / f"{name}.zip")
    (out / "template.yaml").write_text(template)


main()
