"""What an order's products were: attributes that one body tells of them, and a later one may leave out.

The lines of an order are as the latest body listed them. Stores' webhooks tell the vendor of a line's product
and nothing else of it, while imports tell its type, category and tags as well. So what earlier lines said of
a product is kept beside them, each attribute a register by product, but only while the latest lines do not
say the same themselves. Attributes of a line without a product's id live as long as that line.

What the store tells of the product itself counts for the orders that are taken in after it: a line keeps what its
product was when it was bought, whatever becomes of the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segment_core.facts import registers
from segment_core.facts.registers import Register, Registers

ATTRIBUTES = ("vendor", "product_type", "category", "tags")

_OF_PRODUCTS = ("product_type", "tags")

Line = Mapping[str, object]


def said(lines: Register | None) -> dict[str, Register]:
    """What lines themselves say of products. Where two of them differ on one, the same always counts."""
    found: dict[str, Register] = {}
    for line in _listed(lines):
        for key, attribute in _keys(line):
            if lines is not None and attribute in line:
                register = Register(lines.stamp, line[attribute])
                found[key] = registers.later(found[key], register) if key in found else register
    return found


def kept(lines: Register | None, *told: Registers) -> dict[str, Register]:
    """What was told of products, without what the latest lines say."""
    joined: Registers = {}
    for some in told:
        joined = registers.join(joined, some)
    # Dropping what can be found again loses nothing, so the order of joins still does not matter.
    known = said(lines)
    return {key: register for key, register in joined.items() if known.get(key) != register}


def completed(lines: Register, products: Registers) -> list[Line]:
    """The lines, each with what is known of its product and was not said by the line itself."""
    return [
        {**{attribute: products[key].value for key, attribute in _keys(line) if key in products}, **line}
        for line in _listed(lines)
    ]


def missing(lines: Register | None, products: Registers) -> set[str]:
    """The ids of products of which nobody told what webhooks about products tell, and lines do not."""
    known = {**products, **said(lines)}
    return {
        str(line["product_id"])
        for line in _listed(lines)
        for key, attribute in _keys(line)
        if attribute in _OF_PRODUCTS and key not in known
    }


def as_lines_have_it(product_id: str, told: Registers) -> dict[str, Register]:
    """What was told of a product itself, as it is kept beside the lines of an order."""
    return {f"{attribute}/{product_id}": told[attribute] for attribute in ATTRIBUTES if attribute in told}


def _listed(lines: Register | None) -> Iterator[Line]:
    if lines is not None and isinstance(lines.value, list):
        yield from lines.value


def _keys(line: Line) -> Iterator[tuple[str, str]]:
    """The keys of the registers of a line's product, each with its attribute."""
    if product := line.get("product_id"):
        yield from ((f"{attribute}/{product}", attribute) for attribute in ATTRIBUTES)
