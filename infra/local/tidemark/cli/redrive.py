"""`tidemark redrive`: puts dead letters back, and says what happened to each."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK, PROBLEMS, CommandError, UsageError
from tidemark.cli.output import print_json
from tidemark.cli.service import Service, is_loopback

if TYPE_CHECKING:
    from tidemark.redrive import Where

_DESCRIPTION = """\
Looks at every message that was given up, in all queues of dead letters, and either puts it back where it
belongs, deletes it because it is superseded (what it says is known, or done), or leaves it there because it
would be refused again. One line for each: what happened, the queue, the shop, and why. The exit status is 1
if any would be refused again, or if some are hidden: somebody else has received them and has not ended. What is
left can be looked at again at once; what a run that was killed has received, within 5 minutes.

With --discard nothing is put back: the messages are deleted. That is how what they hold of customers is
erased before the 14 days after which they expire.

  tidemark redrive --url http://127.0.0.1:8787        a local stack
  tidemark redrive --stack tidemark-prod              a stack on AWS, with the credentials of your shell"""


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark redrive`."""
    parser.add_argument("--url", type=arguments.base_url, metavar="URL", help="the address of a local stack")
    parser.add_argument("--stack", metavar="NAME", help="the name of a CloudFormation stack")
    parser.add_argument("--shop", metavar="S", help="only messages of this shop (default: all)")
    parser.add_argument("--discard", action="store_true", help="delete the messages instead of putting them back")
    arguments.add_json(parser)


def run(options: Namespace) -> int:
    """Put back what can be; 1 if something stays."""
    # Commands on files do without what AWS brings along.
    from tidemark.redrive import HIDDEN, redrive

    where = _where(options)
    where.use()
    found = []
    # Closed whatever happens: what is not handled any more goes back.
    with closing(redrive(where, shop=options.shop, discard=options.discard)) as happened:
        for one in happened:
            found.append(one)
            if not options.json:
                print(one.outcome, one.queue, one.shop or "-", one.why, sep="\t", flush=True)
    if options.json:
        print_json([asdict(one) for one in found])
    elif not found:
        print("there are no dead letters" + (f" of the shop '{options.shop}'" if options.shop else ""))
    return PROBLEMS if any(one.outcome in ("refused again", HIDDEN) for one in found) else OK


def _where(options: Namespace) -> Where:
    if (options.url is None) == (options.stack is None):
        raise UsageError("say which stack: --url of a local one, or --stack on AWS")
    return _on_this_machine(options.url) if options.url else _on_aws(options.stack)


def _on_this_machine(url: str) -> Where:
    from tidemark.redrive import Where

    answer = Service(url).send("GET", "/_local/resources") if is_loopback(url) else None
    if answer is None or answer.status != 200:
        raise CommandError(f"there is no local stack at {url}; for one on AWS say --stack NAME")
    outputs = answer.body["outputs"]
    parts = urlsplit(outputs["IngestQueueUrl"])
    return Where(outputs, f"{parts.scheme}://{parts.netloc}", answer.body["store"]["url"])


def _on_aws(stack: str) -> Where:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from tidemark.redrive import Where

    try:
        (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the stack '{stack}' cannot be looked at: {error}") from None
    return Where({one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])})


COMMAND = Command("redrive", "put dead letters back", _DESCRIPTION, configure, run)
