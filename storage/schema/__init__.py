"""The database schema: tables, column types, encryption, migrations, and seed data."""
