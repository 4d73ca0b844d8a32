"""What we rely on in Connexion: a release that changes it must fail here, not in production."""

from itertools import pairwise
from typing import Any

import pytest
from connexion.exceptions import InvalidSpecification
from connexion.middleware.abstract import RoutedMiddleware
from connexion.spec import Specification

import app
import settings
from core import document
from middleware.authentication import AuthenticatedOperation, Authentication
from middleware.dispatch import Dispatch, DispatchedOperation
from middleware.routing import Routing
from middleware.upstream import validated_before

# No title, no version, no paths.
INVALID = {"openapi": "3.0.3", "info": {}}


def test_a_document_is_loaded_as_it_is_inside_and_held_against_the_schema_outside() -> None:
    with validated_before():
        assert Specification.load(INVALID)["info"] == {}
    with pytest.raises(InvalidSpecification):
        Specification.load(INVALID)


def test_the_check_is_back_after_a_failure_inside() -> None:
    with pytest.raises(KeyError), validated_before():
        raise KeyError
    with pytest.raises(InvalidSpecification):
        Specification.load(INVALID)


def test_what_is_loaded_unvalidated_is_what_connexion_makes_of_it_validated() -> None:
    usual = Specification.load(document.load())
    with validated_before():
        ours = Specification.load(document.load())
    assert ours.spec == usual.spec


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """The middlewares of the application, outermost first."""
    made = app.create_app(
        settings.make_secrets(settings.load(data_dir=tmp_path_factory.mktemp("data"), limits="off"))
    )
    return list(made.middleware_stack or ())


def test_every_operation_leads_straight_to_the_operation_that_connexion_would_look_up(stack: list[object]) -> None:
    routed = [each for each in stack if isinstance(each, RoutedMiddleware)]
    assert isinstance(routed[0], Authentication)
    assert isinstance(routed[-1], Dispatch)
    for outer, inner in pairwise(routed):
        (outer_api,), (inner_api,) = outer.apis[""], inner.apis[""]
        assert set(outer_api.operations) == set(inner_api.operations)
        for name, operation in outer_api.operations.items():
            wanted = inner_api.operations[name]
            assert operation is wanted or operation.next_app is wanted


def test_routing_leads_to_the_first_and_the_last_calls_the_handler(stack: list[object]) -> None:
    routing = next(each for each in stack if isinstance(each, Routing))
    authentication = next(each for each in stack if isinstance(each, Authentication))
    found = routing.table.find("/sets/1")
    assert found is not None
    routed = found[0].operations["GET"]
    assert routed.name == "read_set"
    assert isinstance(routed.app, AuthenticatedOperation)
    assert routed.app in authentication.apis[""][0].operations.values()
    end: Any = routed.app
    while not isinstance(end, DispatchedOperation):
        end = end.next_app
    assert end.handler.__name__ == "read_set"
