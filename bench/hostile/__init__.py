"""The service under hostile load: one client attacks, and another measures its own requests."""
