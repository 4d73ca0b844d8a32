"""What every request passes through before its handler, outermost first: `envelope`, `problems`, `assets`,
`routing`, `authentication`, `validation`, `idempotency`, `dispatch`."""
