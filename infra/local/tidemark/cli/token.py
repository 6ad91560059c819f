"""`tidemark token`: a token of a local stack, to try its API with."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK
from tidemark.cli.output import print_json
from tidemark.cli.service import ALL_SCOPES, local_token

_DESCRIPTION = """\
Prints a token that a local stack has issued. A deployed stack trusts your identity provider instead.

  curl -H "Authorization: Bearer $(tidemark token)" http://127.0.0.1:8787/segments"""


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark token`."""
    parser.add_argument(
        "--url", default=arguments.DEFAULT_URL, type=arguments.base_url, metavar="URL",
        help="the local stack's address (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--shop", default=arguments.DEFAULT_SHOP, type=arguments.shop, metavar="S",
        help="the shop it speaks for (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--scope", default=ALL_SCOPES, metavar='"..."', help="scopes, parted by spaces (default: all)")
    arguments.add_json(parser)


def run(options: Namespace) -> int:
    """Print the token."""
    token = local_token(options.url, options.shop, options.scope)
    if options.json:
        print_json({"token": token, "shop": options.shop, "scope": options.scope})
    else:
        print(token)
    return OK


COMMAND = Command("token", "get a token from a local stack", _DESCRIPTION, configure, run)
