"""What happens to a stack from its first deployment to the end of its first lease. `tests/deploy/run` starts it.

Time passes as it does in the other tests: what is stored is shifted into the past, and the lease's schedule is set as much
sooner. Then the emulator's scheduler fires it by the machine's clock.
"""

import argparse
import contextlib
import decimal
import importlib.machinery
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3
import yaml

ROOT = Path(__file__).parents[2]
STACK = "dialtone-emulated"
PUBLIC_URL = "https://dialtone.test"
# The emulator looks for due schedules every ten seconds.
PATIENCE = 90
# Between now and the moment that the schedule is set to.
SOON = timedelta(seconds=5)
# The harness's list of what is an instant: there it is held against the product.
TIMES = re.findall(r'^    "(\w+)",$', (ROOT / "tests/harness/src/dynamo/travel.rs").read_text(), re.MULTILINE)

began = time.monotonic()


def say(text):
    print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's intrinsics, of which only the text matters here."""


Loader.add_multi_constructor("!", lambda loader, tag, node: getattr(node, "value", None))


# Kinds of resources that the emulator does not know.
UNKNOWN = ("AWS::Budgets::Budget", "AWS::Logs::QueryDefinition")


def without_what_the_emulator_lacks(build):
    """Alarms over expressions, and what shows them, and budgets and saved queries; everything else is deployed as it is. What AWS refuses
    of such alarms is held by tests/it/template/refused.rs, and tried by hand in an account (docs/releasing.md)."""
    text = Path(f"{build}/template.yaml").read_text()

    def block(logical):
        # From its name to the next line that is indented as little.
        return re.search(rf"^  {logical}:\n(?:(?:   .*)?\n)*", text, re.MULTILINE)[0]

    resources = yaml.load(text, Loader)["Resources"]
    is_alarm = lambda it: it["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in it["Properties"]  # noqa: E731
    alarms = [logical for logical, resource in resources.items() if is_alarm(resource)]
    shows = [logical for logical in resources if any(f"{alarm}.Arn" in block(logical) for alarm in alarms)]
    unknown = [logical for logical, resource in resources.items() if resource["Type"] in UNKNOWN]
    left_out = list(dict.fromkeys(alarms + shows + unknown))
    for logical in left_out:
        text = text.replace(block(logical), "")
    say(f"left out, since the emulator does not know them: {', '.join(left_out)}")
    # The emulator and its neighbours are on this machine, without TLS; the template lets no such address through.
    text = re.sub(r"^    AllowedPattern: .*https://.*\n", "", text, flags=re.MULTILINE)
    path = Path(f"{build}/emulated.yaml")
    path.write_text(text)
    return path


class Deployed:
    name = STACK

    def __init__(self, options):
        self.options = options
        self.world = json.loads((ROOT / "target/local/world.json").read_text())
        self.cloudformation = boto3.client("cloudformation")
        self.gateway = boto3.client("apigatewayv2")
        self.functions = boto3.client("lambda")
        self.scheduler = boto3.client("scheduler")
        self.logs = boto3.client("logs")

    def create(self):
        """The first `sam deploy`, with what an operator answers, and the vendors of the local world in place of the real ones."""
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        return self.deploy(**{
            "Architecture": "x86_64",
            "PaymentNetworks": self.world["network"],
            "EvmPayee": self.world["payee"],
            "FacilitatorUrl": self.world["facilitator"],
            "EvmRpcUrl": self.world["rpc"],
            "TwilioUrl": self.world["twilio"],
            "TwilioAccountSid": self.world["twilio_account_sid"],
            "BlandUrl": self.world["bland"],
            **{f"{name}Url": endpoint for name in ("DynamoDb", "Scheduler", "Kms", "SecretsManager")},
        })

    def deploy(self, **said):
        """`sam deploy --config-env dev`, as docs/deploying.md says, under another name and with the template that the emulator reads. What
        is not said keeps the value that it had."""
        command = [
            self.options.sam, "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "dev",
            "--template-file", str(self.template), "--stack-name", self.name,
        ]
        if said:
            command += ["--parameter-overrides", *(f"{name}={value}" for name, value in said.items())]
        with open(f"{self.options.logs}/deploy.log", "a", encoding="utf-8") as log:
            done = subprocess.run(command, cwd=self.options.logs, stdout=log, stderr=subprocess.STDOUT, check=False)
        check(done.returncode == 0, f"sam deploy: see {self.options.logs}/deploy.log")
        stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.table = boto3.resource("dynamodb").Table(self.outputs["TableName"])
        self.api = re.match(r"https://(\w+)\.", self.outputs["ApiUrl"])[1]
        return stack["StackStatus"]

    def told(self):
        """The parameters, and every variable of every function."""
        [stack] = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        functions = [it for it in self.functions.list_functions()["Functions"] if it["FunctionName"].startswith(f"{self.name}-")]
        return parameters, {it["FunctionName"]: it["Environment"]["Variables"] for it in functions}

    def sets(self, *changes):
        """`dialtone set`: no checkout, no build."""
        done = subprocess.run(
            [ROOT / "target/debug/dialtone", "--stack", self.name, "--yes", "--because", "a story", "set", *changes],
            env={**os.environ, "AWS_REGION": "us-east-1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        check(done.returncode == 0, f"dialtone set: {done.stdout}")

    def route(self):
        """The emulator leaves out the routes of an API whose definition is a document, as SAM's are."""
        there = {route["RouteKey"] for route in self.gateway.get_routes(ApiId=self.api)["Items"]}
        template = yaml.load((ROOT / "template.yaml").read_text(), Loader)
        for logical, resource in template["Resources"].items():
            for event in resource.get("Properties", {}).get("Events", {}).values():
                key = f"{event['Properties'].get('Method')} {event['Properties'].get('Path')}"
                if event["Type"] != "HttpApi" or key in there:
                    continue
                arn = self.functions.get_function(FunctionName=self.physical(logical))["Configuration"]["FunctionArn"]
                integration = self.gateway.create_integration(
                    ApiId=self.api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
                )
                target = f"integrations/{integration['IntegrationId']}"
                self.gateway.create_route(ApiId=self.api, RouteKey=key, Target=target)

    def fill(self):
        """The documented command, with the keys that the local world's vendors know."""
        subprocess.run(
            [sys.executable, ROOT / "deploy/secrets", self.name, "--from", "-"],
            input=json.dumps(self.world["secrets"]), text=True, check=True,
        )

    def pays(self, verb):
        """A wallet does something."""
        done = subprocess.run(
            [self.options.client, ROOT / "tests/deploy/pays.py", verb],
            env={**os.environ, "DIALTONE_WORLD": self.for_clients, "DIALTONE_PAYER": self.payer},
            stdout=subprocess.PIPE, text=True, check=False,
        )
        check(done.returncode == 0, f"the client could not {verb}")
        return json.loads(done.stdout.splitlines()[-1])

    def opens(self):
        """From here on clients find the deployed stack where the local one would be."""
        gateway = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{self.api}/$default"
        self.for_clients = f"{self.options.logs}/world.json"
        Path(self.for_clients).write_text(json.dumps({**self.world, "gateway": gateway}))
        self.payer = "0x" + secrets.token_hex(32)

    def rows(self):
        return sorted(self.table.scan(ConsistentRead=True)["Items"], key=lambda row: (row["pk"], row["sk"]))

    def lasting(self):
        """What only requests and time may change: not what the reaper counts, and not the trail of what an operator does."""
        return [row for row in self.rows() if row["pk"] != "TURN" and not row["pk"].startswith("BOOK#")]

    def schedules(self):
        group = next(it["Name"] for it in self.scheduler.list_schedule_groups()["ScheduleGroups"] if it["Name"] != "default")
        names = [it["Name"] for it in self.scheduler.list_schedules(GroupName=group)["Schedules"]]
        found = []
        for name in names:
            # One that fires is gone as soon as it has.
            with contextlib.suppress(self.scheduler.exceptions.ResourceNotFoundException):
                found.append(self.scheduler.get_schedule(GroupName=group, Name=name))
        return [{name: value for name, value in schedule.items() if name != "ResponseMetadata"} for schedule in found]

    def update(self, schedule, **changed):
        fields = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target", "State", "ActionAfterCompletion")
        self.scheduler.update_schedule(**{name: schedule[name] for name in fields if name in schedule} | changed)

    def rests(self):
        """The reaper stays away: what happens from here on happens for another reason."""
        for shard in range(4):
            self.update(self.scheduler.get_schedule(Name=f"{self.name}-sweep-{shard}"), State="DISABLED")

    def is_behind_its_edge(self):
        """Where the public name leads to, and what it passes on the way."""
        edge = self.physical("Edge")
        config = boto3.client("cloudfront").get_distribution_config(Id=edge)["DistributionConfig"]
        [origin] = config["Origins"]["Items"]
        domain = self.gateway.get_domain_name(DomainName=PUBLIC_URL.split("://")[1])
        [behind] = domain["DomainNameConfigurations"]
        check(origin["DomainName"] == behind["ApiGatewayDomainName"], f"the edge leads to {origin['DomainName']}")
        acls = boto3.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
        check([acl["ARN"] for acl in acls] == [config["WebACLId"]], "the distribution has no firewall of the stack's")
        [acl] = acls
        rules = boto3.client("wafv2").get_web_acl(Name=acl["Name"], Scope="CLOUDFRONT", Id=acl["Id"])["WebACL"]["Rules"]
        check(["RateBasedStatement" in rule["Statement"] for rule in rules] == [True], f"the firewall's rules: {rules}")

    @contextlib.contextmanager
    def restoring(self, **goal):
        """`deploy/restore`, without the quarter of an hour that it waits for payments to expire. The emulator restores what is there."""
        script = importlib.machinery.SourceFileLoader("restore", str(ROOT / "deploy/restore"))
        restore = importlib.util.module_from_spec(importlib.util.spec_from_loader("restore", script))
        script.exec_module(restore)
        restore.UNSIGNED = timedelta(0)
        said = {"stack": self.name, "to": None, "source": None, "block": [], "go": False, "open": False, "close": False, "profile": None, **goal}
        os.chdir(self.options.logs)
        for file in Path().glob(f"restor*-{self.name}-*.json"):
            file.unlink()
        yield restore, lambda **more: restore.Restore(argparse.Namespace(**{**said, **more}), boto3)
        os.chdir(ROOT)

    def is_put_back(self):
        """To what it was a moment ago."""
        before, rows = self.told(), self.lasting()
        with self.restoring(to=datetime.now(timezone.utc)) as (restore, of):
            of().run()
            check(self.told() == before and self.lasting() == rows, "the dry run changed something")
            try:
                of(go=True).run()
            except restore.Trouble as trouble:
                check("--block for" in str(trouble), f"the restore: {trouble}")
            else:
                check(False, "what was paid meanwhile was left behind")
            of(go=True, block=[(self.world["network"], 1)]).run()
            there = {(row["pk"], row["sk"]) for row in self.rows()}
            check(all((row["pk"], row["sk"]) in there for row in rows), "the restored table lacks something")
            of(open=True).open()
        check(self.told() == before, "the functions were told something else")

    def physical(self, logical):
        found = self.cloudformation.describe_stack_resources(StackName=self.name, LogicalResourceId=logical)
        return found["StackResources"][0]["PhysicalResourceId"]

    def passes(self, by):
        """Everything was stored this much earlier."""
        for row in self.rows():
            self.table.put_item(Item=shifted(row, by))


def shifted(value, by, name=None):
    if isinstance(value, dict):
        return {key: shifted(inner, by, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [shifted(inner, by) for inner in value]
    return value - by if name in TIMES and isinstance(value, decimal.Decimal) else value


def due(schedule):
    at = re.fullmatch(r"at\((.*)\)", schedule["ScheduleExpression"])[1]
    return datetime.fromisoformat(at).replace(tzinfo=timezone.utc)


def main():
    parser = argparse.ArgumentParser()
    for name in ("sam", "client", "build", "logs"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    options.build, options.logs = os.path.abspath(options.build), os.path.abspath(options.logs)
    Path(f"{options.logs}/deploy.log").unlink(missing_ok=True)
    stack = Deployed(options)
    stack.template = without_what_the_emulator_lacks(options.build)

    check(stack.create() == "CREATE_COMPLETE", "the stack was not created")
    stack.route()
    stack.opens()
    say("deployed")

    refused = stack.pays("refused")
    check(refused["status"] == 502, f"an unfilled stack answered {refused}")
    say("it sells nothing while its secrets are empty, and charges nothing")

    stack.fill()
    bought = stack.pays("buy")
    call = stack.pays("call")
    check(call["status"] == "completed" and call["from"] == bought["phone_number"], f"the call: {call['status']}")
    check(bool(call["transcript"]), "nothing was said")
    say(f"a number was bought and a call was paid for: {call['ended_by']}, {len(call['transcript'])} lines")

    before = (stack.lasting(), stack.schedules())
    check(len(before[1]) == 1, f"{len(before[1])} schedules for one lease")
    stack.sets("LogRetentionDays=14", "DailyCallBudget=4000")
    told = stack.told()
    check(told[0]["DailyCallBudget"] == "4000", f"after `dialtone set` DailyCallBudget is {told[0]['DailyCallBudget']}")
    budgets = {it["DAILY_CALL_BUDGET"] for it in told[1].values() if "DAILY_CALL_BUDGET" in it}
    check(budgets == {"4000"}, f"after `dialtone set` the functions know {budgets}")
    check(stack.deploy() in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), "the stack was not updated")
    now = stack.told()
    changed = [name for name, value in now[0].items() if told[0].get(name) != value]
    check(not changed, f"the second deployment changed the parameters {changed}")
    changed = [name for name, variables in now[1].items() if told[1].get(name) != variables]
    check(not changed, f"the second deployment changed what {changed} were told")
    stack.route()
    check(stack.lasting() == before[0], "the second deployment changed the table")
    check(stack.schedules() == before[1], "the second deployment changed the schedules")
    listed = [number["phone_number"] for number in stack.pays("list")["numbers"]]
    check(listed == [bought["phone_number"]], f"after the second deployment the wallet has {len(listed)} numbers")
    say("`dialtone set` changed what it names, and a second deployment no parameter, no variable, no row, no schedule and no secret")

    stack.is_put_back()
    listed = [number["phone_number"] for number in stack.pays("list")["numbers"]]
    check(listed == [bought["phone_number"]], f"after the restore the wallet has {len(listed)} numbers")
    say("the table was put back by the script, and the stack sells")

    stack.rests()
    [schedule] = stack.schedules()
    soon = datetime.now(timezone.utc) + SOON
    stack.passes(int((due(schedule) - soon).total_seconds()))
    stack.update(schedule, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})")
    until = time.monotonic() + PATIENCE
    while stack.schedules():
        check(time.monotonic() < until, "the schedule did not fire")
        time.sleep(1)
    while any(row["sk"].startswith("LEASE#") for row in stack.rows()):
        check(time.monotonic() < until, "the schedule fired, and the lease is still there")
        time.sleep(1)
    [number] = [row for row in stack.rows() if row["pk"].startswith("NUMBER#")]
    check(number["custody"] == "pooled", f"the number is {number['custody']}")
    check(stack.pays("list")["numbers"] == [], "the lease has ended, and the wallet still has the number")
    say("the lease's own schedule fired, is gone, and the number is in the pool")

    certificate = boto3.client("acm").request_certificate(DomainName=PUBLIC_URL.split("://")[1])["CertificateArn"]
    edge = {"PublicUrl": PUBLIC_URL, "CertificateArn": certificate, "EdgeProtection": "on"}
    check(stack.deploy(**edge) == "UPDATE_COMPLETE", "no edge was deployed")
    stack.is_behind_its_edge()
    say("with EdgeProtection=on a distribution with a firewall stands before the API")

    stack.cloudformation.delete_stack(StackName=STACK)
    stack.cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    check(len(stack.rows()) > 0, "the table was deleted with the stack")
    say("the stack is gone, and its table is not")


if __name__ == "__main__":
    main()
