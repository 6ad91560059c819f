"""Norwegian Bokmål."""

from __future__ import annotations

from typing import Final

from segment_core.language.description.words import (
    AttributeWords,
    DateWords,
    FunctionWords,
    Measure,
    Noun,
    ParameterWords,
    Period,
    Words,
)

_ORDER: Final = Noun("bestilling", "bestillinger")
_UNIT: Final = Noun("enhet", "enheter")
_PRODUCT: Final = Noun("ulik vare", "ulike varer")
_DAY: Final = Measure("dag", "dager")
_TIME: Final = Noun("gang", "ganger")

_CONSENT: Final = {
    "SUBSCRIBED": "abonnerer",
    "NOT_SUBSCRIBED": "abonnerer ikke",
    "PENDING": "venter på bekreftelse",
    "UNSUBSCRIBED": "avmeldt",
    "REDACTED": "slettet",
    "INVALID": "ugyldig",
}

_ATTRIBUTES: Final = {
    "abandoned_checkout_date": AttributeWords(
        "sist forlot kassen {}",
        "ikke sist forlot kassen {}",
        "har forlatt kassen",
        "ikke har forlatt kassen",
    ),
    "amount_spent": AttributeWords("har handlet for {}", "ikke har handlet for {}", unit="money"),
    "average_days_between_orders": AttributeWords(
        "i gjennomsnitt har {} mellom bestillingene",
        "i gjennomsnitt ikke har {} mellom bestillingene",
        "har et gjennomsnittlig mellomrom mellom bestillingene",
        "ikke har noe gjennomsnittlig mellomrom mellom bestillingene",
        unit=_DAY,
    ),
    "average_order_value": AttributeWords(
        "i gjennomsnitt handler for {} per bestilling",
        "i gjennomsnitt ikke handler for {} per bestilling",
        "har en gjennomsnittlig bestillingsverdi",
        "ikke har noen gjennomsnittlig bestillingsverdi",
        unit="money",
    ),
    "companies": AttributeWords(
        "er kontakt for bedrift {}",
        "ikke er kontakt for bedrift {}",
        "er kontakt for en bedrift",
        "ikke er kontakt for noen bedrift",
    ),
    "created_by_app_id": AttributeWords("ble opprettet av app {}", "ikke ble opprettet av app {}"),
    "customer_account_status": AttributeWords(
        "har kontostatusen {}",
        "ikke har kontostatusen {}",
        "har en kontostatus",
        "ikke har noen kontostatus",
        values={"DECLINED": "avslått", "DISABLED": "deaktivert", "ENABLED": "aktivert", "INVITED": "invitert"},
    ),
    "customer_added_date": AttributeWords(
        "ble lagt til {}", "ikke ble lagt til {}", "har en dato de ble lagt til", "ikke har noen dato de ble lagt til"
    ),
    "customer_cities": AttributeWords(
        "har en adresse i byen {}",
        "ikke har noen adresse i byen {}",
        "har en adresse med by",
        "ikke har noen adresse med by",
    ),
    "customer_countries": AttributeWords(
        "har en adresse i landet {}",
        "ikke har noen adresse i landet {}",
        "har en adresse med land",
        "ikke har noen adresse med land",
    ),
    "customer_email_domain": AttributeWords(
        "har en e-postadresse hos {}",
        "ikke har en e-postadresse hos {}",
        "har en e-postadresse",
        "ikke har noen e-postadresse",
    ),
    "customer_language": AttributeWords("har språket {}", "ikke har språket {}", "har et språk", "ikke har noe språk"),
    "customer_regions": AttributeWords(
        "har en adresse i regionen {}",
        "ikke har noen adresse i regionen {}",
        "har en adresse med region",
        "ikke har noen adresse med region",
    ),
    "customer_tags": AttributeWords("har taggen {}", "ikke har taggen {}", "har en tagg", "ikke har noen tagger"),
    "days_overdue": AttributeWords(
        "er {} på overtid etter sitt vanlige mellomrom mellom bestillingene",
        "ikke er {} på overtid etter sitt vanlige mellomrom mellom bestillingene",
        "har et vanlig mellomrom mellom bestillingene",
        "ikke har noe vanlig mellomrom mellom bestillingene",
        unit=_DAY,
    ),
    "email_subscription_status": AttributeWords(
        "har statusen {} for markedsføring på e-post",
        "ikke har statusen {} for markedsføring på e-post",
        "har en status for markedsføring på e-post",
        "ikke har noen status for markedsføring på e-post",
        values=_CONSENT,
    ),
    "first_order_date": AttributeWords(
        "hadde sin første bestilling {}",
        "ikke hadde sin første bestilling {}",
        "har en første bestilling",
        "ikke har noen første bestilling",
    ),
    "last_order_date": AttributeWords(
        "hadde sin siste bestilling {}",
        "ikke hadde sin siste bestilling {}",
        "har en siste bestilling",
        "ikke har noen siste bestilling",
    ),
    "number_of_orders": AttributeWords("har lagt inn {}", "ikke har lagt inn {}", unit=_ORDER),
    "predicted_spend_tier": AttributeWords(
        "har det forventede forbruket {}",
        "ikke har det forventede forbruket {}",
        "har et forventet forbruk",
        "ikke har noe forventet forbruk",
        values={"HIGH": "høyt", "MEDIUM": "middels", "LOW": "lavt"},
    ),
    "product_subscription_status": AttributeWords(
        "har statusen {} for vareabonnement",
        "ikke har statusen {} for vareabonnement",
        "har en status for vareabonnement",
        "ikke har noen status for vareabonnement",
        values={
            "SUBSCRIBED": "abonnerer",
            "CANCELED": "avsluttet",
            "EXPIRED": "utløpt",
            "FAILED": "mislykket",
            "NEVER_SUBSCRIBED": "aldri abonnert",
            "PAUSED": "satt på pause",
        },
    ),
    "rfm_group": AttributeWords(
        "er i RFM-gruppen {}",
        "ikke er i RFM-gruppen {}",
        "er i en RFM-gruppe",
        "ikke er i noen RFM-gruppe",
        values={
            "CHAMPIONS": "toppkunder",
            "LOYAL": "lojale",
            "ACTIVE": "aktive",
            "NEW": "nye",
            "PROMISING": "lovende",
            "NEEDS_ATTENTION": "trenger oppmerksomhet",
            "ALMOST_LOST": "nesten tapt",
            "PREVIOUSLY_LOYAL": "tidligere lojale",
            "AT_RISK": "i faresonen",
            "DORMANT": "sovende",
            "PROSPECTS": "mulige kunder",
        },
    ),
    "sms_subscription_status": AttributeWords(
        "har statusen {} for markedsføring på SMS",
        "ikke har statusen {} for markedsføring på SMS",
        "har en status for markedsføring på SMS",
        "ikke har noen status for markedsføring på SMS",
        values=_CONSENT,
    ),
}

