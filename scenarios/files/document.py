"""What all parts of a scenario file share: strictness, and numbers that may be whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from sampler.domains import PositiveShare, Share


def _whole_to_decimal(value: Any) -> Any:
    """Let TOML's whole numbers stand where decimals may (``limit = 0``); truth values stay wrong."""
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


FromNumber = BeforeValidator(_whole_to_decimal)
ShareIn = Annotated[Share, FromNumber]
PositiveShareIn = Annotated[PositiveShare, FromNumber]


class Document(BaseModel):
    """Base of all parts of a scenario file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
