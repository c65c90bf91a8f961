// Rebuilds creation.hex from Lens.sol: `node build.mjs [folder that holds node_modules/solc [file to write instead]]`.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
const here = import.meta.dirname;
const solc = createRequire(resolve(process.argv[2] ?? `${here}/../../../../tests/genuine`, "x.js"))("solc");
const input = {
  language: "Solidity",
  sources: { "Lens.sol": { content: readFileSync(`${here}/Lens.sol`, "utf8") } },
  settings: {
    evmVersion: "paris", viaIR: true, optimizer: { enabled: true, runs: 200 },
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
  },
};
const out = JSON.parse(solc.compile(JSON.stringify(input)));
for (const e of out.errors ?? []) console.error(e.formattedMessage);
const hex = out.contracts["Lens.sol"].Lens.evm.bytecode.object;
writeFileSync(process.argv[3] ?? `${here}/creation.hex`, hex + "\n");
console.log(`${hex.length / 2} bytes`);
