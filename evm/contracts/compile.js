// Compiles the contracts in this folder: bytecode and ABI into FOLDER. Called by scripts/contracts.sh, with the compiler on NODE_PATH.
// usage: node compile.js FOLDER
"use strict";
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const SOURCES = ["FoldproofGate.sol", "HeaderRlp.sol", "Timelock.sol", "examples/BlockAlarm.sol"];
const CONTRACTS = [["FoldproofGate.sol", "FoldproofGate"], ["examples/BlockAlarm.sol", "BlockAlarm"]];

const read = (name) => fs.readFileSync(path.join(__dirname, name), "utf8");
const input = {
  language: "Solidity",
  sources: Object.fromEntries(SOURCES.map((name) => [name, { content: read(name) }])),
  settings: {
    // The rules that verifiers need, and no later ones: chains follow Ethereum's forks late.
    evmVersion: "shanghai",
    // A third less gas, and code a tenth shorter, than without.
    viaIR: true,
    optimizer: { enabled: true, runs: 200 },
    // Bytecode depends on code alone: not on comments, nor on where sources lie.
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const faults = output.errors || [];
faults.forEach((fault) => console.error(fault.formattedMessage));
if (faults.length > 0) process.exit(1);
const folder = process.argv[2];
for (const [source, name] of CONTRACTS) {
  const { abi, evm } = output.contracts[source][name];
  fs.writeFileSync(path.join(folder, `${name}.bin`), evm.bytecode.object + "\n");
  fs.writeFileSync(path.join(folder, `${name}.abi.json`), "[\n" + abi.map((entry) => "  " + JSON.stringify(entry)).join(",\n") + "\n]\n");
}
