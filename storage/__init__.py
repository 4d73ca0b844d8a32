"""The database: queries, one module a noun, and `storage.database.Storage`, which runs them."""
