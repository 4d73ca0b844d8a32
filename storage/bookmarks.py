"""Bookmarks: pages that their owner wants to find again."""

from storage.records import OwnedRecords
from storage.schema.tables import Record, bookmarks

Bookmark = Record

records = OwnedRecords(bookmarks, "bookmark")
find, find_owner, lock, list_of = records.find, records.find_owner, records.lock, records.list_of
# Columns: user_id, type, title, url.
create, edit, remove = records.create, records.change, records.remove
