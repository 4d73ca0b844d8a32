"""Images: checking and storing those of records, and drawing those that social networks show."""
