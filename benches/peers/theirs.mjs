// The published JavaScript libraries on the same documents: `node theirs.mjs` answers lines of JSON with lines of JSON and
// takes the times itself, so that neither the pipe nor the start of the process counts; `node theirs.mjs LIBRARY FILE` is
// one cold run.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

// The modules of some of these do not load in node.
const require = createRequire(import.meta.url)

// What they warn of must not stand among the answers.
for (const name of ['log', 'warn', 'info', 'debug']) console[name] = console.error

// Whether content and digest fit: each library's own function for that, loaded when it is wanted.
const INTACT = {
  tradetrust() {
    const { verifySignature } = require('@tradetrust-tt/tradetrust')
    return document => verifySignature(document)
  },
  'tt-verify'() {
    const { openAttestationHash } = require('@tradetrust-tt/tt-verify')
    return async document =>
      openAttestationHash.test(document) && (await openAttestationHash.verify(document)).status === 'VALID'
  },
  trustvc() {
    const { verifiers } = require('@trustvc/trustvc')
    const hash = verifiers.documentIntegrity.openAttestationHash
    return async document => hash.test(document) && (await hash.verify(document)).status === 'VALID'
  },
}

const ASKED = {
  // From the text to the answer, so many times; milliseconds each.
  async digest({ library, file, times }) {
    const intact = (LOADED[library] ??= INTACT[library]())
    const text = readFileSync(file, 'utf8')
    const started = performance.now()
    for (let time = 0; time < times; time++) {
      if (!await intact(JSON.parse(text))) throw new Error(`${library}: ${file} is not intact`)
    }
    return (performance.now() - started) / times
  },

  // All these files at once against a chain; what their domain publishes is at hand.
  async online({ url, record, files }) {
    const { isValid, openAttestationVerifiers, verificationBuilder } = require('@tradetrust-tt/tt-verify')
    const { providers } = require('ethers')
    globalThis.fetch = async () => ({ ok: true, json: async () => answerOf(record) })
    const texts = files.map(file => readFileSync(file, 'utf8'))
    const started = performance.now()
    const verify = verificationBuilder(openAttestationVerifiers, { provider: new providers.JsonRpcProvider(url) })
    const found = await Promise.all(texts.map(text => verify(JSON.parse(text))))
    const taken = performance.now() - started
    if (!found.every(fragments => isValid(fragments))) throw new Error(JSON.stringify(found[0]))
    return taken
  },

  async history({ url, registry, token, events }) {
    const { fetchEndorsementChain } = require('@trustvc/trustvc')
    const { providers } = require('ethers')
    const started = performance.now()
    const chain = await fetchEndorsementChain(registry, token, new providers.JsonRpcProvider(url))
    const taken = performance.now() - started
    if (chain.length !== events) throw new Error(`${chain.length} instead of ${events}`)
    return taken
  },
}
const LOADED = {}

// What takes longer than this counts as no answer.
function inTime() {
  return new Promise(resolve => setTimeout(resolve, 60_000, { failed: 'no answer in a minute' }))
}

// As a resolver over HTTPS writes it.
function answerOf(record) {
  return { Status: 0, AD: true, Answer: [{ name: 'carrier.example.', type: 16, TTL: 60, data: record }] }
}

const [library, file] = process.argv.slice(2)
if (library) {
  if (!await INTACT[library]()(JSON.parse(readFileSync(file, 'utf8')))) throw new Error('not intact')
  process.exit(0)
}
for await (const line of createInterface({ input: process.stdin })) {
  const { ask, ...question } = JSON.parse(line)
  const answered = ASKED[ask](question).then(
    milliseconds => ({ milliseconds }),
    error => ({ failed: String(error.message ?? error) }),
  )
  process.stdout.write(JSON.stringify(await Promise.race([answered, inTime()])) + '\n')
}
process.exit(0)
