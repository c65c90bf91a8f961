// What the chain signs for an account is what the libraries sign with its key.
import { readFileSync } from "node:fs";
import { JsonRpcProvider, Wallet, getBytes } from "ethers";
import { createWalletClient, http } from "viem";
import { localhost } from "viem/chains";

const { rpc, accounts } = JSON.parse(readFileSync("ebl-testchain/addresses.json", "utf8"));
const { address, privateKey } = accounts[2];
const provider = new JsonRpcProvider(rpc);
const wallet = new Wallet(privateKey, provider);
const signer = await provider.getSigner(address);
const client = createWalletClient({ account: address, chain: localhost, transport: http(rpc) });

const same = (name, found, wanted) => {
  if (found !== wanted) throw new Error(`${name}: ${found} instead of ${wanted}`);
  console.log(`ok ${name}`);
};
const domain = {
  name: "Bills", version: "1", chainId: 1337, verifyingContract: address, salt: `0x${"5a".repeat(32)}`,
};
const types = {
  Party: [{ name: "name", type: "string" }, { name: "wallets", type: "address[]" }],
  Bill: [
    { name: "token", type: "uint256" }, { name: "change", type: "int64" }, { name: "short", type: "bytes4" },
    { name: "remark", type: "bytes" }, { name: "parties", type: "Party[2]" }, { name: "grid", type: "uint8[][3]" },
    { name: "paid", type: "bool" },
  ],
};
const message = {
  token: 2n ** 255n + 1n, change: -5n, short: "0x01020304", remark: "0xc0ffee", grid: [[1, 2], [], [255]], paid: true,
  parties: [{ name: "Schiffer Ägir", wallets: [address] }, { name: "", wallets: [] }],
};
for (const text of ["", "carrier", "Größe 17 m³"]) {
  const wanted = await wallet.signMessage(text);
  same(`ethers message ${JSON.stringify(text)}`, await signer.signMessage(text), wanted);
  same(`viem message ${JSON.stringify(text)}`, await client.signMessage({ message: text }), wanted);
}
same("ethers bytes", await signer.signMessage(getBytes("0x00ff")), await wallet.signMessage(getBytes("0x00ff")));
const wanted = await wallet.signTypedData(domain, types, message);
same("ethers typed data", await signer.signTypedData(domain, types, message), wanted);
same("viem typed data", await client.signTypedData({ domain, types, primaryType: "Bill", message }), wanted);
same("viem accounts", (await client.requestAddresses())[2], address);
console.log("all done");
provider.destroy();
