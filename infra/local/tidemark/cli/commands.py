"""The table of subcommands, in the order in which `tidemark --help` lists them."""

from __future__ import annotations

from tidemark.cli import check, cost, demo, explain, importing, local, members, redrive, token

COMMANDS = (
    check.COMMAND,
    members.COMMAND,
    explain.COMMAND,
    local.COMMAND,
    demo.COMMAND,
    token.COMMAND,
    importing.COMMAND,
    redrive.COMMAND,
    cost.COMMAND,
)
