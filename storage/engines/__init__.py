"""Database engines: SQLite and PostgreSQL, compiled statements, and the errors of their drivers."""
