"""The examples of the document, sent to the server as they stand, with the records that they name."""
