#!/bin/sh
# Makes the ceremony files of the tests with snarkjs (npm install snarkjs; tried with 0.7.6).
# A ceremony of one machine: worthless outside tests. Contributions draw randomness, so a new run gives other files;
# the tests only need them to be well formed.
set -eu
cd "$(dirname "$0")"
snarkjs="npx snarkjs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

$snarkjs powersoftau new bn128 6 "$work/0.ptau"
$snarkjs powersoftau contribute "$work/0.ptau" "$work/1.ptau" --name=first -e="first toy contribution"
$snarkjs powersoftau contribute "$work/1.ptau" "$work/2.ptau" --name=second -e="second toy contribution"
$snarkjs powersoftau beacon "$work/2.ptau" toy-06.ptau \
    0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 10 --name=beacon
$snarkjs powersoftau verify toy-06.ptau

# Prepared for phase 2 and cut to a smaller power, as the published files are.
$snarkjs powersoftau prepare phase2 toy-06.ptau "$work/prepared.ptau"
$snarkjs powersoftau truncate "$work/prepared.ptau"
cp "$work/prepared_04.ptau" toy-04-prepared.ptau

# Nobody contributed: the secret is 1.
$snarkjs powersoftau new bn128 2 untouched-02.ptau

# toy-02-v1.fpkzg is `foldproof params import toy-06.ptau -k 2 --note toy --insecure` of commit b2befff, which wrote format 1.
