"""What the functions answer under `sam local`: to each event of `events/`, and on every route. `tests/deploy/sam-local` starts it.

Everything around them is that of `cargo local`, whose own gateway is what the routes are held against.
"""

import argparse
import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import requests
import yaml
from story import ROOT, Loader, check, say

# Where `sam local start-api` listens unless told otherwise.
PORT = 3000
# The first container of each function takes seconds, and here they are many.
PATIENCE = 120
# What each status that is refused with says in `code`. What a 400 finds wrong is the functions' own tests' affair.
CODES = {400: ("bad_request", "invalid_payment"), 401: ("siwx_malformed",), 402: ("payment_required", "sign_in_required"), 404: ("unknown_call", "no_such_path"), 405: ("method_not_allowed",)}


class Local:
    def __init__(self, options):
        self.options = options
        self.world = json.loads((ROOT / "target/local/world.json").read_text())
        self.resources = yaml.load((ROOT / "template.yaml").read_text(), Loader)["Resources"]
        self.functions = {
            resource["Metadata"]["BuildProperties"]["Binary"]: logical
            for logical, resource in self.resources.items()
            if resource["Type"] == "AWS::Serverless::Function"
        }
        self.variables = f"{options.home}/variables.json"
        Path(self.variables).write_text(json.dumps({"Parameters": self.references()}))

    def parameters(self):
        """The template's, as for a deployment, with the addresses that containers know."""
        reached = lambda name: self.world[name].replace("127.0.0.1", self.options.gateway)  # noqa: E731
        return {
            "Architecture": "x86_64",
            # As the local world's own functions know it, so that the answers can be compared.
            "PublicUrl": self.world["gateway"],
            "PaymentNetworks": self.world["network"],
            "EvmPayee": self.world["payee"],
            "FacilitatorUrl": reached("facilitator"),
            "EvmRpcUrl": reached("rpc"),
            "TwilioUrl": reached("twilio"),
            "TwilioAccountSid": self.world["twilio_account_sid"],
            "BlandUrl": reached("bland"),
            "DynamoDbUrl": reached("dynamodb"),
            "SchedulerUrl": reached("scheduler"),
            "KmsUrl": reached("kms"),
            "SecretsManagerUrl": reached("secrets_manager"),
            "S3Url": reached("s3"),
        }

    def references(self):
        """What CloudFormation would put where the template refers to its other resources: SAM only knows their logical names."""
        stack = self.world["table"].removesuffix("-Table")
        account = "us-east-1:000000000000"
        secret = lambda name: f"arn:aws:secretsmanager:{account}:secret:{stack}-{name}-a1b2c3"  # noqa: E731
        return {
            # SAM joins no list that is a parameter.
            "PAYMENT_NETWORKS": self.world["network"],
            "TABLE_NAME": self.world["table"],
            "PAYMENT_SECRET": secret("PaymentSecret"),
            "TWILIO_SECRET": secret("TwilioSecret"),
            "BLAND_SECRET": secret("BlandSecret"),
            "REFUND_SECRET": secret("RefundSecret"),
            "REFUND_KMS_KEY": f"{stack}-RefundKey",
            "SCHEDULE_GROUP": f"{stack}-leases",
            "SCHEDULE_ROLE_ARN": f"arn:aws:iam::000000000000:role/{stack}-SchedulerRole",
            "SCHEDULE_DEAD_LETTERS_ARN": f"arn:aws:sqs:{account}:{stack}-DeadLetters",
            "REAPER_ARN": f"arn:aws:lambda:{account}:function:{stack}-reaper",
            "BOOKS_BUCKET": f"{stack}-books".lower(),
        }

    def sam(self, command, *arguments):
        """A command of `sam local`. Away from samconfig.toml, which is for real stacks."""
        return [
            self.options.sam, "local", command, *arguments, "--template-file", f"{self.options.build}/template.yaml",
            "--skip-pull-image", "--env-vars", self.variables,
            "--parameter-overrides", *(f"{name}={value}" for name, value in self.parameters().items()),
        ]

    def environment(self, access_key):
        """Nothing of this machine's: SAM hands on what has the name of a variable of the function's."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": self.options.home,
            "TMPDIR": self.options.home,
            "DOCKER_HOST": f"unix://{self.options.home}/podman.sock",
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": "us-east-1",
            # SAM asks whose account the key is of, and AWS is not there to tell.
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": "local-secret-access-key",
            "AWS_SESSION_TOKEN": "local-session-token",
        }

    def invoke(self, binary, event, log):
        """One event through `sam local invoke`. The function signs with its own key, so the template's policies hold."""
        done = subprocess.run(
            self.sam("invoke", self.functions[binary], "--event", event),
            cwd=self.options.logs, env=self.environment("ASIA" + binary.replace("_", "").upper()),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, check=False,
        )
        log.write(f"{done.stdout}\n")
        log.flush()
        check(done.returncode == 0 and done.stdout.strip(), f"sam local invoke {binary} with {event}: see {log.name}")
        return json.loads(done.stdout)

    def answers_its_events(self):
        folders = sorted(folder for folder in (ROOT / "events").iterdir() if folder.is_dir())
        check({folder.name for folder in folders} == set(self.functions), "not every function has its events")
        with open(f"{self.options.logs}/sam-invoke.log", "w", encoding="utf-8") as log:
            for folder in folders:
                events = sorted(folder.glob("*.json"))
                answers = [self.holds(event, self.invoke(folder.name, event, log)) for event in events]
                told = ", ".join(f"{name} → {answer}" for name, answer in answers)
                say(f"sam local invoke {self.functions[folder.name]}: {told}")

    def holds(self, event, answer):
        """The status in the event's name, or a round without faults, and that the answer is what the status promises."""
        name, _, status = event.stem.rpartition("-")
        shown = f"{event.relative_to(ROOT)}: {json.dumps(answer)}"
        if not name:
            check(answer["faults"] == 0, shown)
            return event.stem, f"{len(answer)} counts, no faults"
        check(answer["statusCode"] == int(status), shown)
        body = answer.get("body") or ""
        if int(status) in CODES:
            check(json.loads(body)["code"] in CODES[int(status)], shown)
        if status == "402":
            offers = json.loads(base64.b64decode(answer["headers"]["payment-required"]))
            check(offers["resource"]["url"].startswith(self.world["gateway"]), shown)
            for offer in offers["accepts"] + json.loads(body)["accepts"]:
                check(offer["payTo"] == self.world["payee"], shown)
        if status == "200":
            # One is JSON, the other words.
            check(body.startswith("# ") or json.loads(body)["openapi"].startswith("3.1"), shown)
        return name, int(status)

    def routes(self):
        for resource in self.resources.values():
            for event in resource.get("Properties", {}).get("Events", {}).values():
                if event["Type"] == "HttpApi":
                    yield event["Properties"]["Path"]

    @contextmanager
    def gateway(self):
        """`sam local start-api` with a container for each function."""
        with open(f"{self.options.logs}/sam-api.log", "w", encoding="utf-8") as log:
            # A key that belongs to no function, since SAM gives all of them the same: the policies are not asked here.
            running = subprocess.Popen(
                self.sam("start-api", "--warm-containers", "EAGER", "--port", str(PORT)),
                cwd=self.options.logs, env=self.environment("local"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )
            try:
                until = time.monotonic() + PATIENCE
                while not listens():
                    check(running.poll() is None and time.monotonic() < until, f"sam local start-api: see {log.name}")
                    time.sleep(0.2)
                yield f"http://127.0.0.1:{PORT}"
            finally:
                running.terminate()
                running.wait()

    def answers_its_routes(self, gateway):
        """Byte for byte what the local world's own gateway answers to the same request."""
        called = json.loads((ROOT / "events/voice_call_status/unknown-404.json").read_text())["pathParameters"]
        statuses = Counter()
        for route in self.routes():
            path = route.format(**called)
            for method in ("GET", "POST", "OPTIONS", "DELETE"):
                here, there = (ask(method, origin + path) for origin in (gateway, self.world["gateway"]))
                check(here == there, f"{method} {path} is answered\n{here} by SAM, and\n{there} here")
                statuses[method, here["status"]] += 1
        told = ", ".join(f"{count} {method} → {status}" for (method, status), count in sorted(statuses.items()))
        say(f"sam local start-api: {told}")
        # API Gateway's own answer for an HTTP API is 404; SAM gives that of a REST API.
        unknown = ask("GET", f"{gateway}/no/such/route")["status"]
        check(unknown == 403, f"an unknown route is answered {unknown}")

    def is_paid(self, gateway):
        """The local world's own wallet buys a number, calls a callee from it, and lists what it has."""
        for_clients = f"{self.options.home}/world.json"
        Path(for_clients).write_text(json.dumps({**self.world, "gateway": gateway}))
        payer = {"DIALTONE_WORLD": for_clients, "DIALTONE_PAYER": self.world["key"]}

        def pays(verb):
            done = subprocess.run(
                [self.options.client, ROOT / "tests/deploy/pays.py", verb],
                env={**self.environment("local"), **payer}, stdout=subprocess.PIPE, text=True, check=False,
            )
            check(done.returncode == 0, f"the client could not {verb}")
            return json.loads(done.stdout.splitlines()[-1])

        bought = pays("buy")
        call = pays("call")
        check(call["status"] == "completed" and call["from"] == bought["phone_number"], f"the call: {call['status']}")
        listed = [number["phone_number"] for number in pays("list")["numbers"]]
        check(listed == [bought["phone_number"]], f"the wallet has {len(listed)} numbers")
        say(f"a number was bought and listed, and a call was paid for: {call['ended_by']}, {len(call['transcript'])} lines")


def listens():
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", PORT)) == 0


def ask(method, url):
    """What a client sees of the answer, without what each server says of itself."""
    answer = requests.request(method, url, allow_redirects=False, timeout=PATIENCE)
    own = ("connection", "content-length", "date", "server", "transfer-encoding")
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in own}
    return {"status": answer.status_code, "headers": headers, "body": answer.text}


def main():
    parser = argparse.ArgumentParser()
    for name in ("sam", "client", "build", "logs", "home", "gateway"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    options.build, options.logs = os.path.abspath(options.build), os.path.abspath(options.logs)
    local = Local(options)
    local.answers_its_events()
    with local.gateway() as gateway:
        say("sam local start-api has a container for each function")
        local.answers_its_routes(gateway)
        local.is_paid(gateway)


if __name__ == "__main__":
    main()
