// What differs between two OpenAPI documents (JSON files), as api-smart-diff classifies it: a JSON list on standard output.
// Usage: node compare.mjs BEFORE AFTER
import { readFileSync, writeSync } from 'node:fs'

import { apiCompare } from 'api-smart-diff'

const [before, after] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))
const found = apiCompare(before, after).diffs.map(({ action, path, type, before, after }) => ({ action, path, type, before, after }))
const text = Buffer.from(JSON.stringify(found))
for (let sent = 0; sent < text.length; ) sent += writeSync(1, text, sent)
