"""How requests reach the application: uvicorn's server, its connections, and several processes of it."""

from loading import set_aside

# uvicorn's command line and its supervisors take 2 MB; we have our own.
with set_aside("uvicorn.main", "Server", "main", "run"):
    import uvicorn as uvicorn
