"""HTML pages, the guides, and the published document."""
