"""What the demo shop sells and where its customers live: tables that the generator draws from.

People and things are plainly invented; addresses of mail are at example.com, which nobody can own.
"""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """`weight` is how often it is bought, relative to the others."""

    id: str
    variant_id: str
    sku: str
    vendor: str
    product_type: str
    category: str
    tags: tuple[str, ...]
    weight: int


PRODUCTS = (
    Product("501", "601", "COF-1", "Sample Roasters", "Coffee", "fb-1", ("consumable", "coffee"), 14),
    Product("502", "602", "COF-2", "Sample Roasters", "Coffee", "fb-1", ("consumable", "coffee", "organic"), 9),
    Product("503", "603", "TEA-1", "Sample Roasters", "Tea", "fb-2", ("consumable", "tea"), 8),
    Product("504", "604", "FIL-1", "Specimen Supply", "Filters", "hg-1", ("consumable",), 10),
    Product("505", "605", "CUP-1", "Specimen Ceramics", "Cups", "hg-2", ("gift",), 12),
    Product("506", "606", "CUP-2", "Specimen Ceramics", "Cups", "hg-2", ("gift", "sale"), 7),
    Product("507", "607", "POT-1", "Specimen Ceramics", "Pots", "hg-3", ("gift",), 5),
    Product("508", "608", "GRI-1", "Model Machines", "Grinders", "hg-4", (), 4),
    Product("509", "609", "GRI-2", "Model Machines", "Grinders", "hg-4", ("sale",), 3),
    Product("510", "610", "ESP-1", "Model Machines", "Machines", "hg-5", ("heavy",), 2),
    Product("511", "611", "TOW-1", "Specimen Supply", "Towels", "hg-6", ("sale",), 6),
    Product("512", "612", "GFT-1", "Specimen Supply", "Gift boxes", "fb-3", ("gift",), 6),
)


class Place(NamedTuple):
    """`weight` is how many customers live there, relative to the others."""

    country: str
    region: str
    city: str
    latitude: str
    longitude: str
    locale: str
    weight: int


PLACES = (
    Place("US", "NY", "New York City", "40.71", "-74.01", "en-US", 22),
    Place("US", "CA", "Los Angeles", "34.05", "-118.24", "en-US", 14),
    Place("US", "IL", "Chicago", "41.88", "-87.63", "en-US", 10),
    Place("US", "TX", "Austin", "30.27", "-97.74", "en-US", 9),
    Place("US", "FL", "Miami", "25.76", "-80.19", "es-US", 6),
    Place("US", "WA", "Seattle", "47.61", "-122.33", "en-US", 7),
    Place("CA", "ON", "Toronto", "43.65", "-79.38", "en-CA", 8),
    Place("CA", "QC", "Montreal", "45.50", "-73.57", "fr-CA", 6),
    Place("GB", "ENG", "London", "51.51", "-0.13", "en-GB", 7),
    Place("FR", "IDF", "Paris", "48.86", "2.35", "fr-FR", 4),
    Place("DE", "BE", "Berlin", "52.52", "13.41", "de-DE", 4),
    Place("MX", "CMX", "Mexico City", "19.43", "-99.13", "es-MX", 3),
)

FIRST_NAMES = (
    "Acacia", "Alder", "Aspen", "Birch", "Cedar", "Clover", "Cypress", "Elm", "Fern", "Hawthorn", "Heath", "Iris",
    "Juniper", "Larch", "Laurel", "Linden", "Maple", "Olive", "Poppy", "Rowan", "Sage", "Sorrel", "Willow", "Yarrow",
)  # fmt: skip
LAST_NAMES = ("Example", "Placeholder", "Sample", "Specimen", "Testcase", "Pattern", "Prototype", "Mockup")

# Orders by month of the year (January first) and by local hour, relative to an average one.
MONTH_WEIGHTS = (0.8, 0.8, 0.9, 0.9, 1.0, 0.9, 0.8, 0.8, 1.0, 1.1, 1.7, 1.6)
HOUR_WEIGHTS = (2, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 10, 9, 8, 8, 8, 9, 10, 12, 13, 12, 8, 4)

CONSENT_WEIGHTS = {"SUBSCRIBED": 52, "NOT_SUBSCRIBED": 30, "UNSUBSCRIBED": 13, "PENDING": 5}
TAG_WEIGHTS = {"newsletter": 0.3, "wholesale": 0.03, "gift-buyer": 0.12, "local-pickup": 0.08}
DISCOUNT_CODES = ("WELCOME10", "SPRING15", "FREESHIP")
