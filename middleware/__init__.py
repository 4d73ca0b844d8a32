"""The middlewares of the application, one module each, from the outside in: `envelope`, `problems`, `concurrency`,
`assets`, `routing`, `security`, `limits`, `validation`, `idempotency`, Connexion's context, `dispatch`."""
