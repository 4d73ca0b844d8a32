"""Authentication: passwords, tokens, API secrets, second factors, and limits on guessing."""
