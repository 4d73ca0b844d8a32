"""The servers that ours is compared with. Their records follow from our tables and the document's schemas."""
