// Calls the methods of FreeSewing's useBackend hook: one request a line of standard input, one outcome a line of standard
// output. The hook, its useAccount and its RestClient are the package's own; what only a browser has is stood in for.
import { registerHooks } from 'node:module'
import { createInterface } from 'node:readline'

// What a browser would remember between the pages: the backend's address, and what useAccount stores.
globalThis.browser = { context: { url: '' }, storage: {} }

const stubs = {
  react: `
    export const useContext = (context) => context
    export const useMemo = (make) => make()`,
  'use-local-storage-state': `
    export default (key, { defaultValue }) => [globalThis.browser.storage[key] ?? defaultValue, () => {}]`,
  // Its neighbour package; the hook takes a default address from it, and useAccount a default preference.
  '@freesewing/config': `
    export const urls = { backend: 'http://127.0.0.1:9' }
    export const control = { dflt: 3 }`,
  // Holds JSX, which Node cannot read.
  '@freesewing/react/context/Backend': `
    export const BackendContext = globalThis.browser.context`,
}

registerHooks({
  resolve: (name, context, next) =>
    name in stubs
      ? { url: `data:text/javascript,${encodeURIComponent(stubs[name])}`, shortCircuit: true }
      : next(name, context),
})

// The package logs to standard output, which is for outcomes here.
console.log = console.error

const { useBackend } = await import(process.argv[2])

function opened({ url, token }) {
  browser.context.url = url
  browser.storage['fs-token'] = token
  return useBackend()
}

async function outcome(request) {
  try {
    return { result: await opened(request)[request.method](...request.arguments) }
  } catch (error) {
    return { error: String(error) }
  }
}

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n')
say(Object.keys(Object.getPrototypeOf(opened({ url: '', token: null }))))
for await (const line of createInterface({ input: process.stdin })) say(await outcome(JSON.parse(line)))
