"""What we ask of Connexion that it does not offer.

That it loads a document which has been validated already: at each start it holds the document against the schema of
OpenAPI, which takes 0.35 of 2.2 seconds and tells nothing that the tests have not told. Upstream this would be an
argument of `add_api`, `validate_specification=False`.

And that it loads no more than it uses: the test client of Starlette, and two HTTP clients for documents and tokens
that lie elsewhere, take 10 MB of each process. Upstream these would be imports within the functions that need them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.loading import set_aside

with set_aside("httpx"), set_aside("requests"), set_aside("starlette.testclient", "TestClient"):
    from connexion.middleware import ConnexionMiddleware as ConnexionMiddleware
    from connexion.middleware.lifespan import LifespanMiddleware as LifespanMiddleware
    from connexion.spec import OpenAPISpecification


@contextmanager
def validated_before() -> Iterator[None]:
    """Inside, documents are loaded as they are."""
    validate = OpenAPISpecification.__dict__.get("_validate_spec")
    OpenAPISpecification._validate_spec = classmethod(_accept)
    try:
        yield
    finally:
        if validate is None:
            # It is the base class's.
            del OpenAPISpecification._validate_spec
        else:
            OpenAPISpecification._validate_spec = validate


def _accept(_cls: type[OpenAPISpecification], _spec: dict[str, Any]) -> None:
    return
