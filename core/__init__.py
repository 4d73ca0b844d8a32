"""What every part of the code imports: errors, the document, the clock. It imports nothing of ours."""
