"""What the operator may set: every setting of every process, read once from the environment."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# Known to everybody who reads this file, so they are refused in production.
DEVELOPMENT_SECRET_KEY = "development-only-secret-key-known-to-everybody"  # noqa: S105
DEVELOPMENT_EVENT_KEY = "development-only-event-key-known-to-everybody"
MIN_PRODUCTION_KEY_CHARS = 32


class Settings(BaseSettings):
    """The settings; an environment variable has the field's name in capitals, e.g. DATABASE_URL.

    Raises pydantic's ValidationError for a wrong value, and in production for a missing or well-known key, and AUDIT.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "test", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    # The address clients see, without a slash at its end; made of the port when not given.
    public_url: str = ""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ("http://localhost:5173", "http://127.0.0.1:5173")

    # None: `python -m app run` starts an embedded server and hands its address to the processes it starts.
    database_url: str | None = None
    db_pool_max: int = Field(default=10, ge=1)
    redis_url: str | None = None
    data_dir: Path = Path(".data")

    # Signs access tokens and file addresses.
    secret_key: str = DEVELOPMENT_SECRET_KEY
    # Key of the HMAC that chains the event log; kept outside the database on purpose.
    event_key: str = DEVELOPMENT_EVENT_KEY
    access_token_minutes: int = Field(default=10, ge=1)

    # Points (docs/limits.md) that come back each second, and that can be saved up; 0: nothing is counted.
    rate_user: int = Field(default=1_000, ge=0)
    rate_user_full: int = Field(default=50_000, ge=5_000)
    # Visitors of one address: many people may share it.
    rate_visitor: int = Field(default=2_000, ge=0)
    rate_visitor_full: int = Field(default=100_000, ge=5_000)
    rate_staff: int = Field(default=10_000, ge=0)
    rate_staff_full: int = Field(default=500_000, ge=50_000)
    # Proxies whose X-Forwarded-For is believed, with commas; networks may be given.
    forwarded_allow_ips: str = "127.0.0.1"

    # compiled: documents become Python code once; stock: graphql-core walks them each time. The answers are the same.
    executor: Literal["compiled", "stock"] = "compiled"

    # For `make audit` only: queries by GET are answered, and the schema may be asked for.
    audit: bool = False

    # Of one account at a time, in each API process.
    max_sockets: int = Field(default=5, ge=1)

    # None: mails go to the local sink that /dev/inbox shows.
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_from: str = "Rawat <halo@rawat.example>"

    # A folder with faults that tests plan (integrations/fault.py); never in production.
    faults: Path | None = None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        """CORS_ORIGINS is a list with commas; no wildcard, because requests carry credentials."""
        if isinstance(value, str):
            value = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        if isinstance(value, list | tuple) and "*" in value:
            raise ValueError("CORS_ORIGINS names origins one by one; * is not allowed")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Fill the public address, and refuse in production the keys that all know, planned faults and AUDIT."""
        if self.environment == "production":
            if self.audit:
                raise ValueError("AUDIT opens doors that production keeps shut")
            for name, known in (("secret_key", DEVELOPMENT_SECRET_KEY), ("event_key", DEVELOPMENT_EVENT_KEY)):
                key = getattr(self, name)
                if key == known or len(key) < MIN_PRODUCTION_KEY_CHARS:
                    raise ValueError(f"{name.upper()} of {MIN_PRODUCTION_KEY_CHARS} characters or more is needed")
            if self.faults is not None:
                raise ValueError("FAULTS lets processes die on purpose; it is for tests only")
        address = self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"
        object.__setattr__(self, "public_url", address)  # the model is frozen; this is its birth
        return self

    @property
    def is_production(self) -> bool:
        """Whether development conveniences (GraphiQL, /dev/inbox, demo tokens) must be off."""
        return self.environment == "production"


@cache
def settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return Settings()
