"""Serializers: rows of storage in, the document's schemas out."""