_WHEN: Final = ParameterWords("{}", "ikke {}")


def _email(holds: str, fails: str) -> FunctionWords:
    parameters = {
        "activity_id": ParameterWords("fra aktivitet {}", "ikke fra aktivitet {}"),
        "date": _WHEN,
        "count": ParameterWords("{}", unit=_TIME),
    }
    return FunctionWords(holds, fails, "en e-post", "e-poster", parameters)


def _viewed(one: str, many: str) -> FunctionWords:
    parameters = {
        "id": ParameterWords("med id {}", "med en annen id enn {}"),
        "tag": ParameterWords("med taggen {}", "uten taggen {}"),
        "date": _WHEN,
        "count": ParameterWords("{}", unit=_TIME),
    }
    return FunctionWords("har sett på {}", "ikke har sett på {}", one, many, parameters)


_FUNCTIONS: Final = {
    "orders_placed": FunctionWords(
        "har lagt inn {}",
        "ikke har lagt inn {}",
        "en bestilling",
        "bestillinger",
        {
            "date": _WHEN,
            "amount": ParameterWords("med et beløp på {}", unit="money"),
            "location_id": ParameterWords("på sted {}", "ikke på sted {}"),
            "app_id": ParameterWords("gjennom app {}", "ikke gjennom app {}"),
            "channel": ParameterWords("gjennom kanalen {}", "ikke gjennom kanalen {}"),
            "currency": ParameterWords("i {}", "ikke i {}"),
            "discount_code": ParameterWords("med rabattkoden {}", "uten rabattkoden {}"),
            "tag": ParameterWords("med taggen {}", "uten taggen {}"),
            "sum_amount": ParameterWords(", til sammen {}", unit="money"),
        },
        counted=_ORDER,
    ),
    "orders_refunded": FunctionWords(
        "har fått {}",
        "ikke har fått {}",
        "en refusjon",
        "refusjoner",
        {
            "date": _WHEN,
            "amount": ParameterWords("på {}", unit="money"),
            "sum_amount": ParameterWords(", til sammen {}", unit="money"),
        },
        counted=Noun("refusjon", "refusjoner"),
    ),
    "products_purchased": FunctionWords(
        "har kjøpt {}",
        "ikke har kjøpt {}",
        "en vare",
        "varer",
        {
            "id": ParameterWords("med id {}", "med en annen id enn {}"),
            "tag": ParameterWords("med taggen {}", "uten taggen {}"),
            "category": ParameterWords("i kategorien {}", "ikke i kategorien {}"),
            "variant_id": ParameterWords("av variant {}", "ikke av variant {}"),
            "sku": ParameterWords("med varenummeret {}", "med et annet varenummer enn {}"),
            "vendor": ParameterWords("fra leverandøren {}", "ikke fra leverandøren {}"),
            "product_type": ParameterWords("av typen {}", "av en annen type enn {}"),
            "date": _WHEN,
            "quantity": ParameterWords(", {} på én ordrelinje", unit=_UNIT),
            "sum_quantity": ParameterWords(", {} til sammen", unit=_UNIT),
            "count": ParameterWords(", i {}", unit=_ORDER),
            "distinct_products": ParameterWords(", av {}", unit=_PRODUCT),
        },
    ),
    "shopify_email.bounced": _email("har fått {} i retur", "ikke har fått {} i retur"),
    "shopify_email.clicked": _email("har klikket på en lenke i {}", "ikke har klikket på en lenke i {}"),
    "shopify_email.delivered": _email("har mottatt {}", "ikke har mottatt {}"),
    "shopify_email.marked_as_spam": _email("har merket {} som søppelpost", "ikke har merket {} som søppelpost"),
    "shopify_email.opened": _email("har åpnet {}", "ikke har åpnet {}"),
    "shopify_email.unsubscribed": _email("har meldt seg av gjennom {}", "ikke har meldt seg av gjennom {}"),
    "storefront.collection_viewed": _viewed("en samling", "samlinger"),
    "storefront.product_viewed": _viewed("en vare", "varer"),
    "event": FunctionWords(
        "har {}",
        "ikke har {}",
        "en hendelse {name}",
        "hendelser {name}",
        {"date": _WHEN},
        counted=Noun("hendelse {name}", "hendelser {name}"),
    ),
    "store_credit_accounts": FunctionWords(
        "har {}",
        "ikke har {}",
        "en konto med butikkreditt",
        "kontoer med butikkreditt",
        {
            "balance": ParameterWords("med en saldo på {}"),
            "currency": ParameterWords("i {}", "ikke i {}"),
            "next_expiry_date": ParameterWords(
                ", der kreditt neste gang utløper {}", ", der kreditt neste gang ikke utløper {}"
            ),
            "last_credit_date": ParameterWords(", der kreditt sist ble gitt {}", ", der kreditt sist ikke ble gitt {}"),
        },
    ),
    "customer_within_distance": FunctionWords(
        "har {}",
        "ikke har {}",
        "en adresse",
        "adresser",
        {
            "distance_km": ParameterWords("innen {} kilometer", unit="radius"),
            "distance_mi": ParameterWords("innen {} engelske mil", unit="radius"),
            "coordinates": ParameterWords("fra {}"),
        },
    ),
}

