// What the published packages make of W3C credentials: one JSON object of questions on standard input, their answers in
// order on standard output. Nothing is fetched: contexts are those that the packages bring, DID documents and status lists
// those of the question.

import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import { cryptosuite as ecdsaRdfc2019 } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import { createVerifyCryptosuite as bbs2023 } from '@digitalbazaar/bbs-2023-cryptosuite'
import { createVerifyCryptosuite as ecdsaSd2023 } from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import * as vc from '@digitalbazaar/vc'
import jsonld from 'jsonld'
import jsigs from 'jsonld-signatures'

// The modules of these do not load in node.
const require = createRequire(import.meta.url)
const bbsPlus = require('@mattrglobal/jsonld-signatures-bbs')
const context = require('@trustvc/w3c-context')
const credentialStatus = require('@trustvc/w3c-credential-status')
const issuer = require('@trustvc/w3c-issuer')
const trustvc = require('@trustvc/w3c-vc')
const oldJsigs = require('jsonld-signatures-v7')

// They warn there of expiry and the like.
console.warn = console.error
const CONTEXTS = Object.assign({}, ...Object.values(context).filter(isTable))
function isTable(value) {
  return typeof value === 'object' && Object.keys(value).every(name => name.startsWith('https://')) && Object.keys(value).length > 0
}

const { dids, pages, questions } = JSON.parse(await text(process.stdin))
const known = { ...pages }
for (const did of dids) {
  known[did.id] = did
  for (const method of did.verificationMethod) known[method.id] = { '@context': did['@context'], ...method }
}
globalThis.fetch = async url => {
  if (!(url in pages)) throw new Error(`${url} is not there`)
  return { url, json: async () => pages[url] }
}
const documentLoader = await context.getDocumentLoader(known)

const ANSWERS = {
  // Every context that the packages bring.
  async contexts() {
    const loaded = Object.entries(CONTEXTS)
    for (const url of ['https://w3id.org/security/v1', 'https://w3id.org/security/v2']) {
      loaded.push([url, (await documentLoader(url)).document])
    }
    return Object.fromEntries(loaded)
  },

  // A key and the DID document that publishes it.
  async issue({ suite, domain }) {
    const pair = await issuer.generateKeyPair({ type: suite })
    const { wellKnownDid, didKeyPairs } = await issuer.issueDID({ domain: `https://${domain}/.well-known/did.json`, ...pair })
    return { did: wellKnownDid, key: didKeyPairs }
  },

  async sign({ credential, key, suite, mandatory }) {
    switch (suite) {
      case 'ecdsa-rdfc-2019':
        return vc.issue({ credential, suite: await ecdsaRdfc(key), documentLoader })
      case 'BbsBlsSignature2020': {
        const pair = await bbsPlus.Bls12381G2KeyPair.from(key)
        const made = new bbsPlus.BbsBlsSignature2020({ key: pair })
        return oldJsigs.sign(credential, { suite: made, purpose: new oldJsigs.purposes.AssertionProofPurpose(), documentLoader })
      }
      default: {
        const { signed, error } = await trustvc.signCredential(credential, key, suite, { documentLoader, mandatoryPointers: mandatory })
        if (error) throw new Error(error)
        return signed
      }
    }
  },

  // `reveal` is a list of JSON pointers, or a frame for the older suite.
  async derive({ credential, reveal }) {
    if (!Array.isArray(reveal)) {
      return bbsPlus.deriveProof(credential, reveal, { suite: new bbsPlus.BbsBlsSignatureProof2020(), documentLoader })
    }
    const { derived, error } = await trustvc.deriveCredential(credential, reveal, { documentLoader })
    if (error) throw new Error(error)
    return derived
  },

  // A proof of the issuer's is verified by deriving from it a copy of everything, as these packages ask for.
  async verify({ credential }) {
    const { cryptosuite, type } = credential.proof ?? {}
    if (cryptosuite === 'ecdsa-rdfc-2019') {
      const suite = new DataIntegrityProof({ cryptosuite: ecdsaRdfc2019 })
      const { verified, error } = await vc.verifyCredential({ credential, suite, documentLoader, checkStatus })
      return verdict(verified, error?.errors?.[0] ?? error)
    }
    let copy = credential
    if (type === 'DataIntegrityProof' && !await trustvc.isDerived(credential)) {
      const everything = Object.keys(credential).filter(name => !['@context', 'proof'].includes(name)).map(name => `/${name}`)
      const { derived, error } = await trustvc.deriveCredential(credential, everything, { documentLoader })
      if (error) return { verified: false, error }
      copy = derived
    }
    const { verified, error } = await trustvc.verifyCredential(copy, { documentLoader })
    return { verified, error }
  },

  // Whether a bit of a status list is set.
  async status({ entry }) {
    return trustvc.verifyCredentialStatus(entry, entry.type, { documentLoader })
  },

  // A status list credential that is yet to be signed. `kind` is that of the list.
  async statusList({ kind, url, purpose, set, key, suite }) {
    const list = new credentialStatus.StatusList({ length: 131072 })
    for (const index of set) list.setStatus(index, true)
    const credentialSubject = { type: kind, statusPurpose: purpose, encodedList: await list.encode() }
    const options = { id: url, credentialSubject }
    const payload = await credentialStatus.createCredentialStatusPayload(options, key, `${kind}Credential`, suite)
    return { id: url, ...payload }
  },

  async present({ credentials, holder, key, challenge, domain }) {
    const presentation = vc.createPresentation({ verifiableCredential: credentials, holder, verify: false })
    return vc.signPresentation({ presentation, suite: await ecdsaRdfc(key), challenge, domain, documentLoader })
  },

  async verifyPresentation({ presentation, challenge, domain }) {
    const suite = [ecdsaRdfc2019, ecdsaSd2023(), bbs2023()].map(cryptosuite => new DataIntegrityProof({ cryptosuite }))
    const result = await vc.verify({ presentation, challenge, domain, suite, documentLoader, checkStatus })
    return verdict(result.verified, result.error)
  },

  // In how many milliseconds the median of so many answers was given, and the answer.
  async timed({ question: { ask, ...question }, times }) {
    const answer = await ANSWERS[ask](question)
    const taken = []
    for (let time = 0; time < times; time++) {
      const started = performance.now()
      await ANSWERS[ask](question)
      taken.push(performance.now() - started)
    }
    return { answer, milliseconds: taken.sort((one, other) => one - other)[times >> 1] }
  },

  // Canonical N-Quads, without line ends.
  async canonical({ document }) {
    const options = { algorithm: 'RDFC-1.0', format: 'application/n-quads', rdfDirection: 'i18n-datatype', safe: true }
    const quads = await jsonld.canonize(document, { ...options, documentLoader })
    return quads.split('\n').slice(0, -1)
  }
}

async function ecdsaRdfc(key) {
  const pair = await EcdsaMultikey.from(key)
  return new DataIntegrityProof({ signer: pair.signer(), cryptosuite: ecdsaRdfc2019 })
}

// Ours to judge here is the signature.
async function checkStatus() {
  return { verified: true }
}

function verdict(verified, error) {
  return { verified, error: error?.message }
}

const answers = []
for (const { ask, ...question } of questions) {
  try {
    answers.push({ ok: await ANSWERS[ask](question) })
  } catch (error) {
    answers.push({ failed: String(error.message ?? error) })
  }
}
process.stdout.write(JSON.stringify(answers))
