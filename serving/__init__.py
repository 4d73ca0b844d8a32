"""How requests reach the application: uvicorn's server, its connections, and several processes of it."""
