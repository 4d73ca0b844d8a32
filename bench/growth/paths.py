"""What is measured: each hot path, asked of random accounts, keys and sets of the whole population."""

import random
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

import orjson

from bench.fallback import prepared
from bench.fixture import new_set
from bench.growth import numbered
from core import clock
from services.auth.tokens import Tokens

# Drawn beforehand of each path, and sent in turn.
REQUESTS = 4_000
_CREATED = orjson.dumps(new_set("Made")).decode()
_CHANGED = orjson.dumps({"name": "Changed", "measies": {"chest": 931.5, "waist": 771}}).decode()
# Of which the write-ahead log is of interest; reading writes too, the counts of calls once a second.
WRITING = ("set create", "set update", "set read by key")


class Population:
    """Draws from the accounts that `bench.growth.fill` made."""

    def __init__(self, accounts: int, tokens: Tokens) -> None:
        self.accounts = accounts
        self._tokens = tokens
        self._random = random.Random(accounts)

    def account(self, *, counted: bool = False) -> int:
        """Any account that has a key that works; one whose calls were counted, where that matters."""
        while True:
            account = self._random.randint(1, self.accounts)
            if self._living(account) and (numbered.has_usage(account) or not counted):
                return account

    def _living(self, account: int) -> list[int]:
        of_account = [account + place * self.accounts for place in range(numbered.KEYS)]
        return [key for key in of_account if not numbered.is_revoked(key) and not numbered.is_expired(key)]

    def key_of(self, account: int) -> str:
        """The credentials of one of the account's keys that works."""
        key = self._random.choice(self._living(account))
        secret = f"{numbered.uuid('apikeys', key)}:{numbered.secret(key)}"
        return "Basic " + b64encode(secret.encode()).decode()

    def token_of(self, account: int) -> str:
        """A token of the account."""
        row = {"id": account, "username": f"user-{account}", "role": "user", "status": 1, "epoch": 0}
        return "Bearer " + self._tokens.issue(row, numbered.uuid("sessions", account), clock.now())

    def set_of(self, account: int) -> str:
        """One of its sets."""
        return f"/sets/{account + self._random.randrange(numbered.SETS) * self.accounts}"

    def deep_page(self) -> str:
        """A page somewhere in the list of the account that has very many sets."""
        after = self.accounts * numbered.SETS + self._random.randrange(numbered.COLLECTED - 20)
        return f"/sets?limit=20&cursor={urlsafe_b64encode(after.to_bytes(8)).decode().rstrip('=')}"


Draw = Callable[[Population], bytes]


def _by_key(
    path: Callable[[Population, int], str], method: str = "GET", body: str = "", *, counted: bool = False
) -> Draw:
    def draw(population: Population) -> bytes:
        account = population.account(counted=counted)
        return prepared(method, population.key_of(account), body, [path(population, account)])[0]

    return draw


def _by_token(population: Population) -> bytes:
    account = population.account()
    return prepared("GET", population.token_of(account), "", [population.set_of(account)])[0]


def _deep(population: Population) -> bytes:
    return prepared("GET", population.key_of(numbered.COLLECTOR), "", [population.deep_page()])[0]


PATHS: dict[str, Draw] = {
    "set read by key": _by_key(Population.set_of),
    "set read by JWT": _by_token,
    "whoami by key": _by_key(lambda *_: "/whoami"),
    "set list": _by_key(lambda *_: "/sets?limit=20"),
    "set list, deep page": _deep,
    "key list": _by_key(lambda *_: "/apikeys"),
    "set create": _by_key(lambda *_: "/sets", "POST", _CREATED),
    "set update": _by_key(Population.set_of, "PATCH", _CHANGED),
    "usage report": _by_key(lambda *_: "/account/usage", counted=True),
}


def requests(path: str, accounts: int, tokens: Tokens) -> list[bytes]:
    """Requests of a path, each of somebody else's."""
    population = Population(accounts, tokens)
    return [PATHS[path](population) for _ in range(REQUESTS)]
