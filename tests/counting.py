"""How much there is, for tests that must know."""

from sqlalchemy import Connection, func, select

from storage.schema.tables import accounts, mails


def count_accounts(connection: Connection) -> int:
    """How many accounts there are."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def count_mails(connection: Connection) -> int:
    """The number of queued mails."""
    return connection.execute(select(func.count()).select_from(mails)).scalar_one()
