// Rebuilds creation.hex from Lens.sol, creation_of_many.hex from Lenses.sol and creation_of_control.hex from Control.sol:
// `node build.mjs [folder that holds node_modules/solc [folder to write to instead]]`.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
const here = import.meta.dirname;
const solc = createRequire(resolve(process.argv[2] ?? `${here}/../../../../tests/genuine`, "x.js"))("solc");
const CONTRACTS = [["Lens", "creation.hex"], ["Lenses", "creation_of_many.hex"], ["Control", "creation_of_control.hex"]];
for (const [contract, file] of CONTRACTS) {
  const input = {
    language: "Solidity",
    sources: { [`${contract}.sol`]: { content: readFileSync(`${here}/${contract}.sol`, "utf8") } },
    settings: {
      evmVersion: "paris", viaIR: true, optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
    },
  };
  const out = JSON.parse(solc.compile(JSON.stringify(input)));
  for (const e of out.errors ?? []) console.error(e.formattedMessage);
  const hex = out.contracts[`${contract}.sol`][contract].evm.bytecode.object;
  writeFileSync(resolve(process.argv[3] ?? here, file), hex + "\n");
  console.log(`${file}: ${hex.length / 2} bytes`);
}
