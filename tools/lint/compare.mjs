// What differs between an OpenAPI document (a JSON file) and each of others, as api-smart-diff classifies it: for each of
// the others, in this order, a JSON list on standard output.
// Usage: node compare.mjs BEFORE AFTER [AFTER …]
import { readFileSync, writeSync } from 'node:fs'

import { apiCompare } from 'api-smart-diff'

const [earlier, ...later] = process.argv.slice(2)
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const compare = (path) =>
  apiCompare(read(earlier), read(path)).diffs.map(({ action, path, type, before, after }) => ({ action, path, type, before, after }))
const text = Buffer.from(JSON.stringify(later.map(compare)))
for (let sent = 0; sent < text.length; ) sent += writeSync(1, text, sent)
