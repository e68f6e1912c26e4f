"""A small client for an emulator: creates functions, roles and APIs with one route in one line each."""

from __future__ import annotations

import http.client
import io
import itertools
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from localcloud.guard import keys
from localcloud.guard.keys import AccessKey
from localcloud.instance import ask_at
from tools.access.listing import everything
from tools.project import Project

ECHO = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
ACCOUNT = "000000000000"
REGION = "eu-west-1"

# One counter for all clients: several may use the same emulator.
_numbers = itertools.count()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Aws:
    """A client for one endpoint; `restart` stops and starts the emulator, if the test may."""

    def __init__(self, url: str, restart: Callable[[], object] | None = None) -> None:
        self.url = url
        self.key = key_of(url)
        self._restart = restart
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id=self.key.id,
                aws_secret_access_key=self.key.secret,
                config=Config(retries={"max_attempts": 1}),
            )
        return self._clients[service]

    def restart(self) -> None:
        """Stop the emulator so that it saves its state, and start it again at the same address."""
        assert self._restart is not None
        self._restart()

    def name(self) -> str:
        return f"n{next(_numbers)}"

    def role(self, *statements: dict[str, Any]) -> str:
        name = self.name()
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        if statements:
            self("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def function(self, code: str, *, role: str | None = None, **settings: Any) -> str:
        """Create a function and return its ARN."""
        created = self("lambda").create_function(
            FunctionName=self.name(),
            Runtime="python3.13",
            Handler="index.handler",
            Role=role or self.role(),
            Code={"ZipFile": zipped({"index.py": code})},
            **{"Timeout": 10, **settings},
        )
        return str(created["FunctionArn"])

    def invoke(self, function: str, event: Any = None) -> Any:
        return json.loads(self("lambda").invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read())

    def api(
        self,
        *,
        function: str | None = None,
        integration: dict[str, Any] | None = None,
        responses: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        gateway_responses: dict[str, dict[str, Any]] | None = None,
    ) -> Api:
        """Create and deploy an API with one route, POST /x, using only calls that an unpatched emulator supports."""
        gateway = self("apigateway")
        api_id = gateway.create_rest_api(name=self.name())["id"]
        root = everything(gateway, "get_resources", restApiId=api_id)[0]["id"]
        resource = gateway.create_resource(restApiId=api_id, parentId=root, pathPart="x")["id"]
        method: dict[str, Any] = {"restApiId": api_id, "resourceId": resource, "httpMethod": "POST"}
        extra: dict[str, Any] = {}
        if schema:
            text = json.dumps(schema)
            gateway.create_model(restApiId=api_id, name="M", contentType="application/json", schema=text)
            made = gateway.create_request_validator(restApiId=api_id, name="v", validateRequestBody=True)
            extra = {"requestModels": {"application/json": "M"}, "requestValidatorId": made["id"]}
        gateway.put_method(**method, authorizationType="NONE", **extra)
        chosen = integration or {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri(function or "")}
        gateway.put_integration(**method, **chosen)
        for code, response in (responses or {}).items():
            gateway.put_method_response(**method, statusCode=code)
            gateway.put_integration_response(**method, statusCode=code, **response)
        for kind, response in (gateway_responses or {}).items():
            gateway.put_gateway_response(restApiId=api_id, responseType=kind, **response)
        return self.deployed(api_id)

    def imported(self, document: dict[str, Any]) -> Api:
        """Create and deploy an API from an OpenAPI document."""
        api_id = self("apigateway").create_rest_api(name=self.name())["id"]
        self.put(api_id, document)
        return self.deployed(api_id)

    def put(self, api_id: str, document: dict[str, Any], mode: str = "overwrite") -> None:
        self("apigateway").put_rest_api(restApiId=api_id, mode=mode, body=json.dumps(document).encode())

    def deployed(self, api_id: str) -> Api:
        deployment = self("apigateway").create_deployment(restApiId=api_id)["id"]
        self("apigateway").create_stage(restApiId=api_id, stageName="prod", deploymentId=deployment)
        return Api(self, api_id)


@dataclass(frozen=True)
class Api:
    aws: Aws
    id: str

    def authorize(self, function: str, identity_source: str) -> None:
        """Add a REQUEST authorizer with a cache to the route, and deploy again."""
        gateway = self.aws("apigateway")
        made = gateway.create_authorizer(
            restApiId=self.id,
            name="a",
            type="REQUEST",
            authorizerUri=uri(function),
            identitySource=identity_source,
            authorizerResultTtlInSeconds=300,
        )
        resources = everything(gateway, "get_resources", restApiId=self.id)
        resource = next(entry["id"] for entry in resources if entry["path"] == "/x")
        changes = {"/authorizationType": "CUSTOM", "/authorizerId": made["id"]}
        gateway.update_method(
            restApiId=self.id,
            resourceId=resource,
            httpMethod="POST",
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes.items()],
        )
        self.redeploy()

    def redeploy(self) -> str:
        """Deploy again, point the stage to the new deployment, and return its id."""
        deployment = str(self.aws("apigateway").create_deployment(restApiId=self.id)["id"])
        change = [{"op": "replace", "path": "/deploymentId", "value": deployment}]
        self.aws("apigateway").update_stage(restApiId=self.id, stageName="prod", patchOperations=change)
        return deployment

    def call(
        self, method: str = "POST", path: str = "/x", *, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Call the stage; a body that is not bytes is sent as JSON."""
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        typed = {} if isinstance(body, bytes | None) else {"Content-Type": "application/json"}
        return request(
            self.aws.url, method, f"/_aws/execute-api/{self.id}/prod{path}", sent, {**typed, **(headers or {})}
        )


def key_of(url: str) -> AccessKey:
    """Return the access key of the checkout whose engine answers at the URL."""
    ours = ask_at(url)
    return (keys.find(Project(Path(ours.project)).access_key) if ours else None) or keys.ANY


def signed(
    url: str, method: str, path: str, body: bytes | None = None, *, service: str = "lambda", headers: Any = None
) -> Answer:
    """Send a request signed with the checkout's key."""
    made = AWSRequest(method, url + path, headers=headers, data=body)
    key = key_of(url)
    SigV4Auth(Credentials(key.id, key.secret), service, REGION).add_auth(made)
    return request(url, method, path, body, dict(made.headers))


def request(url: str, method: str, path: str, body: bytes | None = None, headers: Any = None) -> Answer:
    caller = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        caller.request(method, path, body=body, headers=headers or {})
        response = caller.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        caller.close()


def uri(function: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()