_HAVE, _HAVE_NOT = "har en verdi i metafeltet {name}", "ikke har noen verdi i metafeltet {name}"

_DATES: Final = DateWords(
    months=(
        "januar", "februar", "mars", "april", "mai", "juni",
        "juli", "august", "september", "oktober", "november", "desember",
    ),
    day="{day}. {month} {year}",
    moment="{date} kl. {time}",
    clock="%H.%M",
    clock_with_seconds="%H.%M.%S",
    on="{}",
    today="i dag",
    yesterday="i går",
    tomorrow="i morgen",
    periods={
        "d": Period(
            "dag", "dager", "det siste døgnet", "de siste {} dagene", "det neste døgnet", "de neste {} dagene"
        ),
        "w": Period("uke", "uker", "den siste uken", "de siste {} ukene", "den neste uken", "de neste {} ukene"),
        "m": Period(
            "måned", "måneder", "den siste måneden", "de siste {} månedene", "den neste måneden", "de neste {} månedene"
        ),
        "y": Period("år", "år", "det siste året", "de siste {} årene", "det neste året", "de neste {} årene"),
    },
    past={
        "=": "for nøyaktig {} siden",
        ">": "for mindre enn {} siden",
        "<": "for mer enn {} siden",
        "<=": "for minst {} siden",
    },
    past_noun="{} før i dag",
    past_between="for {} til {} siden",
    future={
        "=": "om nøyaktig {}",
        ">": "om mer enn {}",
        ">=": "om minst {}",
        "<": "tidligere enn om {}",
        "<=": "senest om {}",
    },
    future_noun="{} etter i dag",
    fixed={">": "etter {}", ">=": "tidligst {}", "<": "før {}", "<=": "senest {}"},
    between="fra og med {} til og med {}",
    in_any_year={
        ">": "senere på året enn {}",
        ">=": "ikke tidligere på året enn {}",
        "<": "tidligere på året enn {}",
        "<=": "ikke senere på året enn {}",
    },
)  # fmt: skip

