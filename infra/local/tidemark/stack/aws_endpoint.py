"""SQS, EventBridge, Step Functions, the parameter store and S3 for stock AWS clients: their protocols over HTTP.

A call that this stack does not serve is refused by name, never half-answered.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from segment_core import instants
from tidemark.stack.activity import Activity
from tidemark.stack.bus import Bus
from tidemark.stack.executions import Executions
from tidemark.stack.http_server import Request, Response
from tidemark.stack.names import Names
from tidemark.stack.objects import Objects
from tidemark.stack.parameters import Parameter, Parameters
from tidemark.stack.queues import Draft, Message, Queue, Queues

_BATCH_LIMIT = 10
_BATCH_BYTES = 1024 * 1024
_SHORT_WAIT_SECONDS = 20

Json = dict[str, Any]


class AwsError(Exception):
    """An error as AWS answers it. `legacy` is the code that older SQS clients look for."""

    def __init__(self, code: str, message: str, legacy: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.legacy = legacy


class AwsEndpoint:
    """Answers calls of AWS clients."""

    def __init__(
        self,
        names: Names,
        queues: Queues,
        bus: Bus,
        executions: Executions,
        parameters: Parameters,
        objects: Objects,
        activity: Activity,
    ) -> None:
        self._names = names
        self._queues = queues
        self._bus = bus
        self._executions = executions
        self._parameters = parameters
        self._objects = objects
        self._activity = activity
        self._calls: Mapping[str, Callable[[Json], Json]] = {
            "AmazonSQS.SendMessage": self._send_message,
            "AmazonSQS.SendMessageBatch": self._send_message_batch,
            "AmazonSQS.ReceiveMessage": self._receive_message,
            "AmazonSQS.DeleteMessage": self._delete_message,
            "AmazonSQS.ChangeMessageVisibilityBatch": self._change_visibility,
            "AmazonSQS.GetQueueUrl": self._get_queue_url,
            "AmazonSQS.GetQueueAttributes": self._get_queue_attributes,
            "AWSEvents.PutEvents": self._put_events,
            "AWSStepFunctions.StartExecution": self._start_execution,
            "AmazonSSM.GetParameter": self._get_parameter,
            "AmazonSSM.GetParameters": self._get_parameters,
            "AmazonSSM.PutParameter": self._put_parameter,
            "AmazonSSM.DeleteParameter": self._delete_parameter,
        }

    def __call__(self, request: Request) -> Response:
        """Answer one call."""
        target = request.header("x-amz-target") or ""
        # Of all that is served here only S3 names what is asked for by method and path.
        if not target:
            with self._activity.busy("S3"):
                return self._objects(request)
        headers = [("x-amzn-requestid", str(uuid.uuid4())), ("content-type", "application/x-amz-json-1.0")]
        try:
            if target not in self._calls:
                raise AwsError(
                    "UnknownOperationException", f"the local stack does not serve {target or request.target}"
                )
            with self._activity.busy(target):
                answer = self._calls[target](json.loads(request.body or b"{}"))
        except AwsError as error:
            if error.legacy:
                headers.append(("x-amzn-query-error", f"{error.legacy};Sender"))
            body = {"__type": error.code, "message": error.message}
            return Response(400, json.dumps(body).encode(), headers)
        return Response(200, json.dumps(answer).encode(), headers)

    # SQS ------------------------------------------------------------------------------------------

    def _queue(self, call: Json) -> Queue:
        name = call.get("QueueUrl") or call.get("QueueName") or ""
        try:
            return self._queues.named(name)
        except KeyError:
            message = f"there is no queue '{name}'"
            raise AwsError(
                "com.amazonaws.sqs#QueueDoesNotExist", message, "AWS.SimpleQueueService.NonExistentQueue"
            ) from None

    def _draft(self, queue: Queue, entry: Json) -> Draft:
        body = entry.get("MessageBody", "")
        if not body:
            raise AwsError("com.amazonaws.sqs#InvalidParameterValue", "a message needs a body")
        if _size(entry) > queue.settings.maximum_size:
            message = f"a message of this queue holds at most {queue.settings.maximum_size} bytes"
            raise AwsError("com.amazonaws.sqs#InvalidParameterValue", message)
        return Draft(body, entry.get("MessageAttributes") or {}, entry.get("MessageGroupId"), entry.get("DelaySeconds"))

    def _send_message(self, call: Json) -> Json:
        queue = self._queue(call)
        (message_id,) = queue.send([self._draft(queue, call)])
        return {"MessageId": message_id, "MD5OfMessageBody": digest(call["MessageBody"])}

    def _send_message_batch(self, call: Json) -> Json:
        queue, entries = self._queue(call), call["Entries"]
        if not 1 <= len(entries) <= _BATCH_LIMIT:
            raise AwsError(
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest", f"a batch holds 1 to {_BATCH_LIMIT} messages"
            )
        if len({entry["Id"] for entry in entries}) != len(entries):
            raise AwsError("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "two messages of a batch have the same id")
        if sum(map(_size, entries)) > _BATCH_BYTES:
            raise AwsError("com.amazonaws.sqs#BatchRequestTooLong", f"a batch holds at most {_BATCH_BYTES} bytes")
        ids = queue.send([self._draft(queue, entry) for entry in entries])
        sent = [
            {"Id": entry["Id"], "MessageId": message_id, "MD5OfMessageBody": digest(entry["MessageBody"])}
            for entry, message_id in zip(entries, ids, strict=True)
        ]
        return {"Successful": sent, "Failed": []}

    def _receive_message(self, call: Json) -> Json:
        most = min(int(call.get("MaxNumberOfMessages", 1)), _BATCH_LIMIT)
        wait = min(float(call.get("WaitTimeSeconds", 0)), _SHORT_WAIT_SECONDS)
        messages = self._queue(call).receive(most, wait, call.get("VisibilityTimeout"))
        return {"Messages": [_received(message) for message in messages]} if messages else {}

    def _delete_message(self, call: Json) -> Json:
        self._queue(call).delete([call["ReceiptHandle"]])
        return {}

    def _change_visibility(self, call: Json) -> Json:
        queue = self._queue(call)
        answer: dict[str, list[Json]] = {"Successful": [], "Failed": []}
        for entry in call["Entries"]:
            if queue.release([entry["ReceiptHandle"]], float(entry["VisibilityTimeout"])):
                answer["Successful"].append({"Id": entry["Id"]})
            else:
                answer["Failed"].append({"Id": entry["Id"], "SenderFault": True, "Code": "MessageNotInflight"})
        return answer

    def _get_queue_url(self, call: Json) -> Json:
        return {"QueueUrl": self._queue(call).settings.url}

    def _get_queue_attributes(self, call: Json) -> Json:
        queue = self._queue(call)
        visible, in_flight, delayed = queue.depth()
        known = {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "QueueArn": queue.settings.arn,
            "VisibilityTimeout": str(queue.settings.visibility_timeout),
            "MaximumMessageSize": str(queue.settings.maximum_size),
        }
        wanted = call.get("AttributeNames", [])
        return {"Attributes": known if "All" in wanted else {name: known[name] for name in wanted if name in known}}

    # EventBridge ----------------------------------------------------------------------------------

    def _put_events(self, call: Json) -> Json:
        if not 1 <= len(call["Entries"]) <= _BATCH_LIMIT:
            raise AwsError("ValidationException", f"a call holds 1 to {_BATCH_LIMIT} events")
        answers: list[Json] = []
        events = []
        for entry in call["Entries"]:
            if refused := self._refused(entry):
                answers.append(refused)
                continue
            event = self._event(entry)
            events.append((_bus_name(entry), event))
            answers.append({"EventId": event["id"]})
        self._bus.put(events)
        return {"FailedEntryCount": len(answers) - len(events), "Entries": answers}

    def _refused(self, entry: Json) -> Json | None:
        if _bus_name(entry) not in self._bus.names:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"there is no bus '{_bus_name(entry)}'"}
        if not all(entry.get(name) for name in ("Source", "DetailType", "Detail")):
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": "an event needs Source, DetailType and Detail"}
        try:
            json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is not JSON"}
        return None

    def _event(self, entry: Json) -> Json:
        time = entry.get("Time")
        when = datetime.fromtimestamp(time, UTC) if time is not None else self._bus.now()
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._names.pseudo_parameters()["AWS::AccountId"],
            "time": instants.iso(when.replace(microsecond=0)),
            "region": self._names.pseudo_parameters()["AWS::Region"],
            "resources": entry.get("Resources", []),
            "detail": json.loads(entry["Detail"]),
        }

    # Step Functions -------------------------------------------------------------------------------

    def _start_execution(self, call: Json) -> Json:
        machine, name = call["stateMachineArn"], call.get("name") or str(uuid.uuid4())
        try:
            begun = self._executions.begin(machine, name, json.loads(call.get("input") or "{}"))
        except KeyError:
            raise AwsError("StateMachineDoesNotExist", f"there is no state machine '{machine}'") from None
        if not begun:
            raise AwsError("ExecutionAlreadyExists", f"there was an execution '{name}'")
        arn = machine.replace(":stateMachine:", ":execution:")
        return {"executionArn": f"{arn}:{name}", "startDate": self._bus.now().timestamp()}

    # Parameter store ------------------------------------------------------------------------------

    def _get_parameter(self, call: Json) -> Json:
        parameter = self._parameters.get(call["Name"])
        if parameter is None:
            raise AwsError("ParameterNotFound", f"there is no parameter '{call['Name']}'")
        return {"Parameter": self._shown(parameter)}

    def _get_parameters(self, call: Json) -> Json:
        found = {name: self._parameters.get(name) for name in call["Names"]}
        return {
            "Parameters": [self._shown(parameter) for parameter in found.values() if parameter],
            "InvalidParameters": [name for name, parameter in found.items() if not parameter],
        }

    def _shown(self, parameter: Parameter) -> Json:
        return {
            "Name": parameter.name,
            "Type": parameter.type,
            "Value": parameter.value,
            "Version": parameter.version,
            "ARN": self._names.arn("ssm", f"parameter{parameter.name}"),
        }

    def _put_parameter(self, call: Json) -> Json:
        kind = call.get("Type", "String")
        version = self._parameters.put(call["Name"], kind, call["Value"], overwrite=bool(call.get("Overwrite")))
        if version is None:
            raise AwsError("ParameterAlreadyExists", f"parameter '{call['Name']}' is there and Overwrite is not set")
        return {"Version": version, "Tier": "Standard"}

    def _delete_parameter(self, call: Json) -> Json:
        if not self._parameters.delete(call["Name"]):
            raise AwsError("ParameterNotFound", f"there is no parameter '{call['Name']}'")
        return {}


def _bus_name(entry: Json) -> str:
    """The bus by name; its ARN ends with it."""
    return str(entry.get("EventBusName") or "default").rpartition("/")[2]


def _size(entry: Json) -> int:
    attributes = json.dumps(entry.get("MessageAttributes") or {}) if entry.get("MessageAttributes") else ""
    return len(entry.get("MessageBody", "").encode()) + len(attributes)


def digest(text: str) -> str:
    """The checksum that SQS tells of a body."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _received(message: Message) -> Json:
    answer = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": digest(message.body),
        "Body": message.body,
        "Attributes": system_attributes(message),
    }
    return answer | ({"MessageAttributes": message.attributes} if message.attributes else {})


def system_attributes(message: Message) -> Json:
    """What SQS itself says about a message, as text."""
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(message.sent_at),
        "SenderId": "local",
        "ApproximateFirstReceiveTimestamp": str(message.first_received_at),
    }
    return attributes | ({"MessageGroupId": message.group} if message.group else {})
