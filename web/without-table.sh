#!/bin/sh
# Stands before the compiler and leaves one feature of halo2curves-axiom out: a table of the first 65,536 elements of the field,
# 2 MB that do not compress and that would be three quarters of what a page loads. halo2-axiom asks for the feature without a choice;
# without it, small numbers are converted by a multiplication, which is upstream's own code for it.
set -eu
compiler=$1
shift
case " $* " in *" --crate-name halo2curves_axiom "*) ;; *) exec "$compiler" "$@" ;; esac
count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  if [ "$argument" = --cfg ] && [ "${1-}" = 'feature="bn256-table"' ]; then
    shift
    count=$((count - 1))
    continue
  fi
  set -- "$@" "$argument"
done
exec "$compiler" "$@"
