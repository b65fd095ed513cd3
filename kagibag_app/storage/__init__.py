"""The database: engine, transaction, outbox."""
