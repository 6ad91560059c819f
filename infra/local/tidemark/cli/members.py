"""`tidemark members`: who of a file of customers belongs to a segment at an instant, and until when."""

from __future__ import annotations

from argparse import Namespace

from segment_core.evaluator import compile_query
from segment_core.instants import iso
from segment_core.language import check
from segment_core.verdict import Verdict
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.customer_file import CustomerFile
from tidemark.cli.errors import OK, PROBLEMS
from tidemark.cli.output import Progress, print_json, print_remarks
from tidemark.cli.shop_file import ShopInQuestion

_DESCRIPTION = """\
Prints one line per member: the id, a tab, and the instant at which the customer leaves if nothing
else happens (ISO 8601 in UTC; empty: never). Lines are in the order of the ids as texts, so 10 is
before 9. A bad line of the file is named on standard error, the others are evaluated, and the exit
status is 1. Amounts are compared in the shop's currency: the one of --shop, else the one in the file.

  tidemark members --query "last_order_date >= -30d" --customers shop.ndjson \\
      --at 2026-03-01T05:00:00Z --zone America/New_York"""


def run(options: Namespace) -> int:
    """Print the members; 1 if any line was bad."""
    checked = check(options.query)
    print_remarks(checked.warnings)
    rule = compile_query(checked.query)
    question = ShopInQuestion(options, checked.query)
    file = CustomerFile(options.customers)
    progress = Progress("customers evaluated")
    members: dict[str, Verdict] = {}
    for done, customer in enumerate(file.customers(), 1):
        question.see(customer)
        verdict = rule.evaluate(customer, question.shop, options.at)
        if verdict.member:
            members[customer.id] = verdict
        progress.show(done)
    progress.clear()
    rows = [(member, iso(until) if until else "") for member, (_, until) in sorted(members.items())]
    if options.json:
        print_json(
            {
                "query": checked.canonical,
                "at": iso(options.at),
                "members": [{"id": member, "until": until or None} for member, until in rows],
                "refused": file.refused,
            }
        )
    else:
        for member, until in rows:
            print(f"{member}\t{until}")
    return PROBLEMS if file.refused else OK


COMMAND = Command("members", "who belongs, of the customers in a file", _DESCRIPTION, arguments.add_evaluation, run)