WORDS: Final = Words(
    sentence="Kunder som {}.",
    and_who=", og som ",
    or_who=", eller som ",
    both="både {}",
    and_=" og ",
    either="enten {}",
    or_=" eller ",
    not_among="ikke er blant dem som {}",
    fallback="oppfyller {}",
    quotes=("«", "»"),
    truth=("usann", "sann"),
    any_="noen",
    prefix="{} eller noe annet som begynner likt",
    none_at_all="(eller ingen i det hele tatt)",
    counts={
        "=": "nøyaktig {}",
        "!=": "ikke nøyaktig {}",
        ">": "flere enn {}",
        ">=": "minst {}",
        "<": "færre enn {}",
        "<=": "høyst {}",
        "BETWEEN": "{} til {}",
    },
    amounts={
        "=": "nøyaktig {}",
        "!=": "ikke nøyaktig {}",
        ">": "mer enn {}",
        ">=": "minst {}",
        "<": "mindre enn {}",
        "<=": "høyst {}",
        "BETWEEN": "{} til {}",
    },
    group="\N{NO-BREAK SPACE}",
    point=",",
    dates=_DATES,
    attributes=_ATTRIBUTES,
    functions=_FUNCTIONS,
    other_window="det var {}",
    any_time_but="når som helst unntatt {}",
    times="{} ganger det {}",
    in_number=", i antall {}",
    event_property=ParameterWords(", der {name} er {}", ", der {name} ikke er {}"),
    metafields={
        "text": AttributeWords("har {} i metafeltet {name}", "ikke har {} i metafeltet {name}", _HAVE, _HAVE_NOT),
        "list": AttributeWords("har {} i listen i metafeltet {name}", "ikke har {} i listen i metafeltet {name}"),
        "number": AttributeWords("har {} i metafeltet {name}", "ikke har {} i metafeltet {name}"),
        "truth": AttributeWords("har metafeltet {name} satt til {}", "ikke har metafeltet {name} satt til {}"),
        "date": AttributeWords("har en dato {} i metafeltet {name}", "ikke har en dato {} i metafeltet {name}"),
    },
    anniversary=AttributeWords("har årsdagen for {name} {}", "ikke har årsdagen for {name} {}"),
    segment=AttributeWords("er i segmentet {}", "ikke er i segmentet {}"),
    names={
        "abandoned_checkout_date": "sist de forlot kassen",
        "customer_added_date": "da de ble lagt til",
        "first_order_date": "sin første bestilling",
        "last_order_date": "sin siste bestilling",
    },
)
