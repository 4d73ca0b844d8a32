"""What several handlers share: paging, preconditions, ownership, reauthentication, responses."""
