"""`deploy/restore` where the functions were stopped from another machine: `python tests/deploy/closed.py`, with boto3 and without AWS."""

import argparse
import importlib.machinery
import importlib.util
import json
import os
import tempfile
from pathlib import Path

SCRIPT = str(Path(__file__).parents[2] / "deploy/restore")
PLACE = "acme-us-east-1-123456789012"
NOTES = f"restore-{PLACE}.json"
FUNCTIONS = {"ReaperFunction": 8, "RefundsFunction": 2, "McpFunction": 300, "NumbersFunction": None}


class Account:
    """An account with one stack in it."""

    def __init__(self, region="us-east-1"):
        self.may_run = dict(FUNCTIONS)
        self.parameters = {"ReservedConcurrency": "on", "WaitsAtOnce": "300"}
        self.region = region

    def client(self, _):
        return self

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        row = lambda logical, kind: {  # noqa: E731
            "LogicalResourceId": logical, "PhysicalResourceId": logical, "ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE",
        }
        yield {"StackResourceSummaries": [row("Table", "AWS::DynamoDB::Table"), *(row(it, "AWS::Lambda::Function") for it in FUNCTIONS)]}

    def get_template(self, **_):
        nothing = {"Ref": "AWS::NoValue"}
        reserved = lambda it: {"Fn::If": ["ReservesConcurrency", it, nothing]}  # noqa: E731
        of = {"ReaperFunction": reserved(8), "RefundsFunction": reserved(2), "McpFunction": reserved({"Ref": "WaitsAtOnce"})}
        functions = {
            it: {"Type": "AWS::Lambda::Function", "Properties": {"ReservedConcurrentExecutions": of[it]} if it in of else {}}
            for it in FUNCTIONS
        }
        return {"TemplateBody": {"Resources": {**functions, "Table": {"Type": "AWS::DynamoDB::Table"}}}}

    def describe_stacks(self, **_):
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
        return {"Stacks": [{"StackId": f"arn:aws:cloudformation:{self.region}:123456789012:stack/acme/of-its-own", "Parameters": parameters}]}

    def get_function_concurrency(self, FunctionName):
        may = self.may_run[FunctionName]
        return {} if may is None else {"ReservedConcurrentExecutions": may}

    def put_function_concurrency(self, FunctionName, ReservedConcurrentExecutions):
        self.may_run[FunctionName] = ReservedConcurrentExecutions

    def delete_function_concurrency(self, FunctionName):
        self.may_run[FunctionName] = None


def main():
    loader = importlib.machinery.SourceFileLoader("restore", SCRIPT)
    restore = importlib.util.module_from_spec(importlib.util.spec_from_loader("restore", loader))
    loader.exec_module(restore)
    said = argparse.Namespace(stack="acme", to=None, source=None, block=[], go=False, open=False, close=True, profile=None)
    account = Account()
    with tempfile.TemporaryDirectory() as here:
        os.chdir(here)
        restore.Restore(said, account).shut()
        assert set(account.may_run.values()) == {0}, account.may_run
        # Another folder.
        Path(NOTES).unlink()
        restore.Restore(said, account).shut()
        restore.Restore(said, account).open()
        assert account.may_run == FUNCTIONS, account.may_run
        # Broken off half way, and given again in another folder.
        Path(f"restored-{PLACE}.json").unlink()
        account.may_run["RefundsFunction"] = account.may_run["NumbersFunction"] = 0
        restore.Restore(said, account).shut()
        restore.Restore(said, account).open()
        assert account.may_run == FUNCTIONS, account.may_run
        # A restore that is closed after its menders ran has them run again.
        Path(NOTES).write_text(json.dumps({"stack": restore.Restore(said, account).id, "mending": "2026-11-30T02:00:00+00:00", "waited": "2026-11-30T02:00:00+00:00"}))
        restore.Restore(said, account).shut()
        done = restore.Restore(said, account).done
        assert "mending" not in done and "waited" in done, done
        Path(NOTES).unlink()
        account.may_run = dict(FUNCTIONS)
        # What one region's stack may run is not given to its twin in another, and what is told to be typed names the region.
        twin = Account("eu-west-1")
        restore.Restore(said, account).shut()
        try:
            restore.Restore(said, twin).open()
        except restore.Trouble as trouble:
            assert "restore-acme-eu-west-1-123456789012.json is not here" in str(trouble), trouble
        else:
            raise AssertionError("the twin was opened")
        assert twin.may_run == FUNCTIONS and set(account.may_run.values()) == {0}, (twin.may_run, account.may_run)
        assert restore.Restore(said, twin).script == "deploy/restore acme --region eu-west-1"
        drill = restore.Restore(argparse.Namespace(**{**vars(said), "profile": "drill"}), twin)
        assert drill.script == "deploy/restore acme --region eu-west-1 --profile drill"
        assert drill.dialtone == "AWS_PROFILE=drill dialtone --stack acme --region eu-west-1"
        restore.Restore(said, account).open()
        # Nor is what was kept of a stack that is gone.
        Path(NOTES).write_text('{"stack": "arn:aws:cloudformation:us-east-1:123456789012:stack/acme/of-the-one-before", "reserved": {}}')
        try:
            restore.Restore(said, account)
        except restore.Trouble as trouble:
            assert "is gone: remove it" in str(trouble), trouble
        else:
            raise AssertionError("another stack's file was taken")
        Path(NOTES).unlink()
        # Without reserved concurrency nothing is bounded.
        account.parameters["ReservedConcurrency"] = "off"
        account.may_run = dict.fromkeys(FUNCTIONS, 0)
        restore.Restore(said, account).shut()
        restore.Restore(said, account).open()
        assert set(account.may_run.values()) == {None}, account.may_run
        # A template that is not one of ours is not guessed at.
        account.may_run = dict.fromkeys(FUNCTIONS, 0)
        account.parameters = {"ReservedConcurrency": "on"}
        try:
            restore.Restore(said, account).shut()
        except restore.Trouble as trouble:
            assert f"{NOTES} is not here" in str(trouble), trouble
        else:
            raise AssertionError("it was guessed")
        os.chdir("/")


if __name__ == "__main__":
    main()
