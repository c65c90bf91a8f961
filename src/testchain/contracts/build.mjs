// Rebuilds creation.json and abi.json from the contracts in this folder:
// `node src/testchain/contracts/build.mjs [--check] [folder that holds node_modules/solc]`.
// With --check it writes nothing and fails if one of them is not what the sources compile to.
import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
const here = import.meta.dirname;
const check = process.argv.includes("--check");
const [folder] = process.argv.slice(2).filter((argument) => argument !== "--check");
const solc = createRequire(resolve(folder ?? `${here}/../../../tests/genuine`, "x.js"))("solc");
const deployable = [
  "BatchAccount", "BatchableDocumentStore", "EthereumDIDRegistry", "ForgedFactory", "Impostor", "LegacyDocumentStore", "Lookalike",
  "RegistryV4", "RegistryV5", "TitleEscrowFactoryV4", "TitleEscrowFactoryV5", "TransferableDocumentStore", "UpgradeableProxy",
  "UpgradeableRegistryV5",
];
// Those that a user of `ebl testchain` calls, with the escrows, which their factories deploy.
const called = [
  "BatchableDocumentStore", "EthereumDIDRegistry", "LegacyDocumentStore", "RegistryV4", "RegistryV5", "TitleEscrowFactoryV4",
  "TitleEscrowFactoryV5", "TitleEscrowV4", "TitleEscrowV5",
];
const names = readdirSync(here).filter((name) => name.endsWith(".sol")).sort();
const input = {
  language: "Solidity",
  sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(`${here}/${name}`, "utf8") }])),
  settings: {
    evmVersion: "paris", optimizer: { enabled: true, runs: 200 },
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};
const out = JSON.parse(solc.compile(JSON.stringify(input)));
for (const e of out.errors ?? []) console.error(e.formattedMessage);
if ((out.errors ?? []).some((e) => e.severity === "error")) process.exit(1);
const compiled = Object.assign({}, ...Object.values(out.contracts));
const code = Object.fromEntries(deployable.map((name) => [name, compiled[name].evm.bytecode.object]));
const interfaces = called.map((name) => `  ${JSON.stringify(name)}: [\n${lines(compiled[name].abi)}\n  ]`).join(",\n");
for (const [name, text] of [["creation.json", JSON.stringify(code, null, 2) + "\n"], ["abi.json", `{\n${interfaces}\n}\n`]]) {
  const artefact = `${here}/${name}`;
  if (!check) writeFileSync(artefact, text);
  else if (readFileSync(artefact, "utf8") !== text) {
    console.error(`${name} is not what the sources compile to`);
    process.exit(1);
  }
}
for (const name of deployable) console.log(`${name} ${code[name].length / 2} bytes`);

// One function or event a line.
function lines(abi) {
  return abi.map((item) => `    ${JSON.stringify(item)}`).join(",\n");
}
