"""A release, from `dialtone up` to `dialtone down`, as an operator has it: its files, the command beside them, and nothing else.
`tests/deploy/run` starts it behind the story, in the same emulator.

The emulator leaves the routes out (story.py), which is what stops the first runs before they are ready; the later ones go on.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import boto3
import yaml
from story import ROOT, Deployed, Loader, check, say, without_what_the_emulator_lacks

sys.path.insert(0, str(ROOT / "tests/clients/blockrun-python"))

STACK = "dialtone-released"
PATIENCE = 120


def pack(build, command, folder):
    """What `deploy/release` leaves for one processor, with the command beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader)
    built = folder / "built"
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            program = built / resource["Metadata"]["BuildProperties"]["Binary"] / "bootstrap"
            program.parent.mkdir(parents=True)
            program.symlink_to(Path(build) / logical / "bootstrap")
    subprocess.run([sys.executable, "deploy/pack.py", built, "x86_64", folder / "x86_64"], cwd=ROOT, check=True, env={**os.environ, "DIALTONE_HURRIED": "1"})
    without_what_the_emulator_lacks(folder / "x86_64").rename(folder / "x86_64/template.yaml")
    shutil.copy(ROOT / command, folder / "dialtone")
    shutil.rmtree(built)
    checksums(folder)


def checksums(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums))


