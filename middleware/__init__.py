"""What every request passes through before its handler, outermost first: `request_id`, `problems`, `assets`,
`routing`, `authentication`, `validation`, `dispatch`."""
