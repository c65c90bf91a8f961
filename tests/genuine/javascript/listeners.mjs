// Default listeners of ethers.js and viem, over HTTP (filters) and WebSocket (subscriptions).
import { readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, Wallet, WebSocketProvider, hexlify, randomBytes } from "ethers";
import { createPublicClient, http, webSocket } from "viem";
import { localhost } from "viem/chains";

const read = (file) => JSON.parse(readFileSync(`ebl-testchain/${file}`, "utf8"));
const { rpc, websocket, accounts, contracts } = read("addresses.json");
const address = contracts.RegistryV5.address;
const abi = read("abi/RegistryV5.json");
const often = { pollingInterval: 100 };
// ethers.js remembers an account's nonce for a moment, which is too long for one transaction right after the other.
const writer = new JsonRpcProvider(rpc, undefined, { ...often, cacheTimeout: -1 });
const carrier = new Wallet(accounts[0].privateKey, writer);
const registry = new Contract(address, abi, carrier);

const mint = async () => {
  const token = hexlify(randomBytes(32));
  await (await registry.mint(accounts[1].address, accounts[1].address, token, "0x")).wait();
  return BigInt(token);
};

// `listen` gets a function for what it hears and gives one that stops it. Some begin to listen in the background and do not
// say when they have, so there is more than one event to hear.
const fires = async (name, listen) => {
  let hear;
  const heard = new Promise((resolve) => (hear = resolve));
  const stop = await listen(hear);
  const tokens = [];
  let found;
  for (let round = 0; round < 20 && found === undefined; round++) {
    tokens.push(await mint());
    found = await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 3000))]);
  }
  await stop();
  if (found !== true && !tokens.includes(found)) throw new Error(`${name}: heard ${found} instead of ${tokens}`);
  console.log(`ok ${name}`);
};

const polling = new JsonRpcProvider(rpc, undefined, often);
for (const [kind, provider] of [["HTTP", polling], ["WebSocket", new WebSocketProvider(websocket)]]) {
  const listened = new Contract(address, abi, provider);
  await fires(`ethers contract.on over ${kind}`, async (hear) => {
    await listened.on("Transfer", (from, to, token) => hear(token));
    return () => listened.off("Transfer");
  });
  await fires(`ethers block over ${kind}`, async (hear) => {
    await provider.on("block", () => hear(true));
    return () => provider.off("block");
  });
  await fires(`ethers pending over ${kind}`, async (hear) => {
    await provider.on("pending", () => hear(true));
    return () => provider.off("pending");
  });
}

for (const [kind, transport] of [["HTTP", http(rpc)], ["WebSocket", webSocket(websocket)]]) {
  const client = createPublicClient({ chain: localhost, transport, ...often });
  await fires(`viem watchContractEvent over ${kind}`, (hear) => client.watchContractEvent({
    address, abi, eventName: "Transfer", onLogs: ([log]) => hear(log.args.tokenId), onError: hear,
  }));
  await fires(`viem watchBlocks over ${kind}`, (hear) => client.watchBlocks({ onBlock: () => hear(true), onError: hear }));
  await fires(`viem watchPendingTransactions over ${kind}`, (hear) => client.watchPendingTransactions({
    onTransactions: () => hear(true), onError: hear,
  }));
}
console.log("all done");
process.exit(0);