class Released(Deployed):
    name = STACK

    def __init__(self, options):
        super().__init__(options)
        logs = Path(options.logs)
        self.folder, self.key_file, self.notes = logs / "release", logs / "payer.key", logs / "dialtone.toml"
        pack(options.build, options.command, self.folder)
        # A wallet of the world's that has money.
        self.payer = self.world["key"]
        self.key_file.write_text(self.payer)
        self.notes.unlink(missing_ok=True)
        self.url = None

    def answers(self):
        """What a person would type, and the vendors of the local world in place of the real ones."""
        world, endpoint = self.world, os.environ["AWS_ENDPOINT_URL"]
        sid, token = world["twilio_main"]
        typed = {
            "CDP_KEY_FILE": "", "EVM_PAYEE": "0x" + secrets.token_hex(20), "ALARM_EMAIL": "operator@acme.io",
            "TWILIO_MAIN_SID": sid, "TWILIO_MAIN_TOKEN": token, "BLAND_API_KEY": world["secrets"]["bland"]["api_key"],
            "PAYER_KEY": self.payer,
        }
        parameters = {
            "PaymentNetworks": world["network"], "FacilitatorUrl": world["facilitator"], "EvmRpcUrl": world["rpc"],
            "TwilioUrl": world["twilio"], "BlandUrl": world["bland"],
            **{f"{name}Url": endpoint for name in ("DynamoDb", "Scheduler", "Kms", "SecretsManager")},
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in typed.items()]
        return "\n".join([*lines, "[parameters]", *(f"{name} = {json.dumps(value)}" for name, value in parameters.items())])

    def command(self, *said):
        twilio = self.world["twilio"]
        environment = {
            **os.environ, "AWS_REGION": "us-east-1", "DIALTONE_STACK": self.name,
            "TWILIO_VOICE_URL": f"{twilio}/voice.twilio.com", "TWILIO_PRICING_URL": f"{twilio}/pricing.twilio.com",
        }
        return subprocess.Popen(
            [self.folder / "dialtone", "--json", "--yes", *said], env=environment, cwd=self.options.logs,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def dialtone(self, *said, stdin="", ends=0):
        running = self.command(*said)
        out, err = running.communicate(stdin)
        for secret in (self.payer[2:], self.world["twilio_main"][1], self.world["secrets"]["bland"]["api_key"]):
            check(secret not in out + err, f"dialtone {said[0]} said a secret")
        check(running.returncode in ([ends] if isinstance(ends, int) else ends), f"dialtone {said[0]} ended with {running.returncode}: {out}{err}")
        return json.loads(out)

    def up(self, *more, ends=0):
        said = ["--url", self.url] if self.url else []
        return self.dialtone("up", "--answers", "-", "--patience", "0", *said, *more, stdin=self.typed, ends=ends)

    def is_left_alone(self):
        """The first run is killed as soon as CloudFormation has begun."""
        running = self.command("up", "--answers", "-", "--patience", "0")
        running.stdin.write(self.typed)
        running.stdin.close()
        until = time.monotonic() + PATIENCE
        while STACK not in {stack["StackName"] for stack in self.cloudformation.list_stacks()["StackSummaries"]}:
            if running.poll() is not None or time.monotonic() > until:
                running.kill()
                sys.exit(f"FAILED: no stack was begun: {running.stderr.read()}")
            time.sleep(0.2)
        running.kill()
        running.wait()

    def is_there(self):
        [stack] = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.table = boto3.resource("dynamodb").Table(self.outputs["TableName"])
        self.api = self.outputs["ApiUrl"].split("//")[1].split(".")[0]
        self.route()
        self.url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{self.api}/$default"


def main():
    parser = argparse.ArgumentParser()
    for name in ("build", "command", "logs"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    options.build, options.logs = os.path.abspath(options.build), os.path.abspath(options.logs)
    os.environ["DIALTONE_WORLD"] = str(ROOT / "target/local/world.json")
    # Not before it knows where the world is.
    from world import fund, a_callee

    stack = Released(options)
    stack.typed = stack.answers()
    say("a release was packed")

    stack.is_left_alone()
    waits = stack.up(ends=1)
    check(waits["waits_for"] == "refund wallet", f"after the first runs: {waits}")
    kept = stack.notes.read_text()
    check(stack.payer[2:] not in kept and stack.world["twilio_main"][1] not in kept, "a secret was noted")
    say("`dialtone up` was killed while the stack was made, went on when it was given again, and waits for the wallet")

    wallet = waits["said"].split()[0]
    fund(wallet)
    stack.is_there()
    ready = stack.up()
    check(ready["ready"] and ready["asked"] == 0 and ready["proof"]["sells"], f"dialtone up: {ready}")
    numbers = [row for row in stack.rows() if row["pk"].startswith("NUMBER#")]
    check([row["custody"] for row in numbers] == ["pooled"], "there is no stock of one")
    say("All is ready: secrets, address, wallet, a stock of one, and a paid list")

    callee = a_callee()
    proof = stack.dialtone("smoke", "--wallet-key", stack.key_file, "--url", stack.url, "--call", callee)
    check(proof["sells"] and len(proof["payments"]) == 3, f"dialtone smoke: {proof}")
    say("`dialtone smoke` paid for a list, a number and a call")

    stack.dialtone("set", "DailyCallBudget=4000", "--because", "a story")
    before = stack.told()
    template = stack.folder / "x86_64/template.yaml"
    template.write_text(template.read_text().replace("MemorySize: 256", "MemorySize: 320", 1))
    refused = stack.up(ends=2)
    check("is not what SHA256SUMS says" in refused["error"], f"a release that was changed: {refused}")
    checksums(stack.folder)
    check(stack.up("--watch", "1")["ready"], "the new release is not ready")
    check(stack.told() == before, "the new release changed a parameter or a variable")
    sizes = {it["MemorySize"] for it in stack.functions.list_functions()["Functions"] if it["FunctionName"].startswith(STACK)}
    check(sizes == {320}, f"the new release has functions of {sizes}")
    say("`dialtone set`, and another release over it: each parameter is as it was set")

    kept = stack.dialtone("down", "--name", STACK, ends=1)
    check(not kept["deleted"], "a stack with a leased number was deleted")
    stack.dialtone("down", "--leased-numbers", "--unfinished-sales", ends=2)
    stack.dialtone("down", "--name", "dialtone", "--leased-numbers", "--unfinished-sales", ends=2)
    gone = stack.dialtone("down", "--name", STACK, "--leased-numbers", "--unfinished-sales")
    check(gone["deleted"] and any("table" in one["what"] for one in gone["stays"]), f"dialtone down: {gone}")
    check(len(stack.rows()) > 0, "the table was deleted with the stack")
    say("`dialtone down` wants the name typed and the leases given up; the stack is gone, and its table is not")

    # Of another name: the emulator gives a table the same name each time. With the account that has the numbers.
    left, stack.url, stack.name = stack.outputs["TableName"], None, f"{STACK}-again"
    # What was noted of the other stack is not for this one.
    stack.notes.unlink()
    stack.typed += f"\nTwilioAccountSid = {json.dumps(before[0]['TwilioAccountSid'])}\n"
    waits = stack.up(ends=1)
    fund(waits["said"].split()[0])
    stack.is_there()
    # The new table knows nothing of what the payee was paid for, which is told once that is final.
    stack.up(ends=(0, 1))
    with stack.restoring(source=left) as (_, of):
        of(go=True, block=[(stack.world["network"], 1)]).run()
        of(open=True).open()
    stack.dialtone("resume", "--because", "a story")
    proof = stack.dialtone("smoke", "--wallet-key", stack.key_file, "--url", stack.url)
    check(any(one["said"] == "the wallet has 1 number" for one in proof["steps"]), f"after the table was put in: {proof}")
    check(stack.up()["ready"], "the stack with the table that was left is not ready")
    say("a new stack was made, and has the table that the deleted one had left: its customers have their numbers")


if __name__ == "__main__":
    main()
