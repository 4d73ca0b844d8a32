"""What every request passes through before its handler, outermost first: `envelope`, `problems`, `concurrency`,
`assets`, `routing`, `authentication`, `limits`, `validation`, `idempotency`, `dispatch`."""

# First of all: it says how much of Connexion is loaded.
from middleware import upstream as upstream
