"""Customer documents in a file, one a line."""

from __future__ import annotations

from collections.abc import Iterator

from segment_core.errors import InvalidDocument
from segment_core.facts import guests
from segment_core.facts.customer import Customer
from segment_core.facts.document import parse_line, read_customer
from tidemark.cli.source_file import Document, SourceFile, text_of


class CustomerFile(SourceFile):
    """A second document of a customer is refused: which of the two counted would be a guess."""

    reads = staticmethod(read_customer)

    def customers(self) -> Iterator[Customer]:
        """Every customer that can be read, as the lines come."""
        for _, _, customer in self.documents():
            yield customer

    def documents(self) -> Iterator[Document]:
        """Number, bytes and customer of every line that can be read."""
        seen: dict[str, int] = {}
        for number, line in self.lines():
            try:
                customer = parse_line(text_of(line), self.reads)
            except InvalidDocument as error:
                self.refuse(number, error)
                continue
            if customer.id in seen and customer.id != guests.NO_ID:
                self.refuse(number, InvalidDocument("id", f"this customer is on line {seen[customer.id]} already"))
                continue
            seen[customer.id] = number
            yield number, line, customer
