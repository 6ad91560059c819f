"""`/shops`: making a shop, changing its settings, reading them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, answers, tables
from segment_core.errors import Forbidden
from segment_core.model.language import LanguageSettings
from segment_core.model.segment import ShopRecord
from segment_core.runtime import secrets
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments.shops import put_shop
from segment_core.store import shops

router = APIGatewayHttpRouter()

TokensShop = Annotated[str, Path(description="The token's shop")]


@router.put(
    "/shops/<shop>",
    summary="Make the shop, or replace its settings",
    tags=["Shops"],
    operation_id="putShop",
    security=needs("admin"),
    responses={201: answers(201, models.Shop)[201], **answers(200, models.Shop, 409, 415)},
)
def put(shop: TokensShop, body: models.ShopRequest, request: Request) -> Response[models.Shop]:
    """201 if it was made, 200 if it was there. Secrets are taken and never given back."""
    ask = _own(request, shop)
    prefix = environment(ApiEnvironment).secrets_prefix
    record, made = put_shop(
        tables(),
        shop,
        domain=body.domain,
        zone=body.zone,
        currency=body.currency,
        count_test_orders=body.settings.count_test_orders,
        count_cancelled_orders=body.settings.count_cancelled_orders,
        guests_are_customers=body.settings.guests_are_customers,
        abandoned_after_minutes=body.settings.abandoned_after_minutes,
        platform=body.platform,
        at=ask.at,
        language=LanguageSettings(**body.queries.model_dump()),
    )
    if body.webhook_secrets is not None:
        secrets.write(prefix, shop, tuple(secret.get_secret_value() for secret in body.webhook_secrets))
    held = len(secrets.read(prefix, shop) if body.webhook_secrets is None else body.webhook_secrets)
    return Response(HTTPStatus.CREATED if made else HTTPStatus.OK, "application/json", _shown(record, held))


@router.get(
    "/shops/<shop>",
    summary="What the shop is set to",
    tags=["Shops"],
    operation_id="readShop",
    security=needs("admin"),
    responses=answers(200, models.Shop),
)
def read(shop: TokensShop, request: Request) -> models.Shop:
    """As `PUT` answers: what was asked for, also while segments are being built under it."""
    _own(request, shop)
    record = shops.existing(tables().segments, shop)
    return _shown(record, len(secrets.read(environment(ApiEnvironment).secrets_prefix, shop)))


def _own(request: Request, shop: str) -> Ask:
    ask = Ask.of(request)
    if shop != ask.shop:
        raise Forbidden("the token is for another shop than the one in the path", code="shop_mismatch")
    return ask


def _shown(record: ShopRecord, webhook_secrets: int) -> models.Shop:
    return models.Shop(
        shop=record.id,
        domain=record.domain,
        platform=record.platform,
        zone=record.zone,
        currency=record.currency,
        settings=models.ShopSettings(
            count_test_orders=record.count_test_orders,
            count_cancelled_orders=record.count_cancelled_orders,
            guests_are_customers=record.guests_are_customers,
            abandoned_after_minutes=record.abandoned_after_minutes,
        ),
        queries=models.QuerySettings.model_validate(record.language.as_fields()),
        webhook_secrets=webhook_secrets,
    )
