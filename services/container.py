"""`Services`: everything with a state or a setting that handlers, middlewares, background work and commands use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from services import startup
from services.address import PublicAddress
from services.auth.api_secrets import ApiSecrets
from services.auth.attempts import Attempts
from services.auth.credentials import Credentials
from services.auth.derivation import derive
from services.auth.hash_times import FailureTimes
from services.auth.mfa import ScratchCodes
from services.auth.tokens import Tokens
from services.background import Background
from services.diagnostics.gauges import Gauges
from services.exports import Exports
from services.forge.code_forge import CodeForge, Place
from services.idempotency import Idempotency
from services.images.record_images import Images
from services.images.social import SocialImages
from services.imports import Imports
from services.limits.limiter import Limits
from services.limits.storage_quotas import StorageQuotas
from services.mail import messages
from services.mail.maintainer import Maintainer
from services.mail.notices import Notices
from services.mail.outbox import Outbox
from services.observability.metrics import Metrics
from services.pages.service_pages import Pages
from services.quota_decisions import QuotaDecisions
from services.response_cache import ResponseCache
from services.retention import Retention
from services.test_mode import TestMode
from services.usage.counting import UsageCounter
from services.usage.statistics import Statistics
from settings import Settings
from storage.database import Storage


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one application. Made from its settings by `of`, opened and closed by its lifespan."""

    storage: Storage
    metrics: Metrics
    background: Background
    address: PublicAddress
    limits: Limits
    outbox: Outbox
    storage_quotas: StorageQuotas
    api_secrets: ApiSecrets
    scratch_codes: ScratchCodes
    tokens: Tokens
    credentials: Credentials
    attempts: Attempts
    failure_times: FailureTimes
    exports: Exports
    maintainer: Maintainer
    notices: Notices
    images: Images
    social: SocialImages
    forge: CodeForge
    pages: Pages
    imports: Imports
    test_mode: TestMode
    idempotency: Idempotency
    usage: UsageCounter
    statistics: Statistics
    quota_decisions: QuotaDecisions
    retention: Retention
    gauges: Gauges
    # Responses of public records, and of curated ones.
    public_responses: ResponseCache[Any] = field(default_factory=ResponseCache)
    curated_responses: ResponseCache[Any] = field(default_factory=ResponseCache)


class _Shared(NamedTuple):
    """The services that others are built on, in the order of the fields of `Services`."""

    storage: Storage
    metrics: Metrics
    background: Background
    address: PublicAddress
    limits: Limits
    outbox: Outbox


def of(settings: Settings, storage: Storage | None = None) -> Services:
    """Make the services, without opening any; on the storage of the settings, unless another is given.

    Raises ValueError, which names the setting that cannot be used.
    """
    storage = _storage(settings) if storage is None else storage
    metrics = Metrics()
    background = Background(metrics)
    address = PublicAddress(settings.public_url)
    limits = _limits(settings, metrics)
    outbox = _outbox(settings, storage, background, limits, metrics, address)
    return _with(settings, _Shared(storage, metrics, background, address, limits, outbox))


def _with(settings: Settings, shared: _Shared) -> Services:
    storage, _, background, address, limits, outbox = shared
    derived = partial(derive, settings.secret_key)
    api_secrets = ApiSecrets(derived("api secrets"))
    tokens = Tokens(derived("tokens"), settings.public_url)
    images = _images(settings, storage)
    maintainer = _maintainer(settings)
    usage = UsageCounter(storage, background)
    return Services(
        *shared,
        storage_quotas=_storage_quotas(settings),
        api_secrets=api_secrets,
        scratch_codes=ScratchCodes(derived("scratch codes")),
        tokens=tokens,
        credentials=Credentials(storage, api_secrets),
        attempts=Attempts(storage, limits),
        failure_times=FailureTimes(storage),
        exports=Exports(storage, tokens, address),
        maintainer=maintainer,
        notices=Notices(storage, background, outbox),
        images=images,
        social=_social(settings),
        forge=_forge(settings),
        pages=Pages(settings.public_url, settings.test_domain if settings.test_mode else ""),
        imports=Imports(settings.import_token),
        test_mode=TestMode(enabled=settings.test_mode, domain=settings.test_domain),
        idempotency=Idempotency(storage, background, derived("idempotency")),
        usage=usage,
        statistics=Statistics(storage, background),
        quota_decisions=QuotaDecisions(storage, background, maintainer),
        retention=Retention(storage, background, images),
        gauges=Gauges(storage, background, limits, usage),
    )


def _storage(settings: Settings) -> Storage:
    return Storage(
        settings.database_url,
        startup.keyring(settings),
        pool=settings.database_pool,
        stale_seconds=settings.key_cache_seconds,
        check=startup.check_database,
    )


def _limits(settings: Settings, metrics: Metrics) -> Limits:
    with _named("QUOTAS"):
        return Limits(
            metrics,
            key=derive(settings.secret_key, "counters"),
            enabled=settings.limits == "on",
            quotas=settings.quotas,
            redis_url=settings.redis_url,
        )


def _storage_quotas(settings: Settings) -> StorageQuotas:
    with _named("QUOTAS"):
        return StorageQuotas(enabled=settings.limits == "on", quotas=settings.quotas)


def _maintainer(settings: Settings) -> Maintainer:
    with _named("MAINTAINER_EMAIL"):
        return Maintainer(settings.maintainer_email, settings.mail_from, settings.maintainer_language)


def _images(settings: Settings, storage: Storage) -> Images:
    with _named("IMAGES_URL"):
        return Images(storage, settings.images_url)


def _social(settings: Settings) -> SocialImages:
    with _named("WEBSITE_URL"):
        return SocialImages(settings.website_url)


def _outbox(
    settings: Settings,
    storage: Storage,
    background: Background,
    limits: Limits,
    metrics: Metrics,
    address: PublicAddress,
) -> Outbox:
    with _named("MAIL_FROM"):
        messages.author_of(settings.mail_from)
    with _named("MAIL_URL"):
        return Outbox(
            storage,
            background,
            limits,
            metrics,
            address,
            url=settings.mail_url,
            sender=settings.mail_from,
            website=settings.website_url,
        )


def _forge(settings: Settings) -> CodeForge:
    with _named("FORGE_URL"):
        return CodeForge(_place(settings))


def _place(settings: Settings) -> Place | None:
    if not settings.forge:
        return None
    return Place(
        kind=settings.forge,
        url=settings.forge_url,
        repository=settings.forge_repository,
        token=settings.forge_token,
        branch=settings.forge_branch,
        posts=settings.forge_posts,
        discussions=settings.forge_discussions,
    )


@contextmanager
def _named(setting: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"FREESEWING_{setting}: {error}") from None
